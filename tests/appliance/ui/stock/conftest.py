"""A demo till that takes its goods from a warehouse, in its window."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.service.shop import Shop
from script.lib.demo_shop import make_shop
from script.lib.stock_scenes import stocked
from script.lib.till_window import TillWindow, till_window


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = make_shop(tmp_path)
    stocked(made)
    yield made
    made.store.close()


@pytest.fixture
def till(shop: Shop, tmp_path: Path) -> Iterator[TillWindow]:
    with till_window(tmp_path, width=800, height=480) as window:
        window.wait_for("key:f1")
        yield window
