"""Keys are made once for the whole room; everything else a test builds itself."""

from pathlib import Path

import pytest

from tests.appliance.eet.material import Office, make_office


@pytest.fixture(scope="session")
def material_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("eet")


@pytest.fixture(scope="session")
def office(material_dir: Path) -> Office:
    return make_office(material_dir)
