"""The print process on the real driver and a printer on TCP, down to decoded papers and drawer pulses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.money import Money, crowns
from appliance.printing.spooler import Spooler, SpoolerOptions
from appliance.service import print_queue, shift
from drivers.printer import NetworkPrinter
from drivers.virtual.printer import VirtualPrinter
from tests.appliance.printing.desk import FakeWaiter
from tests.shops import TestShop, card, make_shop, open_for_sale, rows, sell


class OnPaper:
    """A shop, its spooler with the network driver, and the twin it prints on."""

    def __init__(self, folder: Path, twin: VirtualPrinter) -> None:
        self.twin = twin
        self.test_shop: TestShop = make_shop(folder)
        open_for_sale(self.test_shop.shop)
        self.waiter = FakeWaiter()
        self.printer = NetworkPrinter("127.0.0.1", twin.port, stall_timeout_s=2.0)
        options = SpoolerOptions(response_wait_s=2.0)
        self.spooler = Spooler(self.test_shop.shop, self.printer, self.waiter, options, lambda: self.waiter.now)
        self.spooler.recover()

    def print_all(self) -> None:
        for _ in range(50):
            if not self.spooler.print_waiting():
                return
        raise AssertionError("the queue never gets empty")

    def papers(self) -> list[str]:
        return [path.read_text("utf-8") for path in sorted((self.twin.folder / "paper").glob("*.txt"))]

    def events(self) -> list[str]:
        lines = (self.twin.folder / "events.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line)["kind"] for line in lines]

    def states(self) -> list[str]:
        return [str(state) for (state,) in rows(self.test_shop.shop, "SELECT state FROM print_job ORDER BY n")]


@pytest.fixture
def on_paper(tmp_path: Path) -> Iterator[OnPaper]:
    twin = VirtualPrinter(tmp_path / "printer")
    twin.start()
    made = OnPaper(tmp_path / "till", twin)
    yield made
    made.printer.close()
    twin.close()
    made.test_shop.store.close()


def test_a_cash_sale_pulses_the_drawer_before_the_first_text(on_paper: OnPaper) -> None:
    receipt = sell(on_paper.test_shop.shop)
    on_paper.print_all()
    kinds = [kind for kind in on_paper.events() if kind in {"drawer", "first_text", "cut"}]
    assert kinds == ["drawer", "first_text", "cut"]
    (paper,) = on_paper.papers()
    assert receipt.number in paper
    assert "Rohlík tukový" in paper


def test_a_shift_on_paper_is_every_receipt_once_and_the_closing(on_paper: OnPaper) -> None:
    numbers = [sell(on_paper.test_shop.shop, tenders=(card(Money(5280)),)).number for _ in range(5)]
    shift.close_shift(on_paper.test_shop.shop, counted=crowns(1000))
    on_paper.print_all()
    papers = on_paper.papers()
    assert len(papers) == 6
    assert [number for number in numbers if sum(number in paper for paper in papers[:5]) == 1] == numbers
    assert "Denní uzávěrka (Z)" in papers[5]
    assert "drawer" not in on_paper.events()


def test_papers_wait_while_there_is_no_paper_and_come_out_unmarked(on_paper: OnPaper) -> None:
    on_paper.twin.set_faults(paper_out=True)
    for _ in range(2):
        sell(on_paper.test_shop.shop)
    for _ in range(3):
        on_paper.spooler.print_waiting()
    assert on_paper.states() == ["waiting", "waiting"]
    on_paper.twin.set_faults(paper_out=False)
    on_paper.print_all()
    assert on_paper.states() == ["done", "done"]
    assert [paper.count("KOPIE") for paper in on_paper.papers()] == [0, 0]


def test_paper_that_ends_unseen_asks_and_the_copy_says_so(on_paper: OnPaper) -> None:
    sell(on_paper.test_shop.shop)
    on_paper.print_all()
    on_paper.twin.set_faults(paper_out=True)  # after the printer was last seen to be ready
    number = sell(on_paper.test_shop.shop).number
    on_paper.spooler.print_waiting()
    assert on_paper.states() == ["done", "ask"]
    on_paper.twin.set_faults(paper_out=False)
    print_queue.answer(on_paper.test_shop.shop, print_again=True)
    on_paper.print_all()
    assert on_paper.states() == ["done", "done"]
    unmarked = [paper for paper in on_paper.papers() if number in paper and "KOPIE" not in paper]
    marked = [paper for paper in on_paper.papers() if number in paper and "KOPIE" in paper]
    assert (len(unmarked) <= 1, len(marked)) == (True, 1)


def test_an_unplugged_printer_loses_nothing(on_paper: OnPaper) -> None:
    on_paper.twin.set_faults(offline=True)
    number = sell(on_paper.test_shop.shop).number
    on_paper.spooler.print_waiting()
    assert on_paper.states() == ["waiting"]
    on_paper.twin.set_faults(offline=False)
    on_paper.printer.close()
    on_paper.print_all()
    (paper,) = on_paper.papers()
    assert number in paper
    assert "KOPIE" not in paper
