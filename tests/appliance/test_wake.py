import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.wake import AlreadyRunning, WakeListener, Waker


@pytest.fixture
def waker(tmp_path: Path) -> Waker:
    return Waker(tmp_path)


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[WakeListener]:
    made = WakeListener(tmp_path, "sync")
    yield made
    made.close()


def test_a_listener_wakes_once_for_all_that_came(waker: Waker, listener: WakeListener) -> None:
    assert not listener.wait(0)
    waker.wake("sync", "sync")
    waker.wake("sync")
    assert listener.wait(60)
    assert not listener.wait(0)


def test_each_process_has_its_own_wake_up(waker: Waker, listener: WakeListener, tmp_path: Path) -> None:
    other = WakeListener(tmp_path, "print")
    waker.wake("print")
    assert other.wait(60)
    assert not listener.wait(0)
    other.close()


def test_nobody_listening_is_no_error(waker: Waker, listener: WakeListener) -> None:
    waker.wake("nobody", "sync")
    assert listener.wait(60)


def test_it_can_be_told_whether_somebody_listens(waker: Waker, listener: WakeListener, tmp_path: Path) -> None:
    assert waker.is_heard("sync")
    assert not listener.wait(0)
    assert not waker.is_heard("print")
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dead.bind(str(tmp_path / "print.wake"))
    dead.close()
    assert not waker.is_heard("print")


def test_a_full_socket_is_no_error_and_loses_nothing(waker: Waker, listener: WakeListener) -> None:
    for _ in range(10_000):
        waker.wake("sync")
    assert listener.wait(60)
    assert not listener.wait(0)


def test_a_listener_takes_the_place_of_one_that_died(waker: Waker, tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dead.bind(str(tmp_path / "print.wake"))
    dead.close()
    listener = WakeListener(tmp_path, "print")
    waker.wake("print")
    assert listener.wait(60)
    listener.close()
    assert not (tmp_path / "print.wake").exists()


def test_the_run_directory_is_made(tmp_path: Path) -> None:
    listener = WakeListener(tmp_path / "run" / "pokladna", "ui")
    assert (tmp_path / "run" / "pokladna" / "ui.wake").is_socket()
    assert not listener.wait(-1)
    listener.close()


def test_a_second_process_of_the_same_name_is_refused_and_the_first_stays_awake(
    waker: Waker, listener: WakeListener, tmp_path: Path
) -> None:
    with pytest.raises(AlreadyRunning):
        WakeListener(tmp_path, "sync")
    waker.wake("sync")
    assert listener.wait(60)
    listener.close()
    again = WakeListener(tmp_path, "sync")
    again.close()
