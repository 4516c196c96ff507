"""Jinja environments, one per language, and how values look on a page."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from babel.dates import format_date
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from appliance.domain.catalogue import Unit
from appliance.domain.clock import age_text, parse_iso
from appliance.domain.money import Money, Quantity, format_amount, format_czk, format_quantity
from appliance.domain.pricelist import MEMBER_MARK, members
from backoffice.accounts import Session
from backoffice.event_log import last_event_id
from backoffice.i18n import LANGUAGE_COOKIE, LANGUAGE_NAMES, Language, choose_language
from backoffice.pages import words
from backoffice.site import Site

HERE = Path(__file__).resolve().parent.parent
STATIC_DIR = HERE / "static"
TEMPLATES_DIR = HERE / "templates"
NO_BREAK = "\u00a0"


def language_of(request: Request, site: Site) -> Language:
    return choose_language(
        site.languages,
        cookie=request.cookies.get(LANGUAGE_COOKIE, ""),
        accept=request.headers.get("accept-language", ""),
    )


def render(
    request: Request, site: Site, template: str, *, session: Session | None = None, status: int = 200, **values: Any
) -> HTMLResponse:
    """One page or fragment. `session` gives pages their menu, their form token and the place in the event log."""
    language = language_of(request, site)
    at_event = 0
    if session is not None:
        with site.tables.reading():
            at_event = last_event_id(site.tables, session.account_id)
    made: Environment = request.app.state.environments[language.code]
    page = made.get_template(template).render(
        session=session, path=request.url.path, language=language, at_event=at_event, **values
    )
    return HTMLResponse(page, status_code=status, headers={"Vary": "Accept-Language, Cookie"})


def environments(languages: Mapping[str, Language]) -> dict[str, Environment]:
    """One environment per language; made once per server, so templates are compiled once."""
    return {code: _made(language) for code, language in languages.items()}


def _made(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # what the i18n extension adds; its own stubs do not know it
    install: Callable[..., None] = made.install_gettext_callables  # type: ignore[attr-defined]
    install(language.text, language.many, newstyle=True)
    made.filters |= {
        "czk": lambda haler: format_czk(Money(haler)).replace(" ", NO_BREAK),
        "amount": lambda haler: format_amount(Money(haler)).replace(" ", NO_BREAK),
        "moment": moment,
        "clock": lambda text: parse_iso(text).strftime("%H:%M:%S"),
        "day": partial(day_text, locale=language.code),
        "age": age_text,
        "problem": partial(problem_text, text=language.text),
        "method": partial(word_text, words.METHODS, text=language.text),
        "kind": partial(word_text, words.KINDS, text=language.text),
        "device": partial(word_text, words.DEVICES, text=language.text),
        "fiscal": partial(word_text, words.FISCAL, text=language.text),
        "mode": partial(word_text, words.MODES, text=language.text),
        "vat_class": partial(word_text, words.VAT_CLASSES, text=language.text),
        "reporting": partial(word_text, words.REPORTING, text=language.text),
        "move": partial(word_text, words.MOVES, text=language.text),
        "row_state": partial(word_text, words.STATES, text=language.text),
        "flaw": partial(word_text, words.REASONS, text=language.text),
        "epoch_reason": partial(word_text, words.EPOCHS, text=language.text),
        "members": members,
        "options": lambda known: [(word, language.text(shown)) for word, shown in known.items()],
        "same_options": lambda known: [(word, word) for word in known],
        "row_options": lambda rows: [(row["row_id"], row["name"] or row["row_id"]) for row in rows],
        "quantity": lambda thousandths: format_quantity(Quantity(thousandths)),
        "date": lambda text: short_day(date.fromisoformat(text)),
        "register": partial(register_text, text=language.text),
        "value": partial(value_text, text=language.text),
    }
    made.globals |= {
        "static": static_address,
        "language_names": LANGUAGE_NAMES,
        "METHODS": words.METHODS,
        "KINDS": words.KINDS,
        "FISCAL": words.FISCAL,
        "MODES": words.MODES,
        "VAT_CLASSES": words.VAT_CLASSES,
        "REPORTING": words.REPORTING,
        "MOVES": words.MOVES,
        "APPLY": words.APPLY,
        "UNITS": [unit.value for unit in Unit],
    }
    return made


def moment(text: str) -> str:
    """`2026-11-24T14:05:09+01:00` as `24. 11. 2026 14:05`, in the shop's own time; a till's row that was not taken in
    may say anything, which is shown as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{at.day}. {at.month}. {at.year} {at:%H:%M}"


def day_text(day: date, *, locale: str) -> str:
    return format_date(day, "EEEE d. MMMM" if locale == "cs" else "EEEE d MMMM", locale=locale)


def word_text(known: Mapping[str, str], word: str, *, text: Callable[[str], str]) -> str:
    """The product's word for a machine word; one that is not known yet is shown as it is."""
    return text(known.get(word, word))


def short_day(day: date) -> str:
    return f"{day.day}. {day.month}. {day.year}"


def register_text(register: str, *, text: Callable[[str], str]) -> str:
    """`label:pokl1` as `Štítek pokl1`."""
    name, _, member = register.partition(MEMBER_MARK)
    return f"{word_text(words.FIELDS, name, text=text)} {member}".strip()


def value_text(value: Any, register: str, categories: Mapping[str, str], *, text: Callable[[str], str]) -> str:
    """What a register of an item holds, as a person says it."""
    if register == "price":
        return text("zadává se při prodeji") if value is None else format_czk(Money(value))
    if MEMBER_MARK in register:  # its name says it all while it is in
        return "" if value else text("odebráno")
    if isinstance(value, bool):
        return text("ano") if value else text("ne")
    if register == "category_id" and value:
        return categories.get(value, text("smazaná kategorie"))
    known = {"vat_class": words.VAT_CLASSES, "reporting": words.REPORTING}.get(register, {})
    return word_text(known, str(value), text=text) if value else "–"


def problem_text(problem: tuple[str, str, str], *, text: Callable[[str], str]) -> str:
    _, word, value = problem
    shown = age_text(int(value)) if word == "silent" else word_text(words.DEVICES, value, text=text)
    return text(words.PROBLEMS[word]).format(value=shown)


@cache
def static_address(name: str) -> str:
    """The file with a mark of its content, so that browsers may keep it."""
    digest = hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
