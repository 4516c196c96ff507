"""Taking a till's journal: one batch, one transaction, under the till's row lock (sync.md, section 2).

Nothing blocks the rows after it and nothing is dropped: a row that does not verify or cannot be projected is stored,
flagged and acked. Two answers only ask for something: `gap` names the row that is wanted next, `fork` the first row
that differs from the one held.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from peewee import fn

from appliance.domain.clock import iso
from appliance.domain.journal import Row, head_hex, row_verifies
from appliance.wire import Position, TillStatus, Upload
from backoffice.collected import write_collected
from backoffice.event_log import append_events, together
from backoffice.projected import DEFERRED, FAILED, FORKED, PROJECTED, Event, Place, Projected
from backoffice.projection import Applied, Twin, apply, plan, twins_of, write_inserts
from backoffice.shifts import prove_heads, store_proof
from backoffice.storing import held_row, journal_columns, read_row, store_new
from backoffice.tables import Tables

log = logging.getLogger(__name__)

# Parts of a status that change all the time and are no news.
STATUS_NOISE = frozenset({"sent_at", "eet_oldest_age_s", "disk_free_mb"})


@dataclass(frozen=True)
class Taken:
    """What one batch came to: the position held now, `gap` or `fork` as a seq, and whether pages have news."""

    acked: Position
    gap: int | None = None
    fork: int | None = None
    news: bool = False


@dataclass(frozen=True)
class Held:
    """The hashes that are held where a batch wants to stand and just before it: by seq those of the line that counts,
    and (seq, hash) of other branches of a fork."""

    line: dict[int, bytes]
    branches: frozenset[tuple[int, bytes]]


@dataclass(frozen=True)
class Plan:
    """The rows of a batch, sorted out against what is held."""

    new: tuple[Row, ...] = ()
    other_branch: tuple[Row, ...] = ()
    gap: int | None = None

    @property
    def fork(self) -> int | None:
        return self.other_branch[0].seq if self.other_branch else None


def take_batch(tables: Tables, place: Place, upload: Upload, *, now: datetime) -> Taken:
    """Verify and read; then, under the locks, compare, store raw, project, ack."""
    rows = sorted(
        (wire.row(till_id=place.till_id, epoch=upload.epoch) for wire in upload.rows), key=lambda row: row.seq
    )
    with tables.reading():
        known = _held(tables, place, upload.epoch, rows).line
    unread = [row for row in rows if row.seq not in known and not upload.lost]  # mostly a row is new or sent again
    read = {id(row): read_row(place, row) for row in unread}
    with tables.writing():
        till = _lock_till(tables, place)
        head = _head_seq(tables, place, upload.epoch)
        held = _held(tables, place, upload.epoch, rows)
        sorted_out = Plan(other_branch=tuple(rows)) if upload.lost else sort_out(rows, held=held.line, head=head)
        new = [read.get(id(row)) or read_row(place, row) for row in sorted_out.new]
        _forget_branch(tables, place, sorted_out.new, held=held)
        outcomes = store_new(tables, place, new, held=held.line, now=now)
        events = _store_branch(tables, place, sorted_out, held=held, now=now)
        events += _after_batch(tables, place, list(zip(sorted_out.new, outcomes, strict=True)), now=now)
        if _status_news(till["status"], upload.status):
            events.append(Event("till", place.till_id, {}))
        _update_till(tables, place, upload, sorted_out, now=now)
        append_events(tables, place.account_id, events, now=now)
    if upload.lost and rows:
        return Taken(Position(epoch=upload.epoch, seq=rows[-1].seq), news=bool(events))
    acked = Position(epoch=upload.epoch, seq=sorted_out.new[-1].seq if sorted_out.new else head)
    return Taken(acked, gap=sorted_out.gap, fork=sorted_out.fork, news=bool(events))


def sort_out(rows: Sequence[Row], *, held: dict[int, bytes], head: int) -> Plan:
    """Which rows are new, which are another branch, and what is missing. `rows` in the order of seq."""
    known = dict(held)
    new: list[Row] = []
    for index, row in enumerate(rows):
        if row.seq in known:
            if row.hash != known[row.seq]:
                return Plan(tuple(new), other_branch=tuple(rows[index:]))
            continue
        wanted = (new[-1].seq if new else head) + 1
        if row.seq != wanted:
            return Plan(tuple(new), gap=wanted)
        known[row.seq] = row.hash
        new.append(row)
    return Plan(tuple(new))


def project_waiting(tables: Tables, *, now: datetime) -> int:
    """Try rows again that an earlier version could not read or project; at every start. Returns how many came in.

    A till at a time, under its row lock like an upload, because another server may already be taking its rows.
    """
    till = tables.till
    with tables.reading():
        tills = tables.rows(till.select(till.c.account_id, till.c.till_id, till.c.name))
    places = [Place(row["account_id"], row["till_id"], row["name"]) for row in tills]
    return sum(_project_waiting_of(tables, place, now=now) for place in places)


def _project_waiting_of(tables: Tables, place: Place, *, now: datetime) -> int:
    held = tables.journal_row
    projected: list[tuple[Row, Projected]] = []
    with tables.writing():
        _lock_till(tables, place)
        for each in _waiting(tables, place):
            row = _row_of(each)
            twin = twins_of(tables, place.account_id, [row.doc_id]).get(row.doc_id)
            outcome = _project_alone(tables, place, row, twin if twin and twin.state == PROJECTED else None)
            changed = held.update(state=outcome.state, reason=outcome.reason)
            changed.where(held_row(tables, place, row)).execute()
            if outcome.state == PROJECTED:
                projected.append((row, outcome))
        append_events(tables, place.account_id, _after_batch(tables, place, projected, now=now), now=now)
    return len(projected)


def _project_alone(tables: Tables, place: Place, row: Row, twin: Twin | None) -> Projected:
    planned = plan(place, row, twin)
    if isinstance(planned, Applied):
        return apply(tables, place, row, planned.body)
    return write_inserts(tables, [planned])[0]


def _waiting(tables: Tables, place: Place) -> list[dict[str, Any]]:
    """In the order in which they came. One state at a time, so that the index of states leads to them."""
    held = tables.journal_row
    of_till = (held.c.account_id == place.account_id) & (held.c.till_id == place.till_id) & (held.c.verified == 1)
    rows = [
        row
        for state in (DEFERRED, FAILED)
        for row in tables.rows(held.select().where(of_till & (held.c.state == state)))
    ]
    return sorted(rows, key=lambda row: (row["received_at"], row["epoch"], row["seq"]))


def _row_of(each: dict[str, Any]) -> Row:
    return Row(
        each["till_id"],
        each["epoch"],
        each["seq"],
        each["doc_id"],
        each["kind"],
        each["v"],
        each["at"],
        each["body"],
        bytes.fromhex(each["prev_hash"]),
        bytes.fromhex(each["hash"]),
    )


def _lock_till(tables: Tables, place: Place) -> dict[str, str]:
    till = tables.till
    query = till.select(till.c.status).where(
        (till.c.account_id == place.account_id) & (till.c.till_id == place.till_id)
    )
    row = tables.first(tables.locked(query))
    assert row is not None, "the token named a till"
    return row


def _head_seq(tables: Tables, place: Place, epoch: str) -> int:
    held = tables.journal_row
    row = tables.first(
        held.select(fn.MAX(held.c.seq).alias("head")).where(
            (held.c.account_id == place.account_id)
            & (held.c.till_id == place.till_id)
            & (held.c.epoch == epoch)
            & (held.c.state != FORKED)
        )
    )
    return int(row["head"] or 0) if row else 0


def _held(tables: Tables, place: Place, epoch: str, rows: Sequence[Row]) -> Held:
    if not rows:
        return Held({}, frozenset())
    held = tables.journal_row
    found = tables.rows(
        held.select(held.c.seq, held.c.hash, held.c.state).where(
            (held.c.account_id == place.account_id)
            & (held.c.till_id == place.till_id)
            & (held.c.epoch == epoch)
            & held.c.seq.between(rows[0].seq - 1, rows[-1].seq)
        )
    )
    return Held(
        {row["seq"]: bytes.fromhex(row["hash"]) for row in found if row["state"] != FORKED},
        frozenset((row["seq"], bytes.fromhex(row["hash"])) for row in found if row["state"] == FORKED),
    )


def _after_batch(tables: Tables, place: Place, taken: Sequence[tuple[Row, Projected]], *, now: datetime) -> list[Event]:
    """Count the touched shifts anew, once each, write the stock and the price list, and collect what open pages are
    told."""
    outcomes = [outcome for _, outcome in taken]
    for shift_id in dict.fromkeys(outcome.shift_id for outcome in outcomes if outcome.shift_id):
        store_proof(tables, place, shift_id)
    events = together([event for outcome in outcomes for event in outcome.events])
    if any(outcome.state == FAILED for outcome in outcomes):
        events.append(Event("till", place.till_id, {}))
    return events + write_collected(tables, place, taken, now=now)


def _store_branch(tables: Tables, place: Place, sorted_out: Plan, *, held: Held, now: datetime) -> list[Event]:
    """Keep another branch as evidence: its documents come again in a new epoch, but what was printed of it, a chain
    head on a closing, can be proven only by its rows."""
    known = {*held.branches, *held.line.items(), *((row.seq, row.hash) for row in sorted_out.new)}
    new = [row for row in sorted_out.other_branch if (row.seq, row.hash) not in known]
    if not new:
        return []
    log.warning(
        "till %s, epoch %s: another branch, rows %d to %d", place.till_id, new[0].epoch, new[0].seq, new[-1].seq
    )
    forked, received_at = Projected(FORKED, "fork"), iso(now.astimezone(UTC))
    tables.insert_all(
        tables.journal_row,
        [
            journal_columns(place, row, forked, verified=row_verifies(row), received_at=received_at)
            for row in {(row.seq, row.hash): row for row in new}.values()
        ],
    )
    shifts = prove_heads(tables, place, {head_hex(row.hash) for row in new})
    return [Event("till", place.till_id, {}), *(Event("shift", shift_id, {}) for shift_id in shifts)]


def _forget_branch(tables: Tables, place: Place, rows: Sequence[Row], *, held: Held) -> None:
    """Rows that come to count although they were kept as another branch: of a server that was restored, whose tills do
    not all know of the fork."""
    for row in rows:
        if (row.seq, row.hash) in held.branches:
            tables.journal_row.delete().where(held_row(tables, place, row)).execute()


def _status_news(before: str, status: TillStatus) -> bool:
    after = {key: value for key, value in status.model_dump().items() if key not in STATUS_NOISE}
    known = json.loads(before) if before else {}
    return after != {key: value for key, value in known.items() if key not in STATUS_NOISE}


def _update_till(tables: Tables, place: Place, upload: Upload, sorted_out: Plan, *, now: datetime) -> None:
    changes: dict[str, str | int] = {
        "status": upload.status.model_dump_json(),
        "last_seen": iso(now.astimezone(UTC)),
    }
    if sorted_out.new:
        last = sorted_out.new[-1]
        changes |= {"acked_epoch": last.epoch, "acked_seq": last.seq, "acked_hash": last.hash.hex()}
    till = tables.till
    till.update(**changes).where((till.c.account_id == place.account_id) & (till.c.till_id == place.till_id)).execute()
