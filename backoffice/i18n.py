"""Languages of the pages: the texts in the code are Czech, other languages come from `locale/*.po` at start.

The .po files are read as they are; nothing compiled is kept. Counted nouns are avoided ("Účtenky: 12"), so no text
needs plural forms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "cs"
LANGUAGE_NAMES = {"cs": "Čeština", "en": "English"}
LANGUAGE_COOKIE = "pokladna_language"
LOCALE_DIR = Path(__file__).parent / "locale"
DOMAIN = "backoffice"


@dataclass(frozen=True)
class Language:
    """One language; `_` is the usual name for its `text`."""

    code: str
    messages: Mapping[str, str]

    def text(self, message: str) -> str:
        return self.messages.get(message) or message

    def many(self, singular: str, plural: str, n: int) -> str:
        """For Jinja's trans blocks, which want both forms."""
        return self.text(singular if n == 1 else plural)


def load_languages(folder: Path = LOCALE_DIR) -> dict[str, Language]:
    languages = {SOURCE_LANGUAGE: Language(SOURCE_LANGUAGE, {})}
    for path in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        code = path.parent.parent.name
        with path.open("rb") as file:
            catalogue = read_po(file, locale=code, domain=DOMAIN)
        languages[code] = Language(code, {str(m.id): str(m.string) for m in catalogue if m.id and not m.fuzzy})
    return languages


def choose_language(languages: Mapping[str, Language], *, cookie: str, accept: str) -> Language:
    """The cookie's language, else the best of Accept-Language, else Czech."""
    if cookie in languages:
        return languages[cookie]
    for code in _accepted(accept):
        if code in languages:
            return languages[code]
    return languages[SOURCE_LANGUAGE]


def _accepted(header: str) -> list[str]:
    """`en-GB,en;q=0.8,cs;q=0.5` as base languages, best first."""
    weighed: list[tuple[float, str]] = []
    for part in header[:200].split(","):
        code, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or "1")
        except ValueError:
            continue
        weighed.append((weight, code.split("-")[0].lower()))
    return [code for weight, code in sorted(weighed, key=lambda each: -each[0]) if weight > 0]
