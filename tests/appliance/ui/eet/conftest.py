"""A demo till whose EET has a history, in its window."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.eet.sandbox.ca import Issued, issue_certificate, make_server_material
from appliance.service.shop import Shop
from script.lib.demo_shop import BEGIN, make_shop
from script.lib.eet_scenes import much_is_wrong, sell
from script.lib.till_window import TillWindow, till_window
from tests.appliance.ui.eet.desk import EIC, Daemon


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = make_shop(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def refused(shop: Shop) -> list[str]:
    return much_is_wrong(shop)


@pytest.fixture
def till(shop: Shop, tmp_path: Path) -> Iterator[TillWindow]:
    sell(shop, "item-01")
    with till_window(tmp_path, width=800, height=480) as window:
        window.wait_for("key:f1")
        yield window


@pytest.fixture
def daemon(shop: Shop, tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(shop, tmp_path)
    yield made
    made.ear.close()


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    folder = tmp_path_factory.mktemp("authority")
    make_server_material(folder, host="127.0.0.1")
    return issue_certificate(folder, eic=EIC, at=BEGIN, playground=False)
