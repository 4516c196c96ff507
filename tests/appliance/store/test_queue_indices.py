"""What waits is found through its index, however much is done already (B2: a million receipts stay fast)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.domain.delivery import FiscalState, PrintState
from appliance.store import queues
from appliance.store.tables import Tables
from tests.shops import make_shop, rows

Read = Callable[[Tables], object]

READS: dict[str, Read] = {
    "the next job": lambda tables: queues.jobs(tables, PrintState.WAITING, limit=1),
    "unfinished jobs": lambda tables: queues.jobs(tables, PrintState.STARTED, PrintState.ASK),
    "waiting drawers": queues.waiting_kicks,
    "how many jobs": lambda tables: queues.count_jobs(tables, PrintState.WAITING, PrintState.STARTED),
    "the newest records": lambda tables: queues.waiting_records(tables, newest_first=True, limit=500),
    "the oldest records": lambda tables: queues.waiting_records(tables, newest_first=False, limit=500),
    "how many wait": lambda tables: queues.count_records(tables, FiscalState.WAITING),
    "how many are parked": lambda tables: queues.count_records(tables, FiscalState.PARKED),
    "attempts of a record": lambda tables: queues.was_attempted(tables, "doc"),
}


@pytest.mark.parametrize("name", READS)
def test_what_waits_is_found_without_reading_what_is_done(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_shop = make_shop(tmp_path)
    database = test_shop.store._db
    seen: list[tuple[str, tuple[object, ...]]] = []
    run = database.execute_sql

    def watched(sql: str, params: tuple[object, ...] = (), *more: object) -> object:
        seen.append((sql, tuple(params or ())))
        return run(sql, params, *more)

    monkeypatch.setattr(database, "execute_sql", watched)
    READS[name](test_shop.shop.tables)
    monkeypatch.undo()
    ((sql, parameters),) = seen
    plan = [str(row[3]) for row in rows(test_shop.shop, f"EXPLAIN QUERY PLAN {sql}", *parameters)]
    assert [line for line in plan if line.startswith("SCAN")] == []
    assert any("USING" in line and "INDEX" in line for line in plan)
    test_shop.store.close()
