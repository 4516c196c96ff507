"""The daemon's life on one page: wake-ups go to the workers, periodic jobs to one scheduler, checkpoints when quiet."""

import logging
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import schedule

from appliance.service.shop import Shop
from appliance.store import queues, sales
from appliance.sync.alarms import LatenessAlarm
from appliance.sync.download import Downloader
from appliance.sync.fiscal import FiscalSender
from appliance.sync.upload import Uploader
from appliance.sync.worker import Worker

log = logging.getLogger(__name__)

QUIET_S = 2.0
TICK_S = 1.0
STOP_TIMEOUT_S = 5.0


class Waiter(Protocol):
    def wait(self, timeout_s: float) -> bool: ...


class Network(Protocol):
    def changed(self) -> bool: ...


class SyncDaemon:
    """The workers (fresh sales, EET backlog, upload, download, and `more` by name) and the loop that wakes them.

    A worker's step returns how many seconds there is nothing for it to do.
    """

    def __init__(
        self,
        shop: Shop,
        fiscal: FiscalSender,
        uploader: Uploader,
        downloader: Downloader,
        *,
        waiter: Waiter,
        network: Network,
        poll_s: int,
        more: Mapping[str, Callable[[], float]] = MappingProxyType({}),
    ) -> None:
        self._shop = shop
        self._fiscal = fiscal
        self._uploader = uploader
        self._downloader = downloader
        self._waiter = waiter
        self._network = network
        self._recoveries = (0, 0)  # how often EET and the Backoffice have answered again after a silence
        close_connection = shop.store.close
        self._workers = (
            Worker("eet-fresh", fiscal.send_fresh, close_connection),
            Worker("eet-backlog", fiscal.send_backlog, close_connection),
            Worker("upload", uploader.step, close_connection),
            Worker("download", downloader.step, close_connection),
            *(Worker(name, step, close_connection) for name, step in more.items()),
        )
        self._scheduler = schedule.Scheduler()
        self._scheduler.every(poll_s).seconds.do(self._wake_workers)
        self._scheduler.every(1).minutes.do(LatenessAlarm(shop).check)
        self._last_shift = self._closed_shifts()
        self._last_run = ""  # the last manual sync that ended every wait
        self._dirty = True

    def run(self, *, stopped: Callable[[], bool]) -> None:
        """Until told to stop. The start itself is the first check for unsent data (S6)."""
        for worker in self._workers:
            worker.start()
        quiet_s = 0.0
        while not stopped():
            woken = self._waiter.wait(TICK_S)
            if woken:
                self._woken()
                quiet_s = 0.0
            else:
                quiet_s += TICK_S
                self._checkpoint_when_quiet(quiet_s)
            self._hurry_when_the_network_is_back()
            self._scheduler.run_pending()
        for worker in self._workers:
            worker.stop(STOP_TIMEOUT_S)
        self._fiscal.close()
        self._uploader.close()
        self._downloader.close()
        self._shop.store.checkpoint()

    def _woken(self) -> None:
        self._dirty = True
        self._wake_workers()

    def _wake_workers(self) -> None:
        run = queues.last_run(self._shop.tables)  # which the uploader may have finished already
        if run is not None and run.run_id != self._last_run:
            self._last_run = run.run_id
            self._fiscal.hurry()
            self._uploader.hurry()
        for worker in self._workers:
            worker.wake()

    def _hurry_when_the_network_is_back(self) -> None:
        """When the network has changed, or one server answers again, nobody waits out his own delay."""
        before, self._recoveries = self._recoveries, (self._fiscal.recoveries, self._uploader.recoveries)
        changed = self._network.changed()
        if changed or self._recoveries[0] > before[0]:
            self._uploader.hurry()
        if changed or self._recoveries != before:
            self._downloader.hurry()
        if changed or self._recoveries[1] > before[1]:
            self._fiscal.network_is_back()
        if changed or self._recoveries != before:
            self._wake_workers()

    def _checkpoint_when_quiet(self, quiet_s: float) -> None:
        if quiet_s < QUIET_S or not self._dirty:
            return
        closed = self._closed_shifts()
        self._dirty = not self._shop.store.checkpoint(truncate=closed != self._last_shift)
        if not self._dirty:
            self._last_shift = closed

    def _closed_shifts(self) -> int:
        last = sales.last_closed_shift(self._shop.tables)
        return last.number if last else 0
