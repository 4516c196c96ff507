import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from backoffice.i18n import LOCALE_DIR, choose_language, load_languages
from tests.shared import ROOT

ROOM = ROOT / "backoffice"
LANGUAGES = load_languages()


def texts_of_the_room() -> set[str]:
    found = extract_from_dir(
        ROOM,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}},
        keywords={"_": None, "gettext": None, "mark": None, "text": None},
    )
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def test_every_text_has_an_english_translation_and_none_is_left_over() -> None:
    with (LOCALE_DIR / "en" / "LC_MESSAGES" / "backoffice.po").open("rb") as file:
        catalogue = read_po(file, locale="en")
    translated = {m.id for m in catalogue if m.id and m.string and not m.fuzzy}
    assert translated == texts_of_the_room()


def test_translations_keep_the_places_for_values() -> None:
    places = re.compile(r"%\(\w+\)s|\{\w+\}")
    for czech, english in LANGUAGES["en"].messages.items():
        assert sorted(places.findall(czech)) == sorted(places.findall(english)), czech


@pytest.mark.parametrize(
    ("cookie", "accept", "code"),
    [
        ("", "", "cs"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "de,cs;q=0.8,en;q=0.9", "en"),
        ("cs", "en", "cs"),
        ("xx", "fr;q=nonsense, ,en;q=0", "cs"),
    ],
)
def test_the_language_is_chosen_by_cookie_then_by_the_browser(cookie: str, accept: str, code: str) -> None:
    assert choose_language(LANGUAGES, cookie=cookie, accept=accept).code == code


def test_no_compiled_catalogue_is_needed() -> None:
    assert list(Path(LOCALE_DIR).rglob("*.mo")) == []
    assert LANGUAGES["en"].text("Portál") == "Dashboard"
    assert LANGUAGES["cs"].text("Portál") == "Portál"
