"""A manual sync as its row: upload, then download; whoever does the next part takes it up there, also after a crash."""

import json
from collections.abc import Mapping

from appliance.domain.clock import iso
from appliance.service.shop import Shop
from appliance.store import queues
from appliance.store.queues import SyncRunRow

WAITING, UPLOAD, DOWNLOAD, DONE = "waiting", "upload", "download", "done"


class Runs:
    """There is one run at a time: who asks while one is under way joins it (service.sync)."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def in_phase(self, phase: str) -> SyncRunRow | None:
        run = queues.unfinished_run(self._shop.tables)
        return run if run is not None and run.phase == phase else None

    def begin(self, run: SyncRunRow, *, total: int) -> None:
        self._update(run, phase=UPLOAD, total=total)

    def progress(self, run: SyncRunRow, *, done: int, left: int) -> None:
        """`done` of this run so far; `left` is known to come."""
        if (done, done + left) != (run.done, run.total):
            self._update(run, done=done, total=done + left)

    def hand_over(self, run: SyncRunRow) -> None:
        """All is sent: the price list comes next."""
        self._update(run, phase=DOWNLOAD, total=run.done, result=json.dumps({"sent": run.done}))
        self._shop.wake("sync")

    def count(self, run: SyncRunRow, *, rows: int, left: int | None, counts: Mapping[str, int]) -> None:
        """A page was taken over; `left` rows are to come after it, None: as many as known so far."""
        result = read_result(run)
        for name, n in counts.items():
            result[name] = result.get(name, 0) + n
        done = run.done + rows
        total = max(done, run.total) if left is None else done + left
        self._update(run, done=done, total=total, result=json.dumps(result))

    def finish(self, run: SyncRunRow, *, error: str = "", notes: Mapping[str, int] | None = None) -> None:
        """`error` is '' or a machine word; what was done until then stays in the result."""
        result = {"changed": 0, "new": 0, "removed": 0, "sent": run.done, **read_result(run), **(notes or {})}
        total = run.total if error else run.done
        at = iso(self._shop.now())
        self._update(run, phase=DONE, finished_at=at, error=error, total=total, result=json.dumps(result))

    def _update(self, run: SyncRunRow, **columns: object) -> None:
        with self._shop.mark() as tables:
            queues.update_run(tables, run.run_id, **columns)
        self._shop.wake("ui")


def read_result(run: SyncRunRow) -> dict[str, int]:
    found: dict[str, int] = json.loads(run.result) if run.result else {}
    return found
