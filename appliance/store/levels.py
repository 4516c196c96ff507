"""Stock levels as pulled, and this till's own movements that they do not contain yet."""

from collections.abc import Sequence

from appliance.store.tables import Tables


def put_levels(tables: Tables, warehouse_id: str, levels: Sequence[tuple[str, int]]) -> None:
    """From (item_id, thousandths)."""
    if not levels:
        return
    s = tables.stock_level
    rows = [(warehouse_id, item_id, quantity) for item_id, quantity in levels]
    statement = s.insert([rows[0]], columns=[s.warehouse_id, s.item_id, s.quantity])
    conflict = [s.warehouse_id, s.item_id]
    tables.for_each(statement.on_conflict(conflict_target=conflict, preserve=[s.quantity]), rows)


def drop_contained_moves(tables: Tables, warehouse_id: str, item_ids: Sequence[str], *, upto: int) -> None:
    """The levels of these items contain what this till did up to this place in its journal."""
    m = tables.stock_move
    of_items = m.item_id.in_(list(item_ids)) & (m.warehouse_id == warehouse_id)
    m.delete().where(of_items & (m.place <= upto)).execute()


def drop_old_moves(tables: Tables, *, upto: int, limit: int) -> None:
    """The oldest movements up to a place, whatever their warehouse: the Backoffice has them all."""
    m = tables.stock_move
    old = m.select(m.place).where(m.place <= upto).order_by(m.place).limit(limit)
    places = sorted({place for (place,) in old.tuples()})
    if places:
        m.delete().where((m.place >= places[0]) & (m.place <= places[-1])).execute()
