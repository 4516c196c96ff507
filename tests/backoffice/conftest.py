"""A Backoffice per test, on SQLite, with a clock that stands still until the test moves it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from backoffice.app import app_of, make_site
from backoffice.migrations import migrate
from backoffice.settings import BackofficeSettings
from backoffice.site import Site
from backoffice.tables import Tables, open_database
from tests.backoffice.house import Clock, Office, Shop, postgres_cluster
from tests.journals import MORNING


@pytest.fixture
def clock() -> Clock:
    return Clock(MORNING + timedelta(hours=6))


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    settings = BackofficeSettings(data_dir=tmp_path / "backoffice", host="127.0.0.1", port=0, tls=False)
    made = make_site(settings, now=clock)
    yield made
    made.tables.shut()


@pytest.fixture
def shop(site: Site) -> Iterator[Shop]:
    with Shop.opened(site, app_of(site)) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres_cluster(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    tables = Tables(open_database(url=url, data_dir=tmp_path))
    if url:
        with tables.reading():
            tables.run_sql("DROP SCHEMA public CASCADE")
            tables.run_sql("CREATE SCHEMA public")
    migrate(tables)
    yield Office(tables)
    tables.shut()
