"""The shift: opened with a float, looked at (X), closed (Z)."""

import json
from dataclasses import dataclass

from appliance.domain.clock import iso
from appliance.domain.codec import to_json
from appliance.domain.journal import Kind, ShiftClosed, ShiftOpened, head_hex
from appliance.domain.money import Money, money_sum
from appliance.domain.shift import ShiftTotals, shift_totals
from appliance.service.errors import ShiftAlreadyOpen, ShiftNotOpen
from appliance.service.shop import Shop
from appliance.store import journal, queues, sales
from appliance.store.queues import JobKind
from appliance.store.tables import Tables


@dataclass(frozen=True)
class OpenShift:
    shift_id: str
    number: int
    opened_at: str
    user: str
    opening_float: Money


@dataclass(frozen=True)
class ClosingView:
    """A closing and what the Backoffice says of it; `complete` is None until it has answered."""

    closed: ShiftClosed
    closed_at: str
    complete: bool | None
    receipts_held: int
    receipts_expected: int


def current_shift(shop: Shop) -> OpenShift | None:
    row = sales.open_shift(shop.tables)
    return OpenShift(row.shift_id, row.number, row.opened_at, row.user, row.opening_float) if row else None


def open_shift_in(tables: Tables) -> OpenShift:
    """The open shift inside a transaction. Raises ShiftNotOpen."""
    row = sales.open_shift(tables)
    if row is None:
        raise ShiftNotOpen
    return OpenShift(row.shift_id, row.number, row.opened_at, row.user, row.opening_float)


def open_shift(shop: Shop, opening_float: Money) -> OpenShift:
    """Raises ShiftAlreadyOpen."""
    at = iso(shop.now())
    shift_id = shop.new_id()
    with shop.fact() as tables:
        if sales.open_shift(tables) is not None:
            raise ShiftAlreadyOpen
        number = sales.next_shift_number(tables)
        row = sales.ShiftRow(shift_id, number, at, shop.user, opening_float, None, None, None)
        sales.insert_shift(tables, row)
        body = ShiftOpened(shift_id, shop.user, opening_float)
        journal.append(tables, Kind.SHIFT_OPENED, body, doc_id=shop.new_id(), at=at, shift_id=shift_id)
    shop.wake("sync")
    return OpenShift(shift_id, number, at, shop.user, opening_float)


def x_report(shop: Shop) -> ShiftTotals:
    """The totals so far. Raises ShiftNotOpen."""
    with shop.snapshot() as tables:
        return _totals(tables, open_shift_in(tables))


def print_x_report(shop: Shop) -> ShiftTotals:
    """Raises ShiftNotOpen."""
    totals = x_report(shop)
    at = iso(shop.now())
    with shop.fact() as tables:
        shift = open_shift_in(tables)
        body = json.dumps(
            {"number": shift.number, "opened_at": shift.opened_at, "user": shop.user, "totals": to_json(totals)}
        )
        queues.add_job(
            tables,
            job_id=shop.new_id(),
            kind=JobKind.X_REPORT,
            doc_id=shift.shift_id,
            number=str(shift.number),
            at=at,
            boot=shop.boot,
            body=body,
        )
    shop.wake("print")
    return totals


def close_shift(shop: Shop, *, counted: Money) -> ShiftClosed:
    """The closing: totals, what was counted in the drawer, and the journal's head. Raises ShiftNotOpen."""
    at = iso(shop.now())
    doc_id = shop.new_id()
    # the sums are made before the write lock is taken: a busy shift has thousands of documents
    with shop.snapshot() as tables:
        shift = open_shift_in(tables)
        totals = _totals(tables, shift)
    with shop.fact() as tables:
        shift, known = open_shift_in(tables), shift
        if shift != known or _grown(tables, shift, totals):
            totals = _totals(tables, shift)
        till = journal.the_till(tables)
        closed = ShiftClosed(
            shift_id=shift.shift_id,
            number=shift.number,
            user=shop.user,
            opened_at=shift.opened_at,
            totals=totals,
            counted=counted,
            over_short=counted - totals.cash_expected,
            head_seq=till.head_seq,
            head=head_hex(till.head_hash),
        )
        journal.append(tables, Kind.SHIFT_CLOSED, closed, doc_id=doc_id, at=at, shift_id=shift.shift_id)
        sales.close_shift(tables, shift.shift_id, closed_at=at, closing=closed)
        queues.add_job(
            tables,
            job_id=shop.new_id(),
            kind=JobKind.CLOSING,
            doc_id=shift.shift_id,
            number=str(shift.number),
            at=at,
            boot=shop.boot,
            body=json.dumps({"closed": to_json(closed), "closed_at": at}),
        )
    shop.wake("print", "sync")
    return closed


def last_closing(shop: Shop) -> ClosingView | None:
    row = sales.last_closed_shift(shop.tables)
    if row is None or row.closing is None or row.closed_at is None:
        return None
    proof = json.loads(row.proof) if row.proof else None
    return ClosingView(
        closed=row.closing,
        closed_at=row.closed_at,
        complete=proof["complete"] if proof else None,
        receipts_held=proof["receipts_held"] if proof else 0,
        receipts_expected=proof["receipts_expected"] if proof else row.closing.totals.count,
    )


def _grown(tables: Tables, shift: OpenShift, totals: ShiftTotals) -> bool:
    """Whether a document or a cash move came after these totals."""
    moved = money_sum(sales.cash_moves(tables, shift.shift_id))
    return sales.count_of_shift(tables, shift.shift_id) != totals.count or moved != totals.cash_moved


def _totals(tables: Tables, shift: OpenShift) -> ShiftTotals:
    return shift_totals(
        sales.receipts_of_shift(tables, shift.shift_id),
        opening_float=shift.opening_float,
        cash_moves=sales.cash_moves(tables, shift.shift_id),
    )
