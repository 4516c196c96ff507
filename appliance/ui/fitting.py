"""Text made to fit: wrapped over a few lines with an ellipsis, or one size smaller; measured with the real font."""

from functools import lru_cache

from kivy.core.text import Label as CoreLabel

ELLIPSIS = "…"


@lru_cache(maxsize=16)
def _ruler(font_name: str, font_size: float, bold: bool) -> CoreLabel:  # noqa: FBT001 -- a cache key
    return CoreLabel(font_name=font_name, font_size=font_size, bold=bold)


@lru_cache(maxsize=8192)
def text_width(text: str, font_size: float, bold: bool = False, font_name: str = "Roboto") -> int:  # noqa: FBT001, FBT002
    return int(_ruler(font_name, font_size, bold).get_extents(text)[0])


def cut(text: str, width: float, font_size: float, *, bold: bool = False) -> str:
    """The longest beginning that fits with an ellipsis, or all of it."""
    if text_width(text, font_size, bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + ELLIPSIS, font_size, bold) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def wrap(text: str, width: float, font_size: float, *, lines: int, bold: bool = False) -> str:
    """At most `lines` lines, broken between words; what is too long ends in an ellipsis."""
    rows: list[str] = []
    words = text.split(" ")  # a no-break space stays
    while words and len(rows) < lines - 1:
        row = words[0]
        taken = 1
        while taken < len(words) and text_width(f"{row} {words[taken]}", font_size, bold) <= width:
            row = f"{row} {words[taken]}"
            taken += 1
        if text_width(row, font_size, bold) > width:
            return "\n".join([*rows, cut(" ".join(words), width, font_size, bold=bold)])
        rows.append(row)
        words = words[taken:]
    if words:
        rows.append(cut(" ".join(words), width, font_size, bold=bold))
    return "\n".join(rows)


def lines_of(text: str, width: float, font_size: float, *, most: int, bold: bool = False) -> int:
    """How many lines the text takes at this width, at most `most`.

    A line that would just fit counts as two: drawn word by word it may be a little wider than measured in one piece.
    """
    return wrap(text, max(1, width - font_size), font_size, lines=most, bold=bold).count("\n") + 1


def size_that_fits(text: str, width: float, font_size: float, *, smallest: float, bold: bool = False) -> float:
    """The type size, at most `font_size`, at which the text fits on one line."""
    size = font_size
    while size > smallest and text_width(text, size, bold) > width:
        size -= 1
    return size


def tail_at_caret(before: str, after: str, width: float, font_size: float) -> tuple[str, str]:
    """What of a long line is shown so that the caret is visible."""
    while before and text_width(before, font_size) > width:
        before = before[1:]
    while after and text_width(before + after, font_size) > width:
        after = after[:-1]
    return before, after
