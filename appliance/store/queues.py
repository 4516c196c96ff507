"""What waits for an outside effect: print jobs, manual sync runs; and notes of how a channel stands."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from peewee import SQL

from appliance.domain.delivery import PrintState
from appliance.store.tables import Tables

# Word for word the condition of the partial index: without it SQLite would read every job ever made.
OPEN_JOBS = SQL("state IN ('waiting', 'started', 'ask')")
OPEN_JOB_STATES = frozenset({PrintState.WAITING, PrintState.STARTED, PrintState.ASK})


class JobKind(StrEnum):
    RECEIPT = "receipt"
    X_REPORT = "x_report"
    CLOSING = "closing"
    DRAWER = "drawer"
    STOCK = "stock"


@dataclass(frozen=True)
class PrintJob:
    """`kick` opens the drawer first; `is_copy` prints KOPIE; `body` is JSON of what is not a journal document."""

    n: int
    job_id: str
    kind: JobKind
    doc_id: str
    number: str
    kick: bool
    is_copy: bool
    body: str
    state: PrintState
    created_at: str
    boot: str


@dataclass(frozen=True)
class SyncRunRow:
    run_id: str
    requested_at: str
    phase: str
    done: int
    total: int
    finished_at: str
    error: str
    result: str


# ---- print jobs


def add_job(
    tables: Tables,
    *,
    job_id: str,
    kind: JobKind,
    doc_id: str,
    number: str,
    at: str,
    boot: str,
    kick: bool = False,
    is_copy: bool = False,
    body: str = "",
) -> None:
    tables.print_job.insert(
        job_id=job_id,
        kind=kind.value,
        doc_id=doc_id,
        number=number,
        kick=int(kick),
        is_copy=int(is_copy),
        body=body,
        state=PrintState.WAITING.value,
        created_at=at,
        boot=boot,
    ).execute()


def jobs(tables: Tables, *states: PrintState, limit: int | None = None) -> list[PrintJob]:
    """In the order they were made; all of them, unless a limit is given."""
    return [_job(found) for found in _jobs(tables).where(_job_is_in(tables, states)).limit(limit).tuples()]


def load_job(tables: Tables, job_id: str) -> PrintJob | None:
    found = _jobs(tables).where(tables.print_job.job_id == job_id).tuples().first()
    return _job(found) if found else None


def waiting_kicks(tables: Tables) -> list[PrintJob]:
    """Waiting jobs whose drawer has not been opened yet."""
    p = tables.print_job
    query = _jobs(tables).where(OPEN_JOBS & (p.state == PrintState.WAITING.value) & (p.kick == 1))
    return [_job(found) for found in query.tuples()]


def _job_is_in(tables: Tables, states: Sequence[PrintState]) -> Any:
    condition = tables.print_job.state.in_([state.value for state in states])
    return OPEN_JOBS & condition if OPEN_JOB_STATES.issuperset(states) else condition


def _jobs(tables: Tables) -> Any:
    p = tables.print_job
    return p.select(
        p.n, p.job_id, p.kind, p.doc_id, p.number, p.kick, p.is_copy, p.body, p.state, p.created_at, p.boot
    ).order_by(p.n)  # fmt: skip


def _job(found: Any) -> PrintJob:
    n, job_id, kind, doc_id, number, kick, is_copy, body, state, at, boot = found
    return PrintJob(
        n, job_id, JobKind(kind), doc_id, number, bool(kick), bool(is_copy), body, PrintState(state), at, boot
    )


def set_job(tables: Tables, job_id: str, state: PrintState) -> None:
    p = tables.print_job
    p.update(state=state.value).where(p.job_id == job_id).execute()


def kicked(tables: Tables, job_id: str) -> None:
    """The job's drawer pulse is out; it is not given again."""
    tables.print_job.update(kick=0).where(tables.print_job.job_id == job_id).execute()


def requeue_asked(tables: Tables, *, boot: str) -> None:
    """All jobs the cashier was asked about wait again, as copies and without opening the drawer."""
    p = tables.print_job
    again = p.update(state=PrintState.WAITING.value, is_copy=1, kick=0, boot=boot)
    again.where(p.state == PrintState.ASK.value).execute()


def drop_asked(tables: Tables) -> None:
    p = tables.print_job
    p.update(state=PrintState.DROPPED.value).where(p.state == PrintState.ASK.value).execute()


def count_jobs(tables: Tables, *states: PrintState) -> int:
    return int(tables.print_job.select(tables.print_job.n).where(_job_is_in(tables, states)).count())


# ---- manual sync runs


def add_run(tables: Tables, run_id: str, *, at: str) -> None:
    tables.sync_run.insert(run_id=run_id, requested_at=at, phase="waiting").execute()


def unfinished_run(tables: Tables) -> SyncRunRow | None:
    return _run(tables.one(_unfinished))


def load_run(tables: Tables, run_id: str) -> SyncRunRow | None:
    return _run(tables.one(_run_of_id, run_id))


def last_run(tables: Tables) -> SyncRunRow | None:
    return _run(tables.one(_last_run))


def update_run(tables: Tables, run_id: str, **columns: object) -> None:
    s = tables.sync_run
    s.update(**columns).where(s.run_id == run_id).execute()


def _runs(tables: Tables) -> Any:
    s = tables.sync_run
    return s.select(s.run_id, s.requested_at, s.phase, s.done, s.total, s.finished_at, s.error, s.result)


def _unfinished(tables: Tables) -> Any:
    s = tables.sync_run
    return _runs(tables).where(s.finished_at == "").order_by(s.requested_at)


def _run_of_id(tables: Tables, run_id: str) -> Any:
    return _runs(tables).where(tables.sync_run.run_id == run_id)


def _last_run(tables: Tables) -> Any:
    return _runs(tables).order_by(SQL("rowid DESC"))  # not the time, which may go back


def _run(found: tuple[Any, ...] | None) -> SyncRunRow | None:
    return SyncRunRow(*found) if found else None


# ---- notes


def set_note(tables: Tables, key: str, value: object, *, at: str) -> None:
    n = tables.note
    text = json.dumps(value, ensure_ascii=False)
    n.insert(key=key, value=text, at=at).on_conflict(
        conflict_target=[n.key], update={n.value: text, n.at: at}
    ).execute()


def note(tables: Tables, key: str) -> Any:
    """The value, or None."""
    found = tables.one(_value_of_note, key)
    return json.loads(found[0]) if found else None


def _value_of_note(tables: Tables, key: str) -> Any:
    n = tables.note
    return n.select(n.value).where(n.key == key)


def drop_note(tables: Tables, key: str) -> None:
    n = tables.note
    n.delete().where(n.key == key).execute()
