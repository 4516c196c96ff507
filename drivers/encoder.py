"""Document elements as ESC/POS bytes, made with python-escpos; pure functions of (element, profile).

Every element carries its own alignment, weight and size, so nothing that came before it can change how it looks.
"""

from escpos import constants
from escpos.printer import Dummy

from drivers.charset import printable
from drivers.ports import Cut, Ean, Element, Feed, Qr, Rule, Text
from drivers.profile import PrinterProfile

_SCALES = {"normal": (1, 1), "double": (2, 2), "tall": (1, 2)}
# UTF-8 bytes up to which a QR code of level M is printed this many dots to the module on 384 dots of paper.
_QR_MODULES = ((152, 6), (504, 4), (997, 3))
_BAR_HEIGHT_DOTS, _BAR_WIDTH_DOTS = 72, 3
_EAN_TYPES = {13: b"C", 8: b"D"}

ASK_IN_ORDER = b"\x1dr\x01"  # GS r 1
ASK_AT_ONCE = b"\x10\x04"  # DLE EOT, followed by the number of the question


def set_up(profile: PrinterProfile) -> bytes:
    """The start of every document: reset, then the code page."""
    kanji_off = constants.FS + b"." if profile.kanji_off else b""
    return bytes(constants.HW_INIT + kanji_off + constants.ESC + b"t" + bytes((profile.code_page_number,)))


def drawer_pulse(profile: PrinterProfile) -> bytes:
    """ESC p with pin and both times. Without the times a printer would take the next two letters for them."""
    encoder = Dummy()
    pin = 0 if profile.drawer_pin == 2 else 1
    encoder.cashdraw([27, ord("p"), pin, profile.drawer_on_ms // 2, profile.drawer_off_ms // 2])
    return bytes(encoder.output)


def encode(element: Element, profile: PrinterProfile) -> bytes:
    """The bytes of one element."""
    encoder = Dummy()
    match element:
        case Text():
            _text(encoder, element, profile)
        case Rule():
            _text(encoder, Text("-" * profile.width_chars), profile)
        case Qr():
            _qr(encoder, element)
        case Ean():
            return _ean(element)
        case Feed():
            encoder.print_and_feed(element.lines)
        case Cut():
            return _cut(profile)
    return bytes(encoder.output)


def _text(encoder: Dummy, element: Text, profile: PrinterProfile) -> None:
    width, height = _SCALES[element.size]
    encoder.set(align=element.align, bold=element.bold, custom_size=True, width=width, height=height)
    encoder._raw(printable(element.text, profile.encoding).encode(profile.encoding) + b"\n")


def _qr(encoder: Dummy, element: Qr) -> None:
    length = len(element.data.encode())
    module_dots = next(dots for most, dots in _QR_MODULES if length <= most)
    encoder.set(align="center")
    encoder.qr(element.data, ec=constants.QR_ECLEVEL_M, size=module_dots, native=True)


def _ean(element: Ean) -> bytes:
    """GS k in its form with a length. (The library's `barcode` writes to standard output, which is not ours.)"""
    return bytes(
        constants.TXT_STYLE["align"]["center"]
        + constants.BARCODE_HEIGHT + bytes((_BAR_HEIGHT_DOTS,))
        + constants.BARCODE_WIDTH + bytes((_BAR_WIDTH_DOTS,))
        + constants.BARCODE_FONT_A
        + constants.BARCODE_TXT_BLW
        + constants.GS + b"k" + _EAN_TYPES[len(element.code)] + bytes((len(element.code),)) + element.code.encode()
    )  # fmt: skip


def _cut(profile: PrinterProfile) -> bytes:
    if profile.cutter == "none":
        return bytes(constants.ESC + b"d" + bytes((profile.tear_off_lines,)))
    function = b"B" if profile.cutter == "partial" else b"A"
    return bytes(constants.GS + b"V" + function + b"\x00")
