"""A document with everything a receipt has, and the way from bytes to paper without a network."""

from drivers.encoder import drawer_pulse, encode, set_up
from drivers.ports import Cut, Ean, Element, Feed, Qr, Rule, Text
from drivers.profile import GENERIC_80_MM, PrinterProfile
from drivers.virtual.document import Paper
from drivers.virtual.escpos import Lexer
from drivers.virtual.typesetter import Outcome, Typesetter

CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy"
RECEIPT: tuple[Element, ...] = (
    Text("Papírnictví U Koně", bold=True, align="center"),
    Text("IČO 12345678", align="center"),
    Rule(),
    Text("ÚČTENKA P1A-000101", size="tall"),
    Text(CZECH),
    Text(CZECH.upper()),
    Text("2 × 1\u202f234,50                            2\u202f469,00"),
    Rule(),
    Text("K ÚHRADĚ        2 469,00", bold=True, size="double"),
    Text("Vrátit 31,00", align="right"),
    Feed(2),
    Ean("4006381333931"),
    Ean("40170725"),
    Qr("SPD*1.0*AM:2469.00*CC:CZK*MSG:Účtenka"),
    Text("Děkujeme…", align="center"),
    Cut(),
)


def encoded(elements: tuple[Element, ...], profile: PrinterProfile = GENERIC_80_MM) -> bytes:
    """A whole document, the drawer pulse first."""
    return drawer_pulse(profile) + set_up(profile) + b"".join(encode(element, profile) for element in elements)


def outcomes(data: bytes, *, width_chars: int = 48) -> list[Outcome]:
    """All that comes of these bytes, what is left uncut last."""
    typesetter = Typesetter(width_chars * 12)
    result = [outcome for command in Lexer().feed(data) for outcome in typesetter.feed(command)]
    leftover = typesetter.leftover()
    return result if leftover is None else [*result, leftover]


def papers(data: bytes, *, width_chars: int = 48) -> list[Paper]:
    return [outcome for outcome in outcomes(data, width_chars=width_chars) if isinstance(outcome, Paper)]
