"""Appending to the journal and reading it back; the till's identity stands beside its head."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from peewee import SQL, fn

from appliance.domain.codec import to_json
from appliance.domain.journal import FIRST_PREV_HASH, WRITTEN_VERSION, EpochOpened, Kind, Row, make_row
from appliance.domain.receipt import is_series_letter, next_series_letter
from appliance.store.tables import Tables

IN_A_SHIFT = SQL("shift_id <> ''")  # word for word the condition of the partial index, which is not used without it


@dataclass(frozen=True)
class Till:
    """Who this till is and where its journal stands; `regime_from` is the start of the last regime in use."""

    till_id: str
    prefix: str
    board_serial: str
    epoch: str
    series: str
    next_number: int
    head_seq: int
    head_hash: bytes
    acked_row: int
    regime_from: str


def load_till(tables: Tables) -> Till | None:
    """None before the first start."""
    found = tables.one(_till)
    return Till(*found) if found else None


def _till(tables: Tables) -> Any:
    t = tables.till
    return t.select(
        t.till_id,
        t.prefix,
        t.board_serial,
        t.epoch,
        t.series,
        t.next_number,
        t.head_seq,
        t.head_hash,
        t.acked_row,
        t.regime_from,
    ).where(t.id == 1)


def the_till(tables: Tables) -> Till:
    till = load_till(tables)
    assert till is not None, "the till has no identity yet"
    return till


def append(tables: Tables, kind: Kind, body: object, *, doc_id: str, at: str, shift_id: str = "") -> tuple[int, Row]:
    """One more row; call it inside `Store.fact`. Returns its place in this database and the row."""
    return append_raw(
        tables, kind=kind, v=WRITTEN_VERSION[kind], body=to_json(body), doc_id=doc_id, at=at, shift_id=shift_id
    )


def append_raw(tables: Tables, *, kind: str, v: int, body: str, doc_id: str, at: str, shift_id: str) -> tuple[int, Row]:
    till = the_till(tables)
    row = make_row(
        till.head_hash,
        till_id=till.till_id,
        epoch=till.epoch,
        seq=till.head_seq + 1,
        kind=kind,
        v=v,
        doc_id=doc_id,
        at=at,
        body=body,
    )
    place = insert_row(tables, row, shift_id=shift_id)
    tables.till.update(head_seq=row.seq, head_hash=row.hash).where(tables.till.id == 1).execute()
    return place, row


def insert_row(tables: Tables, row: Row, *, shift_id: str) -> int:
    """A row as it is, of whatever epoch; its place comes after all others. Returns the place."""
    return int(tables.journal.insert(**_columns(row), shift_id=shift_id).execute())


def append_all(tables: Tables, kind: Kind, documents: Sequence[tuple[str, object]], *, at: str) -> int:
    """Several rows of one kind at once, from (doc_id, body); call it inside `Store.fact`. Returns the last one's place;
    they stand one after the other."""
    till = the_till(tables)
    rows: list[Row] = []
    for doc_id, body in documents:
        row = make_row(
            rows[-1].hash if rows else till.head_hash,
            till_id=till.till_id,
            epoch=till.epoch,
            seq=till.head_seq + len(rows) + 1,
            kind=kind,
            v=WRITTEN_VERSION[kind],
            doc_id=doc_id,
            at=at,
            body=to_json(body),
        )
        rows.append(row)
    if rows:
        tables.journal.insert([_columns(row) for row in rows]).execute()
        tables.till.update(head_seq=rows[-1].seq, head_hash=rows[-1].hash).where(tables.till.id == 1).execute()
    return last_place(tables)


def append_again(tables: Tables, rows: "Sequence[tuple[Stored, str]]") -> int:
    """Documents that stand in the journal already, once more at its head, with the shift of each. Returns the place of
    the first; the others follow it."""
    till = the_till(tables)
    again: list[Row] = []
    for stored, _ in rows:
        row = stored.row
        again.append(
            make_row(
                again[-1].hash if again else till.head_hash,
                till_id=till.till_id,
                epoch=till.epoch,
                seq=till.head_seq + len(again) + 1,
                kind=row.kind,
                v=row.v,
                doc_id=row.doc_id,
                at=row.at,
                body=row.body,
            )
        )
    columns = [{**_columns(row), "shift_id": shift_id} for row, (_, shift_id) in zip(again, rows, strict=True)]
    tables.journal.insert(columns).execute()
    tables.till.update(head_seq=again[-1].seq, head_hash=again[-1].hash).where(tables.till.id == 1).execute()
    return last_place(tables) - len(again) + 1


@dataclass(frozen=True)
class Head:
    """A row by which a chain can be taken up again; all empty before the first."""

    epoch: str
    seq: int
    hash: str


class SeriesUsed(ValueError):
    """This mark of a receipt series was used before, or is none."""


def open_epoch(
    tables: Tables,
    *,
    epoch: str,
    reason: str,
    doc_id: str,
    at: str,
    board_serial: str,
    open_shift: str,
    parent: Head | None = None,
    letters: str = "",
) -> None:
    """Begin a new epoch with its own receipt series; numbers of earlier series are never continued.

    `parent` is the row it goes on after, the till's head unless told; `letters` name the series, the next free ones
    unless told. Raises SeriesUsed.
    """
    before = the_till(tables)
    if parent is None:
        parent = Head(before.epoch, before.head_seq, before.head_hash.hex() if before.epoch else "")
    series = before.prefix + _letters(tables, before.prefix, letters)
    tables.used_series.insert(series=series, epoch=epoch).execute()
    tables.till.update(
        epoch=epoch,
        series=series,
        next_number=1,
        head_seq=0,
        head_hash=FIRST_PREV_HASH,
        board_serial=board_serial,
    ).where(tables.till.id == 1).execute()
    body = EpochOpened(
        reason=reason,
        series=series,
        parent_epoch=parent.epoch,
        parent_seq=parent.seq,
        parent_hash=parent.hash,
        open_shift=open_shift,
    )
    append(tables, Kind.EPOCH_OPENED, body, doc_id=doc_id, at=at)


def used_letters(tables: Tables, prefix: str) -> list[str]:
    """The marks of all receipt series this till has had, as far as it knows."""
    all_series = [series for (series,) in tables.used_series.select(tables.used_series.series).tuples()]
    marks = [series[len(prefix) :] for series in all_series if series.startswith(prefix)]
    return [letters for letters in marks if is_series_letter(letters)]


def use_series(tables: Tables, series: str, epoch: str) -> None:
    """A series of another epoch has become known: it is not used again."""
    tables.used_series.insert(series=series, epoch=epoch).on_conflict_ignore().execute()


def _letters(tables: Tables, prefix: str, wanted: str) -> str:
    used = used_letters(tables, prefix)
    if not wanted:
        return next_series_letter(used)
    if not is_series_letter(wanted) or wanted in used:
        raise SeriesUsed(wanted)
    return wanted


def found_till(tables: Tables, *, till_id: str, prefix: str, board_serial: str) -> None:
    """The till's first start: an identity, not yet an epoch."""
    tables.till.insert(
        id=1,
        till_id=till_id,
        prefix=prefix,
        board_serial=board_serial,
        epoch="",
        series="",
        next_number=1,
        head_seq=0,
        head_hash=FIRST_PREV_HASH,
    ).execute()


def learn_board(tables: Tables, board_serial: str) -> None:
    """The board's serial number, which could not be read when the till was founded."""
    tables.till.update(board_serial=board_serial).where(tables.till.id == 1).execute()


def regime_began(tables: Tables, valid_from: str) -> None:
    """Documents are made under the regime that begins then; it stays in force when a clock goes back."""
    tables.till.update(regime_from=valid_from).where(tables.till.id == 1).execute()


def take_number(tables: Tables) -> tuple[str, int]:
    """The next receipt number of the series, taken; gapless because it commits with its receipt."""
    till = the_till(tables)
    tables.till.update(next_number=till.next_number + 1).where(tables.till.id == 1).execute()
    return till.series, till.next_number


@dataclass(frozen=True)
class Stored:
    """A row with its place in this database."""

    place: int
    row: Row


def rows_after(tables: Tables, place: int, *, limit: int, last: int | None = None) -> list[Stored]:
    """Rows in order up to the place `last`, as many as follow each other in the epoch of the first one: rows that were
    brought in stand between those that were made meanwhile."""
    j = tables.journal
    found = _select(tables).where(j.row > place).order_by(j.row).limit(limit)
    if last is not None:
        found = found.where(j.row <= last)
    rows = _stored(tables, found)
    return list(takewhile(lambda stored: stored.row.epoch == rows[0].row.epoch, rows))


def places_of_shift(tables: Tables, shift_id: str) -> tuple[int, int] | None:
    """The first and the last place of a shift's rows; rows of no shift may stand between them."""
    j = tables.journal
    of_shift = (j.shift_id == shift_id) & IN_A_SHIFT
    first, last = j.select(fn.MIN(j.row), fn.MAX(j.row)).where(of_shift).tuples().first()
    return None if first is None else (int(first), int(last))


def closing_of(tables: Tables, shift_id: str) -> str:
    """The doc_id of the shift's closing, the last one if it has several; '' for none."""
    j = tables.journal
    closings = (j.shift_id == shift_id) & IN_A_SHIFT & (j.kind == Kind.SHIFT_CLOSED.value)
    return str(j.select(j.doc_id).where(closings).order_by(j.row.desc()).limit(1).scalar() or "")


def place_of(tables: Tables, epoch: str, seq: int) -> int | None:
    j = tables.journal
    found = j.select(j.row).where((j.epoch == epoch) & (j.seq == seq)).tuples().first()
    return int(found[0]) if found else None


def last_place(tables: Tables) -> int:
    found = tables.one(_last_row)
    return int(found[0]) if found else 0


def _last_row(tables: Tables) -> Any:
    j = tables.journal
    return j.select(j.row).order_by(j.row.desc())


def last_at(tables: Tables) -> str:
    """When the last row was made, '' before the first."""
    j = tables.journal
    return str(j.select(j.at).order_by(j.row.desc()).limit(1).scalar() or "")


def ack(tables: Tables, place: int) -> None:
    tables.till.update(acked_row=place).where(tables.till.id == 1).execute()


def unsent(tables: Tables) -> tuple[int, str]:
    """How many rows the Backoffice has not acked, and when the oldest was made ('' for none)."""
    acked = the_till(tables).acked_row
    first = tables.one(_row_after, acked)
    return (last_place(tables) - acked, str(first[0])) if first else (0, "")


def _row_after(tables: Tables, place: int) -> Any:
    j = tables.journal
    return j.select(j.at).where(j.row > place).order_by(j.row)


def row_at(tables: Tables, epoch: str, seq: int) -> Stored | None:
    j = tables.journal
    found = _stored(tables, _select(tables).where((j.epoch == epoch) & (j.seq == seq)))
    return found[0] if found else None


def rows_with_shifts(tables: Tables, wanted: Any, *, limit: int) -> list[tuple[Stored, str]]:
    """Rows that fulfil a condition, in the order of their places, each with its shift."""
    j, till_id = tables.journal, the_till(tables).till_id
    query = _select(tables).select_extend(j.shift_id).where(wanted).order_by(j.row).limit(limit)
    return [(Stored(place, Row(till_id, *columns)), shift_id) for place, *columns, shift_id in query.tuples()]


def rows_of_epoch(tables: Tables, epoch: str, *, after_seq: int, limit: int) -> list[Stored]:
    """Rows of one epoch in its own order; some may be missing where the epoch is held in part."""
    j = tables.journal
    return _stored(tables, _select(tables).where((j.epoch == epoch) & (j.seq > after_seq)).order_by(j.seq).limit(limit))


def epochs(tables: Tables) -> list[str]:
    """All epochs of which rows are here, in the order in which they came."""
    j = tables.journal
    found: list[tuple[int, str]] = []
    epoch = ""
    while after := j.select(fn.MIN(j.epoch)).where(j.epoch > epoch).scalar():  # a walk from epoch to epoch by the index
        epoch = str(after)
        first = j.select(j.row).where(j.epoch == epoch).order_by(j.seq).limit(1).scalar()
        found.append((int(first), epoch))
    return [each for _, each in sorted(found)]


def head_of(tables: Tables, epoch: str) -> int:
    """The last seq held of an epoch; 0 for none."""
    j = tables.journal
    return int(j.select(fn.MAX(j.seq)).where(j.epoch == epoch).scalar() or 0)


def _select(tables: Tables) -> Any:
    j = tables.journal
    return j.select(j.row, j.epoch, j.seq, j.doc_id, j.kind, j.v, j.at, j.body, j.prev_hash, j.hash)


def _columns(row: Row) -> dict[str, object]:
    return {
        "epoch": row.epoch,
        "seq": row.seq,
        "doc_id": row.doc_id,
        "kind": row.kind,
        "v": row.v,
        "at": row.at,
        "body": row.body,
        "prev_hash": row.prev_hash,
        "hash": row.hash,
    }


def _stored(tables: Tables, query: Any) -> list[Stored]:
    till_id = the_till(tables).till_id
    return [Stored(place, Row(till_id, *columns)) for place, *columns in query.tuples()]
