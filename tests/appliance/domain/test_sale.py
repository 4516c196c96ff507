import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.money import ZERO, Money, crowns, money_sum
from appliance.domain.sale import (
    CASH_LIMIT,
    TENDERS_MAX,
    Payment,
    PaymentMethod,
    PaymentRefused,
    Settlement,
    Tender,
    cash_due,
    left_to_pay,
    settle,
    suggested_cash,
)
from tests.appliance.domain.strategies import paying

CASH, CARD, VOUCHER, TRANSFER = (
    PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.VOUCHER, PaymentMethod.TRANSFER,
)  # fmt: skip


def tenders(*parts: tuple[PaymentMethod, int]) -> list[Tender]:
    return [Tender(method, Money(haler)) for method, haler in parts]


@pytest.mark.parametrize(
    ("total", "parts", "payments", "rounding", "tendered", "change"),
    [
        # cash alone is rounded
        (5280, [(CASH, 10_000)], [(CASH, 5300)], 20, 10_000, 4700),
        (5249, [(CASH, 5200)], [(CASH, 5200)], -49, 5200, 0),
        (5250, [(CASH, 5300)], [(CASH, 5300)], 50, 5300, 0),
        # card and transfer are not
        (5280, [(CARD, 5280)], [(CARD, 5280)], 0, 0, 0),
        (5281, [(TRANSFER, 5281)], [(TRANSFER, 5281)], 0, 0, 0),
        # split: only the cash part is
        (5280, [(CARD, 2000), (CASH, 5000)], [(CARD, 2000), (CASH, 3300)], 20, 5000, 1700),
        (5280, [(CASH, 5000), (CARD, 2000)], [(CARD, 2000), (CASH, 3300)], 20, 5000, 1700),
        (10_050, [(VOUCHER, 5000), (CARD, 5050)], [(VOUCHER, 5000), (CARD, 5050)], 0, 0, 0),
        # the same method twice is one payment
        (3000, [(CARD, 1000), (VOUCHER, 500), (CARD, 1500)], [(CARD, 2500), (VOUCHER, 500)], 0, 0, 0),
        (3000, [(CASH, 1000), (CASH, 2000)], [(CASH, 3000)], 0, 3000, 0),
        # cash below half a crown is nothing
        (1049, [(CARD, 1000), (CASH, 0)], [(CARD, 1000), (CASH, 0)], -49, 0, 0),
        (30, [(CASH, 0)], [(CASH, 0)], -30, 0, 0),
        # nothing to pay
        (0, [], [], 0, 0, 0),
        (0, [(CASH, 10_000)], [(CASH, 0)], 0, 10_000, 10_000),
        (27_000_049, [(CASH, 27_000_000)], [(CASH, 27_000_000)], -49, 27_000_000, 0),
    ],
)
def test_tenders_become_payments_rounding_and_change(
    total: int,
    parts: list[tuple[PaymentMethod, int]],
    payments: list[tuple[PaymentMethod, int]],
    rounding: int,
    tendered: int,
    change: int,
) -> None:
    paid = tuple(Payment(method, Money(haler)) for method, haler in payments)
    assert settle(Money(total), tenders(*parts)) == Settlement(paid, Money(rounding), Money(tendered), Money(change))


@pytest.mark.parametrize(
    ("total", "parts", "rule"),
    [
        (5280, [], "not_enough"),
        (5280, [(CARD, 5279)], "not_enough"),
        (5280, [(CASH, 5299)], "not_enough"),
        (5280, [(CARD, 2000), (CASH, 3200)], "not_enough"),
        (10_000_000_000, [(CARD, 10_000_000_000)], "amount_too_large"),
        (9_999_999_960, [(CARD, 9_999_900_000), (CASH, 100_000)], "amount_too_large"),
        (5280, [(CARD, 5281)], "more_than_due"),
        (5280, [(VOUCHER, 3000), (CARD, 3000), (CASH, 1000)], "more_than_due"),
        (5280, [(CARD, -1), (CASH, 10_000)], "tender_negative"),
        (-1, [(CASH, 0)], "total_negative"),
        (27_000_050, [(CASH, 30_000_000)], "cash_limit"),
        (1100, [(CARD, 100)] * (TENDERS_MAX + 1), "too_many_tenders"),
    ],
)
def test_tenders_that_do_not_pay_are_refused(total: int, parts: list[tuple[PaymentMethod, int]], rule: str) -> None:
    with pytest.raises(PaymentRefused) as refused:
        settle(Money(total), tenders(*parts))
    assert refused.value.rule == rule


def test_only_the_cash_part_counts_for_the_cash_limit() -> None:
    total = CASH_LIMIT + crowns(100)
    settlement = settle(total, [Tender(CARD, crowns(100)), Tender(CASH, CASH_LIMIT)])
    assert settlement.payments[-1] == Payment(CASH, CASH_LIMIT)


TOTALS = st.integers(0, 9_999_999_949).map(Money)  # rounded up to crowns it still fits


@given(TOTALS.flatmap(lambda total: st.tuples(st.just(total), paying(total))))
def test_payments_add_up_to_total_and_rounding_for_every_split(paid: tuple[Money, tuple[Tender, ...]]) -> None:
    total, parts = paid
    settlement = settle(total, parts)
    assert money_sum(payment.amount for payment in settlement.payments) == total + settlement.rounding
    assert settlement.change >= ZERO
    assert abs(settlement.rounding) <= Money(50)
    assert all(payment.amount >= ZERO for payment in settlement.payments)
    handed_over = money_sum(tender.amount for tender in parts)
    assert handed_over - settlement.change == total + settlement.rounding
    methods = [payment.method for payment in settlement.payments]
    assert len(methods) == len(set(methods))
    cash = [payment.amount for payment in settlement.payments if payment.method == CASH]
    assert all(amount.haler % 100 == 0 for amount in cash)
    assert cash or not settlement.rounding


@given(TOTALS, st.lists(st.tuples(st.sampled_from(PaymentMethod), st.integers(-100, 10**10)), max_size=12))
def test_any_tenders_are_either_settled_exactly_or_refused(
    total: Money, parts: list[tuple[PaymentMethod, int]]
) -> None:
    offered = tenders(*parts)
    try:
        settlement = settle(total, offered)
    except PaymentRefused as refused:
        assert refused.rule  # noqa: PT017 -- either outcome is right, but each must be whole
        return
    assert money_sum(payment.amount for payment in settlement.payments) == total + settlement.rounding
    assert settlement.change == money_sum(tender.amount for tender in offered) - total - settlement.rounding >= ZERO


def test_what_is_left_is_exact_and_what_is_due_in_cash_is_rounded() -> None:
    parts = tenders((CARD, 2000))
    assert left_to_pay(Money(5280), parts) == Money(3280)
    assert cash_due(Money(5280), parts) == crowns(33)


@pytest.mark.parametrize(
    ("due", "suggested"),
    [(123, (123, 150, 200, 500)), (50, (50, 100, 200, 500)), (999, (999, 1000, 2000, 5000)), (4990, (4990, 5000, 6000)),
     (5001, (5001, 5050, 5100, 5200)), (0, (0, 50, 100, 200))],
)  # fmt: skip
def test_the_exact_sum_and_likely_notes_are_suggested(due: int, suggested: tuple[int, ...]) -> None:
    assert suggested_cash(crowns(due)) == tuple(crowns(note) for note in suggested)


@given(st.integers(0, 300_000).map(crowns), st.integers(1, 8))
def test_every_suggestion_pays_and_they_rise(due: Money, count: int) -> None:
    sums = suggested_cash(due, count=count)
    assert sums[0] == due
    assert list(sums) == sorted(set(sums))
    assert len(sums) <= count
