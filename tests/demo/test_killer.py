"""Who kills must say what was dead already, and stop when the demo does."""

import sys
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from demo.killer import VICTIMS, Killer
from demo.processes import DemoFailed, Process
from demo.shop import DemoShop

LIVES = [sys.executable, "-c", "import time; time.sleep(600)"]
DIES = [sys.executable, "-c", ""]


class AtOnce(Random):
    """The first document, without a delay."""

    def randrange(self, *_arguments: Any, **_given: Any) -> int:
        return 0

    def uniform(self, _low: float, high: float) -> float:
        return self.delay_s if high else 0.0

    delay_s = 0.0


def shop_of(tmp_path: Path, command: list[str]) -> DemoShop:
    processes = {name: Process(name, command, tmp_path / f"{name}.log") for name in VICTIMS}
    for process in processes.values():
        process.start()
    return cast("DemoShop", SimpleNamespace(processes=processes))


def end(shop: DemoShop) -> None:
    for process in shop.processes.values():
        process.kill()


def test_everybody_is_killed_and_started_again(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, LIVES)
    killer = Killer(shop, AtOnce(), times=1, documents=1)
    killer.document(0)
    killer.wait()
    starts = {process.starts for process in shop.processes.values()}
    running = {process.running for process in shop.processes.values()}
    end(shop)
    assert (starts, running, set(killer.deaths.values())) == ({2}, {True}, {1})


def test_a_program_that_was_dead_before_it_was_killed_is_no_success(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, DIES)
    for process in shop.processes.values():
        assert process._child is not None
        process._child.wait()
    killer = Killer(shop, AtOnce(), times=1, documents=1)
    killer.document(0)
    with pytest.raises(DemoFailed, match="print had ended by itself"):
        killer.wait()
    end(shop)


def test_a_stopped_killer_starts_nobody_any_more(tmp_path: Path) -> None:
    shop = shop_of(tmp_path, LIVES)
    random = AtOnce()
    random.delay_s = 600.0
    killer = Killer(shop, random, times=1, documents=1)
    killer.document(0)
    killer.stop()
    end(shop)
    assert {process.starts for process in shop.processes.values()} == {1}
