"""An edit of the price list on this till: stamped, journalled, remembered until a pulled page contains it (S16)."""

from collections.abc import Mapping
from typing import Any

from appliance.domain.clock import iso
from appliance.domain.journal import CategoryEdited, FieldStamp, ItemEdited, Kind, WarehouseEdited
from appliance.domain.pricelist import RowKind, value_text
from appliance.domain.stamps import Stamp, next_stamp
from appliance.service.shop import Shop
from appliance.store import journal, settings
from appliance.store.pull import add_own_edit
from appliance.store.tables import Tables

Body = ItemEdited | CategoryEdited | WarehouseEdited
EDIT_KINDS: dict[RowKind, tuple[Kind, type[Body]]] = {
    RowKind.ITEM: (Kind.ITEM_EDITED, ItemEdited),
    RowKind.CATEGORY: (Kind.CATEGORY_EDITED, CategoryEdited),
    RowKind.WAREHOUSE: (Kind.WAREHOUSE_EDITED, WarehouseEdited),
}
"""What a till edits itself, and how the journal calls it."""


def new_stamp(shop: Shop, tables: Tables, *, above: str) -> str:
    """A stamp for a write made now, above the row's highest so far ('' for none)."""
    now_ms = int(shop.now().timestamp() * 1000)
    overwritten = Stamp.parse(above) if above else None
    return str(next_stamp(now_ms=now_ms, node=journal.the_till(tables).till_id, overwritten=overwritten))


def edit_body(
    kind: RowKind, row_id: str, *, user: str, changes: Mapping[str, Any], stamp: str, shared: bool
) -> tuple[Kind, Body]:
    """The changed fields, all under one stamp, as the journal keeps them."""
    journal_kind, body = EDIT_KINDS[kind]
    stamped = tuple(FieldStamp(field, value_text(value), stamp) for field, value in changes.items())
    return journal_kind, body(row_id, user, stamped, shared)


def journal_edit(
    shop: Shop, tables: Tables, kind: RowKind, row_id: str, changes: Mapping[str, Any], *, above: str
) -> str:
    """Inside `fact`; the caller writes the row itself, with the stamp that is returned."""
    stamp = new_stamp(shop, tables, above=above)
    shared = settings.item_sync_is_on(tables)
    journal_kind, body = edit_body(kind, row_id, user=shop.user, changes=changes, stamp=stamp, shared=shared)
    place, _ = journal.append(tables, journal_kind, body, doc_id=shop.new_id(), at=iso(shop.now()))
    add_own_edit(tables, place, row_id, unshared=not shared)
    return stamp
