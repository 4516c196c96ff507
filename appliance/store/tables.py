"""The tables as peewee query builders, bound to one database.

Query-builder tables instead of model classes, because several tills (simulator, tests) live in one process and a
model class has a single global database.
"""

from collections.abc import Callable, Sequence
from typing import Any

from peewee import Table
from playhouse.apsw_ext import APSWDatabase

COLUMNS: dict[str, tuple[str, ...]] = {
    "till": (
        "id", "till_id", "prefix", "board_serial", "epoch", "series", "next_number", "head_seq", "head_hash",
        "acked_row", "stamp_ms", "regime_from",
    ),
    "journal": (
        "row", "epoch", "seq", "doc_id", "kind", "v", "at", "body", "prev_hash", "hash", "shift_id",
    ),
    "used_series": ("series", "epoch"),
    "shift": ("shift_id", "number", "opened_at", "user", "opening_float", "closed_at", "closing", "proof"),
    "receipt": ("doc_id", "row", "number", "kind", "issued_at", "shift_id", "paid", "methods", "refund_of"),
    "receipt_line": ("doc_id", "n", "item_id", "name", "quantity", "total"),
    "payment": ("doc_id", "n", "method", "amount"),
    "cash_move": ("doc_id", "shift_id", "at", "amount", "reason"),
    "fiscal_record": (
        "doc_id", "number", "dialect", "mode", "data", "state", "created_at", "boot", "attempts", "code",
        "reason", "warnings", "pkp", "bkp", "generation", "tried_since",
    ),
    "fiscal_attempt": (
        "uuid", "doc_id", "at", "outcome", "detail", "trace_id", "answer", "generation", "unknown", "reason",
    ),
    "print_job": (
        "n", "job_id", "kind", "doc_id", "number", "kick", "is_copy", "body", "state", "created_at", "boot",
    ),
    "category": ("category_id", "name", "colour", "position", "deleted", "stamp", "seen"),
    "item": (
        "item_id", "name", "folded", "price", "vat_class", "category_id", "plu", "unit", "deleted", "in_scope",
        "reporting", "principal", "stamp", "seen", "stocked",
    ),
    "item_ean": ("item_id", "n", "ean"),
    "item_label": ("item_id", "n", "label"),
    "warehouse": ("warehouse_id", "name", "branch", "deleted", "stamp", "seen"),
    "till_user": ("user_id", "name", "pin", "deleted", "stamp", "seen"),
    "vat_rate": ("rate_id", "vat_class", "percent", "valid_from", "deleted", "stamp", "seen"),
    "setting": ("name", "value", "stamp"),
    "own_edit": ("place", "row_id", "unshared", "hide"),
    "pull": (
        "id", "since", "label", "snapshot", "warehouse_id", "stock_since", "changes_waiting", "stock_waiting",
        "wanted", "shift_id",
    ),
    "stock_level": ("warehouse_id", "item_id", "quantity"),
    "stock_move": ("place", "n", "warehouse_id", "item_id", "quantity"),
    "sync_run": ("run_id", "requested_at", "phase", "done", "total", "finished_at", "error", "result"),
    "note": ("key", "value", "at"),
}  # fmt: skip


class Tables:
    """Every table of the till; attributes carry the tables' own names."""

    def __init__(self, db: APSWDatabase) -> None:
        self._db = db
        self._worded: dict[Callable[..., Any], tuple[str, list[object]]] = {}

        # Any: a table's columns are its attributes, made at run time
        def bound(name: str) -> Any:
            return Table(name, COLUMNS[name], _database=db)

        self.till = bound("till")
        self.journal = bound("journal")
        self.used_series = bound("used_series")
        self.shift = bound("shift")
        self.receipt = bound("receipt")
        self.receipt_line = bound("receipt_line")
        self.payment = bound("payment")
        self.cash_move = bound("cash_move")
        self.fiscal_record = bound("fiscal_record")
        self.fiscal_attempt = bound("fiscal_attempt")
        self.print_job = bound("print_job")
        self.category = bound("category")
        self.item = bound("item")
        self.item_ean = bound("item_ean")
        self.item_label = bound("item_label")
        self.warehouse = bound("warehouse")
        self.till_user = bound("till_user")
        self.vat_rate = bound("vat_rate")
        self.setting = bound("setting")
        self.own_edit = bound("own_edit")
        self.pull = bound("pull")
        self.stock_level = bound("stock_level")
        self.stock_move = bound("stock_move")
        self.sync_run = bound("sync_run")
        self.note = bound("note")

    def one(self, query: Callable[..., Any], *values: object) -> tuple[Any, ...] | None:
        """The first row of a query that is asked again and again, made by a function from the tables and the values
        that come first in it. Peewee takes longer to word such a query than SQLite to answer it: it is worded once."""
        worded = self._worded.get(query)
        if worded is None:
            sql, parameters = query(self, *values).limit(1).sql()
            assert parameters[: len(values)] == list(values)
            worded = self._worded[query] = (sql, parameters[len(values) :])
        sql, others = worded
        return next(iter(self._db.execute_sql(sql, (*values, *others))), None)

    def for_each(self, statement: Any, rows: Sequence[Sequence[object]]) -> None:
        """One statement, built with the first of the rows, for all of them: much faster than a statement of many."""
        sql, _ = statement.sql()
        self._db.connection().cursor().executemany(sql, rows)

    def fetch_all(self, query: Any) -> list[tuple[Any, ...]]:
        """The rows of a page at once: much faster than one by one."""
        sql, parameters = query.sql()
        return list(self._db.connection().cursor().execute(sql, parameters))
