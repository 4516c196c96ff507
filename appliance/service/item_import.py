"""Many items at once, from a file: put into the price list in short transactions, twins recognised."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from types import MappingProxyType

from appliance.domain.catalogue import Category, Item
from appliance.domain.clock import iso
from appliance.domain.journal import Kind
from appliance.domain.pricelist import RowKind, category_fields
from appliance.service.catalogue import categories, check_labels, item_changes, labelled
from appliance.service.edits import edit_body, journal_edit, new_stamp
from appliance.service.settings import settings_in
from appliance.service.shop import Shop
from appliance.store import catalogue, journal, settings
from appliance.store.pull import add_own_edits

IMPORT_BATCH_ROWS = 20  # keeps each transaction short (sync.md §9)


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
    `silent_on` (by item_id) stay as they are. An item sold for the shop's own taxpayer is the shop's own. Raises
    ItemInvalid at an item whose labels are none; what came before it is in.
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
            for item in map(check_labels, batch)
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
        with shop.fact() as tables:
            fields = category_fields(category)
            stamp = journal_edit(shop, tables, RowKind.CATEGORY, category.category_id, fields, above="")
            catalogue.put_category(tables, category, stamp=stamp)
        known[name] = category.category_id
    return known


def _import_batch(shop: Shop, batch: Sequence[Item], silent_on: Mapping[str, frozenset[str]]) -> bool:
    """Prepared before the write lock is taken; False when the journal grew meanwhile and nothing was written."""
    known = _Known()
    edits: list[tuple[str, object]] = []
    edited: list[str] = []
    with shop.snapshot() as tables:
        head = journal.the_till(tables).head_hash
        shared = settings.item_sync_is_on(tables)
        scope = settings_in(tables).scope
        for item in catalogue.similar_items(tables, batch):
            known.add(item)
        stamps = catalogue.stamps_of_items(tables, [*known.by_id, *(item.item_id for item in batch)])
        changed: dict[str, Item] = {}
        for item in batch:
            merged = known.merged(item, silent_on.get(item.item_id, frozenset()))
            if merged.item_id not in stamps:
                merged = labelled(merged, scope)
            changes = item_changes(known.by_id.get(merged.item_id), merged)
            if changes:
                stamp = new_stamp(shop, tables, above=stamps.get(merged.item_id, ""))
                _, body = edit_body(
                    RowKind.ITEM, merged.item_id, user=shop.user, changes=changes, stamp=stamp, shared=shared
                )
                edits.append((shop.new_id(), body))
                edited.append(merged.item_id)
                stamps[merged.item_id] = stamp
                changed[merged.item_id] = merged
                known.add(merged)
    if not edits:
        return True
    with shop.fact() as tables:
        if journal.the_till(tables).head_hash != head or settings.item_sync_is_on(tables) != shared:
            return False
        last = journal.append_all(tables, Kind.ITEM_EDITED, edits, at=iso(shop.now()))
        first = last - len(edited) + 1
        add_own_edits(tables, list(enumerate(edited, start=first)), unshared=not shared)
        catalogue.put_items(tables, list(changed.values()), stamps=stamps)
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
