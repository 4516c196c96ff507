"""The till's own settings as rows: value as JSON, and the stamp of those that the Backoffice knows too."""

import json
from collections.abc import Mapping
from typing import Any

from appliance.store.tables import Tables

ITEM_SYNC = "item_sync"
WAREHOUSE = "warehouse_id"


def load_settings(tables: Tables) -> dict[str, Any]:
    """What was ever set; the rest has its default."""
    s = tables.setting
    return {name: _value(value) for name, value in s.select(s.name, s.value).tuples()}


def setting_stamps(tables: Tables) -> dict[str, str]:
    s = tables.setting
    return dict(s.select(s.name, s.stamp).tuples())


def put_settings(tables: Tables, values: Mapping[str, Any], *, stamp: str) -> None:
    rows = [{"name": name, "value": json.dumps(value), "stamp": stamp} for name, value in values.items()]
    if rows:
        tables.setting.insert(rows).on_conflict("replace").execute()


def warehouse_id(tables: Tables) -> str:
    """Where goods that are sold here are taken from; '' where no stock is kept. Asked at every sale."""
    found = tables.one(_value_of, WAREHOUSE)
    return str(_value(found[0]) or "") if found else ""


def item_sync_is_on(tables: Tables) -> bool:
    """S14; on until it is switched off."""
    found = tables.one(_value_of, ITEM_SYNC)
    return _value(found[0]) is not False if found else True


def _value_of(tables: Tables, name: str) -> Any:
    s = tables.setting
    return s.select(s.value).where(s.name == name)


def _value(text: str) -> Any:
    """None for what is no JSON: a damaged row stops no sale."""
    try:
        return json.loads(text)
    except ValueError:
        return None
