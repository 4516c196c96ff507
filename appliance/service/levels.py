"""Stock levels come down: of the till's own warehouse, in the place of those it had (sync.md §5)."""

from collections.abc import Sequence
from typing import Protocol

from appliance.service.settings import settings_in
from appliance.service.shop import Shop
from appliance.store import levels, pull, settings

FORGOTTEN_AT_ONCE = 500


class Level(Protocol):
    @property
    def item_id(self) -> str: ...
    @property
    def quantity(self) -> int: ...


class LevelsPage(Protocol):
    """`version` is the next cursor."""

    @property
    def levels(self) -> Sequence[Level]: ...
    @property
    def version(self) -> int: ...
    @property
    def more(self) -> bool: ...


def apply_levels(shop: Shop, page: LevelsPage, *, warehouse_id: str, since: int, place: int) -> bool:
    """Levels and cursor in one transaction; own movements up to `place`, which they contain, are not added to them any
    more. False, and nothing is written, when the till has another warehouse by now, or item sync is off."""
    rows = [(level.item_id, level.quantity) for level in page.levels]
    with shop.mark() as tables:
        before = pull.load_pull(tables)
        known = before.stock_since if before.warehouse_id == warehouse_id else 0
        wanted = settings_in(tables).warehouse_id
        if (wanted, known) != (warehouse_id, since) or not settings.item_sync_is_on(tables):
            return False
        levels.put_levels(tables, warehouse_id, rows)
        levels.drop_contained_moves(tables, warehouse_id, [item_id for item_id, _ in rows], upto=place)
        if not page.more:
            levels.drop_old_moves(tables, upto=place, limit=FORGOTTEN_AT_ONCE)
        waiting = before.stock_waiting if page.more else 0
        pull.update_pull(tables, warehouse_id=warehouse_id, stock_since=page.version, stock_waiting=waiting)
    return True
