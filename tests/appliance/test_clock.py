"""The clock that all processes of a till share, on machines whose own clock is anything (sync.md §8)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.bootstrap.clock import BOOT_FILE, SAVED_FILE, Kernel, SharedClock
from appliance.bootstrap.shop import ZONE
from appliance.domain.clock import EARLIEST
from appliance.domain.receipt import ClockState
from tests.machines import VirtualMachine

NOON = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)
FAR = datetime(2099, 7, 1, tzinfo=UTC)


def nothing() -> datetime | None:
    return None


def clock_on(
    folder: Path, machine: VirtualMachine, last_document: Callable[[], datetime | None] = nothing
) -> SharedClock:
    return SharedClock(folder, zone=ZONE, machine=machine, last_document=last_document)


def test_a_machine_with_ntp_is_believed_at_once(tmp_path: Path) -> None:
    clock = clock_on(tmp_path, VirtualMachine(wall=NOON, synchronised=True))
    assert clock.now() == NOON
    assert clock.state() == ClockState.VERIFIED
    assert not clock.unconfirmed()
    assert clock.correction() is None


@pytest.mark.parametrize("wall", [datetime(1970, 1, 1, tzinfo=UTC), FAR])
def test_a_machine_with_an_absurd_clock_goes_on_from_what_was_saved(tmp_path: Path, wall: datetime) -> None:
    machine = VirtualMachine(wall=NOON, synchronised=True)
    clock_on(tmp_path, machine).save()
    machine.reboot("boot-2", wall=wall)
    clock = clock_on(tmp_path, machine)
    assert clock.now() == NOON + timedelta(seconds=20)
    machine.wait(100)
    assert clock.now() == NOON + timedelta(seconds=120)
    assert clock.state() == ClockState.UNVERIFIED
    assert clock.unconfirmed()


@pytest.mark.parametrize("wall", [datetime(1970, 1, 1, tzinfo=UTC), FAR])
def test_a_new_till_on_such_a_machine_begins_no_earlier_than_the_program(tmp_path: Path, wall: datetime) -> None:
    assert clock_on(tmp_path, VirtualMachine(wall=wall)).now() == EARLIEST + timedelta(seconds=20)


def test_the_last_document_counts_when_it_is_later_than_what_was_saved(tmp_path: Path) -> None:
    (tmp_path / SAVED_FILE).write_text((NOON - timedelta(minutes=1)).isoformat())
    clock = clock_on(tmp_path, VirtualMachine(up_s=0), lambda: NOON)
    assert clock.now() == NOON


def test_all_processes_tell_the_same_time_whoever_starts_first(tmp_path: Path) -> None:
    machine = VirtualMachine(up_s=0)
    (tmp_path / SAVED_FILE).write_text(NOON.isoformat())
    first = clock_on(tmp_path, machine)
    assert first.now() == NOON
    machine.wait(30)
    first.save()
    second = clock_on(tmp_path, machine, lambda: NOON + timedelta(hours=1))
    assert second.now() == first.now() == NOON + timedelta(seconds=30)
    machine.wait(10)
    first.confirm(NOON + timedelta(hours=3))
    machine.wait(5)
    assert second.now() == first.now() == NOON + timedelta(hours=3, seconds=5)
    assert not second.unconfirmed()
    assert second.state() == ClockState.UNVERIFIED


def test_a_cashier_confirms_once_per_start(tmp_path: Path) -> None:
    machine = VirtualMachine()
    clock = clock_on(tmp_path, machine)
    clock.confirm(NOON)
    assert not clock.unconfirmed()
    clock.save()
    machine.reboot("boot-2")
    again = clock_on(tmp_path, machine)
    assert again.unconfirmed()
    assert again.now() == NOON + timedelta(seconds=20)


def test_true_time_counts_at_once_even_when_it_is_behind_the_last_document(tmp_path: Path) -> None:
    machine = VirtualMachine(up_s=0)
    clock = clock_on(tmp_path, machine, lambda: NOON)
    assert clock.now() == NOON
    true = NOON - timedelta(days=3)
    machine.ntp(true)
    assert clock.now() == true
    assert clock.state() == ClockState.VERIFIED
    found = clock.correction()
    assert found is not None
    assert (found.before, found.after, found.source) == (NOON, true, "ntp")
    clock.settle(found)
    assert clock.correction() is None
    machine.synchronised = False  # the cable is out again, the clock runs on
    machine.wait(60)
    assert clock.now() == true + timedelta(seconds=60)
    assert clock.state() == ClockState.VERIFIED


def test_what_a_cashier_said_does_not_hold_against_ntp(tmp_path: Path) -> None:
    machine = VirtualMachine()
    clock = clock_on(tmp_path, machine)
    clock.confirm(NOON)
    machine.ntp(NOON + timedelta(minutes=7))
    assert clock.now() == NOON + timedelta(minutes=7)
    found = clock.correction()
    assert found is not None
    clock.settle(found)
    clock.confirm(NOON)
    assert clock.now() == NOON + timedelta(minutes=7)


def test_an_rtc_that_kept_time_is_true_and_one_that_did_not_is_not(tmp_path: Path) -> None:
    for name, rtc, state in (
        ("kept", NOON, ClockState.VERIFIED),
        ("no battery", datetime(1970, 1, 1, tzinfo=UTC), ClockState.UNVERIFIED),
        ("absurd", FAR, ClockState.UNVERIFIED),
    ):
        (tmp_path / name).mkdir()
        clock = clock_on(tmp_path / name, VirtualMachine(wall=rtc, rtc=rtc))
        assert clock.state() == state, name
    (tmp_path / "other").mkdir()
    machine = VirtualMachine(wall=NOON, rtc=NOON - timedelta(hours=1))
    assert clock_on(tmp_path / "other", machine).state() == ClockState.UNVERIFIED


FILE = '{"boot": "boot-1", "at": "%s", "up_ms": %s, "true_source": "", "confirmed": false}'
UNCOUNTABLE = FILE % (NOON.isoformat(), "Infinity")
FAR_AHEAD = FILE % ("9999-12-31T23:59:59+00:00", "0")


@pytest.mark.parametrize("saved", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"])
def test_a_saved_time_that_no_till_can_have_kept_stops_no_sale(tmp_path: Path, saved: str) -> None:
    (tmp_path / SAVED_FILE).write_text(saved)
    machine = VirtualMachine(up_s=0)
    clock = clock_on(tmp_path, machine)
    machine.wait(2)
    assert clock.now() == EARLIEST + timedelta(seconds=2)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"boot": "boot-1"}', '{"boot": "boot-1", "at": "x", "up_ms": 1}', UNCOUNTABLE, FAR_AHEAD],
)
def test_a_damaged_file_is_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / BOOT_FILE).write_text(content)
    (tmp_path / SAVED_FILE).write_text(content)
    clock = clock_on(tmp_path, VirtualMachine(up_s=0), lambda: NOON)
    assert clock.now() == NOON
    assert json.loads((tmp_path / BOOT_FILE).read_text())["boot"] == "boot-1"


def test_where_nothing_can_be_kept_the_till_sells_on(tmp_path: Path) -> None:
    machine = VirtualMachine(up_s=0)
    clock = clock_on(tmp_path / "is not there", machine, lambda: NOON)
    assert clock.now() == NOON
    machine.wait(30)
    assert clock.now() == NOON + timedelta(seconds=30)


def test_this_machine_answers() -> None:
    kernel = Kernel.of_this_machine()
    first, second = kernel(rtc=True), kernel(rtc=False)
    assert first.boot == second.boot != ""
    assert 0 < first.up_ms <= second.up_ms
    assert first.wall.tzinfo is not None
