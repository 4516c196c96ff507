"""Epochs that do not simply follow one another: rows that lost a fork, and epochs of which only a part is here."""

from collections.abc import Sequence
from typing import Any

from peewee import SQL

from appliance.domain.journal import EpochOpened, Kind, read_body
from appliance.store import journal, queues
from appliance.store.journal import Head, Stored
from appliance.store.tables import Tables

LOST_NOTE = "lost_rows"  # {epoch: seq}: from this row on another branch is the one that counts
COPY_NOTE = "fork_copy"  # {"next": place, "lost": {epoch: seq}} while the lost documents are put into the new epoch
EDITS = frozenset({Kind.ITEM_EDITED, Kind.CATEGORY_EDITED, Kind.WAREHOUSE_EDITED, Kind.SETTINGS_CHANGED})
MOVEMENTS = frozenset({Kind.RECEIPT_ISSUED, Kind.STOCK_MOVED})
PARTIAL_NOTE = "partial_epochs"  # epochs of which the Backoffice has given us some rows, not all


def lost_rows(tables: Tables) -> dict[str, int]:
    """By epoch, from which seq on its rows lost a fork. They stand again in a later epoch."""
    return queues.note(tables, LOST_NOTE) or {}


def is_lost(lost: dict[str, int], stored: Stored) -> bool:
    return stored.row.seq >= lost.get(stored.row.epoch, stored.row.seq + 1)


def partial_epochs(tables: Tables) -> frozenset[str]:
    return frozenset(queues.note(tables, PARTIAL_NOTE) or ())


def add_partial(tables: Tables, epochs: Sequence[str], *, at: str) -> None:
    queues.set_note(tables, PARTIAL_NOTE, sorted(partial_epochs(tables) | set(epochs)), at=at)


def parent_of(tables: Tables, epoch: str) -> Head:
    """The row an epoch goes on after; all empty for a first epoch or one whose opening is not here."""
    opening = journal.row_at(tables, epoch, 1)
    body = read_body(opening.row.kind, opening.row.v, opening.row.body) if opening else None
    return Head(body.parent_epoch, body.parent_seq, body.parent_hash) if isinstance(body, EpochOpened) else NO_HEAD


NO_HEAD = Head("", 0, "")


def last_common(tables: Tables, epoch: str, seq: int) -> Head:
    """The row before (epoch, seq), which both branches of a fork have."""
    before = journal.row_at(tables, epoch, seq - 1) if seq > 1 else None
    return Head(epoch, seq - 1, before.row.hash.hex()) if before else parent_of(tables, epoch)


def losing(tables: Tables, epoch: str, seq: int) -> dict[str, int]:
    """What a fork at (epoch, seq) takes with it: the rest of that epoch, and whole epochs that went on after it."""
    lost = {epoch: seq}
    grown = True
    held = [each for each in journal.epochs(tables) if each != epoch]
    while grown:
        grown = False
        for each in held:
            parent = parent_of(tables, each)
            if each not in lost and parent.seq >= lost.get(parent.epoch, parent.seq + 1):
                lost[each] = 1
                grown = True
    return lost


def first_lost(tables: Tables, lost: dict[str, int]) -> int:
    """The place of the first of these rows, which stand in the order of their seq in each epoch."""
    places = (journal.place_of(tables, epoch, seq) for epoch, seq in lost.items())
    return min(place for place in places if place is not None)


def begin_copy(tables: Tables, lost: dict[str, int], *, at: str) -> None:
    """From now on these rows count as lost; their documents are to be put into the till's epoch."""
    queues.set_note(tables, LOST_NOTE, {**lost_rows(tables), **lost}, at=at)
    queues.set_note(tables, COPY_NOTE, {"next": 0, "lost": lost}, at=at)


def copy_under_way(tables: Tables) -> dict[str, Any] | None:
    found: dict[str, Any] | None = queues.note(tables, COPY_NOTE)
    return found


def rows_to_copy(tables: Tables, copy: dict[str, Any], *, limit: int) -> list[tuple[Stored, str]]:
    """The next lost documents in the order they were made, with the shift each belongs to."""
    j = tables.journal
    lost: dict[str, int] = copy["lost"]
    places = SQL("0")
    for epoch, seq in lost.items():
        # the epoch as an expression: by its index SQLite would sort all lost rows anew for every step
        places = places | ((j.epoch.concat("") == epoch) & (j.seq >= seq))
    wanted = (j.kind != Kind.EPOCH_OPENED.value) & (j.row > copy["next"]) & places
    return journal.rows_with_shifts(tables, wanted, limit=limit)


def copy_rows(tables: Tables, rows: Sequence[tuple[Stored, str]], copy: dict[str, Any], *, at: str) -> None:
    """These documents once more, at the head of the till's epoch, under their own doc_ids."""
    first = journal.append_again(tables, rows)
    for place, (stored, _) in enumerate(rows, start=first):
        # what was made of the document is where it is sent from: it counts as unsent until its new row is acked
        if stored.row.kind == Kind.RECEIPT_ISSUED:
            r = tables.receipt
            r.update(row=place).where((r.doc_id == stored.row.doc_id) & (r.row == stored.place)).execute()
        elif stored.row.kind in EDITS:
            tables.own_edit.update(place=place).where(tables.own_edit.place == stored.place).execute()
        if stored.row.kind in MOVEMENTS:
            tables.stock_move.update(place=place).where(tables.stock_move.place == stored.place).execute()
    queues.set_note(tables, COPY_NOTE, {**copy, "next": rows[-1][0].place}, at=at)


def end_copy(tables: Tables) -> None:
    queues.drop_note(tables, COPY_NOTE)
