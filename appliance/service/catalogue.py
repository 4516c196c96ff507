"""The price list as cashier and technician use it: found, edited, imported. Edits are journalled field by field."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from types import MappingProxyType

from appliance.domain.catalogue import Category, Item, ItemInvalid, check_item
from appliance.domain.clock import iso
from appliance.domain.fiscal import Reporting
from appliance.domain.journal import CategoryEdited, FieldStamp, ItemEdited, Kind
from appliance.domain.stamps import Stamp, next_stamp
from appliance.service.errors import NotFound
from appliance.service.shop import Shop
from appliance.store import catalogue, journal
from appliance.store.tables import Tables

IMPORT_BATCH_ROWS = 20  # keeps each transaction short (sync.md §9)
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
    if shop.taxpayer.is_own(item.principal):
        raise ItemInvalid("principal", "own")
    with shop.fact() as tables:
        before = catalogue.load_items(tables, [item.item_id])
        changes = _changes(before[0] if before else None, item)
        if changes:
            _journal_item(shop, tables, item.item_id, changes)
            catalogue.put_item(tables, item)
    shop.wake("sync")


def delete_item(shop: Shop, item_id: str) -> None:
    """Raises NotFound."""
    load_item(shop, item_id)
    with shop.fact() as tables:
        _journal_item(shop, tables, item_id, [(DELETED, "true")])
        catalogue.mark_deleted(tables, item_id)
    shop.wake("sync")


def import_items(
    shop: Shop,
    items: Iterable[Item],
    category_names: Sequence[str],
    *,
    silent_on: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Iterator[int]:
    """Put items into the price list in short transactions; yields how many are in after each.

    `category_id` of the items holds a category's name. An item that is in the list already (by its first EAN; without
    one, by name and PLU) becomes a change of that item, so importing twice adds nothing; of its fields those named by
    `silent_on` (by item_id) stay as they are. An item sold for the shop's own taxpayer is the shop's own.
    """
    ids = _ensure_categories(shop, category_names)
    done = 0
    remaining = iter(items)
    while batch := list(islice(remaining, IMPORT_BATCH_ROWS)):
        placed = [
            replace(
                item,
                category_id=ids.get(item.category_id or ""),
                principal="" if shop.taxpayer.is_own(item.principal) else item.principal,
            )
            for item in batch
        ]
        while not _import_batch(shop, placed, silent_on):
            pass  # somebody else wrote to the journal: look at the list anew
        done += len(batch)
        yield done
    shop.wake("sync")


PALETTE = ("#0F6FDE", "#14804A", "#9A5B00", "#7A3FBF", "#B3261E", "#0B7285", "#5B6570", "#A61E6B")


def _ensure_categories(shop: Shop, names: Sequence[str]) -> dict[str, str]:
    """name → category_id, making those that are missing."""
    known = {category.name: category.category_id for category in categories(shop)}
    missing = [name for name in dict.fromkeys(names) if name not in known]
    for position, name in enumerate(missing, start=len(known)):
        category = Category(shop.new_id(), name, PALETTE[position % len(PALETTE)], position)
        fields = [
            ("name", json.dumps(name, ensure_ascii=False)),
            ("colour", json.dumps(category.colour)),
            ("position", json.dumps(position)),
        ]
        with shop.fact() as tables:
            stamps = catalogue.stamps_of(tables, [category.category_id])
            changes = _stamped(shop, tables, stamps, category.category_id, fields)
            catalogue.put_stamps(tables, stamps)
            body = CategoryEdited(category.category_id, shop.user, changes)
            journal.append(tables, Kind.CATEGORY_EDITED, body, doc_id=shop.new_id(), at=iso(shop.now()))
            catalogue.put_category(tables, category)
        known[name] = category.category_id
    return known


def _import_batch(shop: Shop, batch: Sequence[Item], silent_on: Mapping[str, frozenset[str]]) -> bool:
    """Prepared before the write lock is taken; False when the journal grew meanwhile and nothing was written."""
    known = _Known()
    edits: list[tuple[str, object]] = []
    with shop.snapshot() as tables:
        head = journal.the_till(tables).head_hash
        for item in catalogue.similar_items(tables, batch):
            known.add(item)
        stamps = catalogue.stamps_of(tables, list(known.by_id))
        changed: dict[str, Item] = {}
        for item in batch:
            merged = known.merged(item, silent_on.get(item.item_id, frozenset()))
            changes = _changes(known.by_id.get(merged.item_id), merged)
            if changes:
                stamped = _stamped(shop, tables, stamps, merged.item_id, changes)
                edits.append((shop.new_id(), ItemEdited(merged.item_id, shop.user, stamped)))
                changed[merged.item_id] = merged
                known.add(merged)
    if not edits:
        return True
    with shop.fact() as tables:
        if journal.the_till(tables).head_hash != head:
            return False
        journal.append_all(tables, Kind.ITEM_EDITED, edits, at=iso(shop.now()))
        catalogue.put_items(tables, list(changed.values()))
        catalogue.put_stamps(tables, {key: stamp for key, stamp in stamps.items() if key[0] in changed})
    return True


class _Known:
    """What of the price list a batch may touch, growing with the batch itself."""

    def __init__(self) -> None:
        self.by_id: dict[str, Item] = {}
        self._by_ean: dict[str, str] = {}
        self._by_name: dict[tuple[str, str], str] = {}

    def add(self, item: Item) -> None:
        self.by_id[item.item_id] = item
        self._by_name.setdefault((item.name, item.plu), item.item_id)
        for ean in item.eans:
            self._by_ean.setdefault(ean, item.item_id)

    def merged(self, item: Item, silent_on: frozenset[str]) -> Item:
        """The item under the identity of the one it means; what the file does not say stays."""
        twin = self._by_ean.get(item.eans[0]) if item.eans else self._by_name.get((item.name, item.plu))
        if twin is None:
            return item
        known = self.by_id[twin]
        return replace(
            item,
            item_id=known.item_id,
            price=item.price if item.price is not None else known.price,
            vat_class=known.vat_class if "vat_class" in silent_on else item.vat_class,
            category_id=item.category_id or known.category_id,
            plu=item.plu or known.plu,
            unit=known.unit if "unit" in silent_on else item.unit,
            reporting=known.reporting if "reporting" in silent_on else item.reporting,
            principal=known.principal if "principal" in silent_on else item.principal,
            eans=tuple(dict.fromkeys((*known.eans, *item.eans))),
            labels=item.labels or known.labels,
        )


NOT_SAID = {"reporting": json.dumps(Reporting.REPORTED.value), "principal": json.dumps("")}
"""What a new item is without a word of it in the journal."""


def _changes(before: Item | None, item: Item) -> list[tuple[str, str]]:
    """(field, value as JSON) of what is different now."""
    old = _fields(before) if before else NOT_SAID
    new = _fields(item)
    changes = [(field, value) for field, value in new.items() if old.get(field) != value]
    return changes + [(field, "false") for field in old if field not in new]  # an EAN or a label taken away


def _journal_item(shop: Shop, tables: Tables, item_id: str, changes: Sequence[tuple[str, str]]) -> None:
    stamps = catalogue.stamps_of(tables, [item_id])
    body = ItemEdited(item_id, shop.user, _stamped(shop, tables, stamps, item_id, changes))
    journal.append(tables, Kind.ITEM_EDITED, body, doc_id=shop.new_id(), at=iso(shop.now()))
    catalogue.put_stamps(tables, stamps)


def _stamped(
    shop: Shop,
    tables: Tables,
    stamps: dict[tuple[str, str], str],
    row_id: str,
    changes: Sequence[tuple[str, str]],
) -> tuple[FieldStamp, ...]:
    """New stamps for these fields, each above the one it overwrites; `stamps` is brought up to date."""
    now_ms = int(shop.now().timestamp() * 1000)
    node = journal.the_till(tables).till_id
    stamped = []
    for field, value in changes:
        before = stamps.get((row_id, field))
        stamp = str(next_stamp(now_ms=now_ms, node=node, overwritten=Stamp.parse(before) if before else None))
        stamps[row_id, field] = stamp
        stamped.append(FieldStamp(field, value, stamp))
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
        "reporting": json.dumps(item.reporting.value),
        "principal": json.dumps(item.principal),
    }
    fields.update({f"ean:{ean}": "true" for ean in item.eans})
    fields.update({f"label:{label}": "true" for label in item.labels})
    return fields
