"""Shifts as the pages show them: opened, closed, and proven complete."""

from peewee import fn

from appliance.domain.clock import iso, parse_iso
from appliance.domain.journal import Row, ShiftClosed, ShiftOpened
from backoffice.projected import PROJECTED, Event, Place, Projected, ProjectionFailed, check_key, utc_text
from backoffice.tables import Tables


def shift_opened(tables: Tables, place: Place, row: Row, body: ShiftOpened) -> Projected:
    _insert_shift(tables, place, body, opened_at=row.at)
    return Projected(PROJECTED, events=(Event("shift", body.shift_id, {}),), shift_id=body.shift_id)


def _insert_shift(tables: Tables, place: Place, body: ShiftOpened, *, opened_at: str) -> None:
    check_key(body.shift_id)
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


def shift_closed(tables: Tables, place: Place, row: Row, body: ShiftClosed) -> Projected:
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
