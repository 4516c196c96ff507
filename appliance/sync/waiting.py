"""With each upload the till says how far it is with the price list, and hears how much waits for it there."""

from appliance.service.settings import settings_in
from appliance.service.shop import Shop
from appliance.store import settings
from appliance.store.pull import load_pull, update_pull
from appliance.wire import PullState, UploadReply


def pull_state(shop: Shop) -> PullState | None:
    """None where item sync is off (S14)."""
    with shop.snapshot() as tables:
        if not settings.item_sync_is_on(tables):
            return None
        pull, wanted = load_pull(tables), settings_in(tables)
    same_label, same_warehouse = pull.label == wanted.scope, pull.warehouse_id == wanted.warehouse_id
    return PullState(
        since=pull.since if same_label else 0,
        label=wanted.scope,
        warehouse_id=wanted.warehouse_id,
        stock_since=pull.stock_since if same_warehouse else 0,
    )


def note_waiting(shop: Shop, reply: UploadReply, *, told: PullState | None) -> None:
    """Kept when it is something new, and only if the till is still where it told the server it was."""
    pull = load_pull(shop.tables)
    if (pull.changes_waiting, pull.stock_waiting) == (reply.changes_waiting, reply.stock_waiting):
        return
    if told is None or pull_state(shop) != told:
        return
    with shop.mark() as tables:
        update_pull(tables, changes_waiting=reply.changes_waiting, stock_waiting=reply.stock_waiting)
    shop.wake("sync", "ui")
