from pathlib import Path

import pytest

from appliance.domain.journal import FieldStamp, FiscalCorrected, ItemEdited, Kind, Row
from appliance.domain.pricelist import RowKind
from appliance.domain.stamps import Stamp
from backoffice import migrations
from backoffice.intake import project_waiting
from backoffice.migrations import MIGRATIONS, migrate
from backoffice.pricelist.listing import row_of
from backoffice.tables import Tables, open_database
from tests.journals import MORNING, TillJournal


def test_a_new_database_gets_every_version_once_and_a_restart_none(tmp_path: Path) -> None:
    tables = Tables(open_database(url="", data_dir=tmp_path))
    for _ in range(2):
        assert migrate(tables) == len(MIGRATIONS)
    with tables.reading():
        done = tables.run_sql("SELECT version, name FROM schema_version ORDER BY version").fetchall()
    assert [tuple(row) for row in done] == [(n, f"version_{n}") for n in range(1, len(MIGRATIONS) + 1)]


def test_receipts_of_an_older_database_have_no_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = Tables(open_database(url="", data_dir=tmp_path))
    with monkeypatch.context() as before:
        before.setattr(migrations, "MIGRATIONS", MIGRATIONS[:2])
        migrate(tables)
    with tables.writing():
        tables.run_sql(
            "INSERT INTO account (account_id, email, password_hash, created_at) VALUES (1, 'a@b.cz', 'x', 't')"
        )
        tables.run_sql(
            "INSERT INTO till (account_id, till_id, prefix, id_pokl, name, token_hash, paired_at)"
            " VALUES (1, 't', 'P1', '1', 'Pokladna', 'h', 't')"
        )
        tables.run_sql(
            "INSERT INTO receipt (account_id, doc_id, till_id, number, issued_at, issued_utc, day, hour, kind,"
            " total_haler, paid_haler, user_name, shift_id, fiscal_state)"
            " VALUES (1, 'd', 't', 'P1A-1', 't', 't', 't', 1, 'sale', 1, 1, 'Jana', 's', 'confirmed')"
        )
    assert migrate(Tables(open_database(url="", data_dir=tmp_path))) == len(MIGRATIONS)
    with tables.reading():
        assert [row["fiscal_warnings"] for row in tables.rows(tables.receipt.select())] == [""]


def test_two_backoffices_in_one_process_do_not_share_a_database(tmp_path: Path) -> None:
    first, second = (Tables(open_database(url="", data_dir=tmp_path / name)) for name in ("a", "b"))
    migrate(first)
    migrate(second)
    with first.writing():
        first.account.insert(account_id=1, email="a@b.cz", password_hash="x", created_at="t").execute()
    with first.reading(), second.reading():
        assert len(first.rows(first.account.select())) == 1
        assert second.rows(second.account.select()) == []


def test_every_key_and_foreign_key_begins_with_the_account(tmp_path: Path) -> None:
    tables = Tables(open_database(url="", data_dir=tmp_path))
    migrate(tables)
    with tables.reading():
        names = [row[0] for row in tables.run_sql("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        for name in set(names) - {"schema_version"}:
            columns = tables.run_sql(f"PRAGMA table_info({name})").fetchall()
            key = [column[1] for column in sorted(columns, key=lambda c: c[5]) if column[5]]
            assert key[0] == "account_id", name
            for foreign in tables.run_sql(f"PRAGMA foreign_key_list({name})").fetchall():
                assert foreign[1] != 0 or foreign[3] == "account_id", name


def test_what_an_older_version_took_without_a_meaning_is_projected_after_the_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = TillJournal()
    journal.open_shift()
    sold = journal.sell()
    assert sold.fiscal is not None
    change = FieldStamp("name", '"Rohlík"', str(Stamp(1_000, 0, journal.till_id)))
    journal.append(Kind.ITEM_EDITED, ItemEdited("r", "Jana", (change,)), v=1)
    corrected = journal.append(
        Kind.FISCAL_CORRECTED, FiscalCorrected(sold.doc_id, "1", "Jana", "oprava", sold.fiscal, sold.fiscal)
    )
    tables = Tables(open_database(url="", data_dir=tmp_path))
    with monkeypatch.context() as before:
        before.setattr(migrations, "MIGRATIONS", MIGRATIONS[:3])
        migrate(tables)
    with tables.writing():
        tables.run_sql(
            "INSERT INTO account (account_id, email, password_hash, created_at) VALUES (1, 'a@b.cz', 'x', 't')"
        )
        tables.run_sql(
            "INSERT INTO till (account_id, till_id, prefix, id_pokl, name, token_hash, paired_at)"
            " VALUES (1, ?, 'P1', '1', 'Pokladna', 'h', 't')",
            journal.till_id,
        )
        tables.run_sql(
            "INSERT INTO receipt (account_id, doc_id, till_id, number, issued_at, issued_utc, day, hour, kind,"
            " total_haler, paid_haler, user_name, shift_id, fiscal_state)"
            " VALUES (1, ?, ?, 'P1A-1', 't', 't', 't', 1, 'sale', 1, 1, 'Jana', ?, 'waiting')",
            sold.doc_id,
            journal.till_id,
            journal.shift_id,
        )
        tables.run_sql(
            "INSERT INTO shift (account_id, shift_id, till_id, opened_at, opened_utc, opened_by, float_haler)"
            " VALUES (1, ?, ?, 't', 't', 'Jana', 0)",
            journal.shift_id,
            journal.till_id,
        )
        for row in journal.rows:
            _keep(tables, row)
    migrate(tables)
    assert project_waiting(tables, now=MORNING) == 3
    item = row_of(tables, 1, RowKind.ITEM, "r")
    assert item is not None
    assert item["fields"] == {"name": "Rohlík"}
    with tables.reading():
        assert [row["epoch"] for row in tables.rows(tables.epoch.select())] == [journal.epoch]
        receipt = tables.rows(tables.receipt.select())[0]
        assert (receipt["epoch"], receipt["seq"], receipt["corrected_by"]) == (journal.epoch, 3, corrected.doc_id)
        shift = tables.rows(tables.shift.select())[0]
        assert (shift["opened_epoch"], shift["opened_seq"]) == (journal.epoch, 2)
        assert {row["state"] for row in tables.rows(tables.journal_row.select())} == {"projected"}


def _keep(tables: Tables, row: Row) -> None:
    """As every version keeps a row that it has read."""
    tables.journal_row.insert(
        account_id=1,
        till_id=row.till_id,
        epoch=row.epoch,
        seq=row.seq,
        hash=row.hash.hex(),
        prev_hash=row.prev_hash.hex(),
        doc_id=row.doc_id,
        kind=row.kind,
        v=row.v,
        at=row.at,
        body=row.body,
        verified=1,
        state="projected",
        received_at="t",
    ).execute()
