"""The new rows of a batch, projected and stored in their order, as many as possible by one statement.

A till that was offline sends thousands of documents; written one by one they would keep the owner waiting.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appliance.domain.clock import iso
from appliance.domain.journal import FIRST_PREV_HASH, Row, row_verifies
from backoffice.projected import FAILED, Place, Projected
from backoffice.projection import Applied, Twin, apply, plan, twins_of, write_inserts
from backoffice.tables import Tables

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Read:
    """A row that was verified and read before anything was locked. `planned` is what it means when no twin is held;
    `flaw` says that its hash is wrong."""

    row: Row
    flaw: str
    planned: Projected | Applied


def read_row(place: Place, row: Row) -> Read:
    flaw = "" if row_verifies(row) else "hash"
    return Read(row, flaw, Projected(FAILED, flaw) if flaw else plan(place, row, None))


def store_new(
    tables: Tables, place: Place, rows: Sequence[Read], *, held: dict[int, bytes], now: datetime
) -> list[Projected]:
    """What became of each row, in their order. `held`: the hashes that stand before and where they want to stand."""
    hashes = dict(held)
    twins = twins_of(tables, place.account_id, [read.row.doc_id for read in rows])
    storing = _Storing(tables, place, now)
    for read in rows:
        row = read.row
        if row.doc_id in storing.waiting:  # the same document twice in one batch
            storing.write()
        if row.doc_id in storing.stored:
            twins.setdefault(row.doc_id, storing.stored[row.doc_id])
        previous = FIRST_PREV_HASH if row.seq == 1 else hashes[row.seq - 1]
        flaw = read.flaw or ("chain" if row.prev_hash != previous else "")
        twin = twins.get(row.doc_id)
        planned = Projected(FAILED, flaw) if flaw else plan(place, row, twin) if twin else read.planned
        if isinstance(planned, Applied):
            storing.write()
            planned = apply(tables, place, row, planned.body)
        storing.add(row, planned, verified=not flaw)
        hashes[row.seq] = row.hash
    storing.write()
    return storing.outcomes


class _Storing:
    """Rows that wait to be written together. A row itself is stored after its documents: it is no twin of its own."""

    def __init__(self, tables: Tables, place: Place, now: datetime) -> None:
        self._tables = tables
        self._place = place
        self._received_at = iso(now.astimezone(UTC))
        self._rows: list[tuple[Row, bool]] = []
        self._planned: list[Projected] = []
        self.waiting: set[str] = set()
        self.stored: dict[str, Twin] = {}
        self.outcomes: list[Projected] = []

    def add(self, row: Row, planned: Projected, *, verified: bool) -> None:
        self._rows.append((row, verified))
        self._planned.append(planned)
        self.waiting.add(row.doc_id)

    def write(self) -> None:
        outcomes = write_inserts(self._tables, self._planned)
        for (row, _), outcome in zip(self._rows, outcomes, strict=True):
            if outcome.state == FAILED:
                log.warning("till %s, epoch %s, row %d: %s", row.till_id, row.epoch, row.seq, outcome.reason)
            else:
                self.stored.setdefault(row.doc_id, Twin(row.kind, row.v, row.body, outcome.state))
        self._tables.insert_all(
            self._tables.journal_row,
            [
                journal_columns(self._place, row, outcome, verified=verified, received_at=self._received_at)
                for (row, verified), outcome in zip(self._rows, outcomes, strict=True)
            ],
        )
        self.outcomes += outcomes
        self._rows, self._planned = [], []
        self.waiting.clear()


def held_row(tables: Tables, place: Place, row: Row) -> Any:
    """The condition for exactly this row as it is held; other branches of a fork may have others at its place."""
    held = tables.journal_row
    return (
        (held.c.account_id == place.account_id)
        & (held.c.till_id == place.till_id)
        & (held.c.epoch == row.epoch)
        & (held.c.seq == row.seq)
        & (held.c.hash == row.hash.hex())
    )


def journal_columns(place: Place, row: Row, outcome: Projected, *, verified: bool, received_at: str) -> dict[str, Any]:
    return {
        "account_id": place.account_id,
        "till_id": place.till_id,
        "epoch": row.epoch,
        "seq": row.seq,
        "hash": row.hash.hex(),
        "prev_hash": row.prev_hash.hex(),
        "doc_id": row.doc_id,
        "kind": row.kind,
        "v": row.v,
        "at": row.at,
        "body": row.body,
        "verified": int(verified),
        "state": outcome.state,
        "reason": outcome.reason,
        "received_at": received_at,
    }
