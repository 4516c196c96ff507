"""What waits is found through its index, however much is done already (B2: a million receipts stay fast)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.domain.delivery import FiscalState, PrintState
from appliance.domain.fiscal import Dialect, Mode
from appliance.store import fiscal, queues
from appliance.store.tables import Tables
from tests.shops import make_shop, rows

Read = Callable[[Tables], object]

READS: dict[str, Read] = {
    "the next job": lambda tables: queues.jobs(tables, PrintState.WAITING, limit=1),
    "unfinished jobs": lambda tables: queues.jobs(tables, PrintState.STARTED, PrintState.ASK),
    "waiting drawers": queues.waiting_kicks,
    "how many jobs": lambda tables: queues.count_jobs(tables, PrintState.WAITING, PrintState.STARTED),
    "the newest records": lambda tables: fiscal.untried_ids(tables, limit=100),
    "the oldest records": fiscal.waiting_ids,
    "parked records": lambda tables: fiscal.open_records(tables, FiscalState.PARKED),
    "a page of the queue": lambda tables: fiscal.open_page(tables, limit=9),
    "how many wait": lambda tables: fiscal.count_records(tables, FiscalState.WAITING),
    "how many are parked": lambda tables: fiscal.count_records(tables, FiscalState.PARKED),
    "the oldest not reported": lambda t: fiscal.oldest_unreported(t, Mode.LIVE),
    "answers to judge again": lambda tables: fiscal.unjudged_answers(tables, Dialect.V4),
    "attempts of a record": lambda tables: fiscal.attempts_of(tables, "doc"),
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
