"""A till with its uploader and downloader in virtual time, for the tests of this room."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.domain.fiscal import Regime
from appliance.domain.journal import Row
from appliance.service import sync
from appliance.service.shop import Shop
from appliance.store import journal, queues
from appliance.sync.download import Downloader
from appliance.sync.link import BackofficeLink
from appliance.sync.upload import Uploader, UploadOptions
from appliance.wire import BATCH_ROWS_MAX
from tests.fake_backoffice import FakeBackoffice
from tests.shops import TestShop, counted_epochs, make_shop, open_for_sale, sell

TOKEN = "token-of-this-till"
RESTS_S = 0.1  # longer is waiting


@dataclass
class Seconds:
    """Monotonic time that passes only when told."""

    now: float = 5000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Ticking:
    """Monotonic time that passes with each look at it: short rests end, long waits do not."""

    now: float = 5000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@dataclass
class Till:
    test_shop: TestShop
    uploader: Uploader
    downloader: Downloader
    time: Seconds

    @property
    def shop(self) -> Shop:
        return self.test_shop.shop

    @property
    def unsent(self) -> int:
        return journal.unsent(self.shop.tables)[0]

    @property
    def fault(self) -> str:
        return str(queues.note(self.shop.tables, "backoffice")["fault"])

    @property
    def journal(self) -> list[Row]:
        found: list[Row] = []
        place = 0
        while stored := journal.rows_after(self.shop.tables, place, limit=500):
            found += [each.row for each in stored]
            place = stored[-1].place
        return found

    def work(self, *, steps_max: int = 100) -> float:
        """Step until nothing is due now; the downloader's short rests pass. Returns how long both want to sleep."""
        for _ in range(steps_max):
            sleep_s = min(self.uploader.step(), self.downloader.step())
            if sleep_s > RESTS_S:
                return sleep_s
            self.time.now += sleep_s
        raise AssertionError(f"still busy after {steps_max} steps: it never rests")

    def until_quiet(self, *, rests_max: int = 60) -> None:
        """Let time pass until all is sent and proven."""
        for _ in range(rests_max):
            self.time.now += self.work()
            run = sync.last_sync_run(self.shop)
            if not self.unsent and not self.unproven and (run is None or run.finished):
                return
        raise AssertionError(f"{self.unsent} rows unsent, {self.unproven} shifts not proven, fault {self.fault!r}")

    @property
    def unproven(self) -> int:
        shift = self.shop.tables.shift
        return int(shift.select(shift.shift_id).where(shift.closed_at.is_null(False) & shift.proof.is_null()).count())


def make_till(
    folder: Path,
    server: FakeBackoffice | None,
    *,
    receipts: int = 0,
    new_epoch: Callable[[], str] | None = None,
    random: float = 0.5,
    regimes: tuple[Regime, ...] = (),
    rows_max: int = BATCH_ROWS_MAX,
) -> Till:
    """Without a regime nothing is reported to EET: the journal holds what the test did and nothing else."""
    test_shop = make_shop(folder, regimes=regimes)
    if receipts:
        open_for_sale(test_shop.shop)
        for _ in range(receipts):
            sell(test_shop.shop)
    return attach(test_shop, server, new_epoch=new_epoch, random=random, rows_max=rows_max)


def attach(
    test_shop: TestShop,
    server: FakeBackoffice | None,
    *,
    new_epoch: Callable[[], str] | None = None,
    random: float = 0.5,
    time: Seconds | None = None,
    pull_time: Callable[[], float] | None = None,
    rows_max: int = BATCH_ROWS_MAX,
) -> Till:
    """A daemon's uploader and downloader on a shop; second ones stand for the daemon after a crash."""
    time = time or Seconds()
    link, other = ((BackofficeLink(server.url, token=TOKEN, ca_file=None) if server else None) for _ in range(2))
    epochs = counted_epochs()
    uploader = Uploader(
        test_shop.shop,
        UploadOptions(poll_s=15, status_s=60, version="1.2.3", rows_max=rows_max),
        link=link,
        new_epoch=new_epoch or (lambda: "f" + epochs()[1:]),
        monotonic=time,
        random=lambda: random,
    )
    downloader = Downloader(test_shop.shop, poll_s=15, link=other, monotonic=pull_time or time, random=lambda: random)
    return Till(test_shop, uploader, downloader, time)
