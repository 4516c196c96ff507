"""A demo till that is paired, in its window."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.money import crowns
from appliance.service import shift
from appliance.service.shop import Shop
from script.lib.demo_shop import make_shop
from script.lib.sync_scenes import joined
from script.lib.till_window import TillWindow, till_window


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = make_shop(tmp_path)
    joined(made)
    shift.open_shift(made, crowns(1000))
    yield made
    made.store.close()


@pytest.fixture
def till(shop: Shop, tmp_path: Path) -> Iterator[TillWindow]:
    with till_window(tmp_path, width=800, height=480) as window:
        window.wait_for("key:f1")
        yield window
