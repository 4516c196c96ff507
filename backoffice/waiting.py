"""How many changes wait for a till: told with every answer to an upload, so that it need not ask."""

from appliance.wire import PullState
from backoffice.pricelist.pulling import changes_waiting
from backoffice.projected import Place
from backoffice.stock import stock_waiting
from backoffice.tables import Tables


def waiting(tables: Tables, place: Place, pull: PullState | None) -> tuple[int, int]:
    """Rows of the price list and levels of its warehouse; none for a till that does not share them (S14)."""
    if pull is None:
        return 0, 0
    label, warehouse_id = pull.label.replace("\0", ""), pull.warehouse_id.replace("\0", "")
    with tables.snapshot():
        changes = changes_waiting(tables, place, since=pull.since, label=label)
        levels = stock_waiting(tables, place.account_id, warehouse_id=warehouse_id, since=pull.stock_since)
    return changes, levels if warehouse_id else 0
