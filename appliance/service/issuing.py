"""What sale and refund share: the document, its rows, its fiscal record and its print job in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

from appliance.domain.clock import iso
from appliance.domain.fiscal import FrozenSale, freeze_sale, regime_at
from appliance.domain.journal import Kind
from appliance.domain.receipt import Issue, Receipt, receipt_number
from appliance.domain.sale import Payment, PaymentMethod
from appliance.service.shift import OpenShift
from appliance.service.shop import Shop
from appliance.store import journal, queues, sales
from appliance.store.queues import JobKind
from appliance.store.tables import Tables

MakeReceipt = Callable[[Issue, FrozenSale | None], Receipt]


def issue_document(
    shop: Shop,
    tables: Tables,
    shift: OpenShift,
    *,
    doc_id: str,
    now: datetime,
    payments: Sequence[Payment],
    make: MakeReceipt,
) -> Receipt:
    """Number, journal row, receipt rows, fiscal record and print job of one document."""
    series, n = journal.take_number(tables)
    number = receipt_number(series, n)
    at = iso(now)
    frozen = freeze_sale(
        regime=regime_at(shop.regimes, now), taxpayer=shop.taxpayer, number=number, at=now, payments=payments
    )
    issue = Issue(doc_id, number, at, shop.clock(), shift.shift_id, shop.user, shop.till_name)
    receipt = make(issue, frozen)
    place, _ = journal.append(tables, Kind.RECEIPT_ISSUED, receipt, doc_id=doc_id, at=at, shift_id=shift.shift_id)
    sales.insert_receipt(tables, receipt, place=place)
    if frozen is not None:
        queues.add_record(tables, doc_id=doc_id, number=number, frozen=frozen, at=at, boot=shop.boot)
    queues.add_job(
        tables,
        job_id=shop.new_id(),
        kind=JobKind.RECEIPT,
        doc_id=doc_id,
        number=number,
        at=at,
        boot=shop.boot,
        kick=any(payment.method == PaymentMethod.CASH for payment in payments),
    )
    return receipt
