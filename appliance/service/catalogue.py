"""The price list as cashier and technician use it: found and edited. Edits are journalled field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from appliance.domain.catalogue import Category, Item, ItemInvalid, check_item
from appliance.domain.fiscal import Reporting
from appliance.domain.pricelist import DELETED, RowKind, changed_fields, is_label, item_fields
from appliance.service.edits import journal_edit
from appliance.service.errors import NotFound, Refused
from appliance.service.settings import settings_in
from appliance.service.shop import Shop
from appliance.store import catalogue

NOT_SAID: Mapping[str, Any] = {"reporting": Reporting.REPORTED.value, "principal": "", "stocked": False}
"""What a new item is without a word of it in the journal."""


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


def load_items(shop: Shop, item_ids: Sequence[str]) -> tuple[Item, ...]:
    """Those that are there."""
    return catalogue.load_items(shop.tables, item_ids)


def load_item(shop: Shop, item_id: str) -> Item:
    """Raises NotFound."""
    found = catalogue.load_items(shop.tables, [item_id])
    if not found:
        raise NotFound(item_id)
    return found[0]


def save_item(shop: Shop, item: Item) -> None:
    """A new or changed item; only the fields that changed are journalled, with a new stamp. Raises ItemInvalid, and
    Refused("item_gone") for one that has left the list: nobody would see the change, and the next pull would undo it.

    A new item carries the label of a till that is restricted to one (S18).
    """
    check_labels(check_item(item))
    if shop.taxpayer.is_own(item.principal):
        raise ItemInvalid("principal", "own")
    with shop.fact() as tables:
        before = catalogue.load_items(tables, [item.item_id])
        known = catalogue.stamps_of_items(tables, [item.item_id])
        if item.item_id not in known:
            item = labelled(item, settings_in(tables).scope)
        elif not before:
            raise Refused("item_gone")
        if changes := item_changes(before[0] if before else None, item):
            above = known.get(item.item_id, "")
            stamp = journal_edit(shop, tables, RowKind.ITEM, item.item_id, changes, above=above)
            catalogue.put_item(tables, item, stamp=stamp)
    shop.wake("sync")


def delete_item(shop: Shop, item_id: str) -> None:
    """Raises NotFound."""
    load_item(shop, item_id)
    with shop.fact() as tables:
        above = catalogue.stamp_of_item(tables, item_id)
        stamp = journal_edit(shop, tables, RowKind.ITEM, item_id, {DELETED: True}, above=above)
        catalogue.mark_deleted(tables, item_id, stamp=stamp)
    shop.wake("sync")


def labelled(item: Item, scope: str) -> Item:
    """The item as a new one stands on a till with this scope."""
    return replace(item, labels=(*item.labels, scope)) if scope and scope not in item.labels else item


def check_labels(item: Item) -> Item:
    """The item itself. Raises ItemInvalid."""
    if not all(is_label(label) for label in item.labels):
        raise ItemInvalid("labels", "not_a_label")
    return item


def item_changes(before: Item | None, item: Item) -> dict[str, Any]:
    """Field → new value, of what is different now."""
    return changed_fields(item_fields(before) if before else NOT_SAID, item_fields(item))
