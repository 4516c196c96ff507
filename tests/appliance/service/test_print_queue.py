from appliance.domain.delivery import PrintState
from appliance.service import print_queue
from appliance.service.print_queue import AskedJob
from appliance.store import queues
from tests.shops import TestShop, rows, sell


def broken_off(till: TestShop) -> list[str]:
    """Three sales; the paper of two of them was begun and not finished."""
    numbers = [sell(till.shop).number for _ in range(3)]
    with till.shop.mark() as tables:
        for job in queues.jobs(tables, PrintState.WAITING)[:2]:
            queues.set_job(tables, job.job_id, PrintState.ASK)
    till.wakes.names.clear()
    return numbers[:2]


def test_the_cashier_is_asked_once_about_all_paper_that_may_not_have_come_out(selling: TestShop) -> None:
    assert print_queue.asking(selling.shop) == ()
    asked = broken_off(selling)
    found = print_queue.asking(selling.shop)
    assert [job.number for job in found] == asked
    assert found[0] == AskedJob(found[0].job_id, "receipt", asked[0])


def test_yes_prints_all_of_it_as_copies(selling: TestShop) -> None:
    broken_off(selling)
    print_queue.answer(selling.shop, print_again=True)
    assert rows(selling.shop, "SELECT state, is_copy, kick FROM print_job ORDER BY n") == [
        ("waiting", 1, 0), ("waiting", 1, 0), ("waiting", 0, 1),
    ]  # fmt: skip
    assert print_queue.asking(selling.shop) == ()
    assert selling.wakes.names == ["print"]


def test_no_drops_all_of_it(selling: TestShop) -> None:
    broken_off(selling)
    print_queue.answer(selling.shop, print_again=False)
    assert rows(selling.shop, "SELECT state FROM print_job ORDER BY n") == [("dropped",), ("dropped",), ("waiting",)]
    assert print_queue.asking(selling.shop) == ()
