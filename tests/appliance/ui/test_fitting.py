import pytest

from appliance.ui.fitting import cut, size_that_fits, tail_at_caret, text_width, wrap

LONG = "Vánočka máslová s mandlemi a rozinkami ručně pletená 500 g"


@pytest.mark.parametrize("lines", [1, 2, 3])
@pytest.mark.parametrize("width", [60, 120, 300, 900])
def test_wrapped_text_stays_inside(lines: int, width: int) -> None:
    rows = wrap(LONG, width, 16, lines=lines).split("\n")
    assert len(rows) <= lines
    assert all(text_width(row, 16) <= width for row in rows)


def test_what_fits_is_not_touched() -> None:
    assert wrap("Rohlík tukový", 400, 16, lines=2) == "Rohlík tukový"


def test_what_is_cut_says_so() -> None:
    assert wrap(LONG, 120, 16, lines=2).endswith("…")
    assert cut(LONG, 120, 16).endswith("…")


def test_one_endless_word_is_cut_too() -> None:
    assert text_width(wrap("Nejneobhospodařovávatelnějšími" * 2, 100, 16, lines=2), 16) <= 100


def test_an_amount_gets_smaller_until_it_fits() -> None:
    size = size_that_fits("270 000,00 Kč", 200, 48, smallest=14)
    assert text_width("270 000,00 Kč", size) <= 200
    assert size_that_fits("0,50 Kč", 200, 48, smallest=14) == 48


def test_the_caret_of_a_long_line_stays_visible() -> None:
    before, after = tail_at_caret(LONG, "", 100, 16)
    assert LONG.endswith(before)
    assert text_width(before + after, 16) <= 100
