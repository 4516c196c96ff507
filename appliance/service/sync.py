"""Manual sync: a request is a row, and everybody reads its progress from the same row."""

from dataclasses import dataclass

from appliance.domain.clock import iso, parse_iso
from appliance.service.shop import Shop
from appliance.store import queues


@dataclass(frozen=True)
class SyncRun:
    """`phase`: waiting, upload, download, done. `waits_s`: how long the daemon has not taken it up.

    `finished_at`: a moment in ISO 8601, '' while it runs.
    """

    run_id: str
    phase: str
    done: int
    total: int
    finished: bool
    error: str
    result: str
    waits_s: int = 0
    finished_at: str = ""


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
    return _view(shop, queues.load_run(shop.tables, run_id))


def last_sync_run(shop: Shop) -> SyncRun | None:
    return _view(shop, queues.last_run(shop.tables))


def _view(shop: Shop, row: queues.SyncRunRow | None) -> SyncRun | None:
    if row is None:
        return None
    since = shop.now() - parse_iso(row.requested_at)
    waits_s = max(0, int(since.total_seconds())) if row.phase == "waiting" else 0
    return SyncRun(
        row.run_id,
        row.phase,
        row.done,
        row.total,
        bool(row.finished_at),
        row.error,
        row.result,
        waits_s,
        row.finished_at or "",
    )
