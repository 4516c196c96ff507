"""What stands on one piece of paper, and how it reads as plain text."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Align = Literal["left", "center", "right"]
CHAR_DOTS, CHAR_DOTS_B, LINE_DOTS, DEFAULT_SPACING_DOTS = 12, 9, 24, 30


@dataclass(frozen=True)
class Style:
    """How characters look; `width` and `height` are multiples of 1 to 8, `small` is font B."""

    bold: bool = False
    width: int = 1
    height: int = 1
    underline: bool = False
    inverse: bool = False
    small: bool = False

    @property
    def char_dots(self) -> int:
        return (CHAR_DOTS_B if self.small else CHAR_DOTS) * self.width


@dataclass(frozen=True)
class Run:
    """Neighbouring characters of one style."""

    text: str
    style: Style

    @property
    def dots(self) -> int:
        return len(self.text) * self.style.char_dots


def joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The runs with neighbours of one style made one, however the bytes arrived."""
    result: list[Run] = []
    for run in runs:
        if result and result[-1].style == run.style:
            result[-1] = Run(result[-1].text + run.text, run.style)
        else:
            result.append(run)
    return tuple(result)


@dataclass(frozen=True)
class Line:
    """One printed line and the dots from its top to the top of the next."""

    runs: tuple[Run, ...]
    align: Align = "left"
    spacing_dots: int = DEFAULT_SPACING_DOTS

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    @property
    def dots(self) -> int:
        return sum(run.dots for run in self.runs)

    @property
    def height_dots(self) -> int:
        tallest = max((run.style.height for run in self.runs), default=1)
        return max(self.spacing_dots, LINE_DOTS * tallest)


@dataclass(frozen=True)
class BarCode:
    """`kind` EAN13, EAN8 or CODE128; `digits` is where the readable text stands."""

    kind: str
    data: str
    height_dots: int
    module_dots: int
    digits: Literal["none", "above", "below", "both"]
    align: Align


@dataclass(frozen=True)
class QrCode:
    data: str
    level: Literal["l", "m", "q", "h"]
    module_dots: int
    align: Align


@dataclass(frozen=True)
class Raster:
    """A bit image, one bit to a dot, most significant first, 1 is black."""

    width_bytes: int
    rows: bytes
    align: Align


@dataclass(frozen=True)
class Blank:
    """Empty paper."""

    dots: int


Item = Line | BarCode | QrCode | Raster | Blank


@dataclass
class Paper:
    """From one cut to the next. `cut` is False for what a connection left behind."""

    width_dots: int
    items: list[Item] = field(default_factory=list)
    cut: bool = False

    @property
    def text(self) -> str:
        """The paper as lines of characters, aligned as printed; codes as `[EAN13 …]` and `[QR …]`, each in one line."""
        columns = self.width_dots // CHAR_DOTS
        return "\n".join(line.rstrip() for item in self.items for line in _lines(item, columns)).strip("\n") + "\n"


def _lines(item: Item, columns: int) -> list[str]:
    match item:
        case Line():
            return [_indent(item.dots // CHAR_DOTS, item.align, columns) + item.text]
        case BarCode():
            note = f"[{item.kind} {item.data}]"
            return [_indent(len(note), item.align, columns) + note]
        case QrCode():
            return [f"[QR {item.data}]"]
        case Raster():
            return [f"[obraz {item.width_bytes * 8}×{len(item.rows) // max(1, item.width_bytes)}]"]
        case Blank():
            return [""] * (item.dots // DEFAULT_SPACING_DOTS)


def _indent(length: int, align: Align, columns: int) -> str:
    free = max(0, columns - length)
    return " " * {"left": 0, "center": free // 2, "right": free}[align]
