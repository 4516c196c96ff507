from typing import Any

import pytest

from backoffice.history import receipt_row
from backoffice.site import Site
from tests.backoffice.house import Office
from tests.journals import TillJournal


def test_a_receipt_knows_what_refunded_it(office: Office) -> None:
    journal = TillJournal()
    journal.open_shift()
    sold = journal.sell()
    back = journal.refund(sold)
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    row = receipt_row(office.tables, office.account_id, sold.doc_id)
    assert row is not None
    assert [refund["doc_id"] for refund in row["refunds"]] == [back.doc_id]
    assert receipt_row(office.tables, office.account_id + 1, sold.doc_id) is None


def test_a_receipt_is_shown_without_a_look_at_all_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(site.tables)
    journal = TillJournal()
    journal.open_shift()
    sold = journal.sell()
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    told: list[str] = []
    run: Any = site.tables.database.execute_sql

    def explained(sql: str, params: Any = None) -> Any:
        if sql.startswith("SELECT"):
            told.extend(row[-1] for row in run(f"EXPLAIN QUERY PLAN {sql}", params).fetchall())
        return run(sql, params)

    monkeypatch.setattr(site.tables.database, "execute_sql", explained)
    assert receipt_row(site.tables, office.account_id, sold.doc_id) is not None
    assert told
    walks = ("(account_id=?)", "(account_id=? AND state=?)")
    assert not [line for line in told if line.startswith("SCAN") or line.endswith(walks)], told
