from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.money import ZERO, Money, crowns, money_sum
from appliance.domain.receipt import Receipt
from appliance.domain.sale import PaymentMethod
from appliance.domain.shift import MethodTotal, ShiftTotals, shift_totals
from appliance.domain.vat import VatRow
from tests.appliance.domain.strategies import numbered, receipts, refund_of

MOVES = st.lists(st.integers(-(10**6), 10**6).map(Money), max_size=5)


def totals(documents: Sequence[Receipt], *, moves: Sequence[Money] = (), opening: Money = ZERO) -> ShiftTotals:
    return shift_totals(documents, opening_float=opening, cash_moves=moves)


def test_a_shift_without_a_sale_holds_its_float() -> None:
    empty = totals([], opening=crowns(1000), moves=[crowns(500), crowns(-200)])
    assert (empty.count, empty.total, empty.by_method, empty.vat) == (0, ZERO, (), ())
    assert (empty.cash_moved, empty.cash_expected) == (crowns(300), crowns(1300))
    assert (empty.first_number, empty.last_number) == ("", "")


def joined_methods(first: ShiftTotals, second: ShiftTotals) -> tuple[MethodTotal, ...]:
    every = (*first.by_method, *second.by_method)
    present = {total.method for total in every}
    return tuple(
        MethodTotal(method, money_sum(total.amount for total in every if total.method == method))
        for method in PaymentMethod
        if method in present
    )


def joined_vat(first: ShiftTotals, second: ShiftTotals) -> tuple[VatRow, ...]:
    every = (*first.vat, *second.vat)
    return tuple(
        VatRow(
            percent,
            money_sum(row.base for row in every if row.percent == percent),
            money_sum(row.tax for row in every if row.percent == percent),
        )
        for percent in sorted({row.percent for row in every}, reverse=True)
    )


@given(st.lists(receipts(), max_size=6).map(numbered), MOVES, st.data())
def test_the_totals_are_the_same_in_any_split_of_the_documents(
    sales: list[Receipt], moves: list[Money], data: st.DataObject
) -> None:
    places = data.draw(st.sets(st.sampled_from(range(len(sales))), max_size=3)) if sales else set()
    refunded = [sales[place] for place in sorted(places)]
    documents = [*sales, *(refund_of(sale, number=f"P1A-1{n:05d}") for n, sale in enumerate(refunded))]
    cut = data.draw(st.integers(0, len(documents)))
    move_cut = data.draw(st.integers(0, len(moves)))
    first = totals(documents[:cut], moves=moves[:move_cut], opening=crowns(700))
    second = totals(documents[cut:], moves=moves[move_cut:])
    whole = totals(documents, moves=moves, opening=crowns(700))
    assert whole == ShiftTotals(
        count=first.count + second.count,
        refund_count=first.refund_count + second.refund_count,
        total=first.total + second.total,
        refund_total=first.refund_total + second.refund_total,
        rounding=first.rounding + second.rounding,
        discounts=first.discounts + second.discounts,
        by_method=joined_methods(first, second),
        vat=joined_vat(first, second),
        opening_float=crowns(700),
        cash_moved=first.cash_moved + second.cash_moved,
        cash_expected=first.cash_expected + second.cash_expected,
        first_number=first.first_number or second.first_number,
        last_number=second.last_number or first.last_number,
    )


@given(st.lists(receipts(), min_size=1, max_size=6).map(numbered), MOVES)
def test_the_totals_agree_with_each_other(sales: list[Receipt], moves: list[Money]) -> None:
    documents = [*sales, refund_of(sales[0])]
    sums = totals(documents, moves=moves, opening=crowns(100))
    assert (sums.count, sums.refund_count) == (len(documents), 1)
    assert money_sum(method.amount for method in sums.by_method) == sums.total
    assert sums.refund_total == -sales[0].paid
    cash = money_sum(method.amount for method in sums.by_method if method.method == PaymentMethod.CASH)
    assert sums.cash_expected == crowns(100) + money_sum(moves) + cash
    payers = [receipt for receipt in documents if receipt.vat]
    assert money_sum(row.gross for row in sums.vat) == money_sum(receipt.total for receipt in payers)


@given(receipts())
def test_a_sale_and_its_refund_leave_the_drawer_as_it_was(sale: Receipt) -> None:
    sums = totals([sale, refund_of(sale)], opening=crowns(100))
    assert sums.total == sums.rounding == sums.discounts == ZERO
    assert sums.cash_expected == crowns(100)
    assert all(method.amount == ZERO for method in sums.by_method)
    assert all((row.base, row.tax) == (ZERO, ZERO) for row in sums.vat)
    assert replace(sums, count=0).last_number == "P1A-000002"
