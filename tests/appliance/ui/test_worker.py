from collections.abc import Callable
from queue import Queue

import pytest

from appliance.domain.sale import PaymentRefused
from appliance.ui.worker import Worker

WAIT_S = 10


class Loop:
    """Stands for the Kivy thread: runs what is posted, in order."""

    def __init__(self) -> None:
        self.posted: Queue[Callable[[], None]] = Queue()

    def run_one(self) -> None:
        self.posted.get(timeout=WAIT_S)()


def test_outcomes_come_back_in_the_order_of_the_writes() -> None:
    loop = Loop()
    worker = Worker(loop.posted.put, name="test")
    seen: list[int] = []
    for n in range(3):
        worker.do(lambda n=n: n, seen.append, lambda error: None)
    for _n in range(3):
        loop.run_one()
    worker.close()
    assert seen == [0, 1, 2]


def test_a_refusal_is_handed_over_not_raised() -> None:
    loop = Loop()
    worker = Worker(loop.posted.put, name="test")
    refused: list[Exception] = []

    def work() -> None:
        raise PaymentRefused("not_enough")

    worker.do(work, lambda _: None, refused.append)
    loop.run_one()
    worker.close()
    assert [type(error) for error in refused] == [PaymentRefused]


def test_an_unexpected_error_is_raised_on_the_screens_thread() -> None:
    loop = Loop()
    worker = Worker(loop.posted.put, name="test")

    def work() -> None:
        raise KeyError("broken")

    worker.do(work, lambda _: None, lambda _: None)
    with pytest.raises(KeyError):
        loop.run_one()
    worker.close()
