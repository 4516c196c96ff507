"""From journal rows to tables: what each kind of row means for the pages.

Most rows mean the same whatever is in the tables: they are planned first and written many at once. A few look at what
is there and are applied one by one, each in a savepoint of its own. A row that cannot be, or contradicts what is there,
has failed, with its reason. Kinds that no page shows yet need nothing here: their rows stay in the replica, and a later
migration can project them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import DataError, IntegrityError
from pydantic_core import from_json

from appliance.domain.clock import iso, parse_iso
from appliance.domain.delivery import FiscalState
from appliance.domain.journal import (
    Deferred,
    EpochOpened,
    FiscalCorrected,
    ReceiptFiscalised,
    Row,
    RowsTakenOver,
    ShiftClosed,
    ShiftOpened,
    read_body,
)
from appliance.domain.money import AMOUNT_LIMIT_HALER, ZERO, Money
from appliance.domain.receipt import Receipt, check_receipt
from appliance.domain.sale import PaymentMethod
from appliance.domain.stock import StockMoved
from backoffice.epochs import epoch_opened, rows_taken_over
from backoffice.movements import movements_of_document, movements_of_receipt
from backoffice.pricelist.incoming import Edited, write_of
from backoffice.projected import (
    DEFERRED,
    FAILED,
    NOT_REPORTED,
    PROJECTED,
    REASON_CHARS_MAX,
    Event,
    Place,
    Projected,
    ProjectionFailed,
    check_key,
    utc_text,
)
from backoffice.shifts import shift_closed, shift_opened
from backoffice.tables import Tables

# What a wrong row may cause. Errors of the database itself (full disk, lost connection) are not among them: those
# must end the transaction, so that the till sends again.
FAILURES = (
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    IntegrityError,
    DataError,
)


@dataclass(frozen=True)
class Twin:
    """The same document, taken before at another position: a till repeats its rows in a new epoch after a fork."""

    kind: str
    v: int
    body: str
    state: str


def twins_of(tables: Tables, account_id: int, doc_ids: Sequence[str]) -> dict[str, Twin]:
    """By doc_id, for documents about to be taken. Only rows that were read or wait to be read count; a document that
    is held twice has been read if one of its rows was.

    The state is looked at here and not in SQL: with many documents SQLite would rather walk all rows of a state.
    """
    held = tables.journal_row
    rows = tables.rows(
        held.select(held.c.doc_id, held.c.kind, held.c.v, held.c.body, held.c.state).where(
            (held.c.account_id == account_id) & tables.among(held.c.doc_id, doc_ids)
        )
    )
    counting = [row for state in (DEFERRED, PROJECTED) for row in rows if row["state"] == state]
    return {row["doc_id"]: Twin(row["kind"], row["v"], row["body"], row["state"]) for row in counting}


@dataclass(frozen=True)
class Applied:
    """A body whose projection looks at the tables: it is applied when all rows before it are written."""

    body: object


def plan(place: Place, row: Row, twin: Twin | None) -> Projected | Applied:
    """What one verified row means, without a look at the tables."""
    if twin is not None:
        same = (twin.kind, twin.v, twin.body) == (row.kind, row.v, row.body)
        return Projected(twin.state) if same else Projected(FAILED, "doc_id_reused")
    try:
        return _planned(place, row, read_body(row.kind, row.v, row.body, loads=from_json))
    except FAILURES as error:
        return Projected(FAILED, reason_of(error))


def _planned(place: Place, row: Row, body: object) -> Projected | Applied:
    if isinstance(body, Deferred):
        return Projected(DEFERRED, f"{body.kind} v{body.v}")
    if isinstance(body, Receipt):
        return _receipt_issued(place, row, body)
    if isinstance(body, Edited):
        return Projected(PROJECTED, write=write_of(row, body))
    if isinstance(body, StockMoved):
        at = parse_iso(row.at)
        return Projected(PROJECTED, movements=movements_of_document(row.doc_id, body, at=iso(at), at_utc=utc_text(at)))
    return Applied(body) if isinstance(body, NEEDS_THE_TABLES) else Projected(PROJECTED)


NEEDS_THE_TABLES = (ReceiptFiscalised, FiscalCorrected, ShiftOpened, ShiftClosed, EpochOpened, RowsTakenOver)


def apply(tables: Tables, place: Place, row: Row, body: object) -> Projected:
    """Bring such a body into the tables, or say why not."""
    try:
        with tables.database.atomic():
            if isinstance(body, ReceiptFiscalised):
                return _receipt_fiscalised(tables, place, body)
            if isinstance(body, FiscalCorrected):
                return _fiscal_corrected(tables, place, row, body)
            if isinstance(body, EpochOpened):
                return epoch_opened(tables, place, row, body)
            if isinstance(body, RowsTakenOver):
                return rows_taken_over(tables, place, row, body)
            if isinstance(body, ShiftOpened):
                return shift_opened(tables, place, row, body)
            assert isinstance(body, ShiftClosed)
            return shift_closed(tables, place, row, body)
    except FAILURES as error:
        return Projected(FAILED, reason_of(error))


def write_inserts(tables: Tables, outcomes: Sequence[Projected]) -> list[Projected]:
    """The rows of several documents at once; if one of them cannot be, each document by itself. What became of each."""
    try:
        with tables.database.atomic():
            _insert_all(tables, outcomes)
    except FAILURES:
        return [_written_alone(tables, outcome) for outcome in outcomes]
    return list(outcomes)


def _written_alone(tables: Tables, outcome: Projected) -> Projected:
    try:
        with tables.database.atomic():
            _insert_all(tables, [outcome])
    except FAILURES as error:
        return Projected(FAILED, reason_of(error))
    return outcome


def _insert_all(tables: Tables, outcomes: Sequence[Projected]) -> None:
    by_table: dict[str, list[dict[str, Any]]] = {}
    for outcome in outcomes:
        for name, row in outcome.inserts:
            by_table.setdefault(name, []).append(row)
    for name, rows in by_table.items():
        tables.insert_all(getattr(tables, name), rows)


def reason_of(error: Exception) -> str:
    """Why a row failed. It may quote the row, which may hold what no database keeps: NUL, halves of a character."""
    said = "".join(c if c.isprintable() else "?" for c in str(error)[:REASON_CHARS_MAX])
    return said or type(error).__name__


def _receipt_issued(place: Place, row: Row, receipt: Receipt) -> Projected:
    if receipt.doc_id != row.doc_id:
        raise ProjectionFailed("the receipt has another doc_id than its row")
    check_receipt(receipt)
    paid = receipt.paid
    _check_amounts(receipt, paid)
    check_key(receipt.number)
    check_key(receipt.shift_id)
    at = parse_iso(receipt.issued_at)
    at_text, at_utc = iso(at), utc_text(at)
    document = {
        "account_id": place.account_id,
        "doc_id": receipt.doc_id,
        "till_id": place.till_id,
        "number": receipt.number,
        "issued_at": at_text,
        "issued_utc": at_utc,
        "day": at.date().isoformat(),
        "hour": at.hour,
        "kind": receipt.kind.value,
        "total_haler": receipt.total.haler,
        "paid_haler": paid.haler,
        "user_name": receipt.user,
        "shift_id": receipt.shift_id,
        "fiscal_state": NOT_REPORTED if receipt.fiscal is None else FiscalState.WAITING.value,
        "original_doc_id": receipt.original.doc_id if receipt.original else "",
        "epoch": row.epoch,
        "seq": row.seq,
    }
    by_method: dict[PaymentMethod, Money] = {}
    for payment in receipt.payments:
        by_method[payment.method] = by_method.get(payment.method, ZERO) + payment.amount
    payments = [
        {"account_id": place.account_id, "doc_id": receipt.doc_id, "method": method.value, "amount_haler": amount.haler}
        for method, amount in by_method.items()
    ]
    data = {
        "number": receipt.number,
        "kind": receipt.kind.value,
        "paid_haler": paid.haler,
        "till": place.till_name,
    }
    return Projected(
        PROJECTED,
        events=(Event("receipt", receipt.doc_id, data),),
        shift_id=receipt.shift_id,
        inserts=(("receipt", document), *(("payment", payment) for payment in payments)),
        movements=movements_of_receipt(receipt, at=at_text, at_utc=at_utc),
    )


def _check_amounts(receipt: Receipt, paid: Money) -> None:
    """Sums over all receipts of an account must fit the database, whatever one till says."""
    amounts = [receipt.total.haler, paid.haler, *[payment.amount.haler for payment in receipt.payments]]
    if max(amounts) >= AMOUNT_LIMIT_HALER or min(amounts) <= -AMOUNT_LIMIT_HALER:
        raise ProjectionFailed("an amount is larger than any receipt can be")


def _receipt_fiscalised(tables: Tables, place: Place, body: ReceiptFiscalised) -> Projected:
    if not body.first:
        return Projected(PROJECTED)
    receipt = tables.receipt
    changed = (
        receipt.update(
            fiscal_state=(FiscalState.CONFIRMED if body.code else FiscalState.VERIFIED_ONLY).value,
            fiscal_code=body.code,
            fiscal_test=int(body.test),
            fiscal_warnings="\n".join(body.warnings),
        )
        .where((receipt.c.account_id == place.account_id) & (receipt.c.doc_id == body.receipt_doc_id))
        .execute()
    )
    if not changed:
        if body.receipt_doc_id in twins_of(tables, place.account_id, [body.receipt_doc_id]):
            return Projected(DEFERRED, "the receipt of this code waits to be read")
        raise ProjectionFailed("the receipt of this code is not held")
    return Projected(PROJECTED, events=(Event("fiscal", body.receipt_doc_id, {}),))


def _fiscal_corrected(tables: Tables, place: Place, row: Row, body: FiscalCorrected) -> Projected:
    """The receipt remembers it: whoever takes the till over must report the corrected data."""
    receipt = tables.receipt
    receipt.update(corrected_by=row.doc_id).where(
        (receipt.c.account_id == place.account_id) & (receipt.c.doc_id == body.receipt_doc_id)
    ).execute()
    return Projected(PROJECTED)
