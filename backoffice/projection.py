"""From journal rows to tables: what each kind of row means for the pages.

A projection is idempotent by doc_id and runs in the savepoint its caller opened; it raises ProjectionFailed (or another
of `FAILURES`) when the row contradicts what is already there. Kinds that no page shows yet need nothing here: their
rows stay in the replica, and a later migration can project them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from peewee import DataError, IntegrityError, fn

from appliance.domain.clock import iso, parse_iso
from appliance.domain.delivery import FiscalState
from appliance.domain.journal import Deferred, ReceiptFiscalised, Row, ShiftClosed, ShiftOpened, read_body
from appliance.domain.money import AMOUNT_LIMIT_HALER, ZERO, Money
from appliance.domain.receipt import Receipt, check_receipt
from appliance.domain.sale import PaymentMethod
from backoffice.tables import Tables

NOT_REPORTED = "none"
PROJECTED, DEFERRED, FAILED, FORKED = "projected", "deferred", "failed", "forked"
REASON_CHARS_MAX = 200
KEY_CHARS_MAX = 64


class ProjectionFailed(ValueError):
    """The row cannot be shown in the tables; says why."""


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
class Event:
    """What open pages are told: `subject` is the document, `data` what a notification says about it."""

    kind: str
    subject: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Whose row it is; both come from the token."""

    account_id: int
    till_id: str
    till_name: str


@dataclass(frozen=True)
class Projected:
    """`shift_id` names a shift whose proof is to be counted anew, once after the whole batch."""

    state: str
    reason: str = ""
    events: tuple[Event, ...] = ()
    shift_id: str = ""


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
            (held.c.account_id == account_id) & held.c.doc_id.in_(list(doc_ids))
        )
    )
    counting = [row for state in (DEFERRED, PROJECTED) for row in rows if row["state"] == state]
    return {row["doc_id"]: Twin(row["kind"], row["v"], row["body"], row["state"]) for row in counting}


def project(tables: Tables, place: Place, row: Row, twin: Twin | None) -> Projected:
    """Bring one verified row into the tables, or say why not."""
    if twin is not None:
        same = (twin.kind, twin.v, twin.body) == (row.kind, row.v, row.body)
        return Projected(twin.state) if same else Projected(FAILED, "doc_id_reused")
    try:
        with tables.database.atomic():
            body = read_body(row.kind, row.v, row.body)
            if isinstance(body, Deferred):
                return Projected(DEFERRED, f"{body.kind} v{body.v}")
            return _apply(tables, place, row, body)
    except FAILURES as error:
        return Projected(FAILED, _reason(error))


def _reason(error: Exception) -> str:
    """Why a row failed. It may quote the row, which may hold what no database keeps: NUL, halves of a character."""
    said = "".join(c if c.isprintable() else "?" for c in str(error)[:REASON_CHARS_MAX])
    return said or type(error).__name__


def _apply(tables: Tables, place: Place, row: Row, body: object) -> Projected:
    if isinstance(body, Receipt):
        return _receipt_issued(tables, place, row, body)
    if isinstance(body, ReceiptFiscalised):
        return _receipt_fiscalised(tables, place, body)
    if isinstance(body, ShiftOpened):
        return _shift_opened(tables, place, row, body)
    if isinstance(body, ShiftClosed):
        return _shift_closed(tables, place, row, body)
    return Projected(PROJECTED)


def utc_text(at: datetime) -> str:
    return iso(at.astimezone(UTC))


def _receipt_issued(tables: Tables, place: Place, row: Row, receipt: Receipt) -> Projected:
    if receipt.doc_id != row.doc_id:
        raise ProjectionFailed("the receipt has another doc_id than its row")
    check_receipt(receipt)
    _check_amounts(receipt)
    _check_key(receipt.number)
    _check_key(receipt.shift_id)
    at = parse_iso(receipt.issued_at)
    tables.receipt.insert(
        account_id=place.account_id,
        doc_id=receipt.doc_id,
        till_id=place.till_id,
        number=receipt.number,
        issued_at=iso(at),
        issued_utc=utc_text(at),
        day=at.date().isoformat(),
        hour=at.hour,
        kind=receipt.kind.value,
        total_haler=receipt.total.haler,
        paid_haler=receipt.paid.haler,
        user_name=receipt.user,
        shift_id=receipt.shift_id,
        fiscal_state=NOT_REPORTED if receipt.fiscal is None else FiscalState.WAITING.value,
        original_doc_id=receipt.original.doc_id if receipt.original else "",
    ).execute()
    by_method: dict[PaymentMethod, Money] = {}
    for payment in receipt.payments:
        by_method[payment.method] = by_method.get(payment.method, ZERO) + payment.amount
    for method, amount in by_method.items():
        tables.payment.insert(
            account_id=place.account_id, doc_id=receipt.doc_id, method=method.value, amount_haler=amount.haler
        ).execute()
    data = {
        "number": receipt.number,
        "kind": receipt.kind.value,
        "paid_haler": receipt.paid.haler,
        "till": place.till_name,
    }
    return Projected(PROJECTED, events=(Event("receipt", receipt.doc_id, data),), shift_id=receipt.shift_id)


def _check_key(text: str) -> None:
    """What stands in an index must be short: PostgreSQL takes no long keys."""
    if len(text) > KEY_CHARS_MAX:
        raise ProjectionFailed("an identifier is too long")


def _check_amounts(receipt: Receipt) -> None:
    """Sums over all receipts of an account must fit the database, whatever one till says."""
    amounts = (receipt.total, receipt.paid, *(payment.amount for payment in receipt.payments))
    if any(abs(amount.haler) >= AMOUNT_LIMIT_HALER for amount in amounts):
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


def _shift_opened(tables: Tables, place: Place, row: Row, body: ShiftOpened) -> Projected:
    _insert_shift(tables, place, body, opened_at=row.at)
    return Projected(PROJECTED, events=(Event("shift", body.shift_id, {}),), shift_id=body.shift_id)


def _insert_shift(tables: Tables, place: Place, body: ShiftOpened, *, opened_at: str) -> None:
    _check_key(body.shift_id)
    at = parse_iso(opened_at)
    tables.shift.insert(
        account_id=place.account_id,
        shift_id=body.shift_id,
        till_id=place.till_id,
        opened_at=iso(at),
        opened_utc=utc_text(at),
        opened_by=body.user,
        float_haler=body.opening_float.haler,
    ).execute()


def _shift_closed(tables: Tables, place: Place, row: Row, body: ShiftClosed) -> Projected:
    """The closing; it also stands for an opening that was not readable."""
    shift = tables.shift
    here = (shift.c.account_id == place.account_id) & (shift.c.shift_id == body.shift_id)
    held = tables.first(shift.select(shift.c.closed_doc_id, shift.c.till_id).where(here))
    if held is None:
        opening = ShiftOpened(body.shift_id, "", body.totals.opening_float)
        _insert_shift(tables, place, opening, opened_at=body.opened_at)
    elif held["till_id"] != place.till_id or held["closed_doc_id"]:
        raise ProjectionFailed("the shift is closed already or belongs to another till")
    shift.update(
        closed_at=iso(parse_iso(row.at)),
        closed_by=body.user,
        closed_doc_id=row.doc_id,
        number=body.number,
        receipts_expected=body.totals.count,
        sum_expected_haler=body.totals.total.haler,
        counted_haler=body.counted.haler,
        over_short_haler=body.over_short.haler,
        head_epoch=row.epoch,
        head_seq=body.head_seq,
        head=body.head,
    ).where(here).execute()
    return Projected(PROJECTED, events=(Event("shift", body.shift_id, {}),), shift_id=body.shift_id)


def _head_held(tables: Tables, place: Place, *, epoch: str, head_seq: int, head: str) -> bool:
    """Whether a row of this till with the printed chain head is held. After a fork it may stand in an older epoch,
    for which all rows of the till are walked; so the closing's own epoch comes first."""
    held = tables.journal_row
    of_till = (held.c.account_id == place.account_id) & (held.c.till_id == place.till_id)
    for where in (of_till & (held.c.epoch == epoch), of_till):
        rows = tables.rows(held.select(held.c.hash).where(where & (held.c.seq == head_seq) & (held.c.verified == 1)))
        if head and any(row["hash"].startswith(head) for row in rows):
            return True
    return False


def store_proof(tables: Tables, place: Place, shift_id: str) -> None:
    """Count and sum of the shift's receipts, compared with what its closing says once that is there."""
    receipt, shift = tables.receipt, tables.shift
    held = tables.first(
        receipt.select(fn.COUNT(receipt.c.doc_id).alias("n"), fn.SUM(receipt.c.paid_haler).alias("haler")).where(
            (receipt.c.account_id == place.account_id)
            & (receipt.c.shift_id == shift_id)
            & (receipt.c.till_id == place.till_id)
        )
    )
    assert held is not None
    count, haler = int(held["n"]), int(held["haler"] or 0)
    here = (shift.c.account_id == place.account_id) & (shift.c.shift_id == shift_id)
    closing = tables.first(
        shift.select(
            shift.c.closed_doc_id,
            shift.c.receipts_expected,
            shift.c.sum_expected_haler,
            shift.c.head_epoch,
            shift.c.head_seq,
            shift.c.head,
        ).where(here)
    )
    if closing is None:
        return
    closed = bool(closing["closed_doc_id"])
    head_held = closed and _head_held(
        tables, place, epoch=closing["head_epoch"], head_seq=closing["head_seq"], head=closing["head"]
    )
    counted = (count, haler) == (closing["receipts_expected"], closing["sum_expected_haler"])
    complete = closed and counted and head_held
    shift.update(receipts_held=count, sum_held_haler=haler, complete=int(complete), head_held=int(head_held)).where(
        here
    ).execute()
