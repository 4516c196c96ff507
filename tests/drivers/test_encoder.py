from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.charset import printable
from drivers.encoder import drawer_pulse, encode, set_up
from drivers.ports import QR_BYTES_MAX, Cut, Element, Qr, Rule, Text
from drivers.profile import GENERIC_58_MM, GENERIC_80_MM, PrinterProfile
from drivers.virtual.document import Line, QrCode
from drivers.virtual.paper import draw
from tests.drivers.sample import RECEIPT, encoded, papers

GOLDEN = Path(__file__).parent / "golden"
CZECH_LETTERS = "aábcčdďeéěfghiíjklmnňoópqrřsštťuúůvwxyýzž"


def test_the_bytes_of_a_receipt_are_the_golden_ones() -> None:
    lines = [encode(element, GENERIC_80_MM).hex(" ") for element in RECEIPT]
    assert lines == (GOLDEN / "receipt.hex").read_text().splitlines()


def test_a_receipt_reads_on_paper_as_it_was_written() -> None:
    (paper,) = papers(encoded(RECEIPT))
    assert paper.cut
    assert paper.text == (GOLDEN / "receipt.txt").read_text(encoding="utf-8")


def test_a_document_begins_with_reset_and_code_page() -> None:
    assert set_up(GENERIC_80_MM) == b"\x1b@\x1c.\x1bt\x12"
    assert set_up(PrinterProfile(kanji_off=False, code_page_number=45, encoding="cp1250")) == b"\x1b@\x1bt\x2d"


@pytest.mark.parametrize(
    ("profile", "pulse"),
    [
        (GENERIC_80_MM, b"\x1bp\x00\x32\xfa"),
        (PrinterProfile(drawer_pin=5, drawer_on_ms=200, drawer_off_ms=510), b"\x1bp\x01\x64\xff"),
    ],
)
def test_the_drawer_pulse_always_carries_pin_and_both_times(profile: PrinterProfile, pulse: bytes) -> None:
    assert drawer_pulse(profile) == pulse


@pytest.mark.parametrize("milliseconds", [0, 1, 511])
def test_a_pulse_no_printer_can_make_is_refused_by_name(milliseconds: int) -> None:
    with pytest.raises(ValueError, match="drawer_on_ms"):
        PrinterProfile(drawer_on_ms=milliseconds)


def test_a_printer_without_a_knife_feeds_to_the_tear_off_edge() -> None:
    assert encode(Cut(), GENERIC_58_MM) == b"\x1bd\x06"
    assert encode(Cut(), PrinterProfile(cutter="full")) == b"\x1dVA\x00"


def test_a_rule_is_as_wide_as_the_paper() -> None:
    for profile, width in ((GENERIC_80_MM, 48), (GENERIC_58_MM, 32)):
        (paper,) = papers(encoded((Rule(), Cut()), profile), width_chars=width)
        assert paper.text == "-" * width + "\n"


@pytest.mark.parametrize("length", [1, 152, 153, 504, 505, QR_BYTES_MAX])
def test_every_allowed_qr_code_fits_the_narrow_paper(length: int) -> None:
    (paper,) = papers(encoded((Qr("x" * length), Cut()), GENERIC_58_MM), width_chars=32)
    (code,) = (item for item in paper.items if isinstance(item, QrCode))
    assert code.data == "x" * length
    ink = draw(paper).convert("L").point(lambda value: 255 if value < 100 else 0)
    left, _, right, _ = ink.getbbox() or (0, 0, 0, 0)
    assert 28 <= left < right <= 28 + 384, "wider than the print head"
    assert abs(left + right - ink.width) <= 1, "not in the middle"


@given(st.text(alphabet=CZECH_LETTERS + CZECH_LETTERS.upper() + " ,.-+*/%()0123456789", max_size=48))
def test_any_czech_line_comes_out_letter_for_letter(text: str) -> None:
    assert _printed(Text(text)) == text


@given(st.text(), st.sampled_from(["normal", "double", "tall"]), st.sampled_from(["left", "center", "right"]))
def test_any_line_comes_out_as_printable_says_and_no_text_can_command_the_printer(text, size, align) -> None:  # type: ignore[no-untyped-def]
    element = Text(text, size=size, align=align)
    assert _printed(element) == printable(text, "cp852")


def test_no_style_leaks_into_the_next_line() -> None:
    (paper,) = papers(encoded((Text("A", bold=True, size="double", align="right"), Text("B"), Cut())))
    first, second = (item for item in paper.items if isinstance(item, Line))
    assert (first.runs[0].style.bold, first.runs[0].style.width, first.align) == (True, 2, "right")
    assert (second.runs[0].style.bold, second.runs[0].style.width, second.align) == (False, 1, "left")


def _printed(element: Element) -> str:
    """What stands on the paper for one element, wrapped lines joined; the end mark keeps even a blank line."""
    (paper,) = papers(encoded((element, Text("|"), Cut())))
    lines = [item.text for item in paper.items if isinstance(item, Line)]
    assert lines.pop() == "|"
    return "".join(lines)
