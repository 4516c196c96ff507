"""The receipt: an issued, immutable document, made from a paid cart or as the mirror of another receipt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from appliance.domain.cart import Cart, bill_discount_shares
from appliance.domain.fiscal import FrozenSale, Reporting
from appliance.domain.money import ZERO, Money, Quantity, money_sum
from appliance.domain.sale import Payment, Settlement
from appliance.domain.vat import VatClass, VatRow, VatStatus, vat_rows

SERIES_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # without I, O and Q, which are misread
SERIES_LETTERS_MAX = 3
NUMBER_DIGITS = 6


class ReceiptKind(StrEnum):
    SALE = "sale"
    REFUND = "refund"


class ClockState(StrEnum):
    VERIFIED = "verified"
    UNVERIFIED = "unverified"


class RefundRefused(ValueError):
    """`rule` is a machine word."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True)
class Seller:
    """Who sells, as it stands on the paper."""

    name: str
    address: tuple[str, ...]
    ico: str
    dic: str
    vat_status: VatStatus
    footer: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceiptLine:
    """`total` is what the customer pays for the line: full price − line_discount − bill_discount_share.

    `vat_percent` is None when the seller does not pay VAT.
    """

    item_id: str | None
    name: str
    ean: str
    unit: str
    unit_price: Money
    quantity: Quantity
    line_discount: Money
    bill_discount_share: Money
    total: Money
    vat_class: VatClass
    vat_percent: int | None
    reporting: Reporting = Reporting.REPORTED


@dataclass(frozen=True)
class Original:
    """The receipt a refund mirrors."""

    doc_id: str
    number: str


@dataclass(frozen=True)
class Receipt:
    """`issued_at` is ISO 8601 with the shop's offset; total + rounding is what the payments add up to.

    `principal` is the number of the taxpayer for whom all of it is sold, '' for the shop itself. `warehouse_id` is
    where the goods were taken from or put back, '' where no stock is kept.
    """

    doc_id: str
    number: str
    kind: ReceiptKind
    issued_at: str
    clock: ClockState
    shift_id: str
    user: str
    till: str
    seller: Seller
    lines: tuple[ReceiptLine, ...]
    total: Money
    rounding: Money
    payments: tuple[Payment, ...]
    tendered: Money
    change: Money
    vat: tuple[VatRow, ...]
    fiscal: FrozenSale | None
    original: Original | None = None
    reason: str = ""
    principal: str = ""
    warehouse_id: str = ""

    @property
    def paid(self) -> Money:
        """What was paid, after cash rounding."""
        return self.total + self.rounding


@dataclass(frozen=True)
class Issue:
    """The circumstances of issuing one document: where, when, by whom, under which number."""

    doc_id: str
    number: str
    issued_at: str
    clock: ClockState
    shift_id: str
    user: str
    till: str


def receipt_number(series: str, n: int) -> str:
    """`P1A`, 101 → `P1A-000101`."""
    return f"{series}-{n:0{NUMBER_DIGITS}d}"


def next_series_letter(used: Sequence[str]) -> str:
    """The next mark of a till's receipt series: one letter, after the last one two (AA, AB, …), and so on. Those of
    earlier epochs are never used again."""
    last = max((_series_rank(letters) for letters in used), default=-1)
    return _series_of_rank(last + 1)


def is_series_letter(letters: str) -> bool:
    """Whether a series may be marked so."""
    return 1 <= len(letters) <= SERIES_LETTERS_MAX and all(letter in SERIES_LETTERS for letter in letters)


def _series_rank(letters: str) -> int:
    """A is 0, Z 22, AA 23."""
    rank = 0
    for letter in letters:
        rank = rank * len(SERIES_LETTERS) + SERIES_LETTERS.index(letter) + 1
    return rank - 1


def _series_of_rank(rank: int) -> str:
    letters, left = "", rank + 1
    while left:
        left, place = divmod(left - 1, len(SERIES_LETTERS))
        letters = SERIES_LETTERS[place] + letters
    return letters


def lines_of_cart(cart: Cart, percents: Sequence[int | None]) -> tuple[ReceiptLine, ...]:
    """The cart's lines with their final prices; `percents` gives each line's VAT, None for no VAT."""
    shares = bill_discount_shares(cart)
    return tuple(
        ReceiptLine(
            item_id=line.item_id,
            name=line.name,
            ean=line.ean,
            unit=line.unit,
            unit_price=line.unit_price,
            quantity=line.quantity,
            line_discount=line.line_discount,
            bill_discount_share=share,
            total=line.price - share,
            vat_class=line.vat_class,
            vat_percent=percent,
            reporting=line.reporting,
        )
        for line, share, percent in zip(cart.lines, shares, percents, strict=True)
    )


def vat_of_lines(lines: Sequence[ReceiptLine]) -> tuple[VatRow, ...]:
    return vat_rows((line.vat_percent, line.total) for line in lines if line.vat_percent is not None)


def issue_receipt(
    issue: Issue, seller: Seller, lines: tuple[ReceiptLine, ...], settlement: Settlement, *, principal: str = ""
) -> Receipt:
    """A sale, of which nothing is reported yet (`fiscal` comes from `freeze_sale`)."""
    return _issued(
        issue,
        kind=ReceiptKind.SALE,
        seller=seller,
        lines=lines,
        settlement=settlement,
        vat=vat_of_lines(lines),
        principal=principal,
    )


def refund_receipt(issue: Issue, original: Receipt, *, reason: str, already_refunded: bool) -> Receipt:
    """The full refund: the original's lines, payments and rounding mirrored, at the original VAT rates.

    Nothing of it is reported yet (`fiscal` comes from `freeze_sale`). Raises RefundRefused.
    """
    if original.kind == ReceiptKind.REFUND:
        raise RefundRefused("is_refund")
    if already_refunded:
        raise RefundRefused("already_refunded")
    if not reason.strip():
        raise RefundRefused("reason_missing")
    payments = tuple(Payment(payment.method, -payment.amount) for payment in original.payments)
    return _issued(
        issue,
        kind=ReceiptKind.REFUND,
        seller=original.seller,
        lines=tuple(_mirrored(line) for line in original.lines),
        settlement=Settlement(payments, rounding=-original.rounding, tendered=ZERO, change=ZERO),
        vat=tuple(VatRow(row.percent, -row.base, -row.tax) for row in original.vat),
        original=Original(original.doc_id, original.number),
        reason=reason,
        principal=original.principal,
    )


def _mirrored(line: ReceiptLine) -> ReceiptLine:
    return replace(
        line,
        quantity=-line.quantity,
        line_discount=-line.line_discount,
        bill_discount_share=-line.bill_discount_share,
        total=-line.total,
    )


def _issued(
    issue: Issue,
    *,
    kind: ReceiptKind,
    seller: Seller,
    lines: tuple[ReceiptLine, ...],
    settlement: Settlement,
    vat: tuple[VatRow, ...],
    principal: str,
    original: Original | None = None,
    reason: str = "",
) -> Receipt:
    receipt = Receipt(
        doc_id=issue.doc_id,
        number=issue.number,
        kind=kind,
        issued_at=issue.issued_at,
        clock=issue.clock,
        shift_id=issue.shift_id,
        user=issue.user,
        till=issue.till,
        seller=seller,
        lines=lines,
        total=money_sum(line.total for line in lines),
        rounding=settlement.rounding,
        payments=settlement.payments,
        tendered=settlement.tendered,
        change=settlement.change,
        vat=vat,
        fiscal=None,
        original=original,
        reason=reason,
        principal=principal,
    )
    check_receipt(receipt)
    return receipt


ROUNDING_MAX_HALER = 50


def check_receipt(receipt: Receipt) -> None:
    """The invariants of money; they stay on and stand before every commit."""
    assert receipt.lines
    total, rounding = receipt.total.haler, receipt.rounding.haler
    assert total == sum([line.total.haler for line in receipt.lines])
    assert total + rounding == sum([payment.amount.haler for payment in receipt.payments])
    assert abs(rounding) <= ROUNDING_MAX_HALER
    if receipt.seller.vat_status == VatStatus.VAT_PAYER:
        assert total == sum([row.base.haler + row.tax.haler for row in receipt.vat])
    else:
        assert receipt.vat == ()
