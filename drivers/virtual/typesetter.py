"""Commands become a paper: the meaning of ESC/POS, for what a receipt printer does with it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from drivers.virtual.document import (
    CHAR_DOTS,
    DEFAULT_SPACING_DOTS,
    Align,
    BarCode,
    Blank,
    Item,
    Line,
    Paper,
    QrCode,
    Raster,
    Run,
    Style,
    joined,
)
from drivers.virtual.escpos import TEXT, UNKNOWN, Command

ITEMS_MAX = 4000  # a longer paper is given out uncut
TAB_COLUMNS = 8
CODE_PAGES = {
    0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858",
    33: "cp775", 45: "cp1250", 46: "cp1251", 47: "cp1253", 48: "cp1254",
}  # fmt: skip
# Known, and without effect on what this twin draws.
_SILENT = frozenset(
    ("ESC =", "ESC R", "ESC {", "ESC V", "ESC U", "ESC r", "ESC c", "ESC %", "ESC  ", "ESC D", "ESC B", "FS .", "FS &",
     "FS C", "FS !", "FS -", "FS S", "GS L", "GS W", "GS P", "GS b", "GS f", "GS a", "GS I", "GS r", "CR", "CAN",
     "DLE EOT", "DLE ENQ", "DLE DC4")
)  # fmt: skip


@dataclass(frozen=True)
class DrawerPulse:
    """A pulse on pin 2 or 5 of the drawer's connector."""

    pin: int
    on_ms: int
    off_ms: int


@dataclass(frozen=True)
class UnknownCommand:
    """Bytes the twin does not know, or knows and cannot follow."""

    data: bytes


Outcome = Paper | DrawerPulse | UnknownCommand


class Typesetter:
    """The state of one printer and the paper in it; `feed` returns what came of the command."""

    def __init__(self, width_dots: int) -> None:
        self._width_dots = width_dots
        self._outcomes: list[Outcome] = []
        self._paper = Paper(width_dots)
        self._reset()

    def feed(self, command: Command) -> list[Outcome]:
        handler = _HANDLERS.get(command.name)
        if handler is not None:
            handler(self, command.args)
        elif command.name not in _SILENT:
            self._unknown(command)
        if len(self._paper.items) >= ITEMS_MAX:
            self._give_out(cut=False)
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def leftover(self) -> Paper | None:
        """What stands on the paper and was not cut, if anything; the paper is taken out."""
        self._end_line(only_if_begun=True)
        self._give_out(cut=False)
        papers = [outcome for outcome in self._outcomes if isinstance(outcome, Paper)]
        self._outcomes = []
        return papers[0] if papers else None

    # Each handler below takes the bytes after the command's name.

    def _reset(self, _args: bytes = b"") -> None:
        """ESC @: modes and the line not yet printed are forgotten, the paper stays."""
        self._style, self._align, self._spacing_dots = Style(), _ALIGNS[0], DEFAULT_SPACING_DOTS
        self._encoding = CODE_PAGES[0]
        self._runs: list[Run] = []
        self._bar_height_dots, self._bar_module_dots, self._bar_digits = 162, 3, _DIGITS[0]
        self._qr_level, self._qr_module_dots, self._qr_data = _LEVELS[0], 3, ""

    def _text(self, args: bytes) -> None:
        text = args.decode(self._encoding, errors="replace")
        while text:
            used = sum(run.dots for run in self._runs)
            room = (self._width_dots - used) // self._style.char_dots
            if room <= 0 and used:
                self._end_line()
                continue
            self._runs.append(Run(text[: max(1, room)], self._style))
            text = text[max(1, room) :]

    def _tab(self, _args: bytes) -> None:
        column = sum(run.dots for run in self._runs) // CHAR_DOTS
        self._text(b" " * (TAB_COLUMNS - column % TAB_COLUMNS))

    def _line_feed(self, _args: bytes) -> None:
        self._end_line()

    def _end_line(self, *, only_if_begun: bool = False) -> None:
        if self._runs or not only_if_begun:
            self._add(Line(joined(self._runs), self._align, self._spacing_dots))
        self._runs = []

    def _code_page(self, args: bytes) -> None:
        if args[0] in CODE_PAGES:
            self._encoding = CODE_PAGES[args[0]]
        else:
            self._outcomes.append(UnknownCommand(b"\x1bt" + args))

    def _bold(self, args: bytes) -> None:
        self._style = replace(self._style, bold=bool(args[0] & 1))

    def _underline(self, args: bytes) -> None:
        self._style = replace(self._style, underline=args[0] in (1, 2, 49, 50))

    def _inverse(self, args: bytes) -> None:
        self._style = replace(self._style, inverse=bool(args[0] & 1))

    def _font(self, args: bytes) -> None:
        self._style = replace(self._style, small=args[0] in (1, 49))

    def _print_mode(self, args: bytes) -> None:
        mode = args[0]
        self._style = Style(
            bold=bool(mode & 0x08),
            width=2 if mode & 0x20 else 1,
            height=2 if mode & 0x10 else 1,
            underline=bool(mode & 0x80),
            inverse=self._style.inverse,
            small=bool(mode & 0x01),
        )

    def _size(self, args: bytes) -> None:
        self._style = replace(self._style, width=(args[0] >> 4 & 7) + 1, height=(args[0] & 7) + 1)

    def _alignment(self, args: bytes) -> None:
        if not self._runs:  # works at the beginning of a line only
            self._align = _ALIGNS.get(args[0], self._align)

    def _default_spacing(self, _args: bytes) -> None:
        self._spacing_dots = DEFAULT_SPACING_DOTS

    def _spacing(self, args: bytes) -> None:
        self._spacing_dots = args[0]

    def _feed_lines(self, args: bytes) -> None:
        self._end_line(only_if_begun=True)
        self._add(Blank(args[0] * self._spacing_dots))

    def _feed_dots(self, args: bytes) -> None:
        self._end_line(only_if_begun=True)
        self._add(Blank(args[0]))

    def _drawer(self, args: bytes) -> None:
        self._outcomes.append(DrawerPulse(pin=5 if args[0] & 1 else 2, on_ms=2 * args[1], off_ms=2 * args[2]))

    def _cut(self, args: bytes) -> None:
        self._end_line(only_if_begun=True)
        if len(args) > 1 and args[1]:
            self._add(Blank(args[1]))
        self._give_out(cut=True)

    def _bar_height(self, args: bytes) -> None:
        self._bar_height_dots = max(1, args[0])

    def _bar_module(self, args: bytes) -> None:
        self._bar_module_dots = min(6, max(1, args[0]))

    def _bar_text(self, args: bytes) -> None:
        self._bar_digits = _DIGITS.get(args[0] % 48, self._bar_digits)

    def _bar_code(self, args: bytes) -> None:
        kind = _BAR_KINDS.get(args[0])
        data = (args[2:] if args[0] >= 65 else args[1:-1]).decode("ascii", errors="replace")
        if kind is None or not data:
            self._outcomes.append(UnknownCommand(b"\x1dk" + args))
            return
        self._end_line(only_if_begun=True)
        if kind == "CODE128" and data.startswith("{"):
            data = data[2:]
        self._add(BarCode(kind, data, self._bar_height_dots, self._bar_module_dots, self._bar_digits, self._align))

    def _two_dimensional(self, args: bytes) -> None:
        """GS ( k pL pH cn fn …, cn 49 for QR; GS ( with any other letter is left alone."""
        if args[:1] != b"k" or len(args) < 5 or args[3] != 49:
            self._outcomes.append(UnknownCommand(b"\x1d(" + args[:5]))
            return
        function, values = args[4], args[5:]
        if function == 67 and values:
            self._qr_module_dots = min(16, max(1, values[0]))
        elif function == 69 and values:
            self._qr_level = _LEVELS.get(values[0] - 48, self._qr_level)
        elif function == 80:
            self._qr_data = values[1:].decode("utf-8", errors="replace")
        elif function == 81 and self._qr_data:
            self._end_line(only_if_begun=True)
            self._add(QrCode(self._qr_data, self._qr_level, self._qr_module_dots, self._align))

    def _raster(self, args: bytes) -> None:
        self._end_line(only_if_begun=True)
        width_bytes = args[2] + 256 * args[3]
        if width_bytes and args[6:]:
            self._add(Raster(width_bytes, args[6:], self._align))

    def _unknown(self, command: Command) -> None:
        data = command.args if command.name == UNKNOWN else command.name.encode() + b" " + command.args[:16]
        self._outcomes.append(UnknownCommand(data))

    def _add(self, item: Item) -> None:
        self._paper.items.append(item)

    def _give_out(self, *, cut: bool) -> None:
        """Hands over the paper; an empty strip (nothing but feeds) is thrown away."""
        paper, self._paper = self._paper, Paper(self._width_dots)
        paper.cut = cut
        if any(not isinstance(item, Blank) and item != Line(()) for item in paper.items):
            self._outcomes.append(paper)


_ALIGNS: dict[int, Align] = {0: "left", 1: "center", 2: "right", 48: "left", 49: "center", 50: "right"}
_DIGITS: dict[int, Literal["none", "above", "below", "both"]] = {0: "none", 1: "above", 2: "below", 3: "both"}
_LEVELS: dict[int, Literal["l", "m", "q", "h"]] = {0: "l", 1: "m", 2: "q", 3: "h"}
_BAR_KINDS = {2: "EAN13", 3: "EAN8", 67: "EAN13", 68: "EAN8", 73: "CODE128"}

_HANDLERS: dict[str, Callable[[Typesetter, bytes], None]] = {
    TEXT: Typesetter._text,
    "LF": Typesetter._line_feed,
    "HT": Typesetter._tab,
    "FF": Typesetter._line_feed,
    "ESC @": Typesetter._reset,
    "ESC t": Typesetter._code_page,
    "ESC E": Typesetter._bold,
    "ESC G": Typesetter._bold,
    "ESC -": Typesetter._underline,
    "ESC M": Typesetter._font,
    "ESC !": Typesetter._print_mode,
    "ESC a": Typesetter._alignment,
    "ESC 2": Typesetter._default_spacing,
    "ESC 3": Typesetter._spacing,
    "ESC d": Typesetter._feed_lines,
    "ESC J": Typesetter._feed_dots,
    "ESC p": Typesetter._drawer,
    "ESC i": Typesetter._cut,
    "ESC m": Typesetter._cut,
    "GS V": Typesetter._cut,
    "GS !": Typesetter._size,
    "GS B": Typesetter._inverse,
    "GS h": Typesetter._bar_height,
    "GS w": Typesetter._bar_module,
    "GS H": Typesetter._bar_text,
    "GS k": Typesetter._bar_code,
    "GS (": Typesetter._two_dimensional,
    "GS v": Typesetter._raster,
}
