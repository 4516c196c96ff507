"""Going through the held journal of a till: do the chains hold, and how do its epochs continue each other?

A journal may have a million rows; they are read a few hundred at a time, and one call ends after ROWS_PER_CALL with the
place where the next one goes on.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from peewee import SQL

from appliance.domain.journal import FIRST_PREV_HASH, HEAD_HEX_CHARS, Row, row_verifies
from appliance.wire import SEQ_MAX
from backoffice.epochs import branch_epochs
from backoffice.pricelist.registers import printable
from backoffice.projected import DEFERRED, FAILED, FORKED, KEY_CHARS_MAX
from backoffice.reports import missing
from backoffice.tables import Tables

ROWS_AT_ONCE = 500
ROWS_PER_CALL = 50_000
SETTINGS = SQL("kind = 'settings_changed'")  # in the very words of the index `journal_row_settings`
EPOCHS_SHOWN_MAX = 200
FLAGGED_SHOWN_MAX = 100


@dataclass(frozen=True)
class HeldEpoch:
    """`opened` is the first row's body. `parent_held`: the row it goes on from is here; None when it has no parent."""

    epoch: str
    opened_at: str
    rows: int
    head: str
    reason: str
    series: str
    parent_epoch: str
    parent_seq: int
    parent_held: bool | None

    @property
    def on_paper(self) -> str:
        """As a closing prints the head of the chain."""
        return f"{self.rows}:{self.head[:HEAD_HEX_CHARS]}"


@dataclass(frozen=True)
class Flaw:
    """The first row that is wrong: `hash`, its own content does not give its hash; `chain`, it does not continue the
    row before it; `gap`, that row is not here."""

    epoch: str
    seq: int
    reason: str


@dataclass(frozen=True)
class Checked:
    """`rows` in all calls so far. `after` is where to go on, ('', 0) at the end."""

    rows: int
    flaw: Flaw | None = None
    after: tuple[str, int] = ("", 0)

    @property
    def done(self) -> bool:
        return self.flaw is None and not self.after[0]


def epochs_of(tables: Tables, account_id: int, till_id: str) -> list[HeldEpoch]:
    """In the order in which they began."""
    held = tables.journal_row
    here = _of_till(tables, account_id, till_id)
    with tables.reading():
        firsts: list[dict[str, Any]] = []
        while len(firsts) < EPOCHS_SHOWN_MAX:  # one step in the key each, however long the epochs are
            where = here & (held.c.epoch > firsts[-1]["epoch"]) if firsts else here
            columns = held.select(held.c.epoch, held.c.at, held.c.seq, held.c.kind, held.c.body)
            first = tables.first(columns.where(where & (held.c.state != FORKED)).order_by(held.c.epoch, held.c.seq))
            if first is None:
                break
            firsts.append(first)
        epochs = [_epoch(tables, account_id, till_id, first) for first in firsts]
    return sorted(epochs, key=lambda epoch: (epoch.opened_at, epoch.epoch))


def _epoch(tables: Tables, account_id: int, till_id: str, first: dict[str, Any]) -> HeldEpoch:
    held = tables.journal_row
    last = tables.first(
        held.select(held.c.seq, held.c.hash)
        .where(_of_till(tables, account_id, till_id) & (held.c.epoch == first["epoch"]) & (held.c.state != FORKED))
        .order_by(held.c.seq.desc())
    )
    assert last is not None
    opened = _read(first["body"]) if first["seq"] == 1 else {}
    parent, parent_seq = _text(opened.get("parent_epoch")), _whole(opened.get("parent_seq"))
    found = hash_at(tables, account_id, till_id, parent, parent_seq) if parent else ""
    return HeldEpoch(
        epoch=first["epoch"],
        opened_at=first["at"],
        rows=last["seq"],
        head=last["hash"],
        reason=_text(opened.get("reason")),
        series=_text(opened.get("series")),
        parent_epoch=parent,
        parent_seq=parent_seq,
        parent_held=bool(found) and found == (opened.get("parent_hash") or found) if parent else None,
    )


def _read(body: str) -> dict[str, Any]:
    """A flagged row may hold anything."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _text(value: object) -> str:
    return printable(value, chars_max=KEY_CHARS_MAX) if isinstance(value, str) else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value <= SEQ_MAX else 0


def check_journal(tables: Tables, account_id: int, till_id: str, *, after: tuple[str, int], rows: int) -> Checked:
    """Go on after this place, `rows` of which were right before."""
    left = ROWS_PER_CALL
    epochs = [epoch.epoch for epoch in epochs_of(tables, account_id, till_id)]
    if not hash_at(tables, account_id, till_id, *after):  # no row of this till: it begins anew, and nothing counts yet
        after, rows = ("", 0), 0
    start = epochs.index(after[0]) if after[0] in epochs else 0
    for epoch in epochs[start:]:
        seq = after[1] if epoch == after[0] else 0
        previous = bytes.fromhex(hash_at(tables, account_id, till_id, epoch, seq)) if seq else FIRST_PREV_HASH
        for row in _walk(tables, account_id, till_id, epoch, after_seq=seq):
            if not left:
                return Checked(rows, after=(epoch, seq))
            reason = _flaw(row, wanted=seq + 1, previous=previous)
            if reason:
                return Checked(rows, flaw=Flaw(epoch, row.seq, reason))
            seq, previous, rows, left = row.seq, row.hash, rows + 1, left - 1
    return Checked(rows)


def _flaw(row: Row, *, wanted: int, previous: bytes) -> str:
    if row.seq != wanted:
        return "gap"
    if row.prev_hash != previous:
        return "chain"
    return "" if row_verifies(row) else "hash"


def _walk(tables: Tables, account_id: int, till_id: str, epoch: str, *, after_seq: int) -> Iterator[Row]:
    held = tables.journal_row
    here = _of_till(tables, account_id, till_id) & (held.c.epoch == epoch) & (held.c.state != FORKED)
    names = "seq doc_id kind v at body prev_hash hash"
    columns = [getattr(held.c, name) for name in names.split()]
    seq = after_seq
    while True:
        with tables.reading():
            rows = tables.rows(
                held.select(*columns).where(here & (held.c.seq > seq)).order_by(held.c.seq).limit(ROWS_AT_ONCE)
            )
        for each in rows:
            hashes = bytes.fromhex(each.pop("prev_hash")), bytes.fromhex(each.pop("hash"))
            yield Row(till_id, epoch, **each, prev_hash=hashes[0], hash=hashes[1])
        if len(rows) < ROWS_AT_ONCE:
            return
        seq = rows[-1]["seq"]


def hash_at(tables: Tables, account_id: int, till_id: str, epoch: str, seq: int) -> str:
    """The hash of the row that stands there, as hex; '' when there is none."""
    held = tables.journal_row
    here = _of_till(tables, account_id, till_id) & (held.c.epoch == epoch) & (held.c.seq == seq)
    with tables.reading():
        row = tables.first(held.select(held.c.hash).where(here & (held.c.state != FORKED)))
    return str(row["hash"]) if row else ""


def paper_head_held(tables: Tables, account_id: int, till_id: str, typed: str) -> bool | None:
    """Whether a chain of this till has the head that a closing on paper names, `1234:0f3a…`; None for other texts."""
    seq, _, head = typed.replace(" ", "").lower().partition(":")
    known_form = seq.isascii() and seq.isdigit() and len(seq) <= 15 and 8 <= len(head) <= 64
    if not known_form or not set(head) <= set("0123456789abcdef"):
        return None
    held = tables.journal_row
    here = _of_till(tables, account_id, till_id) & (held.c.seq == int(seq)) & (held.c.verified == 1)
    with tables.reading():
        lost = branch_epochs(tables, account_id, till_id)
        epochs = dict.fromkeys((*(each.epoch for each in epochs_of(tables, account_id, till_id)), *lost))
        rows = [
            row
            for epoch in epochs
            for row in tables.rows(held.select(held.c.hash).where(here & (held.c.epoch == epoch)))
        ]
    return any(row["hash"].startswith(head) for row in rows)


def flagged_rows(tables: Tables, account_id: int, till_id: str) -> list[dict[str, Any]]:
    """Rows that were stored and whose documents are in no table, of each state the newest: failed, forked, deferred."""
    held = tables.journal_row
    here = _of_till(tables, account_id, till_id)
    with tables.reading():
        return [
            row
            for state in (FAILED, FORKED, DEFERRED)
            for row in tables.rows(
                held.select(held.c.epoch, held.c.seq, held.c.kind, held.c.at, held.c.state, held.c.reason)
                .where(here & missing(tables, state))
                .order_by(held.c.received_at.desc())
                .limit(FLAGGED_SHOWN_MAX)
            )
        ]


def item_sync_of(tables: Tables, account_id: int, till_id: str) -> bool | None:
    """Whether the till takes part in the price list (S14), as it told last; None while it told nothing."""
    held = tables.journal_row
    here = _of_till(tables, account_id, till_id) & SETTINGS & (held.c.state != FORKED)
    with tables.reading():
        row = tables.first(held.select(held.c.body).where(here).order_by(held.c.received_at.desc(), held.c.seq.desc()))
    told = _read(row["body"]).get("item_sync") if row else None
    return told if isinstance(told, bool) else None


def _of_till(tables: Tables, account_id: int, till_id: str) -> Any:
    held = tables.journal_row
    return (held.c.account_id == account_id) & (held.c.till_id == till_id)
