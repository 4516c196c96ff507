"""The price list on the till: items and categories as rows, found by code, by name and by category."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from peewee import SQL, fn

from appliance.domain.catalogue import Category, Item, Unit, fold
from appliance.domain.fiscal import Reporting
from appliance.domain.money import Money
from appliance.domain.vat import VatClass
from appliance.store.tables import Tables

HAS_PLU = SQL("plu <> ''")  # word for word the condition of the partial index, which is not used without it


def categories(tables: Tables) -> tuple[Category, ...]:
    c = tables.category
    query = (
        c.select(c.category_id, c.name, c.colour, c.position).where(c.deleted == 0).order_by(c.position, c.name)
    )  # fmt: skip
    return tuple(Category(*found) for found in query.tuples())


def put_category(tables: Tables, category: Category, *, stamp: str) -> None:
    tables.category.insert(
        category_id=category.category_id,
        name=category.name,
        colour=category.colour,
        position=category.position,
        deleted=0,
        stamp=stamp,
    ).on_conflict("replace").execute()


def list_items(
    tables: Tables, *, category_id: str | None, search: str = "", limit: int, offset: int = 0
) -> tuple[Item, ...]:
    query = _filtered(tables, _items(tables), category_id, search)
    return _complete(tables, query.order_by(tables.item.folded, tables.item.item_id).limit(limit).offset(offset))


def count_items(tables: Tables, *, category_id: str | None, search: str = "") -> int:
    query = _filtered(tables, tables.item.select(fn.COUNT(tables.item.item_id)), category_id, search)
    return int(query.tuples().first()[0])


def items_by_code(tables: Tables, code: str) -> tuple[Item, ...]:
    """Every visible item with this EAN or PLU; neither is unique. Nothing has the empty code."""
    if not code:
        return ()
    i, e = tables.item, tables.item_ean
    with_ean = e.select(e.item_id).where(e.ean == code)
    with_plu = i.select(i.item_id).where((i.plu == code) & HAS_PLU)
    return _of_ids(tables, _ids(with_ean) | _ids(with_plu))


def load_items(tables: Tables, item_ids: Sequence[str]) -> tuple[Item, ...]:
    """The visible ones of these items, in the order asked for."""
    found = _complete(tables, _visible(tables, _items(tables)).where(tables.item.item_id.in_(list(item_ids))))
    by_id = {item.item_id: item for item in found}
    return tuple(by_id[item_id] for item_id in item_ids if item_id in by_id)


def similar_items(tables: Tables, items: Sequence[Item]) -> tuple[Item, ...]:
    """Visible items that share an id or an EAN with one of these, or the name with one that has no EAN."""
    i, e = tables.item, tables.item_ean
    with_ean = e.select(e.item_id).where(e.ean.in_([ean for item in items for ean in item.eans]))
    names = [fold(item.name) for item in items if not item.eans]
    with_name = _visible(tables, i.select(i.item_id)).where(i.folded.in_(names))
    return _of_ids(tables, {item.item_id for item in items} | _ids(with_ean) | _ids(with_name))


def last_sold_ids(tables: Tables, *, limit: int, receipts: int = 200) -> list[str]:
    """Items of the last receipts, the most recently sold first, each once."""
    r, line = tables.receipt, tables.receipt_line
    recent = r.select(r.doc_id, r.row).order_by(r.row.desc()).limit(receipts).alias("recent")
    query = (
        line.select(line.item_id, fn.MAX(recent.c.row))
        .join(recent, on=(recent.c.doc_id == line.doc_id))
        .where(line.item_id.is_null(False))
        .group_by(line.item_id)
        .order_by(fn.MAX(recent.c.row).desc(), line.item_id)
        .limit(limit)
    )
    return [item_id for item_id, _ in query.tuples()]


def put_item(tables: Tables, item: Item, *, stamp: str) -> None:
    """The whole row as it shall be now, with its codes and labels."""
    put_items(tables, [item], stamps={item.item_id: stamp})


def put_items(tables: Tables, items: Sequence[Item], *, stamps: Mapping[str, str]) -> None:
    """`stamps`: by item_id, the highest of the item's fields."""
    if not items:
        return
    rows = [
        {
            "item_id": item.item_id,
            "name": item.name,
            "folded": fold(item.name),
            "price": item.price.haler if item.price is not None else None,
            "vat_class": item.vat_class.value,
            "category_id": item.category_id,
            "plu": item.plu,
            "unit": item.unit.value,
            "reporting": item.reporting.value,
            "principal": item.principal,
            "stocked": int(item.stocked),
            "stamp": stamps[item.item_id],
        }
        for item in items
    ]
    i = tables.item
    preserve = [getattr(i, column) for column in rows[0] if column != "item_id"]
    i.insert(rows).on_conflict(conflict_target=[i.item_id], preserve=preserve).execute()
    _put_members(tables.item_ean, "ean", ((item.item_id, item.eans) for item in items))
    _put_members(tables.item_label, "label", ((item.item_id, item.labels) for item in items))


def mark_deleted(tables: Tables, item_id: str, *, stamp: str) -> None:
    tables.item.update(deleted=1, stamp=stamp).where(tables.item.item_id == item_id).execute()


def stamp_of_item(tables: Tables, item_id: str) -> str:
    """The highest stamp of the item's fields, also of one that is deleted or out of scope; '' for none."""
    return stamps_of_items(tables, [item_id]).get(item_id, "")


def stamps_of_items(tables: Tables, item_ids: Sequence[str]) -> dict[str, str]:
    i = tables.item
    return dict(i.select(i.item_id, i.stamp).where(i.item_id.in_(list(item_ids))).tuples())


def _put_members(table: Any, column: str, members: Iterable[tuple[str, tuple[str, ...]]]) -> None:
    all_members = list(members)
    table.delete().where(table.item_id.in_([item_id for item_id, _ in all_members])).execute()
    rows = [
        {"item_id": item_id, "n": n, column: value}
        for item_id, values in all_members
        for n, value in enumerate(values, start=1)
    ]
    if rows:
        table.insert(rows).execute()


def _items(tables: Tables) -> Any:
    i = tables.item
    return i.select(
        i.item_id, i.name, i.price, i.vat_class, i.category_id, i.plu, i.unit, i.reporting, i.principal, i.stocked
    )  # fmt: skip


def _ids(query: Any) -> set[str]:
    return {item_id for (item_id,) in query.tuples()}


def _of_ids(tables: Tables, item_ids: Iterable[str]) -> tuple[Item, ...]:
    """The visible ones, by name."""
    i = tables.item
    query = _visible(tables, _items(tables)).where(i.item_id.in_(sorted(item_ids)))
    return _complete(tables, query.order_by(i.folded, i.item_id))


def _visible(tables: Tables, query: Any) -> Any:
    return query.where((tables.item.deleted == 0) & (tables.item.in_scope == 1))


def _filtered(tables: Tables, query: Any, category_id: str | None, search: str) -> Any:
    i, e = tables.item, tables.item_ean
    query = _visible(tables, query)
    if category_id is not None:
        query = query.where(i.category_id == category_id)
    for word in search.split():
        coded = i.item_id.in_(e.select(e.item_id).where(e.ean.startswith(word))) | (i.plu == word)
        query = query.where(i.folded.contains(fold(word)) | coded if word.isdigit() else i.folded.contains(fold(word)))
    return query


def _complete(tables: Tables, query: Any) -> tuple[Item, ...]:
    rows = list(query.tuples())
    ids = [row[0] for row in rows]
    eans = _members(tables.item_ean, "ean", ids)
    labels = _members(tables.item_label, "label", ids)
    return tuple(
        Item(
            item_id=item_id,
            name=name,
            price=Money(price) if price is not None else None,
            vat_class=VatClass(vat_class),
            category_id=category_id,
            plu=plu,
            unit=Unit(unit),
            eans=eans.get(item_id, ()),
            labels=labels.get(item_id, ()),
            reporting=Reporting(reporting),
            principal=principal,
            stocked=bool(stocked),
        )
        for item_id, name, price, vat_class, category_id, plu, unit, reporting, principal, stocked in rows
    )


def _members(table: Any, column: str, item_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if not item_ids:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    query = (
        table.select(table.item_id, getattr(table, column))
        .where(table.item_id.in_(list(item_ids)))
        .order_by(table.item_id, table.n)
    )
    for item_id, value in query.tuples():
        found[item_id] = (*found.get(item_id, ()), value)
    return found
