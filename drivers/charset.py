"""Text that a printer with one code page can show."""

import unicodedata

# Typography that old code pages lack, in the letters a reader expects instead.
_REPLACEMENTS = str.maketrans(
    {
        "\t": " ", "\n": " ", "\r": " ",
        "\u00a0": " ", "\u2007": " ", "\u2008": " ", "\u2009": " ", "\u200a": " ", "\u202f": " ",
        "\u2002": " ", "\u2003": " ", "\u2028": " ", "\u2029": " ", "\u3000": " ",
        "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u2039": "'", "\u203a": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"',
        "\u20ac": "EUR", "\u2026": "...", "\u2022": "*", "\u00b7": "*", "\u2192": "->", "\u2190": "<-",
        "\u2044": "/", "\u2713": "x", "\u2030": " promile",
    }
)  # fmt: skip
UNKNOWN = "?"


def printable(text: str, encoding: str) -> str:
    """The same text in characters that `encoding` has and that print as themselves.

    Control characters become spaces or nothing, so no item name can carry a printer command. A letter with an accent
    the page lacks loses the accent; what is left becomes "?". The result can be longer than the text, and applying
    the function again changes nothing.
    """
    composed = unicodedata.normalize("NFC", text).translate(_REPLACEMENTS)
    return "".join(_shown(character, encoding) for character in composed)


def _shown(character: str, encoding: str) -> str:
    if unicodedata.category(character) in ("Cc", "Cf"):
        return ""
    if _has(character, encoding):
        return character
    plain = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    shown = "".join(part for part in plain if _has(part, encoding) and part.isprintable())
    return shown or (UNKNOWN if not unicodedata.combining(character) else "")


def _has(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
