"""Manual sync: a request is a row, and everybody reads its progress from the same row."""

from dataclasses import dataclass

from appliance.domain.clock import iso
from appliance.service.shop import Shop
from appliance.store import queues


@dataclass(frozen=True)
class SyncRun:
    """`phase`: waiting, upload, download, done."""

    run_id: str
    phase: str
    done: int
    total: int
    finished: bool
    error: str
    result: str


def request_sync(shop: Shop) -> str:
    """Ask for a sync now; joins one that is already under way. Returns its id."""
    with shop.mark() as tables:
        running = queues.unfinished_run(tables)
        run_id = running.run_id if running else shop.new_id()
        if running is None:
            queues.add_run(tables, run_id, at=iso(shop.now()))
    shop.wake("sync")
    return run_id


def sync_run(shop: Shop, run_id: str) -> SyncRun | None:
    return _view(queues.load_run(shop.tables, run_id))


def last_sync_run(shop: Shop) -> SyncRun | None:
    return _view(queues.last_run(shop.tables))


def _view(row: queues.SyncRunRow | None) -> SyncRun | None:
    if row is None:
        return None
    return SyncRun(row.run_id, row.phase, row.done, row.total, bool(row.finished_at), row.error, row.result)
