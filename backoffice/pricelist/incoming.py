"""From a till's journal row to a write of the price list."""

import json
from datetime import UTC

from appliance.domain.clock import iso, parse_iso
from appliance.domain.journal import CategoryEdited, FieldStamp, ItemEdited, Row, SettingsChanged, WarehouseEdited
from appliance.domain.pricelist import FieldInvalid, RowKind
from appliance.domain.stamps import Stamp
from backoffice.pricelist.registers import STAMP_CHARS_MAX, WALL_MS_MAX, Edit, RowWrite, check_write, printable

Edited = ItemEdited | CategoryEdited | WarehouseEdited | SettingsChanged


def write_of(row: Row, body: Edited) -> RowWrite | None:
    """None when there is nothing to share: price-list sync is off (S14), or only a setting of the till's own changed.

    Settings are those of the till itself, whatever it says. Raises FieldInvalid, or another ValueError.
    """
    kind, row_id, shared = _row_of(row, body)
    if not shared or not body.changes:
        return None
    if row_id == row.till_id and kind is not RowKind.TILL:  # it stands for the till's settings
        raise FieldInvalid("row id")
    edits = tuple(_edit(change, till_id=row.till_id) for change in body.changes)
    at = iso(parse_iso(row.at).astimezone(UTC))
    return check_write(RowWrite(kind, row_id, edits, printable(body.user), row.till_id, at))


def _row_of(row: Row, body: Edited) -> tuple[RowKind, str, bool]:
    match body:
        case ItemEdited():
            return RowKind.ITEM, body.item_id, body.shared
        case CategoryEdited():
            return RowKind.CATEGORY, body.category_id, body.shared
        case WarehouseEdited():
            return RowKind.WAREHOUSE, body.warehouse_id, body.shared
        case SettingsChanged():
            return RowKind.TILL, row.till_id, True


def _edit(change: FieldStamp, *, till_id: str) -> Edit:
    """The node of its stamp is the till, whatever it says."""
    if len(change.stamp) > STAMP_CHARS_MAX:
        raise FieldInvalid("a stamp is too long")
    said = Stamp.parse(change.stamp)
    if not 0 <= said.wall_ms <= WALL_MS_MAX or said.counter < 0:
        raise FieldInvalid(f"stamp {change.stamp}")
    return Edit(change.field, json.loads(change.value), Stamp(said.wall_ms, said.counter, till_id))
