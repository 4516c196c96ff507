"""Copying a database while it is in use, and looking at a copy before it is trusted."""

import time
from dataclasses import dataclass
from pathlib import Path

import apsw

PAGES_AT_ONCE = 200
REST_S = 0.01
NEVER_COPIED = ("pairing_request",)  # notes that hold something secret for a while: they are not ours to keep


class BackupFailed(Exception):
    """No copy could be made; one sentence says why."""


class BackupUnreadable(Exception):
    """The file is no sound database of a till; one sentence says why."""


@dataclass(frozen=True)
class BackupContent:
    """Whose backup it is and how far it goes. `schema` is the version of its tables."""

    till_id: str
    prefix: str
    epoch: str
    head_seq: int
    last_at: str
    schema: int


def copy_database(source: Path, target: Path) -> None:
    """SQLite's own backup, a few pages at a time, of one moment: a read transaction holds it, and nobody else waits.
    `target` is one whole file when it ends. Raises BackupFailed."""
    try:
        _copy(source, target)
    except apsw.Error as error:
        raise BackupFailed(f"{target}: {error}") from error


def _copy(source: Path, target: Path) -> None:
    origin = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
    copy = apsw.Connection(str(target))
    try:
        origin.execute("PRAGMA busy_timeout = 5000")
        origin.execute("BEGIN")
        origin.execute("SELECT count(*) FROM sqlite_master").fetchall()
        with copy.backup("main", origin, "main") as backup:
            while not backup.done:
                backup.step(PAGES_AT_ONCE)
                time.sleep(REST_S)
        origin.execute("COMMIT")
        copy.execute("PRAGMA journal_mode = DELETE").fetchall()
        if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'note'").fetchall():
            for key in NEVER_COPIED:
                copy.execute("DELETE FROM note WHERE key = ?", (key,))
            copy.execute("VACUUM" if copy.changes() else "SELECT 1").fetchall()
    finally:
        copy.close()
        origin.close()


def look_at(path: Path) -> BackupContent:
    """Whether the file is whole, and what it holds. Raises BackupUnreadable."""
    try:
        database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        raise BackupUnreadable(f"{path} cannot be opened: {error}") from error
    try:
        said = str(database.execute("PRAGMA quick_check(1)").fetchall()[0][0])
        if said != "ok":
            raise BackupUnreadable(f"{path} is damaged: {said}")
        till = database.execute("SELECT till_id, prefix, epoch, head_seq FROM till").fetchall()
        last = database.execute("SELECT at FROM journal ORDER BY row DESC LIMIT 1").fetchall()
        schema = int(str(database.execute("SELECT max(version) FROM schema_version").fetchall()[0][0]))
        last_at = str(last[0][0]) if last else ""
    except (apsw.Error, LookupError, ValueError) as error:
        raise BackupUnreadable(f"{path} is no backup of a till: {error}") from error
    finally:
        database.close()
    if not till or not till[0][2]:
        raise BackupUnreadable(f"{path} is the database of a till that was never started")
    till_id, prefix, epoch, head_seq = (str(column) for column in till[0])
    return BackupContent(till_id, prefix, epoch, int(head_seq), last_at, schema)


def series_in(path: Path, *, till_id: str) -> tuple[str, ...]:
    """Receipt series another database of the same till has used; none if it cannot be read or is another till's."""
    try:
        database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error:
        return ()
    try:
        if database.execute("SELECT 1 FROM till WHERE till_id = ?", (till_id,)).fetchall():
            return tuple(str(series) for (series,) in database.execute("SELECT series FROM used_series"))
    except apsw.Error:
        pass
    finally:
        database.close()
    return ()
