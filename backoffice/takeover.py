"""What a device is given that takes a till's place, or that was restored from a backup (decisions/0014)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import Tuple, fn

from appliance.domain.receipt import is_series_letter, next_series_letter
from appliance.wire import PAGE_ROWS_MAX, HeldRow, OpenShift, Takeover, TakeoverPage
from backoffice.epochs import epochs_of, line_of
from backoffice.projected import FORKED, PROJECTED, Place
from backoffice.tables import Tables

FIRST_LETTER = next_series_letter([])
PAGE_BYTES_MAX = 2 * 1024 * 1024
SHIFT_STAGE, WAITING_STAGE = "shift", "waiting"


def takeover_of(tables: Tables, place: Place) -> Takeover:
    """The till as it stands; call it in the transaction that hands it over."""
    with tables.reading():
        return _takeover_of(tables, place)


def _takeover_of(tables: Tables, place: Place) -> Takeover:
    till = tables.till
    found = tables.first(
        till.select().where((till.c.account_id == place.account_id) & (till.c.till_id == place.till_id))
    )
    assert found is not None
    epochs = epochs_of(tables, place)
    letters = [row["series"].removeprefix(found["prefix"]) for row in epochs]
    # the first letter counts as used though nothing was sent: every till begins with it
    used = tuple(sorted({FIRST_LETTER, *(each for each in letters if is_series_letter(each))}))
    epoch, seq, digest = _head(tables, place, epochs)
    return Takeover(
        till_id=place.till_id,
        prefix=found["prefix"],
        id_pokl=found["id_pokl"],
        name=found["name"],
        parent_epoch=epoch,
        parent_seq=seq,
        parent_hash=digest,
        used_letters=used,
        letters=next_series_letter(used),
        open_shift=_open_shift(tables, place),
    )


def _head(tables: Tables, place: Place, epochs: Sequence[dict[str, Any]]) -> tuple[str, int, str]:
    """The last row of the newest epoch that no other goes on after."""
    parents = {row["parent_epoch"] for row in epochs}
    held = tables.journal_row
    for row in sorted(epochs, key=lambda row: (row["epoch"] not in parents, row["opened_at"]), reverse=True):
        head = tables.first(
            held.select(held.c.seq, held.c.hash)
            .where(_counting(tables, place) & (held.c.epoch == row["epoch"]))
            .order_by(held.c.seq.desc())
        )
        if head:
            return row["epoch"], head["seq"], head["hash"]
    return "", 0, ""


def _counting(tables: Tables, place: Place) -> Any:
    """Rows of the till that verify and did not lose a fork."""
    held = tables.journal_row
    of_till = (held.c.account_id == place.account_id) & (held.c.till_id == place.till_id)
    return of_till & (held.c.verified == 1) & (held.c.state != FORKED)


def _open_shift(tables: Tables, place: Place) -> OpenShift | None:
    shift, closing = tables.shift, tables.closing
    closed = closing.select(closing.c.doc_id).where(
        (closing.c.account_id == shift.c.account_id) & (closing.c.shift_id == shift.c.shift_id)
    )
    of_till = (shift.c.account_id == place.account_id) & (shift.c.till_id == place.till_id)
    row = tables.first(shift.select().where(of_till & ~fn.EXISTS(closed)).order_by(shift.c.opened_utc.desc()))
    if row is None:
        return None
    mine = (closing.c.account_id == place.account_id) & (closing.c.till_id == place.till_id)
    last = tables.first(closing.select(fn.MAX(closing.c.number).alias("number")).where(mine))
    return OpenShift(
        shift_id=row["shift_id"],
        number=max(1, int((last or {}).get("number") or 0) + 1),
        opened_at=row["opened_at"],
        user=row["opened_by"],
        float_haler=row["float_haler"],
    )


def rows_beyond(tables: Tables, place: Place, have: dict[str, int], *, after: str | None = None) -> TakeoverPage:
    """Rows of the first epoch of which the till has not all. Then the receipts that no code has come for: where the
    card that died went its own way, they are known to nobody else. A till that says no `after`, not even an empty one,
    is of a version that does not know these. Raises ValueError for an `after` that is none of ours."""
    stage, first, second = [*after.split(":"), "", ""][:3] if after else (WAITING_STAGE, "", "0")
    if stage != WAITING_STAGE:
        raise ValueError(after)
    with tables.reading():
        for epoch in epochs_of(tables, place) if not after else ():
            rows = _rows(tables, place, Segment(epoch["epoch"], have.get(epoch["epoch"], 0) + 1, None))
            if rows:
                return TakeoverPage(rows=tuple(rows))
        if after is None:
            return TakeoverPage(rows=())
        return _waiting_page(tables, place, after=(first, int(second)))


@dataclass(frozen=True)
class Segment:
    """Rows of one epoch from `first` to `last`, or to its end."""

    epoch: str
    first: int
    last: int | None


def replacement_page(tables: Tables, place: Place, *, epoch: str, seq: int, shift_id: str, after: str) -> TakeoverPage:
    """Raises ValueError for an `after` that is none of ours."""
    stage, first, second = [*after.split(":"), "", "", ""][:3] if after else (SHIFT_STAGE, "0", "0")
    with tables.reading():
        if stage == WAITING_STAGE:
            return _waiting_page(tables, place, after=(first, int(second)))
        if stage != SHIFT_STAGE:
            raise ValueError(after)
        segments = _segments(tables, place, epoch=epoch, seq=seq, shift_id=shift_id)
        for n, segment in enumerate(segments):
            start = max(segment.first, int(second) + 1) if n == int(first) else segment.first
            rows = _rows(tables, place, Segment(segment.epoch, start, segment.last)) if n >= int(first) else []
            if rows:
                return TakeoverPage(rows=tuple(rows), next=f"{SHIFT_STAGE}:{n}:{rows[-1].seq}")
        return _waiting_page(tables, place, after=("", 0))


def _segments(tables: Tables, place: Place, *, epoch: str, seq: int, shift_id: str) -> list[Segment]:
    """Where the rows of a shift lie: all that a closing at (epoch, seq) would stand on, from the shift's opening on,
    also what a replacement was given and had not taken over when it was replaced itself. First epochs that were
    themselves taken over, then the line of descent; each time the oldest first."""
    shift = tables.shift
    opened = tables.first(
        shift.select(shift.c.opened_epoch, shift.c.opened_seq).where(
            (shift.c.account_id == place.account_id)
            & (shift.c.till_id == place.till_id)
            & (shift.c.shift_id == shift_id)
        )
    )
    if opened is None:
        return []
    line = {**line_of(tables, place, epoch=epoch, seq=seq, through_replacements=True), epoch: seq}
    epochs = epochs_of(tables, place)
    parents = {row["epoch"]: row["parent_epoch"] for row in epochs}
    older = _ancestors(parents, opened["opened_epoch"])[1:]
    descent = [each for each in _ancestors(parents, epoch) if each in line]
    others = [row["epoch"] for row in epochs if row["epoch"] in line.keys() - set(descent)]
    starts = {opened["opened_epoch"]: int(opened["opened_seq"])}
    return [Segment(each, starts.get(each, 1), line[each]) for each in [*others, *descent[::-1]] if each not in older]


def _ancestors(parents: dict[str, str], epoch: str) -> list[str]:
    """An epoch, the one it goes on after, and so on; a line that comes back to itself ends."""
    line: list[str] = []
    while epoch and epoch not in line:
        line.append(epoch)
        epoch = parents.get(epoch, "")
    return line


def _rows(tables: Tables, place: Place, segment: Segment) -> list[HeldRow]:
    held = tables.journal_row
    query = held.select().where(
        _counting(tables, place) & (held.c.epoch == segment.epoch) & (held.c.seq >= segment.first)
    )
    if segment.last is not None:
        query = query.where(held.c.seq <= segment.last)
    return _fitting(tables.rows(query.order_by(held.c.seq).limit(PAGE_ROWS_MAX)))


def _fitting(rows: Sequence[dict[str, Any]]) -> list[HeldRow]:
    """As many as one answer takes, at least one."""
    size = 0
    fitting: list[HeldRow] = []
    for row in rows:
        size += len(row["body"].encode())
        if fitting and size > PAGE_BYTES_MAX:
            break
        fitting.append(HeldRow.model_validate(row))
    return fitting


def _waiting_page(tables: Tables, place: Place, *, after: tuple[str, int]) -> TakeoverPage:
    """Receipts that no code has come for, each followed by what put its data right last."""
    receipt, held = tables.receipt, tables.journal_row
    mine = (receipt.c.account_id == place.account_id) & (receipt.c.till_id == place.till_id)
    waiting = tables.rows(
        receipt.select(receipt.c.doc_id, receipt.c.epoch, receipt.c.seq, receipt.c.corrected_by)
        .where(mine & (receipt.c.fiscal_state == "waiting") & (Tuple(receipt.c.epoch, receipt.c.seq) > Tuple(*after)))
        .order_by(receipt.c.epoch, receipt.c.seq)
        .limit(PAGE_ROWS_MAX // 2)
    )
    if not waiting:
        return TakeoverPage(rows=())
    wanted = [doc_id for row in waiting for doc_id in (row["doc_id"], row["corrected_by"]) if doc_id]
    # by their ids alone: asked for till or state, SQLite would rather walk all rows of them
    documents = [
        row
        for row in tables.rows(held.select().where((held.c.account_id == place.account_id) & held.c.doc_id.in_(wanted)))
        if row["till_id"] == place.till_id and row["verified"] and row["state"] == PROJECTED
    ]
    by_id = {row["doc_id"]: row for row in sorted(documents, key=lambda row: (row["epoch"], row["seq"]), reverse=True)}
    size, last = 0, after
    rows: list[HeldRow] = []
    for row in waiting:
        parts = [by_id[doc_id] for doc_id in (row["doc_id"], row["corrected_by"]) if doc_id in by_id]
        size += sum(len(part["body"].encode()) for part in parts)
        if rows and size > PAGE_BYTES_MAX:
            break
        rows += [HeldRow.model_validate(part) for part in parts]
        last = (row["epoch"], row["seq"])
    return TakeoverPage(rows=tuple(rows), whole=False, next=f"{WAITING_STAGE}:{last[0]}:{last[1]}")
