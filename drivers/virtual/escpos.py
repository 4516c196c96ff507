"""ESC/POS bytes cut into commands: independent of the encoder, incremental, and never at a loss.

`Lexer.feed` takes any bytes in any portions and returns the commands completed so far. It knows how long each command
is and nothing of what it means (`typesetter.py` does). What it does not know becomes a command named "unknown".
"""

from collections.abc import Callable
from dataclasses import dataclass

COMMAND_BYTES_MAX = 1 << 20  # a longer raster or code is not waited for
BAR_CODE_BYTES_MAX = 257

# How many bytes follow the two that name the command.
_FIXED = {
    b"\x1b": {
        "@": 0, "2": 0, "i": 0, "m": 0, "<": 0, "L": 0, "S": 0, "\x0c": 0, "v": 0,
        "!": 1, "-": 1, "3": 1, "A": 1, "E": 1, "G": 1, "J": 1, "K": 1, "M": 1, "R": 1, "T": 1, "U": 1, "V": 1,
        "a": 1, "d": 1, "e": 1, "r": 1, "t": 1, "u": 1, "{": 1, " ": 1, "=": 1, "%": 1, "?": 1,
        "$": 2, "\\": 2, "c": 2, "B": 2, "p": 3, "W": 8,
    },
    b"\x1d": {
        ":": 0, "!": 1, "/": 1, "B": 1, "E": 1, "H": 1, "I": 1, "T": 1, "a": 1, "b": 1, "f": 1, "h": 1, "r": 1,
        "w": 1, "$": 2, "\\": 2, "L": 2, "P": 2, "W": 2, "^": 3,
    },
    b"\x1c": {".": 0, "&": 0, "!": 1, "-": 1, "C": 1, "W": 1, "S": 2, "p": 2},
    b"\x10": {"\x05": 1},
}  # fmt: skip
_PREFIXES = {b"\x1b": "ESC", b"\x1d": "GS", b"\x1c": "FS", b"\x10": "DLE"}
_SPELLED = {"\x04": "EOT", "\x05": "ENQ", "\x14": "DC4", "\x0c": "FF"}
_SINGLE = {0x09: "HT", 0x0A: "LF", 0x0C: "FF", 0x0D: "CR", 0x18: "CAN"}
TEXT = "text"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Command:
    """One command: `name` as in the manuals ("ESC p", "GS k", "LF"), or "text", or "unknown".

    `args` are the bytes after the name; for "text" the characters, for "unknown" all there is.
    """

    name: str
    args: bytes = b""
    size: int = 0  # bytes it took in the stream


class Lexer:
    """The bytes of one connection."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Command]:
        self._rest += data
        commands: list[Command] = []
        place = 0
        while place < len(self._rest):
            command = _next(self._rest, place)
            if command is None:
                break
            commands.append(command)
            place += command.size
        self._rest = self._rest[place:]
        return commands


def _next(data: bytes, at: int) -> Command | None:
    """The command that begins at `at`, or None when its end has not arrived."""
    first = data[at]
    if first >= 0x20:
        end = at + 1
        while end < len(data) and data[end] >= 0x20:
            end += 1
        return Command(TEXT, data[at:end], end - at)
    if first in _SINGLE:
        return Command(_SINGLE[first], b"", 1)
    prefix = data[at : at + 1]
    if prefix not in _PREFIXES:
        return Command(UNKNOWN, prefix, 1)
    if at + 1 >= len(data):
        return None
    return _prefixed(data, at, prefix, chr(data[at + 1]))


def _prefixed(data: bytes, at: int, prefix: bytes, letter: str) -> Command | None:
    body = data[at + 2 :]
    size = _FIXED[prefix].get(letter)
    if size is None:
        measure = _MEASURES.get(prefix + letter.encode("latin-1"))
        if measure is None:
            return Command(UNKNOWN, data[at : at + 2], 2)
        size = measure(body)
        if size is None:
            return None if len(body) <= COMMAND_BYTES_MAX else Command(UNKNOWN, data[at : at + 2], 2)
        if size > COMMAND_BYTES_MAX:
            return Command(UNKNOWN, data[at : at + 2], 2)
    if len(body) < size:
        return None
    return Command(f"{_PREFIXES[prefix]} {_SPELLED.get(letter, letter)}", body[:size], size + 2)


# Commands whose length depends on what they contain: the bytes after the name → length, None while it cannot be told.
_Measure = Callable[[bytes], int | None]


def _cut(body: bytes) -> int | None:
    """GS V m, or GS V m n for the functions that feed first."""
    return None if not body else 2 if body[0] >= 65 else 1


def _bar_code(body: bytes) -> int | None:
    """GS k m data NUL, or GS k m n data."""
    if len(body) < 2:
        return None
    if body[0] >= 65:
        return 2 + body[1]
    end = body.find(0, 1, BAR_CODE_BYTES_MAX)
    if end < 0:
        return None if len(body) < BAR_CODE_BYTES_MAX else COMMAND_BYTES_MAX + 1
    return end + 1


def _counted(body: bytes) -> int | None:
    """X pL pH data, as in GS ( k."""
    return None if len(body) < 3 else 3 + body[1] + 256 * body[2]


def _raster(body: bytes) -> int | None:
    """GS v 0 m xL xH yL yH data."""
    return None if len(body) < 6 else 6 + (body[2] + 256 * body[3]) * (body[4] + 256 * body[5])


def _bit_image(body: bytes) -> int | None:
    """ESC * m nL nH data: three bytes to a column in the 24-dot modes."""
    if len(body) < 3:
        return None
    return 3 + (body[1] + 256 * body[2]) * (3 if body[0] in (32, 33) else 1)


def _tabs(body: bytes) -> int | None:
    """ESC D positions NUL: they ascend, 32 at most, so anything else also ends the list."""
    for place, position in enumerate(body[:33]):
        if position == 0 or place == 32 or (place and position <= body[place - 1]):
            return place + 1 if position == 0 else place
    return None


def _downloaded_image(body: bytes) -> int | None:
    """GS * x y data."""
    return None if len(body) < 2 else 2 + body[0] * body[1] * 8


def _question(body: bytes) -> int | None:
    """DLE EOT n, with one more byte for 7 and 8."""
    return None if not body else 2 if body[0] in (7, 8) else 1


def _real_time(body: bytes) -> int | None:
    """DLE DC4: pulse and power-off take two more bytes, clearing the buffers seven."""
    return None if not body else {1: 3, 2: 3, 8: 8}.get(body[0], 1)


_MEASURES: dict[bytes, _Measure] = {
    b"\x1dV": _cut,
    b"\x1dk": _bar_code,
    b"\x1d(": _counted,
    b"\x1c(": _counted,
    b"\x1b(": _counted,
    b"\x1dv": _raster,
    b"\x1b*": _bit_image,
    b"\x1bD": _tabs,
    b"\x1d*": _downloaded_image,
    b"\x10\x04": _question,
    b"\x10\x14": _real_time,
}
