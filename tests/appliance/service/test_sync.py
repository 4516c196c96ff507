from appliance.service import sync
from appliance.service.sync import SyncRun
from appliance.store import queues
from tests.shops import TestShop


def test_a_request_is_a_row_whose_progress_everybody_reads(till: TestShop) -> None:
    assert sync.last_sync_run(till.shop) is None
    run_id = sync.request_sync(till.shop)
    assert sync.sync_run(till.shop, run_id) == SyncRun(run_id, "waiting", 0, 0, False, "", "")
    with till.shop.mark() as tables:
        queues.update_run(tables, run_id, phase="upload", done=3, total=7)
    assert sync.last_sync_run(till.shop) == SyncRun(run_id, "upload", 3, 7, False, "", "")
    assert till.wakes.names == ["sync"]


def test_a_second_request_joins_the_running_one_and_wakes_it_again(till: TestShop) -> None:
    run_id = sync.request_sync(till.shop)
    assert sync.request_sync(till.shop) == run_id
    assert till.wakes.names == ["sync", "sync"]


def test_after_the_end_of_one_run_a_new_one_begins(till: TestShop) -> None:
    first = sync.request_sync(till.shop)
    with till.shop.mark() as tables:
        queues.update_run(tables, first, phase="done", finished_at="2027-02-01T08:00:05+01:00", error="unreachable")
    till.clock.forward(minutes=1)
    second = sync.request_sync(till.shop)
    assert second != first
    ended = sync.sync_run(till.shop, first)
    assert ended is not None
    assert (ended.finished, ended.error) == (True, "unreachable")
    last = sync.last_sync_run(till.shop)
    assert last is not None
    assert last.run_id == second


def test_the_last_run_is_the_one_asked_for_last_whatever_the_clock_says(till: TestShop) -> None:
    first = sync.request_sync(till.shop)
    with till.shop.mark() as tables:
        queues.update_run(tables, first, phase="done", finished_at="2027-02-01T08:00:05+01:00")
    till.clock.back(days=300)
    second = sync.request_sync(till.shop)
    last = sync.last_sync_run(till.shop)
    assert last is not None
    assert last.run_id == second


def test_an_unknown_run_is_none(till: TestShop) -> None:
    assert sync.sync_run(till.shop, "nobody") is None
