from appliance.domain.delivery import PrintState
from appliance.store import queues
from appliance.store.queues import JobKind
from appliance.store.tables import Tables
from tests.shops import TestShop

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
