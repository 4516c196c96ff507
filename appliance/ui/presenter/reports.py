"""Shift reports, closings and receipts in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.domain.clock import parse_iso
from appliance.domain.delivery import FiscalState
from appliance.domain.money import ZERO, format_amount, format_czk, format_quantity
from appliance.domain.receipt import Receipt, ReceiptKind
from appliance.domain.shift import ShiftTotals
from appliance.i18n import _
from appliance.ui.presenter.words import day_and_time, method_name

Row = tuple[str, str]
JUST_ISSUED_S = 300


def totals_rows(totals: ShiftTotals) -> tuple[Row, ...]:
    """The X report: label and value, in the order of the paper."""
    rows = [(_("Doklady"), str(totals.count)), (_("Tržba"), format_czk(totals.total))]
    rows += [(method_name(part.method), format_czk(part.amount)) for part in totals.by_method]
    if totals.refund_count:
        rows.append((_("Storna ({n})").format(n=totals.refund_count), format_czk(totals.refund_total)))
    if totals.discounts:
        rows.append((_("Slevy"), format_czk(totals.discounts)))
    if totals.rounding:
        rows.append((_("Zaokrouhlení"), format_czk(totals.rounding)))
    rows.append((_("Počáteční hotovost"), format_czk(totals.opening_float)))
    if totals.cash_moved:
        rows.append((_("Vklady a výběry"), format_czk(totals.cash_moved)))
    rows.append((_("Hotovost v zásuvce"), format_czk(totals.cash_expected)))
    return tuple(rows)


@dataclass(frozen=True)
class ClosingWords:
    title: str
    count: str
    total: str
    counted: str
    over_short_label: str
    over_short: str
    proof: str
    proof_tone: str


def closing_words(view: Any) -> ClosingWords:
    """The last closing (service.shift.ClosingView, by attribute) with its proof."""
    closed = view.closed
    over_short = closed.over_short
    label = _("Manko") if over_short < ZERO else _("Přebytek") if over_short else _("Rozdíl")
    tone = {True: "good", False: "danger", None: "quiet"}[view.complete]
    return ClosingWords(
        title=_("Uzávěrka {number} · {at}").format(number=closed.number, at=day_and_time(view.closed_at)),
        count=str(closed.totals.count),
        total=format_czk(closed.totals.total),
        counted=format_czk(closed.counted),
        over_short_label=label,
        over_short=format_czk(over_short),
        proof=proof_text(view),
        proof_tone=tone,
    )


def proof_text(view: Any) -> str:
    """`kompletní 214/214`, or what the Backoffice is missing, or that it has not answered yet."""
    if view.complete is None:
        return _("Čeká na potvrzení z Backoffice")
    counts = f"{view.receipts_held}/{view.receipts_expected}"
    return (_("kompletní {counts}") if view.complete else _("neúplná, Backoffice má {counts}")).format(counts=counts)


@dataclass(frozen=True)
class ReceiptLineView:
    """One row of the list of receipts."""

    doc_id: str
    number: str
    at: str
    methods: str
    paid: str
    state: str
    tone: str


def fiscal_text(fiscal: FiscalState | None) -> str:
    if fiscal is None:
        return ""
    return {
        FiscalState.WAITING: _("EET čeká"),
        FiscalState.CONFIRMED: _("EET potvrzeno"),
        FiscalState.VERIFIED_ONLY: _("EET ověřeno"),
        FiscalState.PARKED: _("EET odmítnuto"),
    }[fiscal]


def receipt_row(row: Any) -> ReceiptLineView:
    """A row of service.receipts.recent, by attribute. The most telling state is named, one word."""
    tone = "quiet"
    if row.kind == ReceiptKind.REFUND:
        state, tone = _("storno"), "danger"
    elif row.refunded:
        state, tone = _("stornováno"), "warning"
    else:
        state = fiscal_text(row.fiscal)
        tone = {FiscalState.CONFIRMED: "good", FiscalState.PARKED: "danger", FiscalState.WAITING: "warning"}.get(
            row.fiscal, "quiet"
        )
    return ReceiptLineView(
        doc_id=row.doc_id,
        number=row.number,
        at=day_and_time(row.issued_at),
        methods=", ".join(method_name(method) for method in row.methods),
        paid=format_amount(row.paid),
        state=state,
        tone=tone,
    )


def just_issued(row: Any, now: datetime) -> str | None:
    """What a till that starts says about a sale of the last minutes; None when the last document is older."""
    at = parse_iso(row.issued_at)
    if row.kind != ReceiptKind.SALE or not 0 <= (now - at).total_seconds() < JUST_ISSUED_S:
        return None
    words = _("Poslední účtenka {number} na {amount} byla vystavena v {time}. Nemarkujte ji znovu.")
    return words.format(number=row.number, amount=format_czk(row.paid), time=at.strftime("%H:%M"))


def receipt_rows(receipt: Receipt) -> tuple[Row, ...]:
    """The body of one receipt: lines, rounding, payments."""
    rows = [(f"{format_quantity(line.quantity)} × {line.name}", format_amount(line.total)) for line in receipt.lines]
    if receipt.rounding:
        rows.append((_("Zaokrouhlení"), format_amount(receipt.rounding)))
    rows += [(method_name(payment.method), format_amount(payment.amount)) for payment in receipt.payments]
    if receipt.change:
        rows.append((_("Vráceno"), format_amount(receipt.change)))
    return tuple(rows)


def receipt_head(receipt: Receipt) -> Row:
    """Title and subtitle of a receipt's detail."""
    title = _("Storno {number}") if receipt.kind == ReceiptKind.REFUND else _("Účtenka {number}")
    words = [day_and_time(receipt.issued_at), receipt.user]
    if receipt.original is not None:
        words.append(_("k účtence {number}").format(number=receipt.original.number))
    if receipt.reason:
        words.append(receipt.reason)
    return title.format(number=receipt.number), " · ".join(words)
