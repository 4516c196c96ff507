"""What is in the warehouse: the pulled level and this till's own movements that it does not contain (sync.md §5).

How levels come down, and when they contain a movement, is in `store.levels`.
"""

from collections.abc import Sequence
from typing import Any

from peewee import fn

from appliance.domain.stock import StockMove
from appliance.store.tables import Tables

ITEMS_AT_ONCE = 500


def add_moves(tables: Tables, moves: Sequence[StockMove], *, place: int) -> None:
    """Of one document; `place` is its row in the journal."""
    if not moves:
        return
    m = tables.stock_move
    rows = [(place, n, move.warehouse_id, move.item_id, move.quantity.thousandths) for n, move in enumerate(moves)]
    tables.for_each(m.insert([rows[0]], columns=[m.place, m.n, m.warehouse_id, m.item_id, m.quantity]), rows)


def levels_of(tables: Tables, warehouse_id: str, item_ids: Sequence[str]) -> dict[str, int]:
    """By item_id, in thousandths; 0 of one that was never moved. Inside `snapshot` or a transaction, so that no level
    is pulled between the two sums."""
    found = dict.fromkeys(item_ids, 0)
    for start in range(0, len(item_ids), ITEMS_AT_ONCE):
        some = list(item_ids[start : start + ITEMS_AT_ONCE])
        for table, quantity in (
            (tables.stock_level, tables.stock_level.quantity),
            (tables.stock_move, fn.SUM(tables.stock_move.quantity)),
        ):
            here = (table.warehouse_id == warehouse_id) & table.item_id.in_(some)
            for item_id, thousandths in _by_item(table, quantity, here):
                found[item_id] += thousandths
    return found


def stocked_items(tables: Tables) -> list[tuple[str, str, str]]:
    """(item_id, name, unit) of every visible item of which stock is kept, by name."""
    i = tables.item
    visible = (i.deleted == 0) & (i.in_scope == 1)
    query = i.select(i.item_id, i.name, i.unit).where(visible & (i.stocked == 1)).order_by(i.folded, i.item_id)
    return list(query.tuples())


def _by_item(table: Any, quantity: Any, here: Any) -> Any:
    return table.select(table.item_id, quantity).where(here).group_by(table.item_id).tuples()
