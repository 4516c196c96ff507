"""Shifts as the pages show them: opened, closed by whoever went on with them, each closing proven (decisions/0013)."""

from collections.abc import Callable, Set
from typing import Any

from peewee import fn

from appliance.domain.clock import iso, parse_iso
from appliance.domain.journal import Row, ShiftClosed, ShiftOpened
from backoffice.epochs import branch_epochs, epochs_of, line_of
from backoffice.projected import PROJECTED, Event, Place, Projected, ProjectionFailed, check_key, utc_text
from backoffice.tables import Tables

Totals = tuple[int, int]
IDS_AT_ONCE = 500


def shift_opened(tables: Tables, place: Place, row: Row, body: ShiftOpened) -> Projected:
    _insert_shift(tables, place, body, opened_at=row.at, epoch=row.epoch, seq=row.seq)
    return Projected(PROJECTED, events=(Event("shift", body.shift_id, {}),), shift_id=body.shift_id)


def _insert_shift(tables: Tables, place: Place, body: ShiftOpened, *, opened_at: str, epoch: str, seq: int) -> None:
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
        opened_epoch=epoch,
        opened_seq=seq,
    ).execute()


def shift_closed(tables: Tables, place: Place, row: Row, body: ShiftClosed) -> Projected:
    """A closing; it also stands for an opening that was not readable."""
    shift = tables.shift
    here = (shift.c.account_id == place.account_id) & (shift.c.shift_id == body.shift_id)
    held = tables.first(shift.select(shift.c.till_id).where(here))
    if held is None:
        opening = ShiftOpened(body.shift_id, "", body.totals.opening_float)
        _insert_shift(tables, place, opening, opened_at=body.opened_at, epoch="", seq=0)
    elif held["till_id"] != place.till_id:
        raise ProjectionFailed("the shift belongs to another till")
    tables.closing.insert(
        account_id=place.account_id,
        doc_id=row.doc_id,
        till_id=place.till_id,
        shift_id=body.shift_id,
        epoch=row.epoch,
        seq=row.seq,
        closed_at=iso(parse_iso(row.at)),
        closed_by=body.user,
        number=body.number,
        receipts_expected=body.totals.count,
        sum_expected_haler=body.totals.total.haler,
        counted_haler=body.counted.haler,
        over_short_haler=body.over_short.haler,
        head_seq=body.head_seq,
        head=body.head,
    ).execute()
    return Projected(PROJECTED, events=(Event("shift", body.shift_id, {}),), shift_id=body.shift_id)


def store_proof(tables: Tables, place: Place, shift_id: str) -> None:
    """Count and sum of the shift's receipts, and of those each closing stands on, compared with what it says. A shift
    that is another till's stays as it is, whatever receipts of this one say."""
    shift, closing = tables.shift, tables.closing
    by_epoch = _held_by_epoch(tables, place, shift_id)
    count, haler = _added(by_epoch.values())
    shift.update(receipts_held=count, sum_held_haler=haler).where(
        (shift.c.account_id == place.account_id) & (shift.c.shift_id == shift_id) & (shift.c.till_id == place.till_id)
    ).execute()
    of_shift = (closing.c.account_id == place.account_id) & (closing.c.shift_id == shift_id)
    of_shift &= closing.c.till_id == place.till_id
    for row in tables.rows(closing.select().where(of_shift)):
        held = _held_of_line(tables, place, row, by_epoch)
        head_held = bool(row["head_held"]) or _head_held(tables, place, row)
        complete = head_held and held == (row["receipts_expected"], row["sum_expected_haler"])
        closing.update(
            receipts_held=held[0], sum_held_haler=held[1], head_held=int(head_held), complete=int(complete)
        ).where(of_shift & (closing.c.doc_id == row["doc_id"])).execute()


def prove_heads(tables: Tables, place: Place, heads: Set[str]) -> list[str]:
    """Again the proofs of closings with one of these printed heads, which was held nowhere; returns their shifts."""
    closing = tables.closing
    mine = (closing.c.account_id == place.account_id) & (closing.c.till_id == place.till_id)
    rows = tables.rows(closing.select(closing.c.shift_id, closing.c.head).where(mine & (closing.c.head_held == 0)))
    shifts = list(dict.fromkeys(row["shift_id"] for row in rows if row["head"] in heads))
    for shift_id in shifts:
        store_proof(tables, place, shift_id)
    return shifts


def _held_by_epoch(tables: Tables, place: Place, shift_id: str) -> dict[str, tuple[Totals, int]]:
    """Of a shift's receipts by epoch: count and sum, and the last one's seq."""
    receipt = tables.receipt
    rows = tables.rows(
        receipt.select(
            receipt.c.epoch,
            fn.COUNT(receipt.c.seq).alias("n"),
            fn.SUM(receipt.c.paid_haler).alias("haler"),
            fn.MAX(receipt.c.seq).alias("last"),
        )
        .where(_of_shift(tables, place, shift_id))
        .group_by(receipt.c.epoch)
    )
    return {row["epoch"]: ((int(row["n"]), int(row["haler"])), int(row["last"])) for row in rows}


def _held_of_line(
    tables: Tables, place: Place, closing: dict[str, Any], by_epoch: dict[str, tuple[Totals, int]]
) -> Totals:
    """Nearly always the shift lies in the closing's own epoch, and nothing more is to be asked."""
    if set(by_epoch) <= {closing["epoch"]}:
        return _added(by_epoch.values())
    line = line_of(tables, place, epoch=closing["epoch"], seq=closing["seq"])
    parts = []
    for epoch, (totals, last) in by_epoch.items():
        if last <= line.get(epoch, 0):
            parts.append((totals, last))
        elif epoch in line:
            parts.append((_held_up_to(tables, place, closing["shift_id"], epoch=epoch, seq=line[epoch]), last))
    outside = [epoch for epoch, (_, last) in by_epoch.items() if last > line.get(epoch, 0)]
    if outside:
        parts.append((_held_twice(tables, place, closing["shift_id"], outside=outside, line=line), 0))
    return _added(parts)


def _held_twice(tables: Tables, place: Place, shift_id: str, *, outside: list[str], line: dict[str, int]) -> Totals:
    """Receipts that came first in a row off the line and stand once more in one on it: of a card that lost a fork, was
    restored from a backup, and lost it again."""
    receipt, held = tables.receipt, tables.journal_row
    columns = receipt.select(receipt.c.doc_id, receipt.c.paid_haler, receipt.c.epoch, receipt.c.seq)
    mine = _of_shift(tables, place, shift_id) & receipt.c.epoch.in_(outside)
    off = {row["doc_id"]: row for row in tables.rows(columns.where(mine)) if row["seq"] > line.get(row["epoch"], 0)}
    again: dict[str, int] = {}
    ids = list(off)
    for start in range(0, len(ids), IDS_AT_ONCE):  # by ids alone: asked for more, SQLite would walk all rows of a till
        here = (held.c.account_id == place.account_id) & tables.among(held.c.doc_id, ids[start : start + IDS_AT_ONCE])
        rows = held.select(held.c.doc_id, held.c.till_id, held.c.state, held.c.epoch, held.c.seq).where(here)
        for row in tables.rows(rows):
            counts = (row["till_id"], row["state"]) == (place.till_id, PROJECTED)
            if counts and row["seq"] <= line.get(row["epoch"], 0):
                again[row["doc_id"]] = int(off[row["doc_id"]]["paid_haler"])
    return len(again), sum(again.values())


def _held_up_to(tables: Tables, place: Place, shift_id: str, *, epoch: str, seq: int) -> Totals:
    receipt = tables.receipt
    query = receipt.select(fn.COUNT(receipt.c.doc_id).alias("n"), fn.SUM(receipt.c.paid_haler).alias("haler"))
    row = tables.first(
        query.where(_of_shift(tables, place, shift_id) & (receipt.c.epoch == epoch) & (receipt.c.seq <= seq))
    )
    assert row is not None
    return int(row["n"]), int(row["haler"] or 0)


def _of_shift(tables: Tables, place: Place, shift_id: str) -> Any:
    receipt = tables.receipt
    return (
        (receipt.c.account_id == place.account_id)
        & (receipt.c.shift_id == shift_id)
        & (receipt.c.till_id == place.till_id)
    )


def _added(parts: Any) -> Totals:
    totals = [each for each, _ in parts]
    return sum(count for count, _ in totals), sum(haler for _, haler in totals)


def _head_held(tables: Tables, place: Place, closing: dict[str, Any]) -> bool:
    """Whether a row of this till with the printed chain head is held. After a fork it stands in an older epoch, or in
    one that was lost whole; the closing's own comes first."""
    return bool(closing["head"]) and any(
        _head_in(tables, place, closing, epochs)
        for epochs in (
            lambda: [closing["epoch"]],
            lambda: [row["epoch"] for row in epochs_of(tables, place)],
            lambda: branch_epochs(tables, place.account_id, place.till_id),
        )
    )


def _head_in(tables: Tables, place: Place, closing: dict[str, Any], epochs: Callable[[], list[str]]) -> bool:
    held = tables.journal_row
    here = (held.c.account_id == place.account_id) & (held.c.till_id == place.till_id)
    here &= (held.c.seq == closing["head_seq"]) & (held.c.verified == 1)
    wanted = (held.select(held.c.hash).where(here & (held.c.epoch == epoch)) for epoch in epochs())
    return any(row["hash"].startswith(closing["head"]) for query in wanted for row in tables.rows(query))
