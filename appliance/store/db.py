"""One SQLite file shared by three processes (sync.md §9): opening it, and the two kinds of writing transaction.

A *fact* (sale, journal, code) is fsynced at commit. A *mark* (open cart, print progress, attempt, ack, sync run) is
not: it survives kill -9 and may vanish in a power cut.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
from peewee import DatabaseError, OperationalError
from playhouse.apsw_ext import APSWDatabase

from appliance.store.migrations import migrate
from appliance.store.tables import Tables

SQLITE_VERSION_MIN = (3, 51, 3)  # earlier ones have a WAL-reset corruption race between processes
BUSY_TIMEOUT_S = 5
WAL_AUTOCHECKPOINT_PAGES = 16_000  # a fuse: only the sync daemon checkpoints in the ordinary run


class StoreError(Exception):
    """The database cannot be read or written; the message says why."""


class StoreTooOld(StoreError):
    """The SQLite library, or the file's schema, does not fit this program."""


class Store:
    """The till's database; every thread has its own connection."""

    def __init__(self, path: Path) -> None:
        version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
        if version < SQLITE_VERSION_MIN:
            raise StoreTooOld(f"SQLite {apsw.sqlite_lib_version()} is too old, 3.51.3 or newer is needed")
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._db = APSWDatabase(
            str(path),
            timeout=BUSY_TIMEOUT_S,
            pragmas=(
                ("journal_mode", "wal"),
                ("foreign_keys", 1),
                ("mmap_size", 0),
                ("wal_autocheckpoint", WAL_AUTOCHECKPOINT_PAGES),
            ),
        )
        self.tables = Tables(self._db)
        try:
            migrate(self._db)
        except (OperationalError, DatabaseError, apsw.Error) as error:
            raise StoreError(f"{path}: {error}") from error

    @contextmanager
    def fact(self) -> Iterator[Tables]:
        """BEGIN IMMEDIATE … COMMIT with an fsync. Raises StoreError; nothing is written then."""
        with self._writing("FULL") as tables:
            yield tables

    @contextmanager
    def mark(self) -> Iterator[Tables]:
        """BEGIN IMMEDIATE … COMMIT without an fsync. Raises StoreError."""
        with self._writing("NORMAL") as tables:
            yield tables

    @contextmanager
    def snapshot(self) -> Iterator[Tables]:
        """Several reads of one moment."""
        with self._translated(), self._db.atomic("DEFERRED"):
            yield self.tables

    def checkpoint(self, *, truncate: bool = False) -> bool:
        """Move the log into the database; False when others were in the way. Only the sync daemon calls it."""
        with self._translated():
            sql = f"PRAGMA wal_checkpoint({'TRUNCATE' if truncate else 'PASSIVE'})"
            busy, _, _ = self._db.execute_sql(sql).fetchone()
        return not busy

    def integrity(self) -> str:
        """SQLite's own check: `ok`, or the first fault found."""
        with self._translated():
            return str(self._db.execute_sql("PRAGMA quick_check(1)").fetchone()[0])

    def close(self) -> None:
        """Close this thread's connection."""
        self._db.close()

    @contextmanager
    def _writing(self, synchronous: str) -> Iterator[Tables]:
        with self._translated():
            self._db.execute_sql(f"PRAGMA synchronous={synchronous}")
            with self._db.atomic("IMMEDIATE"):
                yield self.tables

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, apsw.Error) as error:
            raise StoreError(str(error)) from error
