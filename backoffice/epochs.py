"""Epochs of a till: which goes on after which, and so which rows a closing stands on (decisions/0013)."""

from typing import Any

from appliance.domain.clock import iso, parse_iso
from appliance.domain.journal import EpochOpened, Row, RowsTakenOver
from appliance.wire import SEQ_MAX
from backoffice.projected import FORKED, PROJECTED, Place, Projected, ProjectionFailed, check_key
from backoffice.tables import Tables

REPLACEMENT = "replacement"  # the reason of an epoch whose device begins with nothing of its parent's rows
EPOCHS_MAX = 10_000  # of one till; more are no till's life but somebody's attack


def epoch_opened(tables: Tables, place: Place, row: Row, body: EpochOpened) -> Projected:
    if row.seq != 1:
        raise ProjectionFailed("an epoch is opened by its first row")
    for key in (body.reason, body.series, body.parent_epoch):
        check_key(key)
    tables.epoch.insert(
        account_id=place.account_id,
        till_id=place.till_id,
        epoch=row.epoch,
        reason=body.reason,
        series=body.series,
        parent_epoch=body.parent_epoch,
        parent_seq=body.parent_seq,
        opened_at=iso(parse_iso(row.at)),
    ).execute()
    return Projected(PROJECTED)


def rows_taken_over(tables: Tables, place: Place, row: Row, body: RowsTakenOver) -> Projected:
    check_key(body.epoch)
    tables.taken_over.insert(
        account_id=place.account_id,
        till_id=place.till_id,
        epoch=row.epoch,
        seq=row.seq,
        of_epoch=body.epoch,
        of_seq=body.seq,
    ).execute()
    return Projected(PROJECTED)


def epochs_of(tables: Tables, place: Place) -> list[dict[str, Any]]:
    """All epochs of a till of which the opening is held, the oldest first."""
    epoch = tables.epoch
    mine = (epoch.c.account_id == place.account_id) & (epoch.c.till_id == place.till_id)
    return tables.rows(epoch.select().where(mine).order_by(epoch.c.opened_at, epoch.c.epoch).limit(EPOCHS_MAX))


def branch_epochs(tables: Tables, account_id: int, till_id: str) -> list[str]:
    """The epochs in which rows of a till lost a fork; one that was lost whole is not among `epochs_of`. By their state
    alone: asked for the till, SQLite would rather walk all its rows."""
    held = tables.journal_row
    rows = tables.rows(
        held.select(held.c.till_id, held.c.epoch).where((held.c.account_id == account_id) & (held.c.state == FORKED))
    )
    return list(dict.fromkeys(row["epoch"] for row in rows if row["till_id"] == till_id))


def line_of(
    tables: Tables, place: Place, *, epoch: str, seq: int, through_replacements: bool = False
) -> dict[str, int]:
    """The rows a closing at (epoch, seq) stands on: by epoch, up to which seq.

    Its own epoch counts whole: after it no receipt of its shift is made there, but documents that lost a fork may be
    put in later than it. Then the parent up to the row named, and so on; a device that replaced another counts of its
    forerunners only what it says it has taken over, unless the line is to go `through_replacements`, to what they had
    still to take over. Rows taken over count wherever they stand.
    """
    by_name = {row["epoch"]: row for row in epochs_of(tables, place)}
    taken = _taken_over(tables, place)
    line: dict[str, int] = {epoch: SEQ_MAX}
    at, last = epoch, seq
    while True:
        for row in taken.get(at, ()):
            if row["seq"] <= last:
                line[row["of_epoch"]] = max(line.get(row["of_epoch"], 0), row["of_seq"])
        opened = by_name.pop(at, None)  # a line that comes back to itself ends
        if opened is None or not opened["parent_epoch"]:
            return line
        if opened["reason"] == REPLACEMENT and not through_replacements:
            return line
        at, last = opened["parent_epoch"], opened["parent_seq"]
        line[at] = max(line.get(at, 0), last)


def _taken_over(tables: Tables, place: Place) -> dict[str, list[dict[str, Any]]]:
    taken = tables.taken_over
    mine = (taken.c.account_id == place.account_id) & (taken.c.till_id == place.till_id)
    by_epoch: dict[str, list[dict[str, Any]]] = {}
    for row in tables.rows(taken.select().where(mine)):
        by_epoch.setdefault(row["epoch"], []).append(row)
    return by_epoch
