"""Pulled pages of the price list as rows of the till: put by the hundred, marked as seen, taken out of sight."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import fn

from appliance.domain.pricelist import RowKind
from appliance.domain.vat import VatClass, VatRate
from appliance.store.tables import Tables

ITEM_COLUMNS = (
    "item_id", "name", "folded", "price", "vat_class", "category_id", "plu", "unit", "reporting", "principal",
    "stocked", "deleted", "in_scope", "stamp", "seen",
)  # fmt: skip
MARKS = 2  # stamp and seen, at the end of every row: they are not what a person sees
COLUMNS: Mapping[RowKind, tuple[str, ...]] = {
    RowKind.ITEM: ITEM_COLUMNS,
    RowKind.CATEGORY: ("category_id", "name", "colour", "position", "deleted", "stamp", "seen"),
    RowKind.WAREHOUSE: ("warehouse_id", "name", "branch", "deleted", "stamp", "seen"),
    RowKind.USER: ("user_id", "name", "pin", "deleted", "stamp", "seen"),
    RowKind.VAT_RATE: ("rate_id", "vat_class", "percent", "valid_from", "deleted", "stamp", "seen"),
}
"""The kinds that are rows of a table here, by the table's columns; the first is the key."""

Columns = tuple[Any, ...]


@dataclass(frozen=True)
class ItemRow:
    """An item in the order of ITEM_COLUMNS, and its members."""

    columns: Columns
    eans: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def item_id(self) -> str:
        return str(self.columns[0])

    @property
    def is_visible(self) -> bool:
        return not self.columns[DELETED_AT] and bool(self.columns[IN_SCOPE_AT])

    def says_the_same(self, other: "ItemRow") -> bool:
        return self.columns[:-MARKS] == other.columns[:-MARKS] and self.has_members_of(other)

    def has_members_of(self, other: "ItemRow") -> bool:
        return set(self.eans) == set(other.eans) and set(self.labels) == set(other.labels)


DELETED_AT = ITEM_COLUMNS.index("deleted")
IN_SCOPE_AT = ITEM_COLUMNS.index("in_scope")


def held_items(tables: Tables, item_ids: Sequence[str]) -> dict[str, ItemRow]:
    """Those of these items that the till has, also the hidden ones."""
    if not item_ids:
        return {}
    i = tables.item
    query = i.select(*(getattr(i, column) for column in ITEM_COLUMNS)).where(i.item_id.in_(list(item_ids)))
    found = tables.fetch_all(query)
    ids = [columns[0] for columns in found]
    eans, labels = _members(tables, tables.item_ean, "ean", ids), _members(tables, tables.item_label, "label", ids)
    return {columns[0]: ItemRow(columns, eans.get(columns[0], ()), labels.get(columns[0], ())) for columns in found}


def put_items(tables: Tables, items: Sequence[ItemRow], held: Mapping[str, ItemRow]) -> None:
    """Each as it is now; members are written where they differ from those `held`."""
    put_rows(tables, RowKind.ITEM, [item.columns for item in items])
    others = [item for item in items if item.item_id not in held or not item.has_members_of(held[item.item_id])]
    replaced = [item.item_id for item in others if item.item_id in held]
    _put_members(tables, tables.item_ean, "ean", [(item.item_id, item.eans) for item in others], replaced)
    _put_members(tables, tables.item_label, "label", [(item.item_id, item.labels) for item in others], replaced)


def put_rows(tables: Tables, kind: RowKind, rows: Sequence[Columns]) -> None:
    """Whole rows in the order of COLUMNS."""
    if not rows:
        return
    table, names = _table(tables, kind), COLUMNS[kind]
    columns = [getattr(table, name) for name in names]
    statement = table.insert([rows[0]], columns=columns)
    tables.for_each(statement.on_conflict(conflict_target=[columns[0]], preserve=columns[1:]), rows)


def pulled_vat_rates(tables: Tables) -> tuple[VatRate, ...]:
    """What the Backoffice says of VAT, beside what this program knows itself."""
    v = tables.vat_rate
    query = v.select(v.vat_class, v.percent, v.valid_from).where(v.deleted == 0)
    return tuple(VatRate(VatClass(name), percent, date.fromisoformat(day)) for name, percent, day in query.tuples())


def mark_seen(tables: Tables, kind: RowKind, row_ids: Sequence[str], *, snapshot: int) -> None:
    """What a snapshot contains, though it cannot be read."""
    if row_ids:
        table = _table(tables, kind)
        table.update(seen=snapshot).where(_key(table, kind).in_(list(row_ids))).execute()


def hide(tables: Tables, row_ids: Iterable[str]) -> None:
    """Rows of any kind that are not in the till's list any more: items leave its scope, others count as deleted."""
    ids = list(row_ids)
    if not ids:
        return
    tables.item.update(in_scope=0).where(tables.item.item_id.in_(ids)).execute()
    for kind in COLUMNS:
        if kind is not RowKind.ITEM:
            table = _table(tables, kind)
            table.update(deleted=1).where(_key(table, kind).in_(ids)).execute()


def unseen_ids(tables: Tables, kind: RowKind, *, snapshot: int, after: str, limit: int) -> list[str]:
    """Rows in the till's list that the snapshot has not contained, in the order of their ids from `after` on."""
    table = _table(tables, kind)
    key = _key(table, kind)
    unseen = (table.seen != snapshot) & (table.deleted == 0) & (key > after)
    if kind is RowKind.ITEM:
        unseen &= table.in_scope == 1
    return [row_id for (row_id,) in table.select(key).where(unseen).order_by(key).limit(limit).tuples()]


def last_snapshot(tables: Tables) -> int:
    """The number of the last one that any row has seen."""
    return max(int(table.select(fn.MAX(table.seen)).scalar() or 0) for table in (_table(tables, k) for k in COLUMNS))


def _table(tables: Tables, kind: RowKind) -> Any:
    return {
        RowKind.ITEM: tables.item,
        RowKind.CATEGORY: tables.category,
        RowKind.WAREHOUSE: tables.warehouse,
        RowKind.USER: tables.till_user,
        RowKind.VAT_RATE: tables.vat_rate,
    }[kind]


def _key(table: Any, kind: RowKind) -> Any:
    return getattr(table, COLUMNS[kind][0])


def _members(tables: Tables, table: Any, column: str, item_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    query = table.select(table.item_id, getattr(table, column)).where(table.item_id.in_(list(item_ids)))
    for item_id, value in tables.fetch_all(query.order_by(table.item_id, table.n)):
        found[item_id] = (*found.get(item_id, ()), value)
    return found


def _put_members(
    tables: Tables, table: Any, column: str, members: Sequence[tuple[str, tuple[str, ...]]], replaced: Sequence[str]
) -> None:
    if replaced:
        table.delete().where(table.item_id.in_(list(replaced))).execute()
    rows = [(item_id, n, value) for item_id, values in members for n, value in enumerate(values, start=1)]
    if rows:
        columns = [table.item_id, table.n, getattr(table, column)]
        tables.for_each(table.insert([rows[0]], columns=columns), rows)
