from backoffice.accounts import has_account
from backoffice.site import Site
from backoffice.tables import SQLITE_FILE


def test_the_wal_stays_between_requests_and_is_folded_at_the_end(site: Site) -> None:
    wal = site.settings.data_dir / f"{SQLITE_FILE}-wal"
    has_account(site.tables)
    assert wal.exists()
    site.tables.shut()
    site.tables.shut()
    assert not wal.exists()
    assert not has_account(site.tables)
