"""Faster building of SQL: a history spends most of its time on it, and it is the same text as without.

A statement is looked up by its shape: everything but the values in it. Peewee words each shape once, and what it
says then is compared with what the shape says are its values.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from peewee import (
    SQL,
    Alias,
    Column,
    Database,
    Delete,
    Expression,
    Function,
    Insert,
    Join,
    Node,
    Ordering,
    Select,
    Table,
    Update,
)

Shape = tuple[object, ...]


class Unknown(Exception):
    """A kind of node that is left to peewee."""


class Walk:
    """One way through a query, in the order of its text."""

    def __init__(self) -> None:
        self.shape: list[object] = []
        self.values: list[object] = []
        self._sources: dict[int, int] = {}

    def node(self, node: Any) -> None:
        kind = type(node)
        self.shape.append(kind)
        if kind is Column:
            self.shape.append(node.name)
            self._source(node.source)
        elif way := WAYS.get(kind):
            way(self, node)
        elif isinstance(node, Node):
            raise Unknown
        elif node is not None:
            self.values.append(node)

    def _source(self, source: Any) -> None:
        """Which of the query's tables it is, by the order in which they are met, as aliases are given."""
        met = self._sources.setdefault(source._hash, len(self._sources))
        self.shape.append(met)
        if met == len(self._sources) - 1:
            self.shape += (getattr(source, "_path", None), source._alias)

    def _ordering(self, node: Any) -> None:
        self.shape += (node.direction, node.collation, node.nulls)
        self.node(node.node)

    def _alias(self, node: Any) -> None:
        self.shape.append(node._alias)
        self.node(node.node)

    def _join(self, node: Any) -> None:
        self.shape.append(node.join_type)
        self._all((node.lhs, node.rhs, node._on))

    def _text(self, node: Any) -> None:
        if node.params:
            raise Unknown
        self.shape.append(node.sql)

    def _expression(self, node: Any) -> None:
        self.shape += (node.op, node.flat)
        self.node(node.lhs)
        if isinstance(node.rhs, (list, tuple, set, frozenset)):
            self._all(tuple(node.rhs))
        elif node.rhs is None and node.op not in ("IS", "IS NOT"):
            raise Unknown
        else:
            self.node(node.rhs)

    def _function(self, node: Any) -> None:
        if node._filter is not None or node._order_by:
            raise Unknown
        self.shape.append(node.name)
        self._all(node.arguments)

    def _select(self, node: Any) -> None:
        rare = (node._cte_list, node._distinct, node._windows, node._for_update, node._lateral, node._having)
        if any(part is not None for part in rare):
            raise Unknown
        self.shape.append(node._simple_distinct)
        for part in (node._returning, node._from_list, (node._where,), node._group_by or (), node._order_by or ()):
            self._all(part)
        self._all((node._limit, node._offset))
        self._source(node)

    def _insert(self, node: Any) -> None:
        if node._on_conflict is not None or node._columns or not isinstance(node._insert, dict):
            raise Unknown
        self._write(node)
        for column in sorted(node._insert, key=attrgetter("name")):
            value = node._insert[column]
            if isinstance(value, Node):
                raise Unknown
            self.shape.append(column.name)
            self.values.append(value)

    def _update(self, node: Any) -> None:
        if node._from is not None or any(isinstance(value, (list, tuple)) for value in node._update.values()):
            raise Unknown
        self._write(node)
        for column in sorted(node._update, key=attrgetter("name")):
            value = node._update[column]
            self.shape.append(column.name)
            if isinstance(value, Node):
                self.node(value)
            else:
                self.values.append(value)
        self.node(node._where)

    def _delete(self, node: Any) -> None:
        self._write(node)
        self.node(node._where)

    def _write(self, node: Any) -> None:
        if any(part is not None for part in (node._returning, node._order_by, node._limit, node._offset)):
            raise Unknown
        self._source(node.table)

    def _all(self, nodes: Any) -> None:
        self.shape.append(len(nodes))
        for node in nodes:
            self.node(node)


WAYS: dict[type, Callable[[Walk, Any], None]] = {
    Expression: Walk._expression,
    Select: Walk._select,
    Insert: Walk._insert,
    Update: Walk._update,
    Delete: Walk._delete,
    Table: Walk._source,
    Ordering: Walk._ordering,
    Function: Walk._function,
    Alias: Walk._alias,
    Join: Walk._join,
    SQL: Walk._text,
}

_worded: dict[Shape, str] = {}


@contextmanager
def each_statement_worded_once() -> Iterator[None]:
    database_class: Any = Database
    as_ever = database_class.execute

    def execute(database: Any, query: Any, **options: object) -> Any:
        if options:
            return as_ever(database, query, **options)
        walk = Walk()
        try:
            walk.node(query)
        except Unknown:
            return as_ever(database, query)
        shape = tuple(walk.shape)
        sql = _worded.get(shape)
        if sql is None:
            sql, values = database.get_sql_context().sql(query).query()
            assert values == walk.values, (sql, values, walk.values)
            _worded[shape] = sql
        return database.execute_sql(sql, walk.values)

    database_class.execute = execute
    try:
        yield
    finally:
        database_class.execute = as_ever
