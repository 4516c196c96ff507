from pathlib import Path

import pytest
from playhouse.apsw_ext import APSWDatabase

from appliance.store import migrations
from appliance.store.db import Store, StoreError
from appliance.store.migrations import STEPS, migrate, schema_version
from appliance.store.tables import COLUMNS
from tests.shops import TestShop, make_shop, open_for_sale, rows, sell


def test_every_table_has_the_columns_the_queries_name(till: TestShop) -> None:
    tables = [str(name) for (name,) in rows(till.shop, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    real = {
        table: tuple(str(column[1]) for column in rows(till.shop, f"PRAGMA table_info({table})")) for table in tables
    }  # fmt: skip
    assert real.pop("schema_version") == ("version",)
    assert real.pop("field_stamp")  # of the version before, which must still run on this schema
    assert real == COLUMNS


def test_an_empty_file_has_version_0_and_gets_the_last_one() -> None:
    db = APSWDatabase(":memory:")
    assert schema_version(db) == 0
    migrate(db)
    assert schema_version(db) == len(STEPS)
    migrate(db)
    assert db.execute_sql("SELECT count(*) FROM schema_version").fetchone()[0] == len(STEPS)
    db.close()


def test_a_step_that_fails_leaves_the_version_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_shop(tmp_path).store.close()
    broken = (*STEPS, ("CREATE TABLE half (n INTEGER)", "CREATE TABLE till (n INTEGER)"))
    monkeypatch.setattr(migrations, "STEPS", broken)
    with pytest.raises(StoreError, match="already exists"):
        Store(tmp_path / "till.db")
    monkeypatch.setattr(migrations, "STEPS", STEPS)
    till = make_shop(tmp_path)
    assert rows(till.shop, "SELECT max(version) FROM schema_version") == [(len(STEPS),)]
    assert rows(till.shop, "SELECT 1 FROM sqlite_master WHERE name = 'half'") == []
    till.store.close()


def test_this_program_runs_on_the_schema_of_a_newer_one(till: TestShop, tmp_path: Path) -> None:
    rows(till.shop, "ALTER TABLE receipt ADD COLUMN later TEXT")
    rows(till.shop, "INSERT INTO schema_version (version) VALUES (99)")
    again = make_shop(tmp_path)
    open_for_sale(again.shop)
    assert sell(again.shop).number == "P1A-000001"
    again.store.close()
