from concurrent.futures import ThreadPoolExecutor

import pytest

from backoffice.accounts import has_account
from backoffice.site import Site
from backoffice.tables import SQLITE_FILE
from tests.backoffice.house import Office


def test_the_wal_stays_between_requests_and_is_folded_at_the_end(site: Site) -> None:
    wal = site.settings.data_dir / f"{SQLITE_FILE}-wal"
    has_account(site.tables)
    assert wal.exists()
    site.tables.shut()
    site.tables.shut()
    assert not wal.exists()
    assert not has_account(site.tables)


def test_a_thread_of_a_server_keeps_its_connection_until_something_fails(site: Site) -> None:
    tables = site.tables

    def connection() -> int:
        with tables.reading():
            return id(tables.database.connection())

    def failing() -> None:
        with tables.writing():
            tables.run_sql("DELETE FROM account")
            raise ValueError("planned")

    with ThreadPoolExecutor(max_workers=1) as thread:
        first = thread.submit(connection).result()
        assert thread.submit(connection).result() == first
        assert connection() != first
        with pytest.raises(ValueError, match="planned"):
            thread.submit(failing).result()
        assert thread.submit(tables.database.is_closed).result()
        assert thread.submit(has_account, tables).result() is False
        assert not thread.submit(tables.database.is_closed).result()


def test_many_rows_go_in_by_one_statement_each_value_into_its_own_column(office: Office) -> None:
    tables = office.tables
    rows = [
        {"email": f"{n}@example.cz", "created_at": "2026", "account_id": 1000 + n, "password_hash": f"h{n}"}
        for n in range(700)
    ]
    with tables.writing():
        tables.insert_all(tables.account, rows)
        tables.insert_all(tables.account, [])
    with tables.reading():
        account = tables.account
        found = tables.rows(
            account.select(account.c.email, account.c.created_at, account.c.account_id, account.c.password_hash)
            .where(account.c.account_id >= 1000)
            .order_by(account.c.account_id)
        )
    assert found == rows


def test_a_snapshot_sees_one_moment_while_another_connection_writes(office: Office) -> None:
    tables = office.tables

    def add() -> None:
        with tables.writing():
            tables.insert_all(
                tables.account, [{"account_id": 7, "email": "x", "password_hash": "", "created_at": "2026"}]
            )

    def accounts() -> int:
        return len(tables.rows(tables.account.select(tables.account.c.account_id)))

    with ThreadPoolExecutor(max_workers=1) as other, tables.snapshot():
        before = accounts()
        other.submit(add).result()
        assert accounts() == before
    with tables.reading():
        assert accounts() == before + 1


def test_a_row_with_a_known_key_replaces_the_one_that_is_there(office: Office) -> None:
    tables = office.tables
    row = {"account_id": office.account_id, "warehouse_id": "w1", "version": 1}
    with tables.writing():
        tables.insert_all(tables.stock_counter, [row, row | {"warehouse_id": "w2"}])
        tables.insert_all(tables.stock_counter, [row | {"version": 5}], key=("account_id", "warehouse_id"))
    versions = {each["warehouse_id"]: each["version"] for each in office.content("stock_counter")}
    assert versions == {"w1": 5, "w2": 1}
