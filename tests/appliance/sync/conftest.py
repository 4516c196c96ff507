from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance.sync.office import Desk, Material, make_material, open_ledger
from tests.appliance.sync.renewals import Papers, make_papers
from tests.appliance.sync.takeovers import World, a_world
from tests.fake_backoffice import FakeBackoffice
from tests.shops import make_shop, open_for_sale


@pytest.fixture(scope="package")
def the_server() -> Iterator[FakeBackoffice]:
    with FakeBackoffice() as server:
        yield server


@pytest.fixture
def server(the_server: FakeBackoffice) -> FakeBackoffice:
    """Empty books and no script."""
    the_server.reset()
    return the_server


@pytest.fixture(scope="session")
def eet_material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return make_material(tmp_path_factory.mktemp("eet-material"))


@pytest.fixture
def desk(tmp_path: Path, eet_material: Material) -> Iterator[Desk]:
    """A shop open for sale and its sender."""
    test_shop = make_shop(tmp_path)
    open_for_sale(test_shop.shop)
    with open_ledger(tmp_path) as ledger:
        yield Desk(test_shop, eet_material, ledger)


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A till, a Backoffice, and no rests between two steps of what comes in."""
    monkeypatch.setattr("appliance.service.incoming.time.sleep", lambda _s: None)
    with a_world(tmp_path) as made:
        yield made
