"""Stock as pages read it: levels of a warehouse, and movements, newest first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from peewee import JOIN, SQL, Tuple, fn

from appliance.domain.pricelist import RowKind
from appliance.domain.stock import MoveKind
from backoffice.pricelist.listing import found_by, rows_of
from backoffice.tables import Tables

PAGE_ROWS = 50
TEXT_CHARS_MAX = 64
CURSOR_MARK = "~"
FIRST_YEAR, LAST_YEAR = 2000, 2999
NO_SALE = SQL('"moved"."kind" <> \'sale\'')  # in the very words of the index `stock_movement_document`


@dataclass(frozen=True)
class StockFilter:
    """What stands in the address: of levels `warehouse`, `q` and `negative`, of movements the others, too."""

    warehouse: str = ""
    q: str = ""
    negative: str = ""
    kind: str = ""
    day: str = ""
    item: str = ""

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> "StockFilter":
        """Nonsense is treated as empty."""
        values = {f.name: query.get(f.name, "").strip()[:TEXT_CHARS_MAX].replace("\0", "") for f in fields(cls)}
        if values["kind"] not in set(MoveKind):
            values["kind"] = ""
        try:
            day = date.fromisoformat(values["day"])
        except ValueError:
            values["day"] = ""
        else:  # the days around it must be days, too
            values["day"] = day.isoformat() if FIRST_YEAR <= day.year <= LAST_YEAR else ""
        return cls(**values)

    @property
    def query(self) -> str:
        return urlencode({f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)})

    @property
    def is_set(self) -> bool:
        return self != StockFilter(warehouse=self.warehouse)


@dataclass(frozen=True)
class StockList:
    """`further` is the cursor of the next page, empty at the end."""

    rows: list[dict[str, Any]]
    further: str


def level_page(tables: Tables, account_id: int, wanted: StockFilter, *, after: str = "") -> StockList:
    """In the order of names, deleted items with a level too. One that has not come from its till yet has its id for a
    name, and `deleted` None. `after` is the id of the last item seen."""
    row, level = tables.pricelist_row, tables.stock_level
    same = (level.c.account_id == row.c.account_id) & (level.c.item_id == row.c.row_id)
    same &= row.c.kind == RowKind.ITEM.value
    where = (level.c.account_id == account_id) & (level.c.warehouse_id == wanted.warehouse)
    folded = fn.COALESCE(row.c.folded, level.c.item_id)
    if wanted.q:
        where &= found_by(tables, account_id, wanted.q)
    if wanted.negative:
        where &= level.c.quantity < 0
    with tables.reading():
        here = (row.c.account_id == account_id) & (row.c.row_id == after) & (row.c.kind == RowKind.ITEM.value)
        last = tables.first(row.select(row.c.folded).where(here)) if after else None
        if after:
            where &= Tuple(folded, level.c.item_id) > Tuple(last["folded"] if last else after, after)
        rows = tables.rows(
            level.select(
                level.c.item_id.alias("row_id"),
                fn.COALESCE(row.c.name, level.c.item_id).alias("name"),
                row.c.deleted,
                row.c.body,
                level.c.quantity,
            )
            .join(row, JOIN.LEFT_OUTER, on=same)
            .where(where)
            .order_by(folded, level.c.item_id)
            .limit(PAGE_ROWS + 1)
        )
    shown = [{**each, "fields": json.loads(each["body"] or "{}")} for each in rows[:PAGE_ROWS]]
    return StockList(shown, shown[-1]["row_id"] if rows[PAGE_ROWS:] else "")


def levels_of(tables: Tables, account_id: int, warehouse_id: str, item_ids: Sequence[str]) -> dict[str, int]:
    """Thousandths by item; one without movements has none."""
    level = tables.stock_level
    here = (level.c.account_id == account_id) & (level.c.warehouse_id == warehouse_id)
    with tables.reading():
        rows = tables.rows(
            level.select(level.c.item_id, level.c.quantity).where(here & level.c.item_id.in_(list(item_ids)))
        )
    return {row["item_id"]: row["quantity"] for row in rows}


def item_levels(tables: Tables, account_id: int, item_id: str) -> dict[str, int]:
    """Thousandths of one item by warehouse."""
    warehouses = [each["row_id"] for each in rows_of(tables, account_id, RowKind.WAREHOUSE)]
    held = {each: levels_of(tables, account_id, each, [item_id]) for each in warehouses}
    return {warehouse: levels[item_id] for warehouse, levels in held.items() if item_id in levels}


def has_stock(tables: Tables, account_id: int, warehouse_id: str) -> bool:
    """Whether goods are there. What is below zero are none."""
    level = tables.stock_level
    here = (level.c.account_id == account_id) & (level.c.warehouse_id == warehouse_id) & (level.c.quantity > 0)
    with tables.reading():
        return tables.first(level.select(level.c.item_id).where(here)) is not None


def level_counts(tables: Tables, account_id: int) -> dict[str, tuple[int, int]]:
    """By warehouse: how many items have a level, and how many of them are below zero."""
    level = tables.stock_level
    with tables.reading():
        rows = tables.rows(
            level.select(
                level.c.warehouse_id,
                fn.COUNT(level.c.item_id).alias("n"),
                fn.SUM((level.c.quantity < 0).cast("INTEGER")).alias("below"),
            )
            .where(level.c.account_id == account_id)
            .group_by(level.c.warehouse_id)
        )
    return {row["warehouse_id"]: (int(row["n"]), int(row["below"] or 0)) for row in rows}


def _of_day(move: Any, day: date) -> Any:
    """The shop's own day; the days around it in UTC are what an index leads to."""
    ends = [(day + timedelta(days=n)).isoformat() for n in (-1, 0, 1, 2)]
    return move.c.at_utc.between(ends[0], ends[3]) & (move.c.at >= ends[1]) & (move.c.at < ends[2])


def movement_page(tables: Tables, account_id: int, wanted: StockFilter, *, before: str = "") -> StockList:
    move, row, till = tables.stock_movement.alias("moved"), tables.pricelist_row, tables.till
    where = move.c.account_id == account_id
    if wanted.kind and wanted.kind != MoveKind.SALE:
        where &= NO_SALE
    for column, value in (
        (move.c.warehouse_id, wanted.warehouse),
        (move.c.kind, wanted.kind),
        (move.c.item_id, wanted.item),
    ):
        if value:
            where &= column == value
    if wanted.day:
        where &= _of_day(move, date.fromisoformat(wanted.day))
    order = (move.c.at_utc, move.c.doc_id, move.c.n)
    cursor = before.replace("\0", "").split(CURSOR_MARK)
    if len(cursor) == 3 and cursor[2].isascii() and cursor[2].isdigit() and len(cursor[2]) < 9:
        where &= Tuple(*order) < Tuple(cursor[0], cursor[1], int(cursor[2]))
    names = "doc_id n warehouse_id item_id quantity kind user_name note counted at at_utc"
    with tables.reading():
        rows = tables.rows(
            move.select(
                *(getattr(move.c, name) for name in names.split()),
                row.c.name.alias("item_name"),
                till.c.name.alias("till_name"),
            )
            .join(row, JOIN.LEFT_OUTER, on=((row.c.account_id == move.c.account_id) & (row.c.row_id == move.c.item_id)))
            .join(
                till,
                JOIN.LEFT_OUTER,
                on=((till.c.account_id == move.c.account_id) & (till.c.till_id == move.c.till_id)),
            )
            .where(where)
            .order_by(*(column.desc() for column in order))
            .limit(PAGE_ROWS + 1)
        )
    shown = rows[:PAGE_ROWS]
    last = [str(shown[-1][name]) for name in ("at_utc", "doc_id", "n")] if rows[PAGE_ROWS:] else []
    return StockList(shown, CURSOR_MARK.join(last))
