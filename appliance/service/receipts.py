"""Issued receipts: the list, one document, a reprint, a refund."""

from dataclasses import dataclass

from appliance.domain.clock import iso
from appliance.domain.delivery import FiscalState
from appliance.domain.journal import Kind, ReceiptReprinted
from appliance.domain.money import Money
from appliance.domain.receipt import Issue, Receipt, ReceiptKind, refund_receipt
from appliance.domain.sale import PaymentMethod
from appliance.service.errors import NotFound
from appliance.service.issuing import issue_document
from appliance.service.shift import current_shift, open_shift_in
from appliance.service.shop import Shop
from appliance.store import journal, queues, sales
from appliance.store.queues import JobKind


@dataclass(frozen=True)
class ReceiptRow:
    """A receipt in a list; `fiscal` is None when nothing of it is reported to EET."""

    doc_id: str
    number: str
    issued_at: str
    kind: ReceiptKind
    paid: Money
    methods: tuple[PaymentMethod, ...]
    refunded: bool
    fiscal: FiscalState | None
    code: str
    sent: bool


def recent(shop: Shop, *, limit: int, offset: int = 0, search: str = "") -> tuple[ReceiptRow, ...]:
    """The newest first; `search` is a part of the number."""
    return tuple(
        ReceiptRow(
            doc_id=row.doc_id,
            number=row.number,
            issued_at=row.issued_at,
            kind=ReceiptKind(row.kind),
            paid=row.paid,
            methods=tuple(PaymentMethod(method) for method in row.methods),
            refunded=row.refunded,
            fiscal=FiscalState(row.fiscal) if row.fiscal else None,
            code=row.code,
            sent=row.sent,
        )
        for row in sales.list_receipts(shop.tables, limit=limit, offset=offset, search=search)
    )


def load(shop: Shop, doc_id: str) -> Receipt:
    """Raises NotFound."""
    receipt = sales.load_receipt(shop.tables, doc_id)
    if receipt is None:
        raise NotFound(doc_id)
    return receipt


def reprint(shop: Shop, doc_id: str) -> None:
    """The receipt once more on paper, marked KOPIE, and a row in the journal about it. Raises NotFound."""
    receipt = load(shop, doc_id)
    at = iso(shop.now())
    shift = current_shift(shop)
    shift_id = shift.shift_id if shift else ""
    with shop.fact() as tables:
        body = ReceiptReprinted(doc_id, receipt.number, shop.user, shift_id)
        journal.append(tables, Kind.RECEIPT_REPRINTED, body, doc_id=shop.new_id(), at=at, shift_id=shift_id)
        queues.add_job(
            tables,
            job_id=shop.new_id(),
            kind=JobKind.RECEIPT,
            doc_id=doc_id,
            number=receipt.number,
            at=at,
            boot=shop.boot,
            is_copy=True,
        )
    shop.wake("print", "sync")


def refund(shop: Shop, doc_id: str, *, reason: str) -> Receipt:
    """A full refund: a new negative document that mirrors the original.

    Raises RefundRefused, ShiftNotOpen, NotFound, StoreFailed; nothing has happened then.
    """
    original = load(shop, doc_id)
    now = shop.now()
    refund_doc_id = shop.new_id()
    with shop.fact() as tables:
        shift = open_shift_in(tables)
        already_refunded = sales.is_refunded(tables, doc_id)

        def make(issue: Issue) -> Receipt:
            return refund_receipt(issue, original, reason=reason, already_refunded=already_refunded)

        receipt = issue_document(shop, tables, shift, doc_id=refund_doc_id, now=now, make=make, original=original)
    shop.wake("print", "sync")
    return receipt
