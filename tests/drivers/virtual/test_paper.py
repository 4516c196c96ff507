"""The drawing is judged by eye; these hold what can be measured: ink where it belongs, codes that carry their data."""

import pytest
from PIL import Image

from drivers.virtual.document import BarCode, Line, Paper, QrCode, Run, Style
from drivers.virtual.paper import HEIGHT_DOTS_MAX, MARGIN_DOTS, draw
from tests.drivers.sample import RECEIPT, encoded, papers


def _black(picture: Image.Image) -> Image.Image:
    return picture.convert("L").point(lambda value: 255 if value < 100 else 0)


def _ink_box(*runs: Run, align: str = "left") -> tuple[int, int, int, int]:
    box = _black(draw(Paper(576, [Line(runs, align)], cut=True))).getbbox()  # type: ignore[arg-type]
    assert box is not None
    return box


@pytest.mark.parametrize(("width_chars", "pixels"), [(48, 576), (32, 384)])
def test_the_picture_is_one_pixel_to_a_dot_with_margins(width_chars: int, pixels: int) -> None:
    (paper,) = papers(encoded(RECEIPT), width_chars=width_chars)
    assert draw(paper).width == pixels + 2 * MARGIN_DOTS


def test_double_size_doubles_the_ink_in_both_directions_and_tall_in_one() -> None:
    left, top, right, bottom = _ink_box(Run("HHHH", Style()))
    double = _ink_box(Run("HHHH", Style(width=2, height=2)))
    tall = _ink_box(Run("HHHH", Style(height=2)))
    assert double[2] - double[0] == pytest.approx(2 * (right - left), abs=4)
    assert double[3] - double[1] == pytest.approx(2 * (bottom - top), abs=4)
    assert tall[2] - tall[0] == pytest.approx(right - left, abs=4)
    assert tall[3] - tall[1] == pytest.approx(2 * (bottom - top), abs=4)


def test_bold_lays_down_more_ink() -> None:
    plain, bold = (
        sum(_black(draw(Paper(576, [Line((Run("nakup mouky", Style(bold=bold)),))], cut=True))).histogram()[255:])
        for bold in (False, True)
    )
    assert bold > plain * 1.1


def test_accents_of_capitals_are_not_cut_off_in_any_size() -> None:
    for style in (Style(), Style(bold=True), Style(width=2, height=2), Style(height=2)):
        accented, plain = _ink_box(Run("ŮČŘ", style)), _ink_box(Run("UCR", style))
        assert accented[1] < plain[1] - 1
        assert accented[1] >= MARGIN_DOTS, "the accent runs into the line above"


def test_alignment_moves_the_ink_to_its_side() -> None:
    assert _ink_box(Run("HH", Style()))[0] < MARGIN_DOTS + 4
    assert _ink_box(Run("HH", Style()), align="right")[2] > MARGIN_DOTS + 576 - 4
    box = _ink_box(Run("HH", Style()), align="center")
    assert box[0] + box[2] == pytest.approx(576 + 2 * MARGIN_DOTS, abs=4)


def test_the_bars_of_an_ean_8_are_the_ones_of_its_digits() -> None:
    paper = Paper(576, [BarCode("EAN8", "96385074", 60, 3, "none", "left")], cut=True)
    picture = _black(draw(paper))
    row = [picture.getpixel((MARGIN_DOTS + 3 * place + 1, MARGIN_DOTS + 10)) for place in range(67)]
    bars = "".join("1" if value else "0" for value in row)
    assert bars == "1010001011010111101111010110111010101001110111001010001001011100101"


def test_a_code_that_is_no_code_is_written_out_instead() -> None:
    for code in (BarCode("EAN13", "12ab", 60, 3, "below", "left"), BarCode("EAN8", "1", 60, 3, "below", "left")):
        assert _black(draw(Paper(576, [code], cut=True))).getbbox() is not None


def test_a_qr_code_has_its_three_corners_and_one_too_big_is_left_out() -> None:
    picture = _black(draw(Paper(576, [QrCode("účet", "m", 4, "left")], cut=True)))
    box = picture.getbbox()
    assert box is not None
    size = box[2] - box[0]
    assert (size, box[3] - box[1]) == (21 * 4, 21 * 4)
    corners = [(box[0] + 14, box[1] + 14), (box[2] - 14, box[1] + 14), (box[0] + 14, box[3] - 14)]
    assert [picture.getpixel(corner) for corner in corners] == [255, 255, 255]
    assert _black(draw(Paper(576, [QrCode("x" * 5000, "m", 4, "left")], cut=True))).getbbox() is None


def test_an_uncut_paper_is_marked() -> None:
    line = Line((Run("x", Style()),))
    assert draw(Paper(576, [line], cut=True)).tobytes() != draw(Paper(576, [line], cut=False)).tobytes()


def test_a_very_long_paper_is_drawn_up_to_a_bound() -> None:
    paper = Paper(384, [Line((Run("x", Style(height=8)),))] * 1000, cut=True)
    assert draw(paper).height <= HEIGHT_DOTS_MAX + 3 * MARGIN_DOTS
