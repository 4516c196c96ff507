"""The price list as cashier and technician use it: found, edited, imported. Edits are journalled field by field."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from appliance.domain.catalogue import Category, Item, check_item
from appliance.domain.clock import iso
from appliance.domain.journal import CategoryEdited, FieldStamp, ItemEdited, Kind
from appliance.domain.stamps import Stamp, next_stamp
from appliance.service.errors import NotFound
from appliance.service.shop import Shop
from appliance.store import catalogue, journal
from appliance.store.tables import Tables

IMPORT_BATCH_ROWS = 50  # keeps each transaction short (sync.md §9)
DELETED = "deleted"


def categories(shop: Shop) -> tuple[Category, ...]:
    return catalogue.categories(shop.tables)


def items_in(shop: Shop, category_id: str | None, *, limit: int, offset: int = 0) -> tuple[Item, ...]:
    """One page of a category by name; None means the whole price list."""
    return catalogue.list_items(shop.tables, category_id=category_id, limit=limit, offset=offset)


def count_items(shop: Shop, category_id: str | None, *, search: str = "") -> int:
    return catalogue.count_items(shop.tables, category_id=category_id, search=search)


def search_items(shop: Shop, text: str, *, limit: int, offset: int = 0) -> tuple[Item, ...]:
    """By words of the name, in any case and without diacritics, or by the start of a code."""
    return catalogue.list_items(shop.tables, category_id=None, search=text, limit=limit, offset=offset)


def find_by_code(shop: Shop, code: str) -> tuple[Item, ...]:
    """By EAN or PLU; several hits are possible, the caller asks which."""
    return catalogue.items_by_code(shop.tables, code)


def last_sold(shop: Shop, *, limit: int) -> tuple[Item, ...]:
    return catalogue.load_items(shop.tables, catalogue.last_sold_ids(shop.tables, limit=limit))


def load_item(shop: Shop, item_id: str) -> Item:
    """Raises NotFound."""
    found = catalogue.load_items(shop.tables, [item_id])
    if not found:
        raise NotFound(item_id)
    return found[0]


def save_item(shop: Shop, item: Item) -> None:
    """A new or changed item; only the fields that changed are journalled, with new stamps. Raises ItemInvalid."""
    check_item(item)
    with shop.fact() as tables:
        if _save_item(shop, tables, item):
            catalogue.put_item(tables, item)
    shop.wake("sync")


def delete_item(shop: Shop, item_id: str) -> None:
    """Raises NotFound."""
    load_item(shop, item_id)
    with shop.fact() as tables:
        _journal_item(shop, tables, item_id, [(DELETED, "true")])
        catalogue.mark_deleted(tables, item_id)
    shop.wake("sync")


def import_items(shop: Shop, items: Iterable[Item], category_names: Sequence[str]) -> Iterator[int]:
    """Put items into the price list in short transactions; yields how many are in after each.

    An item with an EAN that is in the list already becomes a change of that item, so importing twice adds nothing.
    """
    ids = _ensure_categories(shop, category_names)
    done = 0
    remaining = iter(items)
    while batch := list(islice(remaining, IMPORT_BATCH_ROWS)):
        with shop.fact() as tables:
            changed = []
            for item in batch:
                merged = _merged(tables, replace(item, category_id=ids.get(item.category_id or "")))
                if _save_item(shop, tables, merged):
                    changed.append(merged)
            catalogue.put_items(tables, changed)
        done += len(batch)
        yield done
    shop.wake("sync")


PALETTE = ("#0F6FDE", "#14804A", "#9A5B00", "#7A3FBF", "#B3261E", "#0B7285", "#5B6570", "#A61E6B")


def _ensure_categories(shop: Shop, names: Sequence[str]) -> dict[str, str]:
    """name → category_id, making those that are missing."""
    known = {category.name: category.category_id for category in categories(shop)}
    missing = [name for name in dict.fromkeys(names) if name not in known]
    with shop.fact() as tables:
        for position, name in enumerate(missing, start=len(known)):
            category = Category(shop.new_id(), name, PALETTE[position % len(PALETTE)], position)
            fields = [
                ("name", json.dumps(name, ensure_ascii=False)),
                ("colour", json.dumps(category.colour)),
                ("position", json.dumps(position)),
            ]
            stamps = _stamped(shop, tables, category.category_id, fields)
            body = CategoryEdited(category.category_id, shop.user, stamps)
            journal.append(tables, Kind.CATEGORY_EDITED, body, doc_id=shop.new_id(), at=iso(shop.now()))
            catalogue.put_category(tables, category)
            known[name] = category.category_id
    return known


def _merged(tables: Tables, item: Item) -> Item:
    """The item under the identity of one that already carries its first EAN; what the file does not say stays."""
    if not item.eans:
        return item
    known = next((each for each in catalogue.items_by_code(tables, item.eans[0]) if item.eans[0] in each.eans), None)
    if known is None:
        return item
    return replace(
        item,
        item_id=known.item_id,
        price=item.price if item.price is not None else known.price,
        category_id=item.category_id or known.category_id,
        plu=item.plu or known.plu,
        eans=tuple(dict.fromkeys((*known.eans, *item.eans))),
        labels=item.labels or known.labels,
    )


def _save_item(shop: Shop, tables: Tables, item: Item) -> bool:
    """Journal what changed; False when nothing did."""
    before = catalogue.load_items(tables, [item.item_id])
    old = _fields(before[0]) if before else {}
    new = _fields(item)
    changes = [(field, value) for field, value in new.items() if old.get(field) != value]
    changes += [(field, "false") for field in old if field not in new]  # an EAN or a label taken away
    if changes:
        _journal_item(shop, tables, item.item_id, changes)
    return bool(changes)


def _journal_item(shop: Shop, tables: Tables, item_id: str, changes: Sequence[tuple[str, str]]) -> None:
    body = ItemEdited(item_id, shop.user, _stamped(shop, tables, item_id, changes))
    journal.append(tables, Kind.ITEM_EDITED, body, doc_id=shop.new_id(), at=iso(shop.now()))


def _stamped(shop: Shop, tables: Tables, row_id: str, changes: Sequence[tuple[str, str]]) -> tuple[FieldStamp, ...]:
    """New stamps for these fields, each above the one it overwrites; written down beside the row."""
    known = catalogue.stamps_of(tables, row_id)
    now_ms = int(shop.now().timestamp() * 1000)
    node = journal.the_till(tables).till_id
    stamped = []
    for field, value in changes:
        before = Stamp.parse(known[field]) if field in known else None
        stamped.append(FieldStamp(field, value, str(next_stamp(now_ms=now_ms, node=node, overwritten=before))))
    catalogue.put_stamps(tables, row_id, [(each.field, each.stamp) for each in stamped])
    return tuple(stamped)


def _fields(item: Item) -> dict[str, str]:
    """Every editable field as JSON text. EANs and labels are one register per member."""
    fields = {
        "name": json.dumps(item.name, ensure_ascii=False),
        "price": json.dumps(item.price.haler if item.price is not None else None),
        "vat_class": json.dumps(item.vat_class.value),
        "category_id": json.dumps(item.category_id),
        "plu": json.dumps(item.plu),
        "unit": json.dumps(item.unit.value),
    }
    fields.update({f"ean:{ean}": "true" for ean in item.eans})
    fields.update({f"label:{label}": "true" for label in item.labels})
    return fields
