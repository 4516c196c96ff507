"""The price list comes down: a snapshot, a restricted one, small changes; sold at meanwhile; the daemon weighed."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from appliance.bootstrap.backoffice import downloader, uploader
from appliance.domain.pricelist import RowKind
from appliance.service import settings, sync
from appliance.service.shop import Shop
from appliance.store import journal
from backoffice.app import open_tables
from backoffice.pricelist.registers import Edit, RowWrite
from backoffice.pricelist.writing import write_rows
from backoffice.settings import BackofficeSettings
from backoffice.tables import Tables
from demo.processes import Process
from script.lib.sync_shop import SyncShop, on_terminal, sell

LABEL = "pokl1"
LABELLED_ONE_IN = 10
ROWS_WRITTEN = 500
DELTAS = 15
DELTA_ROWS = 100
RUN_TIMEOUT_S = 300.0
MIB = 1024


@dataclass(frozen=True)
class Down:
    """Rows a second through the daemon's own downloader; a delta of 100 rows from the request to its end; pay key →
    commit of sales made while a daemon process pulls a snapshot; that process's largest memory."""

    rows_per_s: float
    restricted_rows_per_s: float
    delta_ms: float
    selling_p50_ms: float
    selling_p99_ms: float
    sales_meanwhile: int
    daemon_rss_mb: float


def measure_down(folder: Path, *, items: int, receipts: int) -> Down:
    folder.mkdir()
    office = SyncShop(folder)
    office.start()
    try:
        shop = office.open_shop()
        server = Server(folder / "backoffice")
        server.write(items)
        with daemon_parts(office, shop) as run:
            rows_per_s = items / run()
            deltas = []
            for n in range(DELTAS):
                server.write(DELTA_ROWS, price=1000 + n)
                deltas.append(run() * 1000)
            _restrict(shop, LABEL)
            restricted_s = run()
            _restrict(shop, "")  # the next pull is a snapshot of all again
        waits, rss_mb = selling_meanwhile(office, shop, receipts=receipts)
        return Down(
            rows_per_s=rows_per_s,
            restricted_rows_per_s=items / LABELLED_ONE_IN / restricted_s,
            delta_ms=statistics.median(deltas),
            selling_p50_ms=waits[len(waits) // 2],
            selling_p99_ms=waits[int(len(waits) * 0.99)],
            sales_meanwhile=len(waits),
            daemon_rss_mb=rss_mb,
        )
    finally:
        office.stop()


class Server:
    """The Backoffice's price list, written as its own pages write it, beside the server that serves it."""

    def __init__(self, data_dir: Path) -> None:
        self._tables: Tables = open_tables(BackofficeSettings(data_dir=data_dir))
        with self._tables.reading():
            account = self._tables.first(self._tables.account.select(self._tables.account.c.account_id))
        assert account is not None
        self._account_id = int(account["account_id"])

    def write(self, items: int, *, price: int = 4990) -> None:
        for first in range(0, items, ROWS_WRITTEN):
            now = datetime.now(UTC)
            writes = [_write(n, price=price, now=now) for n in range(first, min(items, first + ROWS_WRITTEN))]
            with self._tables.writing():
                refused = write_rows(self._tables, self._account_id, writes, now=now)
            assert not refused
            on_terminal(f"writing the price list {first}/{items}")


def _write(n: int, *, price: int, now: datetime) -> RowWrite:
    fields: Mapping[str, Any] = {
        "name": f"Zboží číslo {n} s názvem obvyklé délky",
        "price": price + n % 700,
        "vat_class": "reduced" if n % 3 else "standard",
        "plu": str(n) if n % 5 == 0 else "",
        "unit": "ks",
        f"ean:{8594000000000 + n}": True,
        **({f"label:{LABEL}": True} if n % LABELLED_ONE_IN == 0 else {}),
    }
    edits = tuple(Edit(name, value) for name, value in fields.items())
    return RowWrite(RowKind.ITEM, str(UUID(int=n + 1, version=4)), edits, "bench", "", now.isoformat())


@contextmanager
def daemon_parts(office: SyncShop, shop: Shop) -> Iterator[Callable[[], float]]:
    """The daemon's uploader and downloader in this process; yields what runs one manual sync and tells its seconds."""
    up, down = uploader(office.config, shop), downloader(office.config, shop)

    def run() -> float:
        begun = time.perf_counter()
        run_id = sync.request_sync(shop)
        while True:
            sleep_s = min(up.step(), down.step())
            found = sync.sync_run(shop, run_id)
            assert found is not None
            if found.finished:
                assert not found.error, found.error
                return time.perf_counter() - begun
            assert time.perf_counter() - begun < RUN_TIMEOUT_S, f"the sync hangs in {found.phase}"
            time.sleep(min(sleep_s, 0.05))

    try:
        yield run
    finally:
        up.close()
        down.close()


def _restrict(shop: Shop, label: str) -> None:
    settings.save_settings(shop, settings.TillSettings(label=LABEL, restricted=bool(label)))


def selling_meanwhile(office: SyncShop, shop: Shop, *, receipts: int) -> tuple[list[float], float]:
    """Sales one after the other while a daemon process sends a backlog and pulls a snapshot; ms of each, sorted."""
    sell(shop, receipts // 5, progress=lambda n: on_terminal(f"a backlog {n}"))
    run_id = sync.request_sync(shop)
    daemon = office.process("sync")
    daemon.start()
    waits: list[float] = []
    try:
        begun = time.perf_counter()
        while not _finished(shop, run_id):
            pressed = time.perf_counter()
            sell(shop, 1, progress=lambda _: None)
            waits.append((time.perf_counter() - pressed) * 1000)
            time.sleep(0.02)
            assert time.perf_counter() - begun < RUN_TIMEOUT_S, "the snapshot does not end"
        while journal.unsent(shop.tables)[0]:
            time.sleep(0.05)
        rss_mb = peak_rss_mb(daemon)
    finally:
        daemon.stop()
    return sorted(waits), rss_mb


def _finished(shop: Shop, run_id: str) -> bool:
    run = sync.sync_run(shop, run_id)
    return run is not None and run.finished


def peak_rss_mb(process: Process) -> float:
    """The largest resident memory the process ever had."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / MIB
    raise AssertionError("the kernel tells no VmHWM")
