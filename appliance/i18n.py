"""Texts for people: gettext with Czech msgids. Other languages come from `.po` files, nothing is compiled."""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "cs"
DOMAIN = "pokladna"
LOCALE_DIR = Path(__file__).parent / "locale"

_catalog: Catalog | None = None


class UnknownLanguage(ValueError):
    """There are no texts in this language; carries its code."""


def use_language(language: str) -> None:
    """Speak this language from now on. Raises UnknownLanguage."""
    global _catalog  # noqa: PLW0603 -- a process speaks one language
    _catalog = None if language == SOURCE_LANGUAGE else load_catalog(language)


def load_catalog(language: str) -> Catalog:
    path = LOCALE_DIR / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not path.is_file():
        raise UnknownLanguage(language)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def _(text: str) -> str:
    """The text in the language in use; itself when there is no translation."""
    message = _catalog.get(text) if _catalog is not None else None
    return str(message.string) if message is not None and message.string else text


def ngettext(one: str, many: str, n: int) -> str:
    """The form for n in a language with two forms; `many` is the msgid_plural."""
    message = _catalog.get(one) if _catalog is not None else None
    if _catalog is None or message is None or not isinstance(message.string, list | tuple):
        return one if n == 1 else many
    return message.string[0 if n == 1 else 1] or many


def plural(n: int, one: str, few: str, many: str) -> str:
    """`1 položka`, `2 položky`, `5 položek`: the Czech form for n, or the other language's own.

    The forms come without the number; the `.po` file holds `one` as msgid and `many` as msgid_plural.
    """
    if _catalog is not None:
        return ngettext(one, many, n)
    if n == 1:
        return one
    return few if 2 <= n <= 4 else many
