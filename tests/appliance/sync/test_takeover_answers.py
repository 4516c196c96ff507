"""What a broken Backoffice may give a device that goes on in a till's place: nothing else stops for it."""

from dataclasses import dataclass, field

import pytest

from appliance.service import receipts, replacement
from appliance.service.errors import Refused
from appliance.service.replacement import Download
from appliance.service.shop import Shop
from appliance.store import journal
from appliance.store.db import StoreError
from appliance.sync import takeover
from appliance.sync.takeover import IDLE_S, TakeoverWorker
from appliance.wire import HeldRow, Takeover, TakeoverPage, WireRow
from tests.appliance.sync.takeovers import NEW_EPOCH, World, a_life, backup_of, new_device, restored
from tests.shops import TestShop


@dataclass
class Scripted:
    """A Backoffice that gives the same page to every question."""

    page: TakeoverPage
    asked: list[dict[str, str]] = field(default_factory=list)

    def takeover(self, till_id: str, download: Download) -> TakeoverPage:
        assert till_id
        self.asked.append(dict(download.query))
        return self.page

    def close(self) -> None: ...


def worker_of(device: TestShop, server: Scripted) -> TakeoverWorker:
    return TakeoverWorker(device.shop, link=lambda: server)


def wire_rows(shop: Shop) -> tuple[HeldRow, ...]:
    epoch = journal.the_till(shop.tables).epoch
    rows = journal.rows_of_epoch(shop.tables, epoch, after_seq=0, limit=500)
    return tuple(HeldRow(**WireRow.of(stored.row).model_dump(), epoch=epoch) for stored in rows)


def test_a_server_that_gives_a_replacement_the_same_page_for_ever_is_asked_once_a_minute(world: World) -> None:
    a_life(world)
    device = new_device(world)
    world.replace(device)
    server = Scripted(TakeoverPage(rows=wire_rows(world.dead.shop), next="shift:5"))
    worker = worker_of(device, server)
    assert [worker.step() for _ in range(3)] == [0.0, IDLE_S, IDLE_S]
    assert [query["after"] for query in server.asked] == ["", "shift:5", "shift:5"]


def test_a_server_that_gives_a_restored_till_what_it_has_is_asked_once_a_minute(world: World) -> None:
    a_life(world)
    device = restored(world, backup_of(world))
    world.office.till(device, world.token).work()
    server = Scripted(TakeoverPage(rows=wire_rows(world.dead.shop)))
    assert worker_of(device, server).step() == IDLE_S
    assert replacement.download_under_way(device.shop) is not None


def test_a_page_that_cannot_be_kept_stops_nothing_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that ends takes the whole daemon with it, and the sales' way to EET."""
    a_life(world)
    device = new_device(world)
    world.replace(device)
    worker = worker_of(device, Scripted(TakeoverPage(rows=wire_rows(world.dead.shop))))

    def full(*_: object, **__: object) -> None:
        raise StoreError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "insert_row", full)
        assert worker.step() == IDLE_S
    assert worker.step() == IDLE_S
    assert replacement.download_under_way(device.shop) is None
    assert len(receipts.recent(device.shop, limit=9)) == 4


@pytest.mark.parametrize("letters", ["A", "x1"])
def test_a_takeover_with_a_series_that_cannot_be_used_leaves_a_fresh_device(world: World, letters: str) -> None:
    device = new_device(world)
    given = Takeover(till_id="1" * 36, prefix="P1", id_pokl="1", name="x", used_letters=("A",), letters=letters)
    with pytest.raises(Refused, match="series_used"):
        takeover.begin(device.shop, given, new_epoch=lambda: NEW_EPOCH)
    assert replacement.is_fresh(device.shop)
    assert journal.the_till(device.shop.tables).prefix == "P9"
