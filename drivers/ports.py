"""What the till knows of its devices and its network: small Protocols and the elements of a printed document.

A document is a stream of elements, written one by one: the fiscal footer may follow seconds after the body, and the
drawer opens in between. Nothing here knows ESC/POS.

The printer room has one error, `PrinterFailure`; its `kind` says what a person has to do:

    offline     the printer cannot be reached
    paper_out   it has no paper
    cover_open  its cover is open
    stalled     it is connected, but has taken or answered nothing for too long
    broken      the connection ended in the middle, or the printer reports an error of its own
"""

from dataclasses import dataclass
from typing import Literal, Protocol

Size = Literal["normal", "double", "tall"]
Align = Literal["left", "center", "right"]
FailureKind = Literal["offline", "paper_out", "cover_open", "stalled", "broken"]

QR_BYTES_MAX = 997  # version 25 at level M: the largest code that 384 dots print three dots to the module
FEED_LINES_MAX = 255


@dataclass(frozen=True)
class Text:
    """One printed line. `double` is twice as wide and high (half as many characters fit), `tall` twice as high.

    A line longer than the paper is wrapped by the printer itself; whoever lays it out measures `printable(text)`.
    """

    text: str
    bold: bool = False
    size: Size = "normal"
    align: Align = "left"


@dataclass(frozen=True)
class Rule:
    """A horizontal line of dashes over the whole width."""


@dataclass(frozen=True)
class Qr:
    """A QR code, centred. Raises ValueError when `data` is empty or longer than QR_BYTES_MAX bytes of UTF-8."""

    data: str

    def __post_init__(self) -> None:
        if not 0 < len(self.data.encode()) <= QR_BYTES_MAX:
            raise ValueError(f"a QR code holds 1 to {QR_BYTES_MAX} bytes, not {len(self.data.encode())}")


@dataclass(frozen=True)
class Ean:
    """An EAN-13 or EAN-8 bar code, centred, its digits below. Raises ValueError for anything else."""

    code: str

    def __post_init__(self) -> None:
        if not is_ean(self.code):
            raise ValueError(f"{self.code!r} is neither EAN-13 nor EAN-8")


@dataclass(frozen=True)
class Feed:
    """Blank lines, 1 to FEED_LINES_MAX."""

    lines: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.lines <= FEED_LINES_MAX:
            raise ValueError(f"feed of {self.lines} lines")


@dataclass(frozen=True)
class Cut:
    """The paper moves past the knife and is cut; without a knife, past the tear-off edge."""


Element = Text | Rule | Qr | Ean | Feed | Cut


def is_ean(code: str) -> bool:
    """Whether these are 8 or 13 digits with a right check digit."""
    if len(code) not in (8, 13) or not (code.isascii() and code.isdigit()):
        return False
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return total % 10 == 0


@dataclass(frozen=True)
class PrinterStatus:
    """What the printer says about itself; `drawer_open` is None where the wiring does not tell."""

    online: bool
    paper_out: bool
    paper_near_end: bool
    cover_open: bool
    drawer_open: bool | None


class PrinterFailure(Exception):
    """The printer did not do what it was asked. The connection is closed; the next `begin` opens a new one."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind: FailureKind = kind
        self.detail = detail


class ReceiptPrinter(Protocol):
    """A receipt printer with a drawer on it. One thread uses it; every method may raise PrinterFailure.

    A document is `begin`, any number of `write`, `finish`. Only when `finish` has returned is the paper known to be
    out; after a failure it is unknown how much of the document was printed.
    """

    @property
    def width_chars(self) -> int:
        """Characters of normal size in one line."""
        ...

    def printable(self, text: str) -> str:
        """The text as this printer will show it, with characters it lacks replaced; may be longer than `text`."""
        ...

    def begin(self) -> None:
        """Starts a document: connects if need be and resets the printer. Waits for no answer."""
        ...

    def write(self, element: Element) -> None:
        """Sends one element at once. Fails as `broken` when no document was begun or its connection is gone."""
        ...

    def kick_drawer(self) -> None:
        """Opens the drawer: before `begin`, between two elements, or with no document at all."""
        ...

    def finish(self) -> None:
        """Returns when the printer has confirmed, in order, that everything before was processed."""
        ...

    def status(self) -> PrinterStatus:
        """Asks the printer; connects if need be."""
        ...

    def close(self) -> None:
        """Ends the connection; never fails."""
        ...


@dataclass(frozen=True)
class FoundService:
    """A Backoffice that has answered on the local network. `key_mark` is what it says of its key: a hint."""

    name: str
    host: str
    port: int
    key_mark: str
