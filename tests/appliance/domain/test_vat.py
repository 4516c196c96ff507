from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.money import Money, money_sum
from appliance.domain.vat import NoVatRate, VatClass, VatRate, VatRow, percent_on, tax_in_gross, vat_rows


@pytest.mark.parametrize(
    ("vat_class", "day", "percent"),
    [
        (VatClass.STANDARD, date(2023, 12, 31), 21),
        (VatClass.STANDARD, date(2024, 1, 1), 21),
        (VatClass.STANDARD, date(2027, 2, 1), 21),
        (VatClass.REDUCED, date(2023, 12, 31), 15),
        (VatClass.REDUCED, date(2024, 1, 1), 12),
        (VatClass.REDUCED, date(2027, 2, 1), 12),
        (VatClass.ZERO, date(2027, 2, 1), 0),
    ],
)
def test_the_rate_follows_from_class_and_day(vat_class: VatClass, day: date, percent: int) -> None:
    assert percent_on(vat_class, day) == percent


def test_a_change_of_rate_begins_on_its_day_whatever_the_order_of_the_table() -> None:
    rates = (VatRate(VatClass.REDUCED, 13, date(2028, 1, 1)), VatRate(VatClass.REDUCED, 12, date(2024, 1, 1)))
    assert percent_on(VatClass.REDUCED, date(2027, 12, 31), rates) == 12
    assert percent_on(VatClass.REDUCED, date(2028, 1, 1), rates) == 13


def test_a_day_without_a_rate_is_an_error() -> None:
    with pytest.raises(NoVatRate):
        percent_on(VatClass.STANDARD, date(2012, 12, 31))


@pytest.mark.parametrize(
    ("gross", "percent", "tax"),
    [(12_100, 21, 2100), (11_200, 12, 1200), (10_000, 21, 1736), (10_000, 12, 1071), (1, 21, 0), (3, 21, 1),
     (999, 0, 0), (-10_000, 21, -1736)],
)  # fmt: skip
def test_the_tax_in_a_price_is_computed_to_the_haler(gross: int, percent: int, tax: int) -> None:
    assert tax_in_gross(Money(gross), percent) == Money(tax)


LINES = st.lists(st.tuples(st.sampled_from([0, 12, 21]), st.integers(-(10**9), 10**9).map(Money)), max_size=30)


@given(LINES)
def test_base_and_tax_are_the_gross_of_each_rate_and_of_the_whole(lines: list[tuple[int, Money]]) -> None:
    rows = vat_rows(lines)
    assert money_sum(row.gross for row in rows) == money_sum(gross for _, gross in lines)
    assert [row.percent for row in rows] == sorted({percent for percent, _ in lines}, reverse=True)
    for row in rows:
        assert row.base + row.tax == money_sum(gross for percent, gross in lines if percent == row.percent)
        assert row.tax == tax_in_gross(row.gross, row.percent)


@given(LINES)
def test_the_table_of_the_opposite_lines_is_the_opposite_table(lines: list[tuple[int, Money]]) -> None:
    opposite = tuple(VatRow(row.percent, -row.base, -row.tax) for row in vat_rows(lines))
    assert vat_rows([(percent, -gross) for percent, gross in lines]) == opposite


def test_the_tax_is_rounded_once_per_rate_not_per_line() -> None:
    assert vat_rows([(21, Money(3)), (21, Money(3)), (21, Money(3))]) == (VatRow(21, Money(7), Money(2)),)
