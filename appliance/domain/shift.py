"""The shift: from opening with a float to the closing; X report and closing come from one function."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from appliance.domain.money import ZERO, Money, money_sum
from appliance.domain.receipt import Receipt, ReceiptKind
from appliance.domain.sale import PaymentMethod
from appliance.domain.vat import VatRow


@dataclass(frozen=True)
class MethodTotal:
    method: PaymentMethod
    amount: Money


@dataclass(frozen=True)
class ShiftTotals:
    """Sums over all documents of a shift so far; `count` and `total` include refunds (which are negative).

    `total` is after rounding: what was really paid. `cash_expected` is what should lie in the drawer.
    """

    count: int
    refund_count: int
    total: Money
    refund_total: Money
    rounding: Money
    discounts: Money
    by_method: tuple[MethodTotal, ...]
    vat: tuple[VatRow, ...]
    opening_float: Money
    cash_moved: Money
    cash_expected: Money
    first_number: str
    last_number: str


def shift_totals(receipts: Iterable[Receipt], *, opening_float: Money, cash_moves: Sequence[Money]) -> ShiftTotals:
    """The totals of a shift's receipts (in the order of issue); `cash_moves` are signed deposits and withdrawals."""
    documents = tuple(receipts)
    by_method: dict[PaymentMethod, Money] = {}
    vat: dict[int, VatRow] = {}
    for receipt in documents:
        for payment in receipt.payments:
            by_method[payment.method] = by_method.get(payment.method, ZERO) + payment.amount
        for row in receipt.vat:
            before = vat.get(row.percent, VatRow(row.percent, ZERO, ZERO))
            vat[row.percent] = VatRow(row.percent, before.base + row.base, before.tax + row.tax)
    refunds = [receipt for receipt in documents if receipt.kind == ReceiptKind.REFUND]
    moved = money_sum(cash_moves)
    return ShiftTotals(
        count=len(documents),
        refund_count=len(refunds),
        total=money_sum(receipt.paid for receipt in documents),
        refund_total=money_sum(receipt.paid for receipt in refunds),
        rounding=money_sum(receipt.rounding for receipt in documents),
        discounts=money_sum(
            line.line_discount + line.bill_discount_share for receipt in documents for line in receipt.lines
        ),
        by_method=tuple(MethodTotal(m, by_method[m]) for m in PaymentMethod if m in by_method),
        vat=tuple(vat[percent] for percent in sorted(vat, reverse=True)),
        opening_float=opening_float,
        cash_moved=moved,
        cash_expected=opening_float + moved + by_method.get(PaymentMethod.CASH, ZERO),
        first_number=documents[0].number if documents else "",
        last_number=documents[-1].number if documents else "",
    )
