"""What sale and refund share, in one transaction: the document, its rows, what it moves in the warehouse, its fiscal
record and its print job."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from appliance.domain.clock import iso
from appliance.domain.journal import Kind
from appliance.domain.receipt import Issue, Receipt, receipt_number
from appliance.domain.reported import freeze_sale, refund_is_reported
from appliance.domain.sale import PaymentMethod
from appliance.domain.stock import moves_of_receipt
from appliance.service.regime import begin_regime
from appliance.service.shift import OpenShift
from appliance.service.shop import Shop
from appliance.store import fiscal, journal, queues, sales, settings, stock
from appliance.store.queues import JobKind
from appliance.store.tables import Tables

MakeReceipt = Callable[[Issue], Receipt]


def issue_document(
    shop: Shop,
    tables: Tables,
    shift: OpenShift,
    *,
    doc_id: str,
    now: datetime,
    make: MakeReceipt,
    original: Receipt | None = None,
) -> Receipt:
    """Number, journal row, receipt rows, fiscal record and print job of one document; `original` of a refund."""
    series, n = journal.take_number(tables)
    at = iso(now)
    issue = Issue(
        doc_id, receipt_number(series, n), at, shop.clock(), shift.shift_id, shop.user, shop.till_name
    )  # fmt: skip
    receipt = make(issue)
    regime = begin_regime(shop, tables, now, shift_id=shift.shift_id)
    if regime and (original is None or refund_is_reported(original.fiscal, mode=regime.mode)):
        receipt = replace(receipt, fiscal=freeze_sale(receipt, regime=regime, taxpayer=shop.taxpayer))
    # a refund puts the goods back where they were taken from
    warehouse_id = original.warehouse_id if original else settings.warehouse_id(tables)
    receipt = replace(receipt, warehouse_id=warehouse_id)
    place, _ = journal.append(tables, Kind.RECEIPT_ISSUED, receipt, doc_id=doc_id, at=at, shift_id=shift.shift_id)
    sales.insert_receipt(tables, receipt, place=place)
    stock.add_moves(tables, moves_of_receipt(receipt), place=place)
    if receipt.fiscal is not None:
        fiscal.add_record(tables, doc_id=doc_id, number=issue.number, frozen=receipt.fiscal, at=at, boot=shop.boot)
    queues.add_job(
        tables,
        job_id=shop.new_id(),
        kind=JobKind.RECEIPT,
        doc_id=doc_id,
        number=issue.number,
        at=at,
        boot=shop.boot,
        kick=any(payment.method == PaymentMethod.CASH for payment in receipt.payments),
    )
    return receipt
