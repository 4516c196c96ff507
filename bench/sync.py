"""Receipts a second into Historie against PouchDB → express-pouchdb; the price list down; the memory of the daemon.

The same receipts, in turns in one run, there and back in every round, because the speed of a machine may change from
one minute to the next; the ratio is the median of the rounds' ratios. Ours: a backlog goes up by the daemon's own
uploader, over HTTPS, to a Backoffice process on SQLite; the time ends when all of them count in Historie. The peer:
PouchDB on LevelDB replicating to express-pouchdb on LevelDB over plain HTTP; the time ends when the replication says it
is complete. Then a snapshot and small changes come down through the daemon's own downloader, and a daemon process that
has done both is weighed.

The promises: ≥ 2 × PouchDB (goal 5 ×), ≥ 5,000 rows/s down (goal 20,000), 100 changes ≤ 300 ms, daemon ≤ 90 MB.
"""

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from appliance.bootstrap.backoffice import uploader
from appliance.service.shop import Shop
from appliance.store import journal
from bench._machine import machine
from bench._sync_down import Down, measure_down
from bench._sync_peer import express_pouchdb, replicate, write_documents
from script.lib.sync_shop import SyncShop, on_terminal, sell

POUCHDB_BATCHES = (500, 100)
"""What PouchDB is best with here, and its own default."""


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as folder:
        report = measure(Path(folder), rounds=arguments.rounds, receipts=arguments.receipts, items=arguments.items)
    if arguments.json:
        print(json.dumps(report))
    else:
        for name, value in {**report["metrics"], **report["extra"]}.items():
            print(f"{name:<28} {value}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--receipts", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=100_000, help="rows of the snapshot that comes down")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def measure(folder: Path, *, rounds: int, receipts: int, items: int) -> dict[str, Any]:
    load_before = os.getloadavg()[0]
    backlog = Backlog(folder / "backlog", receipts=receipts)
    ours, peers = turns(folder, backlog, rounds=rounds)
    down = measure_down(folder / "down", items=items, receipts=receipts)
    return report(ours, peers, down, extra={"rounds": rounds, "receipts": receipts, "load_average_before": load_before})


def report(ours: list[float], peers: Mapping[int, list[float]], down: Down, *, extra: dict[str, Any]) -> dict[str, Any]:
    ratios = {n: [mine / its for mine, its in zip(ours, rates, strict=True)] for n, rates in peers.items()}
    hardest = min(ratios, key=lambda n: statistics.median(ratios[n]))
    return {
        "bench": "sync",
        "machine": machine(),
        "metrics": {
            "drain_per_s": round(statistics.median(ours)),
            "pouchdb_per_s": round(statistics.median(peers[hardest])),
            "ratio_to_pouchdb": round(statistics.median(ratios[hardest]), 2),
            "pull_rows_per_s": round(down.rows_per_s),
            "delta_100_ms": round(down.delta_ms, 1),
            "daemon_rss_mb": round(down.daemon_rss_mb, 1),
        },
        "extra": {
            "drains_per_s": [round(rate) for rate in ours],
            **{f"pouchdb_batch_{n}_per_s": [round(rate) for rate in rates] for n, rates in peers.items()},
            **{f"ratios_to_batch_{n}": [round(each, 2) for each in found] for n, found in ratios.items()},
            "restricted_pull_rows_per_s": round(down.restricted_rows_per_s),
            "selling_while_pulling_p50_ms": round(down.selling_p50_ms, 1),
            "selling_while_pulling_p99_ms": round(down.selling_p99_ms, 1),
            "sales_while_pulling": down.sales_meanwhile,
            **extra,
        },
    }


class Backlog:
    """A till with unsent receipts and a paired, empty Backoffice, kept so that every turn begins with the same."""

    def __init__(self, folder: Path, *, receipts: int) -> None:
        folder.mkdir()
        self.receipts = receipts
        self.office = SyncShop(folder)
        self.office.start()
        shop = self.office.open_shop()
        self.total_haler = sell(shop, receipts, progress=lambda n: on_terminal(f"selling {n}/{receipts}"))
        self.documents = folder.parent / "documents.jsonl"
        assert write_documents(shop, self.documents) == receipts
        shop.store.checkpoint(truncate=True)
        shop.store.close()
        self.office.stop()
        self._kept = folder.parent / "kept"
        shutil.copytree(folder, self._kept)

    def fresh(self) -> Shop:
        """The same backlog anew, with a running Backoffice that holds nothing yet."""
        for name in ("data", "backoffice"):
            shutil.rmtree(self.office.folder / name)
            shutil.copytree(self._kept / name, self.office.folder / name)
        self.office.backoffice.start()
        return self.office.open_shop()


def turns(folder: Path, backlog: Backlog, *, rounds: int) -> tuple[list[float], dict[int, list[float]]]:
    """Receipts a second in each round, ours and the peer's by batch size."""
    ours: list[float] = []
    peers: dict[int, list[float]] = {batch: [] for batch in POUCHDB_BATCHES}
    with express_pouchdb(folder / "express") as url:
        for n in range(rounds):
            took_s: dict[int | None, list[float]] = {}
            for turn, batch in enumerate((None, *POUCHDB_BATCHES, *POUCHDB_BATCHES[::-1], None)):
                on_terminal(f"round {n + 1}/{rounds}: {f'PouchDB by {batch}' if batch else 'ours'}")
                os.sync()  # what was written before is not part of the turn
                copy = folder / f"pouch-{n}-{turn}"
                rate = replicate(url, copy, backlog.documents, batch=batch) if batch else drain(backlog)
                took_s.setdefault(batch, []).append(1 / rate)
            ours.append(1 / statistics.mean(took_s[None]))
            for batch, rates in peers.items():
                rates.append(1 / statistics.mean(took_s[batch]))
    return ours, peers


def drain(backlog: Backlog) -> float:
    """From the first step of the uploader until every receipt counts in Historie."""
    shop = backlog.fresh()
    try:
        going_up = uploader(backlog.office.config, shop)
        backlog.office.sign_in()
        os.sync()  # what was copied before is not part of the turn
        took_s = timed(lambda: _until_held(going_up.step, shop, backlog))
        assert backlog.office.held() == (backlog.receipts, backlog.total_haler)
    finally:
        shop.store.close()
        backlog.office.stop()
    return backlog.receipts / took_s


def _until_held(step: Callable[[], float], shop: Shop, backlog: Backlog) -> None:
    while journal.unsent(shop.tables)[0]:
        step()
    while backlog.office.held()[0] < backlog.receipts:
        time.sleep(0.005)


def timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
