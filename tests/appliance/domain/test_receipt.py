from dataclasses import replace

import pytest
from hypothesis import given

from appliance.domain.cart import Cart, Discount, discount_bill
from appliance.domain.money import ZERO, Money, Quantity, money_sum
from appliance.domain.receipt import (
    SERIES_LETTERS,
    Original,
    Receipt,
    ReceiptKind,
    RefundRefused,
    check_receipt,
    issue_receipt,
    lines_of_cart,
    next_series_letter,
    receipt_number,
    refund_receipt,
)
from appliance.domain.sale import Payment, PaymentMethod, Tender, settle
from appliance.domain.vat import VatRow, VatStatus
from tests.appliance.domain.strategies import carts, issue, receipts, refund_of
from tests.shops import NON_PAYER, ROLL, SOAP, STAMPS, VAT_PAYER, cart_of


def receipt_of(cart: Cart, *tenders: Tender) -> Receipt:
    percents = [{"item-roll": 12, "item-soap": 21, "item-stamps": 0}[line.item_id or ""] for line in cart.lines]
    settlement = settle(cart.total, tenders)
    return issue_receipt(issue("P1A-000001", "doc-1"), VAT_PAYER, lines_of_cart(cart, percents), settlement)


@pytest.mark.parametrize(
    ("series", "n", "number"),
    [("P1A", 101, "P1A-000101"), ("P1A", 1, "P1A-000001"), ("AB12Z", 1_234_567, "AB12Z-1234567")],
)
def test_a_receipts_number_is_its_series_and_six_digits(series: str, n: int, number: str) -> None:
    assert receipt_number(series, n) == number


@pytest.mark.parametrize(
    ("used", "letter"),
    [([], "A"), (["A"], "B"), (["B", "A"], "C"), (["C"], "D"), (["H"], "J"), (["N"], "P"), (["P"], "R")],
)
def test_the_next_letter_is_above_all_used_ones_and_none_that_is_misread(used: list[str], letter: str) -> None:
    assert next_series_letter(used) == letter


@pytest.mark.parametrize(("last", "then"), [("Z", "AA"), ("AA", "AB"), ("AZ", "BA"), ("ZZ", "AAA")])
def test_after_the_last_letter_come_two(last: str, then: str) -> None:
    assert next_series_letter([*SERIES_LETTERS, last]) == then


def test_a_receipt_of_three_rates_with_a_discount_on_the_bill() -> None:
    cart = discount_bill(cart_of(ROLL, SOAP, STAMPS), Discount(basis_points=1000))
    receipt = receipt_of(cart, Tender(PaymentMethod.CASH, Money(10_000)))
    assert [line.bill_discount_share for line in receipt.lines] == [Money(29), Money(499), Money(270)]
    assert receipt.total == Money(7182)
    assert receipt.vat == (
        VatRow(21, Money(3712), Money(779)),
        VatRow(12, Money(233), Money(28)),
        VatRow(0, Money(2430), ZERO),
    )
    assert (receipt.paid, receipt.rounding, receipt.change) == (Money(7200), Money(18), Money(2800))


@given(receipts())
def test_every_receipt_keeps_the_invariants_of_money(receipt: Receipt) -> None:
    check_receipt(receipt)
    assert receipt.paid == money_sum(payment.amount for payment in receipt.payments)
    for line in receipt.lines:
        assert line.total >= ZERO
    if receipt.seller.vat_status == VatStatus.VAT_PAYER:
        assert money_sum(row.base + row.tax for row in receipt.vat) == receipt.total
    else:
        assert receipt.vat == ()
        assert all(line.vat_percent is None for line in receipt.lines)


@given(receipts())
def test_a_sale_and_its_refund_are_nothing_in_every_sum(sale: Receipt) -> None:
    refund = refund_of(sale)
    assert refund.kind == ReceiptKind.REFUND
    assert refund.original == Original(sale.doc_id, sale.number)
    assert sale.total + refund.total == sale.rounding + refund.rounding == sale.paid + refund.paid == ZERO
    assert [p.method for p in refund.payments] == [p.method for p in sale.payments]
    assert all(a.amount + b.amount == ZERO for a, b in zip(sale.payments, refund.payments, strict=True))
    for row, mirrored in zip(sale.vat, refund.vat, strict=True):
        assert (row.percent, row.base + mirrored.base, row.tax + mirrored.tax) == (mirrored.percent, ZERO, ZERO)
    for line, back in zip(sale.lines, refund.lines, strict=True):
        assert (back.quantity, back.total) == (-line.quantity, -line.total)
        assert (back.line_discount, back.bill_discount_share) == (-line.line_discount, -line.bill_discount_share)
        assert (back.vat_percent, back.unit_price, back.name) == (line.vat_percent, line.unit_price, line.name)
        assert back.reporting == line.reporting
    assert (refund.change, refund.tendered) == (ZERO, ZERO)


@given(receipts())
def test_what_eet_was_told_of_a_sale_its_refund_takes_back(sale: Receipt) -> None:
    refund = refund_of(sale)
    assert (sale.fiscal is None) == (refund.fiscal is None)
    if sale.fiscal and refund.fiscal:
        for amount in ("celk_trzba", "urceno_cerp_zuct", "cerp_zuct"):
            assert sale.fiscal.data.get(amount) == refund.fiscal.data.get(amount, "").removeprefix("-") or (
                amount not in sale.fiscal.data and amount not in refund.fiscal.data
            )
        assert refund.fiscal.data["celk_trzba"].startswith("-")


@pytest.mark.parametrize(
    ("already_refunded", "reason", "rule"),
    [(True, "vráceno", "already_refunded"), (False, "  ", "reason_missing")],
)
def test_a_refund_is_refused(already_refunded: bool, reason: str, rule: str) -> None:
    sale = receipt_of(cart_of(ROLL), Tender(PaymentMethod.CARD, Money(290)))
    with pytest.raises(RefundRefused, match=rule):
        refund_receipt(issue("P1A-000002", "doc-2"), sale, reason=reason, already_refunded=already_refunded)


def test_a_refund_cannot_be_refunded() -> None:
    refund = refund_of(receipt_of(cart_of(ROLL), Tender(PaymentMethod.CARD, Money(290))))
    with pytest.raises(RefundRefused, match="is_refund"):
        refund_receipt(issue("P1A-000003", "doc-3"), refund, reason="x", already_refunded=False)


def test_a_bill_given_away_is_a_receipt_over_nothing() -> None:
    cart = discount_bill(cart_of(ROLL, SOAP), Discount(basis_points=10_000))
    receipt = receipt_of(cart)
    assert (receipt.total, receipt.paid, receipt.payments) == (ZERO, ZERO, ())
    assert [line.total for line in receipt.lines] == [ZERO, ZERO]
    assert [row.gross for row in receipt.vat] == [ZERO, ZERO]
    assert refund_of(receipt).total == ZERO


GOOD = receipt_of(cart_of(ROLL, SOAP), Tender(PaymentMethod.CASH, Money(10_000)))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(GOOD, lines=()),
        replace(GOOD, total=GOOD.total + Money(1), rounding=GOOD.rounding - Money(1)),
        replace(GOOD, payments=(Payment(PaymentMethod.CASH, Money(5200)),)),
        replace(GOOD, rounding=Money(51), payments=(Payment(PaymentMethod.CASH, GOOD.total + Money(51)),)),
        replace(GOOD, vat=GOOD.vat[:1]),
        replace(GOOD, seller=NON_PAYER),
    ],
)
def test_a_receipt_that_does_not_add_up_is_never_issued(wrong: Receipt) -> None:
    check_receipt(GOOD)
    with pytest.raises(AssertionError):
        check_receipt(wrong)


@given(carts())
def test_lines_of_a_receipt_add_up_to_the_cart(cart: Cart) -> None:
    lines = lines_of_cart(cart, [None] * len(cart.lines))
    assert money_sum(line.total for line in lines) == cart.total
    assert money_sum(line.line_discount for line in lines) == money_sum(line.line_discount for line in cart.lines)
    assert all(line.quantity > Quantity(0) for line in lines)
