"""The till's own settings: what the owner decides about this till, and whether it shares its price list (S14, S17)."""

from collections.abc import Mapping
from typing import Any

from appliance.domain.clock import iso
from appliance.domain.journal import FieldStamp, Kind, SettingsChanged
from appliance.domain.pricelist import (
    FieldInvalid,
    RowKind,
    TillSettings,
    Warehouse,
    changed_fields,
    check_field,
    till_fields,
    till_settings_of_fields,
    value_text,
)
from appliance.domain.stamps import Stamp
from appliance.service.edits import new_stamp
from appliance.service.errors import Refused
from appliance.service.shop import Shop
from appliance.store import journal, settings
from appliance.store import warehouses as store
from appliance.store.pull import add_own_edit, update_pull
from appliance.store.tables import Tables


def till_settings(shop: Shop) -> TillSettings:
    return settings_in(shop.tables)


def settings_in(tables: Tables) -> TillSettings:
    """A value that no till has (a damaged row) counts as never set: neither selling nor the daemon stops for it."""
    found = settings.load_settings(tables)
    return till_settings_of_fields({field: value for field, value in found.items() if _may_be(field, value)})


def _may_be(field: str, value: object) -> bool:
    try:
        check_field(RowKind.TILL, field, value)
    except FieldInvalid:
        return False
    return True


def warehouses(shop: Shop) -> tuple[Warehouse, ...]:
    """Of the whole account, by branch and name."""
    return store.warehouses(shop.tables)


def item_sync_is_on(shop: Shop) -> bool:
    return settings.item_sync_is_on(shop.tables)


def save_settings(shop: Shop, wanted: TillSettings) -> None:
    """Only what changed is journalled. Raises Refused: `label_missing`, or the name of the field that is wrong."""
    after = till_fields(wanted)
    for field, value in after.items():
        try:
            check_field(RowKind.TILL, field, value)
        except FieldInvalid as error:
            raise Refused(field) from error
    if wanted.restricted and not wanted.label:
        raise Refused("label_missing")
    with shop.fact() as tables:
        changes = changed_fields(till_fields(settings_in(tables)), after)
        if not changes:
            return
        stamp = new_stamp(shop, tables, above=_highest(settings.setting_stamps(tables)))
        place = _journal(shop, tables, changes, stamp=stamp, item_sync=settings.item_sync_is_on(tables))
        add_own_edit(tables, place, journal.the_till(tables).till_id)
        settings.put_settings(tables, changes, stamp=stamp)
    shop.wake("sync", "ui")


def switch_item_sync(shop: Shop, *, on: bool) -> None:
    """Off: nothing is pulled, and edits of the price list stay here. On again: what was edited meanwhile is shared
    (service.sharing), and a pull follows; both are the sync daemon's work and outlast a crash."""
    with shop.fact() as tables:
        if settings.item_sync_is_on(tables) == on:
            return
        _journal(shop, tables, {}, stamp="", item_sync=on)
        settings.put_settings(tables, {settings.ITEM_SYNC: on}, stamp="")
        update_pull(tables, wanted=int(on), changes_waiting=0, stock_waiting=0)
    shop.wake("sync", "ui")


def _journal(shop: Shop, tables: Tables, changes: Mapping[str, Any], *, stamp: str, item_sync: bool) -> int:
    stamped = tuple(FieldStamp(field, value_text(value), stamp) for field, value in changes.items())
    body = SettingsChanged(shop.user, stamped, item_sync)
    place, _ = journal.append(tables, Kind.SETTINGS_CHANGED, body, doc_id=shop.new_id(), at=iso(shop.now()))
    return place


def _highest(stamps: Mapping[str, str]) -> str:
    return max((stamp for stamp in stamps.values() if stamp), key=Stamp.parse, default="")
