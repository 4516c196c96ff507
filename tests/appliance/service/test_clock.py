"""The cashier confirms the time, true time is journalled once, and selling goes on in between."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.bootstrap.clock import SAVED_FILE, SharedClock
from appliance.domain.clock import EARLIEST, LATEST
from appliance.domain.codec import from_json
from appliance.domain.journal import ClockCorrected, Kind
from appliance.domain.receipt import ClockState
from appliance.service.clock import clock_to_confirm, confirm_clock, correct_clock
from appliance.service.errors import Refused
from appliance.service.shop import Shop
from appliance.store import journal
from appliance.sync.clock import SAVE_S, ClockKeeper
from tests.machines import VirtualMachine
from tests.shops import OPENING, PRAGUE, make_shop, open_for_sale, sell


def shop_on(folder: Path, machine: VirtualMachine) -> tuple[Shop, SharedClock]:
    """A till after a start without a true clock; it was switched off at OPENING."""
    (folder / SAVED_FILE).write_text(OPENING.isoformat())
    clock = SharedClock(folder, zone=PRAGUE, machine=machine, last_document=lambda: None)
    shop = make_shop(folder).shop
    return replace(shop, now=clock.now, clock=clock.state, till_clock=clock, boot=machine.boot), clock


def corrections(shop: Shop) -> list[ClockCorrected]:
    rows = journal.rows_after(shop.tables, 0, limit=500)
    return [from_json(ClockCorrected, each.row.body) for each in rows if each.row.kind == Kind.CLOCK_CORRECTED]


def test_a_cashier_is_asked_sells_meanwhile_and_the_receipt_says_unverified(tmp_path: Path) -> None:
    shop, _ = shop_on(tmp_path, VirtualMachine(up_s=0))
    assert clock_to_confirm(shop) == OPENING
    open_for_sale(shop)
    assert sell(shop).clock == ClockState.UNVERIFIED
    confirm_clock(shop, OPENING + timedelta(seconds=20))
    assert clock_to_confirm(shop) is None
    assert corrections(shop) == []
    assert sell(shop).clock == ClockState.UNVERIFIED


@pytest.mark.parametrize("by", [timedelta(hours=14), timedelta(hours=-14)])
def test_another_time_than_proposed_is_journalled(tmp_path: Path, by: timedelta) -> None:
    shop, _ = shop_on(tmp_path, VirtualMachine(up_s=0))
    confirm_clock(shop, OPENING + by)
    assert shop.now() == OPENING + by
    (told,) = corrections(shop)
    assert (told.before, told.after, told.source) == (OPENING.isoformat(), (OPENING + by).isoformat(), "cashier")


@pytest.mark.parametrize("at", [EARLIEST - timedelta(days=1), LATEST + timedelta(days=1), datetime(2027, 2, 1)])  # noqa: DTZ001
def test_a_time_that_cannot_be_is_refused_and_nothing_changes(tmp_path: Path, at: datetime) -> None:
    shop, _ = shop_on(tmp_path, VirtualMachine(up_s=0))
    with pytest.raises(Refused, match="clock"):
        confirm_clock(shop, at)
    assert clock_to_confirm(shop) == OPENING


def test_a_till_whose_clock_cannot_be_set_asks_nobody(tmp_path: Path) -> None:
    shop = make_shop(tmp_path).shop
    assert clock_to_confirm(shop) is None
    with pytest.raises(Refused):
        confirm_clock(shop, OPENING)


def test_true_time_is_journalled_once_even_if_the_daemon_died_in_between(tmp_path: Path) -> None:
    machine = VirtualMachine(up_s=0)
    shop, clock = shop_on(tmp_path, machine)
    assert not correct_clock(shop, clock)
    machine.ntp((OPENING - timedelta(hours=2)).astimezone(UTC))
    before_file = (tmp_path / "clock-boot.json").read_bytes()
    assert correct_clock(shop, clock)
    (tmp_path / "clock-boot.json").write_bytes(before_file)  # killed before it was settled
    again = SharedClock(tmp_path, zone=PRAGUE, machine=machine, last_document=lambda: None)
    assert correct_clock(shop, again)
    assert not correct_clock(shop, again)
    (told,) = corrections(shop)
    assert told == ClockCorrected(OPENING.isoformat(), (OPENING - timedelta(hours=2)).isoformat(), "ntp")


def test_true_time_that_is_what_was_counted_is_no_correction(tmp_path: Path) -> None:
    machine = VirtualMachine(up_s=0)
    shop, clock = shop_on(tmp_path, machine)
    assert shop.now() == OPENING
    machine.ntp((OPENING + timedelta(seconds=1)).astimezone(UTC))
    assert correct_clock(shop, clock)
    assert corrections(shop) == []


def test_the_daemon_keeps_the_time_each_minute_and_when_it_stops(tmp_path: Path) -> None:
    machine = VirtualMachine(up_s=0)
    shop, clock = shop_on(tmp_path, machine)
    keeper = ClockKeeper(shop, clock, monotonic=lambda: machine.up_s)
    assert keeper.step() > 0
    assert (tmp_path / SAVED_FILE).read_text() == OPENING.isoformat()
    machine.wait(SAVE_S)
    keeper.step()
    assert (tmp_path / SAVED_FILE).read_text() == (OPENING + timedelta(seconds=SAVE_S)).isoformat()
    machine.wait(7)
    keeper.stop()
    assert (tmp_path / SAVED_FILE).read_text() == (OPENING + timedelta(seconds=SAVE_S + 7)).isoformat()


def test_a_clock_that_cannot_be_kept_stops_nothing(tmp_path: Path) -> None:
    machine = VirtualMachine(up_s=0)
    shop, _ = shop_on(tmp_path, machine)
    nowhere = SharedClock(tmp_path / "nowhere", zone=PRAGUE, machine=machine, last_document=lambda: OPENING)
    keeper = ClockKeeper(shop, nowhere, monotonic=lambda: machine.up_s)
    machine.wait(SAVE_S)
    assert keeper.step() > 0
    keeper.stop()


def test_the_clock_is_never_another_one_without_a_row_that_says_so(tmp_path: Path) -> None:
    shop, clock = shop_on(tmp_path, VirtualMachine(up_s=0))

    def out_of_power() -> str:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        confirm_clock(replace(shop, new_id=out_of_power), OPENING + timedelta(hours=5))
    assert clock.now() == OPENING
    confirm_clock(shop, OPENING + timedelta(hours=5))
    assert [each.after for each in corrections(shop)] == [(OPENING + timedelta(hours=5)).isoformat()]
