"""The daemon from its start to its end, with real threads and a real wake-up."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.money import crowns
from appliance.service import sync
from appliance.service.shift import close_shift, last_closing
from appliance.service.status import till_status
from appliance.sync.loop import SyncDaemon
from tests.appliance.sync.office import REFUSED, Desk
from tests.appliance.sync.till import Ticking, Till, attach
from tests.fake_backoffice import Answer, FakeBackoffice
from tests.shops import sell


class Bell:
    """A waiter that can be rung from another thread."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        self._rung.set()

    def wait(self, timeout_s: float) -> bool:
        rung = self._rung.wait(min(timeout_s, 0.02))
        self._rung.clear()
        return rung


class Cable:
    """A network that changes when the test says so."""

    def __init__(self) -> None:
        self.plugged_in = threading.Event()

    def changed(self) -> bool:
        news = self.plugged_in.is_set()
        self.plugged_in.clear()
        return news


class Running:
    """A daemon in a thread; its own wake-ups ring the bell as the datagram would."""

    def __init__(self, desk: Desk, till: Till) -> None:
        self.till = till
        self.bell = Bell()
        self.cable = Cable()
        self._ended = False
        desk.test_shop.wakes.names = _Ringing(self.bell)
        daemon = SyncDaemon(
            desk.test_shop.shop,
            desk.sender,
            till.uploader,
            till.downloader,
            waiter=self.bell,
            network=self.cable,
            poll_s=15,
        )
        self._thread = threading.Thread(target=lambda: daemon.run(stopped=lambda: self._ended))

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self.bell.ring()
        self._thread.join(20)
        assert not self._thread.is_alive()


class _Ringing(list[str]):
    def __init__(self, bell: Bell) -> None:
        super().__init__()
        self._bell = bell

    def __iadd__(self, names: object) -> "_Ringing":  # type: ignore[misc, override]
        if "sync" in names:  # type: ignore[operator]
            self._bell.ring()
        return self


def eventually(holds: "object") -> bool:
    """Whether it comes true; the time it takes does not matter."""
    assert callable(holds)
    pause = threading.Event()
    for _ in range(2000):
        if holds():
            return True
        pause.wait(0.01)
    return False


def test_a_start_sends_what_waits_and_the_proof_follows(desk: Desk, server: FakeBackoffice) -> None:
    sell(desk.test_shop.shop)
    close_shift(desk.test_shop.shop, counted=crowns(1053))
    till = attach(desk.test_shop, server, pull_time=Ticking())

    def all_done() -> bool:
        closing = last_closing(desk.test_shop.shop)
        return desk.states() == ["confirmed"] and not till.unsent and bool(closing and closing.complete)

    with Running(desk, till):
        assert eventually(all_done)
    assert server.books.rows() == till.journal


def test_a_sale_is_sent_to_both_when_it_is_made(desk: Desk, server: FakeBackoffice) -> None:
    till = attach(desk.test_shop, server, pull_time=Ticking())
    with Running(desk, till):
        assert eventually(lambda: not till.unsent)
        for n in range(3):
            sell(desk.test_shop.shop)
            assert eventually(lambda n=n: desk.states() == ["confirmed"] * (n + 1) and not till.unsent)


def test_a_person_who_asks_for_a_sync_ends_every_wait(desk: Desk, server: FakeBackoffice) -> None:
    server.script.append(Answer.BUSY)
    desk.script.append(REFUSED)
    till = attach(desk.test_shop, server, pull_time=Ticking())
    with Running(desk, till):
        sell(desk.test_shop.shop)
        assert eventually(lambda: len(desk.posts) == 1 and len(server.uploads) == 1)
        run_id = sync.request_sync(desk.test_shop.shop)

        def finished() -> bool:
            run = sync.sync_run(desk.test_shop.shop, run_id)
            return bool(run and run.finished and not run.error)

        assert eventually(finished)
        assert eventually(lambda: desk.states() == ["confirmed"])


@pytest.fixture
def waiting(desk: Desk, server: FakeBackoffice) -> Iterator[Running]:
    """A sale that neither server took; time stands still, so that no delay ever ends."""
    server.script.append(Answer.BUSY)
    desk.script.append(REFUSED)
    with Running(desk, attach(desk.test_shop, server, pull_time=Ticking())) as running:
        shop = desk.test_shop.shop
        sell(shop)
        assert eventually(lambda: len(desk.posts) == 1 and len(server.uploads) == 1)
        assert eventually(lambda: till_status(shop).eet.fault)  # the delay stands; what comes before it ends none
        yield running


def test_when_the_network_is_back_nobody_waits_out_his_delay(desk: Desk, waiting: Running) -> None:
    waiting.cable.plugged_in.set()
    assert eventually(lambda: desk.states() == ["confirmed"] and not waiting.till.unsent)


def test_a_backoffice_that_answers_again_makes_eet_try_again(desk: Desk, waiting: Running) -> None:
    waiting.till.uploader.hurry()
    assert eventually(lambda: desk.states() == ["confirmed"])


def test_an_eet_that_answers_again_makes_the_upload_try_again(desk: Desk, waiting: Running) -> None:
    desk.sender.hurry()
    assert eventually(lambda: not waiting.till.unsent)


def test_the_log_of_the_database_is_moved_in_when_it_is_quiet(desk: Desk) -> None:
    till = attach(desk.test_shop, None)
    log = Path(f"{desk.test_shop.store.path}-wal")
    with Running(desk, till):
        sell(desk.test_shop.shop)
        assert eventually(lambda: desk.states() == ["confirmed"])
        assert log.stat().st_size > 0
        close_shift(desk.test_shop.shop, counted=crowns(1053))
        assert eventually(lambda: log.stat().st_size == 0)
