"""A till keeps ten years of documents: what is asked at each sale and each poll must not read them all."""

from collections.abc import Callable
from typing import Any

import pytest

from appliance.domain.delivery import FiscalState, PrintState
from appliance.domain.fiscal import Dialect, Mode
from appliance.store import catalogue, fiscal, journal, queues, sales, settings, stock
from appliance.store.tables import Tables
from tests.shops import ITEMS, OTHER, ROLL, TestShop, open_for_sale, sell

AT = "2027-02-01T08:00:00+01:00"
QUESTIONS: dict[str, Callable[[Tables], object]] = {
    "rows after the ack": lambda t: journal.rows_after(t, 0, limit=5),
    "rows of a shift": lambda t: journal.places_of_shift(t, "shift"),
    "a row": lambda t: journal.place_of(t, "epoch", 1),
    "shifts without proof": sales.shifts_without_proof,
    "receipts of a shift": lambda t: list(sales.receipts_of_shift(t, "shift")),
    "how many of a shift": lambda t: sales.count_of_shift(t, "shift"),
    "cash moves of a shift": lambda t: sales.cash_moves(t, "shift"),
    "whether it is refunded": lambda t: sales.is_refunded(t, "doc"),
    "a receipt": lambda t: sales.load_receipt(t, "doc"),
    "jobs to print": lambda t: queues.jobs(t, PrintState.WAITING, PrintState.STARTED),
    "jobs to ask about": lambda t: queues.jobs(t, PrintState.ASK),
    "how many jobs": lambda t: queues.count_jobs(t, PrintState.WAITING, PrintState.STARTED),
    "waiting records": fiscal.waiting_ids,
    "records never tried": lambda t: fiscal.untried_ids(t, limit=100),
    "answers to forget": lambda t: fiscal.forget_answers(t, before=AT, limit=100),
    "parked records": lambda t: fiscal.open_records(t, FiscalState.PARKED),
    "a page of the queue": lambda t: fiscal.open_page(t, limit=9),
    "records without codes": lambda t: fiscal.without_codes(t, limit=9),
    "how many records": lambda t: fiscal.count_records(t, FiscalState.WAITING),
    "the oldest not reported": lambda t: fiscal.oldest_unreported(t, Mode.LIVE),
    "answers to judge again": lambda t: fiscal.unjudged_answers(t, Dialect.V4),
    "attempts of a record": lambda t: fiscal.attempts_of(t, "doc"),
    "an item by code": lambda t: catalogue.items_by_code(t, "8594001021234"),
    "items like those in a file": lambda t: catalogue.similar_items(t, [ROLL, OTHER]),
    "levels": lambda t: stock.levels_of(t, "wh", ["item"]),
    "the warehouse of the till": settings.warehouse_id,
    "stamps": lambda t: catalogue.stamps_of_items(t, ["item"]),
}
IN_ORDER_OF_AN_INDEX = {
    "the end of the journal": journal.unsent,
    "the open shift": sales.open_shift,
    "the last closing": sales.last_closed_shift,
    "the next shift": sales.next_shift_number,
    "the running sync": queues.unfinished_run,
    "the last sync": queues.last_run,
    "the newest receipts": lambda t: sales.list_receipts(t, limit=5, offset=0, search=""),
    "a page of items": lambda t: catalogue.list_items(t, category_id=None, limit=5),
}


@pytest.fixture
def busy(till: TestShop) -> TestShop:
    with till.store.fact() as tables:
        catalogue.put_items(tables, ITEMS, stamps={item.item_id: "" for item in ITEMS})
    open_for_sale(till.shop)
    sell(till.shop)
    return till


def steps_of(till: TestShop, ask: Callable[[Tables], object], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """SQLite's plan for each statement of one question."""
    plan: list[str] = []
    execute: Any = till.store._db.execute_sql

    def explained(sql: str, params: Any = None, **options: Any) -> Any:
        if sql.startswith("SELECT"):
            plan.extend(step[3] for step in execute("EXPLAIN QUERY PLAN " + sql, params).fetchall())
        return execute(sql, params, **options)

    with monkeypatch.context() as patched:
        patched.setattr(till.store._db, "execute_sql", explained)
        ask(till.store.tables)
    assert plan
    return plan


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_asked_all_day_is_found_by_an_index(
    busy: TestShop, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = steps_of(busy, QUESTIONS[question], monkeypatch)
    scanned = [step for step in steps if step.startswith("SCAN") and "shift_unproven" not in step]
    assert scanned == []


@pytest.mark.parametrize("question", IN_ORDER_OF_AN_INDEX)
def test_the_newest_and_the_next_are_read_in_the_order_of_an_index_without_sorting(
    busy: TestShop, question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = steps_of(busy, IN_ORDER_OF_AN_INDEX[question], monkeypatch)
    assert [step for step in steps if "TEMP B-TREE" in step] == []
