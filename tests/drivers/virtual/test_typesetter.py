import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.virtual.document import BarCode, Blank, Line, Paper, QrCode, Raster
from drivers.virtual.paper import draw
from drivers.virtual.typesetter import ITEMS_MAX, DrawerPulse, UnknownCommand
from tests.drivers.sample import outcomes, papers

CUT = b"\x1dVB\x00"


@pytest.mark.parametrize(
    ("number", "encoding", "text"),
    [(18, "cp852", "žluťoučký"), (45, "cp1250", "žluťoučký"), (2, "cp850", "façon"), (17, "cp866", "чай")],
)
def test_the_code_page_in_use_decides_the_letters(number: int, encoding: str, text: str) -> None:
    (paper,) = papers(b"\x1bt" + bytes((number,)) + text.encode(encoding) + b"\n" + CUT)
    assert paper.text == text + "\n"


def test_reset_forgets_code_page_style_and_the_line_begun_but_not_the_paper() -> None:
    (paper,) = papers(b"\x1bt\x12\x1bE\x01\x1ba\x02first\nlost\x1b@\x9f\n" + CUT)
    first, second = (item for item in paper.items if isinstance(item, Line))
    assert (first.text, first.align, first.runs[0].style.bold) == ("first", "right", True)
    assert (second.text, second.align, second.runs[0].style.bold) == (b"\x9f".decode("cp437"), "left", False)


def test_styles_of_both_kinds_of_command_are_followed() -> None:
    (paper,) = papers(b"\x1b!\xb8A\x1b!\x00\x1d!\x21B\x1d!\x00\x1b-\x01C\x1b-\x00\x1bM\x01D\x1bM\x00\x1dB\x01E\n" + CUT)
    styles = [run.style for item in paper.items if isinstance(item, Line) for run in item.runs]
    a, b, c, d, e = styles
    assert (a.bold, a.width, a.height, a.underline) == (True, 2, 2, True)
    assert (b.bold, b.width, b.height) == (False, 3, 2)
    assert c.underline
    assert (d.small, d.underline) == (True, False)
    assert e.inverse


def test_a_line_too_long_is_wrapped_by_the_printer() -> None:
    (paper,) = papers(b"x" * 50 + b"\r\n" + b"\x1d!\x11" + b"y" * 25 + b"\n" + CUT)
    assert paper.text.splitlines() == ["x" * 48, "xx", "y" * 24, "y"]


def test_a_line_exactly_full_makes_no_blank_line() -> None:
    (paper,) = papers(b"x" * 48 + b"\n" + b"y\n" + CUT)
    assert paper.text.splitlines() == ["x" * 48, "y"]


def test_the_drawer_in_the_middle_of_a_line_leaves_the_line_whole() -> None:
    first, second = outcomes(b"ab\x1bp\x01\x19\xffcd\n" + CUT)
    assert first == DrawerPulse(pin=5, on_ms=50, off_ms=510)
    assert isinstance(second, Paper)
    assert second.text == "abcd\n"


def test_a_pulse_without_its_times_eats_the_letters_after_it_as_a_printer_would() -> None:
    pulse, paper = outcomes(b"\x1bp\x00Celkem\n" + CUT)
    assert pulse == DrawerPulse(pin=2, on_ms=2 * ord("C"), off_ms=2 * ord("e"))
    assert isinstance(paper, Paper)
    assert paper.text == "lkem\n"


def test_bar_codes_of_both_forms_are_read() -> None:
    data = b"\x1dh\x50\x1dw\x02\x1dH\x02\x1ba\x01\x1dk\x024006381333931\x00\x1dkD\x0840170725\x1dkI\x06{BAB12" + CUT
    (paper,) = papers(data)
    assert [item for item in paper.items if isinstance(item, BarCode)] == [
        BarCode("EAN13", "4006381333931", 80, 2, "below", "center"),
        BarCode("EAN8", "40170725", 80, 2, "below", "center"),
        BarCode("CODE128", "AB12", 80, 2, "below", "center"),
    ]


def test_a_qr_code_is_stored_and_then_printed_as_often_as_asked() -> None:
    stored = "účet".encode()
    store = b"\x1d(k\x03\x001C\x05\x1d(k\x03\x001E3\x1d(k" + bytes((len(stored) + 3, 0)) + b"1P0" + stored
    (paper,) = papers(store + b"\x1d(k\x03\x001Q0" * 2 + CUT)
    assert [item for item in paper.items if isinstance(item, QrCode)] == [QrCode("účet", "h", 5, "left")] * 2


def test_a_raster_and_feeds_keep_their_place() -> None:
    (paper,) = papers(b"a\n\x1dv0\x00\x01\x00\x02\x00\xff\x81\x1b3\x28\x1bd\x02\x1bJ\x07b\n" + CUT)
    assert paper.items[1:4] == [Raster(1, b"\xff\x81", "left"), Blank(80), Blank(7)]


def test_what_is_not_known_comes_out_as_such() -> None:
    unknown = [
        outcome for outcome in outcomes(b"\x1b\xee\x1bt\xc8\x1dkB\x01a\n" + CUT) if not isinstance(outcome, Paper)
    ]
    assert unknown == [UnknownCommand(b"\x1b\xee"), UnknownCommand(b"\x1bt\xc8"), UnknownCommand(b"\x1dkB\x01a")]


def test_what_was_not_cut_is_left_over_and_marked_so() -> None:
    cut, left = papers(b"one\n" + CUT + b"two")
    assert (cut.cut, cut.text) == (True, "one\n")
    assert (left.cut, left.text) == (False, "two\n")


def test_a_strip_with_nothing_on_it_is_no_paper() -> None:
    assert papers(b"\x1bd\x05\n" + CUT) == []


def test_a_paper_without_end_is_given_out_in_pieces() -> None:
    pieces = papers(b"x\n" * (ITEMS_MAX + 5))
    assert [len(piece.items) for piece in pieces] == [ITEMS_MAX, 5]


_COMMANDS = st.sampled_from(
    [b"\x1b@", b"\x1bt", b"\x1b!", b"\x1d!", b"\x1ba", b"\x1bd", b"\x1bp", b"\x1dV", b"\x1dk", b"\x1dkI\x05", b"\x1dh",
     b"\x1dw", b"\x1dH", b"\x1d(k\x05\x001P0", b"\x1d(k\x03\x001Q0", b"\x1dv0\x00\x01\x00\x02\x00", b"\x10\x04", b"\n"]
)  # fmt: skip


@given(st.lists(st.one_of(_COMMANDS, st.binary(max_size=8)), max_size=30))
@settings(deadline=None, max_examples=60)
def test_no_bytes_can_break_decoder_or_drawing(parts: list[bytes]) -> None:
    for outcome in outcomes(b"".join(parts)):
        if isinstance(outcome, Paper):
            assert draw(outcome).width == 48 * 12 + 56
            assert outcome.text.endswith("\n")
