from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.money import (
    ZERO,
    Money,
    NotAnAmount,
    Quantity,
    crowns,
    divide_half_away,
    format_amount,
    format_czk,
    format_quantity,
    money_sum,
    parse_amount,
    parse_quantity,
    percent_of,
    price_times_quantity,
    round_cash,
    spread,
)

HALER = st.integers(-10_000_000_000, 10_000_000_000)


@pytest.mark.parametrize(
    ("haler", "rounded"),
    [(0, 0), (49, 0), (50, 100), (51, 100), (99, 100), (149, 100), (150, 200), (-49, 0), (-50, -100), (-149, -100),
     (-150, -200), (27_000_049, 27_000_000)],
)  # fmt: skip
def test_cash_is_rounded_to_whole_crowns_half_away_from_zero(haler: int, rounded: int) -> None:
    assert round_cash(Money(haler)) == Money(rounded)


@given(HALER)
def test_cash_rounding_is_symmetric_and_moves_at_most_half_a_crown(haler: int) -> None:
    rounded = round_cash(Money(haler))
    assert round_cash(Money(-haler)) == -rounded
    assert rounded.haler % 100 == 0
    assert abs(rounded.haler - haler) <= 50


@given(st.integers(), st.integers(1, 10**9))
def test_division_rounds_like_the_decimal_arithmetic_of_a_book_keeper(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    quotient = divide_half_away(numerator, denominator)
    assert abs(quotient - exact) <= Fraction(1, 2)
    if abs(quotient - exact) == Fraction(1, 2):
        assert abs(quotient) > abs(exact)


@given(HALER, st.integers(0, 999_999_000))
def test_a_lines_price_is_the_decimal_product_to_the_haler(price: int, thousandths: int) -> None:
    exact = Decimal(price) * Decimal(thousandths) / 1000
    assert price_times_quantity(Money(price), Quantity(thousandths)).haler == int(exact.quantize(1, ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("price", "thousandths", "total"),
    [(3990, 1000, 3990), (3990, 345, 1377), (1, 499, 0), (1, 500, 1), (1, -500, -1), (290, 12_000, 3480)],
)
def test_a_price_times_a_quantity(price: int, thousandths: int, total: int) -> None:
    assert price_times_quantity(Money(price), Quantity(thousandths)) == Money(total)


@pytest.mark.parametrize(
    ("amount", "basis_points", "share"), [(10_000, 1000, 1000), (999, 1250, 125), (5, 1000, 1), (4, 1000, 0), (7, 0, 0)]
)
def test_a_percentage_is_rounded_to_the_haler(amount: int, basis_points: int, share: int) -> None:
    assert percent_of(Money(amount), basis_points) == Money(share)


@given(HALER, st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_a_spread_adds_up_and_each_part_is_within_one_haler_of_its_exact_share(haler: int, weights: list[int]) -> None:
    parts = spread(Money(haler), weights)
    assert money_sum(parts) == Money(haler)
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        if whole:
            assert abs(part.haler - Fraction(haler * weight, whole)) < 1
            assert weight or not part


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60), st.data())
def test_no_part_of_a_spread_exceeds_its_weight_when_the_whole_does_not(
    weights: list[int], data: st.DataObject
) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    parts = spread(Money(total), weights)
    assert all(0 <= part.haler <= weight for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [(100, [1, 1, 1], [34, 33, 33]), (-100, [1, 1, 1], [-34, -33, -33]), (5, [0, 0], [5, 0]), (0, [3, 4], [0, 0]),
     (10, [3, 0, 7], [3, 0, 7]), (1, [1, 2, 2], [0, 1, 0])],
)  # fmt: skip
def test_what_is_left_goes_to_the_largest_remainder_and_among_equals_to_the_earlier(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert spread(Money(total), weights) == [Money(part) for part in parts]


@pytest.mark.parametrize(
    ("typed", "haler"),
    [("12", 1200), ("12,5", 1250), ("12.05", 1205), ("1 234,50", 123_450), ("1\u00a0234,50", 123_450), ("-3,10", -310),
     ("0", 0), ("0,01", 1), ("99999999,99", 9_999_999_999)],
)  # fmt: skip
def test_a_typed_amount_is_read(typed: str, haler: int) -> None:
    assert parse_amount(typed) == Money(haler)


@pytest.mark.parametrize("typed", ["", "-", ",5", "5,", "1,234", "1e3", "12 Kč", "100000000", "1.2.3", "--1", "+1"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_amount(typed)


@pytest.mark.parametrize(
    ("typed", "thousandths"), [("1", 1000), ("0,345", 345), ("1.5", 1500), ("12", 12_000), ("999999,999", 999_999_999)]
)
def test_a_typed_quantity_is_read(typed: str, thousandths: int) -> None:
    assert parse_quantity(typed) == Quantity(thousandths)


@pytest.mark.parametrize("typed", ["", "-1", "1,2345", "1 000", "0x1", "1000000"])
def test_what_is_no_quantity_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_quantity(typed)


@pytest.mark.parametrize(
    ("haler", "text"),
    [(0, "0,00"), (5, "0,05"), (-5, "-0,05"), (123_450, "1\u00a0234,50"), (-100_000_000, "-1\u00a0000\u00a0000,00")],
)
def test_an_amount_is_written_the_czech_way(haler: int, text: str) -> None:
    assert format_amount(Money(haler)) == text
    assert format_czk(Money(haler)) == f"{text}\u00a0Kč"


@given(st.integers(-9_999_999_999, 9_999_999_999))
def test_a_written_amount_is_read_back(haler: int) -> None:
    assert parse_amount(format_amount(Money(haler))) == Money(haler)


@pytest.mark.parametrize(
    ("thousandths", "text"), [(1000, "1"), (1500, "1,5"), (345, "0,345"), (-2000, "-2"), (10, "0,01")]
)
def test_a_quantity_is_written_without_idle_zeros(thousandths: int, text: str) -> None:
    assert format_quantity(Quantity(thousandths)) == text


def test_amounts_add_subtract_and_compare() -> None:
    assert crowns(2) + Money(50) - Money(250) == ZERO
    assert -Money(5) == Money(-5) < ZERO
    assert abs(Money(-5)) == Money(5)
    assert not ZERO
    assert Money(1)
    assert -Quantity(5) == Quantity(-5)
