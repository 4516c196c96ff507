import pytest

from appliance.domain.delivery import FiscalState, PrintState
from appliance.domain.fiscal import Dialect, FrozenSale, Mode
from appliance.store import queues
from appliance.store.db import StoreError
from appliance.store.queues import JobKind
from appliance.store.tables import Tables
from tests.shops import TestShop, open_for_sale, sell

AT = "2027-02-01T08:00:00+01:00"


def add_jobs(tables: Tables, *job_ids: str) -> None:
    for job_id in job_ids:
        queues.add_job(
            tables, job_id=job_id, kind=JobKind.RECEIPT, doc_id="d", number="1", at=AT, boot="boot-1", kick=True
        )


def states(tables: Tables) -> dict[str, PrintState]:
    return {job.job_id: job.state for job in queues.jobs(tables, *PrintState, limit=1000)}


def test_jobs_come_in_the_order_they_were_made_and_by_state(till: TestShop) -> None:
    with till.store.fact() as tables:
        add_jobs(tables, "b", "a", "c")
        queues.set_job(tables, "a", PrintState.STARTED)
        queues.set_job(tables, "c", PrintState.DONE)
        queues.kicked(tables, "b")
    assert [job.job_id for job in queues.jobs(tables, PrintState.WAITING, PrintState.STARTED)] == ["b", "a"]
    assert [job.kick for job in queues.jobs(tables, PrintState.WAITING, PrintState.STARTED)] == [False, True]
    assert queues.count_jobs(tables, PrintState.WAITING, PrintState.STARTED) == 2
    assert [job.job_id for job in queues.jobs(tables, *PrintState, limit=1)] == ["b"]


def test_all_asked_jobs_wait_again_as_copies_that_leave_the_drawer_shut(till: TestShop) -> None:
    with till.store.fact() as tables:
        add_jobs(tables, "asked", "waiting", "done")
        queues.set_job(tables, "asked", PrintState.ASK)
        queues.set_job(tables, "done", PrintState.DONE)
        queues.requeue_asked(tables, boot="boot-2")
    by_id = {job.job_id: job for job in queues.jobs(tables, *PrintState)}
    assert states(tables) == {"asked": PrintState.WAITING, "waiting": PrintState.WAITING, "done": PrintState.DONE}
    assert (by_id["asked"].is_copy, by_id["asked"].kick, by_id["asked"].boot) == (True, False, "boot-2")
    assert (by_id["waiting"].is_copy, by_id["waiting"].kick, by_id["waiting"].boot) == (False, True, "boot-1")


def test_all_asked_jobs_are_dropped_even_a_whole_day_of_them(till: TestShop) -> None:
    names = [f"job-{n}" for n in range(250)]
    with till.store.fact() as tables:
        add_jobs(tables, *names)
        for name in names:
            queues.set_job(tables, name, PrintState.ASK)
        queues.drop_asked(tables)
    assert set(states(tables).values()) == {PrintState.DROPPED}


def test_a_fiscal_record_keeps_its_data_to_the_character(till: TestShop) -> None:
    open_for_sale(till.shop)
    receipt = sell(till.shop)
    record = queues.load_record(till.store.tables, receipt.doc_id)
    assert record is not None
    assert receipt.fiscal is not None
    assert list(record.data.items()) == list(receipt.fiscal.data.items())
    assert (record.number, record.dialect, record.mode) == (receipt.number, "v4", "playground")
    assert (record.state, record.attempts, record.code, record.boot) == (FiscalState.WAITING, 0, "", "boot-1")
    assert queues.load_record(till.store.tables, "nobody") is None


def test_waiting_records_come_newest_or_oldest_first_and_are_counted_with_their_age(till: TestShop) -> None:
    open_for_sale(till.shop)
    made = []
    for _ in range(3):
        made.append(sell(till.shop))
        till.clock.forward(minutes=1)
    tables = till.store.tables
    with till.store.fact():
        queues.update_record(tables, made[1].doc_id, state=FiscalState.PARKED.value, reason="error 6")
    newest = queues.waiting_records(tables, newest_first=True, limit=10)
    assert [record.doc_id for record in newest] == [made[2].doc_id, made[0].doc_id]
    assert queues.waiting_records(tables, newest_first=False, limit=1)[0].doc_id == made[0].doc_id
    assert queues.count_records(tables, FiscalState.WAITING) == (2, made[0].issued_at)
    assert queues.count_records(tables, FiscalState.PARKED) == (1, made[1].issued_at)
    assert queues.count_records(tables, FiscalState.CONFIRMED) == (0, "")


def test_sales_of_one_second_are_told_apart_by_their_numbers(till: TestShop) -> None:
    open_for_sale(till.shop)
    numbers = [sell(till.shop).number for _ in range(3)]
    newest = queues.waiting_records(till.store.tables, newest_first=True, limit=10)
    assert [record.number for record in newest] == numbers[::-1]


def test_an_attempt_is_remembered_before_and_after_its_answer(till: TestShop) -> None:
    open_for_sale(till.shop)
    doc_id = sell(till.shop).doc_id
    tables = till.store.tables
    assert not queues.was_attempted(tables, doc_id)
    with till.store.mark():
        queues.add_attempt(tables, uuid="u1", doc_id=doc_id, at=AT)
    assert queues.was_attempted(tables, doc_id)
    with till.store.mark():
        queues.finish_attempt(tables, "u1", outcome="timeout", detail="20 s", trace_id="t", answer=b"<x/>")
    found = tables.fiscal_attempt.select(tables.fiscal_attempt.outcome, tables.fiscal_attempt.answer).tuples().first()
    assert found == ("timeout", b"<x/>")


def test_a_record_of_no_receipt_is_refused_by_the_file_itself(till: TestShop) -> None:
    frozen = FrozenSale(Dialect.V4, Mode.LIVE, {"celk_trzba": "1.00"})
    with pytest.raises(StoreError, match="FOREIGN KEY"), till.store.fact() as tables:
        queues.add_record(tables, doc_id="nobody", number="1", frozen=frozen, at=AT, boot="b")


def test_a_note_is_replaced_and_dropped(till: TestShop) -> None:
    with till.store.mark() as tables:
        queues.set_note(tables, "printer", {"word": "ok"}, at=AT)
        queues.set_note(tables, "printer", {"word": "paper_out", "proč": "žlutá"}, at=AT)
        queues.set_note(tables, "eet", {"fault": ""}, at=AT)
    assert queues.note(tables, "printer") == {"word": "paper_out", "proč": "žlutá"}
    with till.store.mark():
        queues.drop_note(tables, "printer")
    assert queues.note(tables, "printer") is None
    assert queues.note(tables, "eet") == {"fault": ""}


def test_a_sync_run_is_one_row_everybody_reads(till: TestShop) -> None:
    with till.store.mark() as tables:
        queues.add_run(tables, "run-1", at=AT)
    waiting = queues.unfinished_run(tables)
    assert waiting is not None
    assert (waiting.run_id, waiting.phase, waiting.done, waiting.total) == ("run-1", "waiting", 0, 0)
    with till.store.mark():
        queues.update_run(tables, "run-1", phase="done", done=3, total=3, finished_at=AT, result="3")
    assert queues.unfinished_run(tables) is None
    assert queues.load_run(tables, "run-1") == queues.last_run(tables)
    assert queues.load_run(tables, "nobody") is None
