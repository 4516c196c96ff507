"""When the daemon makes a backup."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.money import crowns
from appliance.service import shift
from appliance.service.backup import BackupPlan, list_backups
from appliance.sync.backup import AGAIN_S, LOOK_S, BackupKeeper
from tests.shops import TestShop, make_shop, open_for_sale


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestShop]:
    made = make_shop(tmp_path / "till")
    open_for_sale(made.shop)
    yield made
    made.store.close()


def test_the_daemon_makes_one_a_day_and_after_each_closing(till: TestShop, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    keeper = BackupKeeper(till.shop, BackupPlan((folder,), kept=99))

    def made_after(**forward: float) -> int:
        till.clock.forward(**forward)
        assert keeper.step() == LOOK_S
        return len(list_backups([folder]))

    assert made_after() == 1
    assert made_after(hours=23) == 1
    assert made_after(hours=1) == 2
    shift.close_shift(till.shop, counted=crowns(1000))
    assert made_after(seconds=1) == 3
    open_for_sale(till.shop)
    assert made_after(seconds=1) == 3
    till.clock.back(days=3)
    assert made_after() == 4


def test_a_daemon_that_can_make_none_tries_again_later(till: TestShop, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("no folder")
    keeper = BackupKeeper(till.shop, BackupPlan((tmp_path / "b",), kept=3))
    assert keeper.step() == AGAIN_S
    till.clock.forward(hours=1)
    assert keeper.step() == AGAIN_S
    (tmp_path / "b").unlink()
    till.clock.forward(minutes=59)
    assert keeper.step() == LOOK_S  # a sale has woken it
    assert list_backups([tmp_path / "b"]) == ()
    till.clock.forward(minutes=1)
    assert keeper.step() == LOOK_S
    assert len(list_backups([tmp_path / "b"])) == 1
