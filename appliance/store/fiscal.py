"""What is or was to be reported to EET: one record per receipt, one row per attempt to send it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Dialect, FrozenSale, Mode
from appliance.store.tables import Tables

# Word for word the conditions of the partial indices: without them SQLite would read every record ever made.
OPEN_RECORDS = SQL("state IN ('waiting', 'parked')")
ANSWERED = SQL("answer IS NOT NULL")
UNJUDGED = SQL("t1.reason = 'unknown_signer'")


@dataclass(frozen=True)
class FiscalRecord:
    """`data` holds the official attributes exactly as they are sent.

    `attempts` counts the finished ones that brought no code; an attempt under way has a row of its own already.
    `generation` counts corrections: attempts of an earlier one sent other data. `tried_since` is when it began to wait,
    at the sale or at its release. `pkp` and `bkp` are those of EET 1, '' until they are computed.
    """

    doc_id: str
    number: str
    dialect: Dialect
    mode: Mode
    data: dict[str, str]
    state: FiscalState
    created_at: str
    boot: str
    attempts: int
    code: str
    reason: str
    warnings: str
    pkp: str
    bkp: str
    generation: int
    tried_since: str


@dataclass(frozen=True)
class WaitingRecord:
    """What the order of sending needs to know of a record; `key` names the channel it goes through."""

    doc_id: str
    attempts: int
    key: tuple[Dialect, Mode]
    made: tuple[str, str]  # when, and under which number: what the order goes by


@dataclass(frozen=True)
class Attempt:
    """One message that may have left the till. `answer` is None when none came."""

    uuid: str
    doc_id: str
    at: str
    outcome: str
    reason: str
    detail: str
    trace_id: str
    answer: bytes | None


def add_record(tables: Tables, *, doc_id: str, number: str, frozen: FrozenSale, at: str, boot: str) -> None:
    tables.fiscal_record.insert(
        doc_id=doc_id,
        number=number,
        dialect=frozen.dialect.value,
        mode=frozen.mode.value,
        data=json.dumps(frozen.data),
        state=FiscalState.WAITING.value,
        created_at=at,
        tried_since=at,
        boot=boot,
    ).execute()


def load_record(tables: Tables, doc_id: str) -> FiscalRecord | None:
    f = tables.fiscal_record
    found = _records(tables).where(f.doc_id == doc_id).tuples().first()
    return _record(found) if found else None


def find_record(tables: Tables, which: str) -> FiscalRecord | None:
    """By doc_id or by the receipt's number."""
    r = tables.receipt
    by_number = r.select(r.doc_id).where(r.number == which).tuples().first()
    return load_record(tables, str(by_number[0]) if by_number else which)


def open_records(tables: Tables, state: FiscalState) -> list[FiscalRecord]:
    """Those in one of the two states that are not the end: waiting or parked; the oldest first."""
    found = _in_order(tables, _records(tables).where(_is_open(tables, state)), newest_first=False)
    return [_record(each) for each in found.tuples()]


def open_page(tables: Tables, *, limit: int | None, offset: int = 0) -> list[FiscalRecord]:
    """Parked records first, then those that wait; the oldest first."""
    f = tables.fiscal_record
    found = _records(tables).where(OPEN_RECORDS).order_by(f.state, f.created_at, f.number)  # parked < waiting
    return [_record(each) for each in found.limit(limit).offset(offset).tuples()]


def waiting_ids(tables: Tables) -> list[WaitingRecord]:
    """All that wait, the oldest first. Cheap enough to read thousands."""
    return _listed(tables, _is_open(tables, FiscalState.WAITING), newest_first=False, limit=None)


def untried_ids(tables: Tables, *, limit: int | None) -> list[WaitingRecord]:
    """Those that were never tried, the newest first."""
    untried = _is_open(tables, FiscalState.WAITING) & (tables.fiscal_record.attempts == 0)
    return _listed(tables, untried, newest_first=True, limit=limit)


def without_codes(tables: Tables, *, limit: int) -> list[FiscalRecord]:
    """Waiting records of EET 1 whose control codes are not computed yet, the newest first."""
    f = tables.fiscal_record
    missing = _is_open(tables, FiscalState.WAITING) & (f.dialect == Dialect.V3.value) & (f.pkp == "")
    found = _in_order(tables, _records(tables).where(missing), newest_first=True)
    return [_record(each) for each in found.limit(limit).tuples()]


def count_records(tables: Tables, state: FiscalState) -> tuple[int, str]:
    """How many of an open state, and when the oldest was made ('' for none)."""
    f = tables.fiscal_record
    count, oldest = f.select(fn.COUNT(f.doc_id), fn.MIN(f.created_at)).where(_is_open(tables, state)).tuples().first()
    return int(count), oldest or ""


def oldest_unreported(tables: Tables, mode: Mode) -> str:
    """When the oldest record of this mode was made that waits or is parked; '' for none."""
    f = tables.fiscal_record
    oldest = f.select(fn.MIN(f.created_at)).where(OPEN_RECORDS & (f.mode == mode.value)).tuples().first()
    return str(oldest[0] or "")


def update_record(tables: Tables, doc_id: str, **columns: object) -> None:
    f = tables.fiscal_record
    f.update(**columns).where(f.doc_id == doc_id).execute()


def release(tables: Tables, doc_ids: Sequence[str], *, at: str) -> int:
    """Those that are parked wait again, since now. Returns how many."""
    f = tables.fiscal_record
    parked = f.doc_id.in_(list(doc_ids)) & (f.state == FiscalState.PARKED.value)
    return int(f.update(state=FiscalState.WAITING.value, tried_since=at).where(parked).execute())


def replace_data(tables: Tables, record: FiscalRecord, data: dict[str, str], *, at: str, boot: str) -> None:
    """Another frozen sale in the place of one that was refused: it waits as if it were new."""
    update_record(
        tables,
        record.doc_id,
        data=json.dumps(data),
        generation=record.generation + 1,
        state=FiscalState.WAITING.value,
        attempts=0,
        reason="",
        pkp="",
        bkp="",
        tried_since=at,
        boot=boot,
    )


# ---- attempts


def add_attempt(tables: Tables, *, uuid: str, record: FiscalRecord, at: str) -> None:
    tables.fiscal_attempt.insert(uuid=uuid, doc_id=record.doc_id, at=at, generation=record.generation).execute()


def finish_attempt(
    tables: Tables,
    uuid: str,
    *,
    outcome: str,
    reason: str,
    detail: str,
    unknown: bool,
    trace_id: str,
    answer: bytes | None,
) -> None:
    a = tables.fiscal_attempt
    a.update(
        outcome=outcome, reason=reason, detail=detail, unknown=int(unknown), trace_id=trace_id, answer=answer
    ).where(a.uuid == uuid).execute()


def was_attempted(tables: Tables, record: FiscalRecord) -> bool:
    """Whether a first byte of this record, as it is now, may ever have left the till."""
    a = tables.fiscal_attempt
    mine = (a.doc_id == record.doc_id) & (a.generation == record.generation)
    return a.select(a.uuid).where(mine).limit(1).tuples().first() is not None


def may_be_recorded(tables: Tables, record: FiscalRecord) -> bool:
    """Whether the server may hold this record, or an earlier one of the same receipt."""
    a = tables.fiscal_attempt
    unknown = (a.doc_id == record.doc_id) & (a.unknown == 1)
    return a.select(a.uuid).where(unknown).limit(1).tuples().first() is not None


def moments_of(tables: Tables, record: FiscalRecord, *, reason: str) -> list[str]:
    """When this record, as it is now, was tried and ended so."""
    a = tables.fiscal_attempt
    mine = (a.doc_id == record.doc_id) & (a.generation == record.generation) & (a.reason == reason)
    return [str(at) for (at,) in a.select(a.at).where(mine).tuples()]


def attempts_of(tables: Tables, doc_id: str) -> list[Attempt]:
    """In the order they were made."""
    a = tables.fiscal_attempt
    return [Attempt(*found) for found in _attempts(tables).where(a.doc_id == doc_id).order_by(a.at).tuples()]


def unjudged_answers(tables: Tables, dialect: Dialect) -> list[Attempt]:
    """Kept answers for open records as they are now, well signed by somebody not trusted then; the oldest first."""
    a, f = tables.fiscal_attempt, tables.fiscal_record
    query = (
        _attempts(tables)
        .join(f, on=(f.doc_id == a.doc_id))
        .where(UNJUDGED & OPEN_RECORDS & (f.dialect == dialect.value) & (f.generation == a.generation))
    )
    return [Attempt(*found) for found in query.order_by(a.at).tuples()]


def forget_answers(tables: Tables, *, before: str, limit: int) -> int:
    """Drop kept answers older than a moment of records that are done. Returns how many there were, at most `limit`."""
    a, f = tables.fiscal_attempt, tables.fiscal_record
    done = f.select(f.doc_id).where((f.doc_id == a.doc_id) & ~OPEN_RECORDS)
    old = a.select(a.uuid).where(ANSWERED & (a.at < before) & fn.EXISTS(done)).order_by(a.at).limit(limit)
    uuids = [uuid for (uuid,) in old.tuples()]
    if uuids:
        a.update(answer=None).where(a.uuid.in_(uuids)).execute()
    return len(uuids)


def _attempts(tables: Tables) -> Any:
    a = tables.fiscal_attempt
    return a.select(a.uuid, a.doc_id, a.at, a.outcome, a.reason, a.detail, a.trace_id, a.answer)


def _listed(tables: Tables, which: Any, *, newest_first: bool, limit: int | None) -> list[WaitingRecord]:
    f = tables.fiscal_record
    query = f.select(f.doc_id, f.attempts, f.dialect, f.mode, f.created_at, f.number).where(which)
    return [
        WaitingRecord(doc_id, attempts, (Dialect(dialect), Mode(mode)), (created_at, number))
        for doc_id, attempts, dialect, mode, created_at, number in _in_order(tables, query, newest_first=newest_first)
        .limit(limit)
        .tuples()
    ]


def _is_open(tables: Tables, state: FiscalState) -> Any:
    assert state in {FiscalState.WAITING, FiscalState.PARKED}
    return OPEN_RECORDS & (tables.fiscal_record.state == state.value)


def _in_order(tables: Tables, query: Any, *, newest_first: bool) -> Any:
    f = tables.fiscal_record
    return query.order_by(*((f.created_at.desc(), f.number.desc()) if newest_first else (f.created_at, f.number)))


def _records(tables: Tables) -> Any:
    f = tables.fiscal_record
    return f.select(
        f.doc_id, f.number, f.dialect, f.mode, f.data, f.state, f.created_at, f.boot, f.attempts, f.code, f.reason,
        f.warnings, f.pkp, f.bkp, f.generation, f.tried_since,
    )  # fmt: skip


def _record(found: Any) -> FiscalRecord:
    doc_id, number, dialect, mode, data, state, *rest = found
    return FiscalRecord(doc_id, number, Dialect(dialect), Mode(mode), json.loads(data), FiscalState(state), *rest)
