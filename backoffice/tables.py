"""The database of one Backoffice and the names of its tables.

Queries are built with peewee's `Table`, bound to the database of one instance. Model classes would carry their
database on the class, so two servers in one process (tests, the simulator) would share it; a `Table` is an ordinary
object and belongs to exactly one `Tables`. The shape of the tables stands in `migrations.py` and
in what it takes from `pricelist/shape.py`, nowhere else.

Every key and every foreign key begins with `account_id`, which comes from a token or a session, never from a request.
"""

import json
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import apsw
import peewee
from peewee import SQL, Database, Table
from playhouse.apsw_ext import APSWDatabase
from playhouse.pool import PooledPostgresqlDatabase

SQLITE_FILE = "backoffice.sqlite3"
SQLITE_OLDEST = (3, 51, 3)  # earlier ones have a race between processes when the WAL is reset
BUSY_TIMEOUT_S = 10
WAL_AUTOCHECKPOINT_PAGES = 8000  # a batch of a till fills several hundred, mostly the same ones as the batch before it
POSTGRES_CONNECTIONS_MAX = 40
DRIVER_ERRORS_AS_PEEWEES: Any = peewee.__dict__["__exception_wrapper__"]  # as its own execute_sql does


class SqliteTooOld(RuntimeError):
    """The SQLite library may lose committed data; says which version is needed."""


def open_database(*, url: str, data_dir: Path) -> Database:
    """PostgreSQL for a `postgresql://` address, else SQLite in the data directory."""
    if url:
        pooled: Database = PooledPostgresqlDatabase(
            url,
            max_connections=POSTGRES_CONNECTIONS_MAX,
            stale_timeout=300,
            timeout=BUSY_TIMEOUT_S,
            autoconnect=False,
            connect_timeout=BUSY_TIMEOUT_S,
            tcp_user_timeout=BUSY_TIMEOUT_S * 1000,  # a server that is gone without a word is noticed, not waited for
        )
        return pooled
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < SQLITE_OLDEST:
        raise SqliteTooOld(f"SQLite {apsw.sqlite_lib_version()} is older than 3.51.3")
    data_dir.mkdir(parents=True, exist_ok=True)
    pragmas = {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": "full",
        "wal_autocheckpoint": WAL_AUTOCHECKPOINT_PAGES,
    }
    opened: Database = cast(Any, APSWDatabase)(
        str(data_dir / SQLITE_FILE), pragmas=pragmas, timeout=BUSY_TIMEOUT_S, autoconnect=False
    )
    return opened


class _OfThread(threading.local):
    """`idle`: the thread's connection stays open between two uses. `shuts`: how often all had been shut when it was
    opened."""

    idle = False
    shuts = 0


class Tables:
    """All tables of one instance. Rows come out as dictionaries."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.is_sqlite = isinstance(database, APSWDatabase)
        self._keeps = False
        self._kept: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()
        self._shuts = 0
        self._thread = _OfThread()
        self._turn = threading.RLock()
        self.account = self._table("account")
        self.till = self._table("till")
        self.pairing_code = self._table("pairing_code")
        self.journal_row = self._table("journal_row")
        self.receipt = self._table("receipt")
        self.payment = self._table("payment")
        self.shift = self._table("shift")
        self.session = self._table("session")
        self.event = self._table("event")
        self.pricelist_row = self._table("pricelist_row")
        self.pricelist_member = self._table("pricelist_member")
        self.pricelist_history = self._table("pricelist_history")
        self.stock_counter = self._table("stock_counter")
        self.stock_movement = self._table("stock_movement")
        self.stock_level = self._table("stock_level")
        self.epoch = self._table("epoch")
        self.taken_over = self._table("taken_over")
        self.closing = self._table("closing")

    def _table(self, name: str) -> Table:
        return Table(name).bind(self.database)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A connection for this thread; an outer one is used when there is one."""
        mine = self._thread
        if not self._is_open():
            self.database.connect()
            mine.shuts = self._shuts
            if self._keeps:
                self._kept.add(cast(Any, self.database).connection())
        elif not mine.idle:
            yield
            return
        mine.idle = False
        try:
            yield
        except BaseException:
            self.database.close()  # whatever it may hold open still
            raise
        if self._keeps:
            mine.idle = True
        else:
            self.database.close()

    def _is_open(self) -> bool:
        """Whether this thread has a connection; one that `shut` has closed is none."""
        if self.database.is_closed():
            return False
        if self._thread.idle and self._thread.shuts != self._shuts:
            self.database.close()
            return False
        return True

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction. SQLite takes the write lock at once, so nothing read inside can grow stale.

        Threads of one server wait for each other by a lock of their own: waiting inside SQLite means to sleep and try
        again, longer each time.
        """
        with self._turn if self.is_sqlite else nullcontext(), self.reading():
            lock = ("IMMEDIATE",) if self.is_sqlite else ()
            with self.database.atomic(*lock):
                yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that all see the same moment."""
        with self.reading(), self.database.atomic():
            if not self.is_sqlite:
                self.run_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield

    def keep_open(self) -> None:
        """For a server: the connection of a thread stays, and with it the pages and statements it has read. Nor is any
        the last one: when that closes, SQLite folds and deletes its WAL, files made, synced and deleted with every
        look at a page."""
        self._keeps = self.is_sqlite
        with self.reading():
            self.rows(self._table("schema_version").select())

    def shut(self) -> None:
        """Give back what is held; called when nothing runs any more."""
        self._keeps = False
        self._shuts += 1
        for connection in list(self._kept):
            with suppress(apsw.Error):  # a thread still reads by it: it is closed with the process
                connection.close()
        if isinstance(self.database, PooledPostgresqlDatabase):
            self.database.close_all()

    def run_sql(self, statement: str, *parameters: object) -> Any:
        """A statement peewee has no words for (the schema); returns its cursor."""
        execute: Any = self.database.execute_sql
        return execute(statement if self.is_sqlite else statement.replace("?", "%s"), parameters)

    def first(self, query: Any) -> dict[str, Any] | None:
        """The first row of a query, or None."""
        rows = list(query.limit(1).dicts())
        return rows[0] if rows else None

    def rows(self, query: Any) -> list[dict[str, Any]]:
        return list(query.dicts())

    def insert_all(self, table: Table, rows: Sequence[Mapping[str, Any]], *, key: Sequence[str] = ()) -> None:
        """Many rows with the same columns, by one statement that peewee words once: a batch of a till has hundreds.

        A row replaces the one with the same `key`, if that is given.
        """
        if not rows:
            return
        assert len(rows[0]) > 1  # of one column itemgetter would give the bare value
        named: Any = table.insert(**{column: column for column in rows[0]})
        statement, columns = named.sql()  # each column stands where its value will
        if key:
            values = ", ".join(f'"{column}" = EXCLUDED."{column}"' for column in rows[0] if column not in key)
            statement += f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {values}"
        database: Any = self.database
        with DRIVER_ERRORS_AS_PEEWEES:
            database.cursor().executemany(statement, map(itemgetter(*columns), rows))

    def among(self, column: Any, values: Sequence[str]) -> Any:
        """`column IN (…)`, all values as one parameter: peewee and SQLite would handle each of hundreds by itself."""
        members = "SELECT value FROM json_each" if self.is_sqlite else "SELECT json_array_elements_text"
        return column.in_(SQL(f"({members}({self.database.param}))", [json.dumps(values)]))

    def locked(self, query: Any) -> Any:
        """The query with a row lock; on SQLite the transaction itself is the lock."""
        return query if self.is_sqlite else query.for_update()
