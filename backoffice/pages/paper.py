"""A receipt as on paper: 42 columns of what the till prints.

The paper is a Czech document and is shown as it was issued, whatever language the page has.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.domain.clock import parse_iso
from appliance.domain.fiscal import Dialect
from appliance.domain.money import format_amount, format_czk, format_quantity
from appliance.domain.receipt import ClockState, Receipt, ReceiptKind, ReceiptLine
from appliance.domain.sale import PaymentMethod
from appliance.domain.vat import VatStatus

COLUMNS = 42
METHOD_NAMES = {
    PaymentMethod.CASH: "Hotově",
    PaymentMethod.CARD: "Kartou",
    PaymentMethod.VOUCHER: "Poukaz",
    PaymentMethod.MEAL_TICKET: "Stravenka",
    PaymentMethod.TRANSFER: "Převodem",
}


@dataclass(frozen=True)
class PaperLine:
    """`style` is empty, strong, big or rule; the text is at most COLUMNS wide."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Fiscal:
    """What is known about the receipt at EET: `code` is the POK or FIK, empty while it waits."""

    code: str
    waiting: bool
    test: bool


RULE = PaperLine("-" * COLUMNS, "rule")


def receipt_paper(receipt: Receipt, fiscal: Fiscal) -> list[PaperLine]:
    return [
        *_header(receipt),
        RULE,
        *(paper for line in receipt.lines for paper in _line(line)),
        RULE,
        *_totals(receipt),
        *_vat(receipt),
        RULE,
        *_fiscal(receipt, fiscal),
        *(PaperLine(part.center(COLUMNS).rstrip()) for text in receipt.seller.footer for part in _wrapped(text)),
    ]


def _wrapped(text: str, *, indent: str = "") -> list[str]:
    return textwrap.wrap(text, COLUMNS, subsequent_indent=indent, break_long_words=True) or [""]


def _pair(left: str, right: str) -> list[PaperLine]:
    """Left and right on one line, on two when they do not fit."""
    if len(left) + len(right) < COLUMNS:
        return [PaperLine(left + right.rjust(COLUMNS - len(left)))]
    return [
        *(PaperLine(part) for part in _wrapped(left)),
        *(PaperLine(part.rjust(COLUMNS)) for part in _wrapped(right)),
    ]


def _centred(text: str, style: str = "") -> Iterator[PaperLine]:
    for part in _wrapped(text):
        yield PaperLine(part.center(COLUMNS).rstrip(), style)


def _header(receipt: Receipt) -> Iterator[PaperLine]:
    seller = receipt.seller
    yield from _centred(seller.name, "strong")
    for line in seller.address:
        yield from _centred(line)
    payer = seller.vat_status == VatStatus.VAT_PAYER
    ids = [f"IČO: {seller.ico}"] if seller.ico else []
    if seller.dic and seller.vat_status != VatStatus.NON_PAYER:
        ids.append(f"DIČ: {seller.dic}")
    if ids:
        yield from _centred("  ".join(ids))
    if not payer:
        yield from _centred("Nejsem plátce DPH")
    yield RULE
    yield from _centred(_title(receipt, payer=payer), "strong")
    at = parse_iso(receipt.issued_at)
    yield from _pair(f"Číslo: {receipt.number}", f"{at.day}. {at.month}. {at.year} {at:%H:%M:%S}")
    if receipt.original:
        yield from _pair("K dokladu:", receipt.original.number)
    if receipt.reason:
        yield from _pair("Důvod:", receipt.reason)
    yield from _pair(f"Pokladna: {receipt.till}", f"Obsluha: {receipt.user}")
    if receipt.principal:
        yield from _pair("Prodej za poplatníka:", receipt.principal)
    if receipt.clock == ClockState.UNVERIFIED:
        yield PaperLine("Čas pokladny nebyl ověřen")


def _title(receipt: Receipt, *, payer: bool) -> str:
    if receipt.kind == ReceiptKind.REFUND:
        return "Opravný daňový doklad" if payer else "Vrácení zboží"
    return "Zjednodušený daňový doklad" if payer else "Účtenka"


def _line(line: ReceiptLine) -> Iterator[PaperLine]:
    for part in _wrapped(line.name, indent="  "):
        yield PaperLine(part)
    full = line.total + line.line_discount + line.bill_discount_share
    quantity = f"  {format_quantity(line.quantity)} {line.unit} × {format_amount(line.unit_price)}"
    rate = f" {line.vat_percent} %" if line.vat_percent is not None else ""
    yield from _pair(quantity, format_amount(full) + rate.rjust(5))
    if line.line_discount:
        yield from _pair("  sleva", format_amount(-line.line_discount) + " " * 5)
    if line.bill_discount_share:
        yield from _pair("  podíl slevy z účtu", format_amount(-line.bill_discount_share) + " " * 5)


def _totals(receipt: Receipt) -> Iterator[PaperLine]:
    if receipt.rounding:
        yield from _pair("Součet", format_amount(receipt.total))
        yield from _pair("Zaokrouhlení", format_amount(receipt.rounding))
    label, total = "CELKEM", format_czk(receipt.paid)
    # double width: the columns are half as many
    if len(label) + len(total) < COLUMNS // 2:
        yield PaperLine(label + total.rjust(COLUMNS // 2 - len(label)), "big")
    else:
        yield PaperLine(label, "big")
        yield PaperLine(total.rjust(COLUMNS // 2), "big")
    for payment in receipt.payments:
        yield from _pair(METHOD_NAMES[payment.method], format_amount(payment.amount))
    if receipt.tendered:
        yield from _pair("Přijato hotově", format_amount(receipt.tendered))
        yield from _pair("Vráceno", format_amount(receipt.change))


def _vat(receipt: Receipt) -> Iterator[PaperLine]:
    if not receipt.vat:
        return
    yield RULE
    yield PaperLine(_columns("DPH", "Základ", "Daň", "Celkem"))
    for row in receipt.vat:
        yield PaperLine(_columns(f"{row.percent} %", *(format_amount(m) for m in (row.base, row.tax, row.gross))))


def _columns(first: str, *others: str) -> str:
    return first.ljust(6) + "".join(text.rjust(12) for text in others)


def _fiscal(receipt: Receipt, fiscal: Fiscal) -> Iterator[PaperLine]:
    if receipt.fiscal is None:
        yield from _centred("Tržba se do EET neeviduje")
    elif fiscal.code:
        yield PaperLine("FIK:" if receipt.fiscal.dialect == Dialect.V3 else "POK:")
        yield from (PaperLine(part) for part in _wrapped(fiscal.code))
    elif fiscal.waiting:
        yield from _centred("Evidence tržby: odesílá se")
    else:
        yield from _centred("Evidence tržby byla jen ověřena")
    if fiscal.test:
        yield from _centred("ZKUŠEBNÍ PROSTŘEDÍ EET")
