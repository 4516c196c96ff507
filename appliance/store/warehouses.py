"""The warehouses of the account, as the pages of the price list brought them."""

from appliance.domain.pricelist import Warehouse
from appliance.store.tables import Tables


def warehouses(tables: Tables) -> tuple[Warehouse, ...]:
    w = tables.warehouse
    query = w.select(w.warehouse_id, w.name, w.branch).where(w.deleted == 0).order_by(w.branch, w.name, w.warehouse_id)
    return tuple(Warehouse(*found) for found in query.tuples())
