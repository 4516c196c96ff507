"""Kills, power cuts and broken connections at any write: no receipt stands twice on paper without KOPIE."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from appliance.domain.money import Money
from appliance.service import cash, print_queue, receipts
from tests.appliance.printing.desk import Killed, PrintDesk
from tests.shops import card, make_shop, open_for_sale, rows, sell

END = "Na shledanou"  # the last line of every receipt of this shop
BROKEN_OFF = "--- tisk přerušen ---"
CALL = st.integers(1, 70)


class PrintingThroughCrashes(RuleBasedStateMachine):
    @initialize()
    def open_the_shop(self) -> None:
        self.folder = TemporaryDirectory()
        test_shop = make_shop(Path(self.folder.name))
        open_for_sale(test_shop.shop)
        self.desk = PrintDesk(test_shop)
        self.sold: list[str] = []
        self.dropped: set[str] = set()
        self.boots = 1

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        try:
            self.all_is_printed_in_the_end()
        finally:
            self.desk.test_shop.store.close()
            self.folder.cleanup()

    def all_is_printed_in_the_end(self) -> None:
        self.desk.printer.breaks_at = self.desk.printer.kills_at = set()
        self.desk.print_all(jobs_max=500)
        print_queue.answer(self.desk.test_shop.shop, print_again=True)
        self.desk.print_all(jobs_max=500)
        assert "ask" not in self.desk.states()
        for number in self.sold:
            whole = [paper for paper in self.desk.printer.papers if number in paper and END in paper.split(number)[-1]]
            assert whole or number in self.dropped, number
        self.no_receipt_stands_twice()

    @rule(by_card=st.booleans())
    def sale(self, by_card: bool) -> None:
        tenders = (card(Money(5280)),) if by_card else None
        self.sold.append(sell(self.desk.test_shop.shop, tenders=tenders).number)

    @rule()
    def drawer(self) -> None:
        cash.open_drawer(self.desk.test_shop.shop, "kontrola")

    @rule()
    def reprint_the_last(self) -> None:
        if self.sold:
            (doc_id,) = rows(self.desk.test_shop.shop, "SELECT doc_id FROM receipt ORDER BY row DESC LIMIT 1")[0]
            receipts.reprint(self.desk.test_shop.shop, str(doc_id))

    @rule()
    def print_what_waits(self) -> None:
        self.desk.print_all()

    @rule(call=CALL, effect_first=st.booleans())
    def connection_breaks(self, call: int, effect_first: bool) -> None:
        self._plan(call, effect_first=effect_first)
        self.desk.printer.breaks_at = {self.desk.printer.calls + call}
        self.desk.print_all()
        self.desk.printer.breaks_at = set()

    @rule(call=CALL, effect_first=st.booleans(), power_cut=st.booleans(), marks_lost=st.booleans())
    def process_dies(self, call: int, effect_first: bool, power_cut: bool, marks_lost: bool) -> None:
        self._plan(call, effect_first=effect_first)
        self.desk.printer.kills_at = {self.desk.printer.calls + call}
        before = rows(self.desk.test_shop.shop, "SELECT n FROM print_job WHERE state = 'waiting'")
        try:
            self.desk.print_all()
        except Killed:
            if power_cut and marks_lost:
                for (n,) in before:  # marks are not fsynced: the last progress may be gone
                    rows(self.desk.test_shop.shop, "UPDATE print_job SET state = 'waiting' WHERE n = ?", n)
        self.desk.printer.kills_at = set()
        if power_cut:
            self.boots += 1
            test_shop = self.desk.test_shop
            shop = replace(test_shop.shop, boot=f"boot-{self.boots}")
            self.desk.test_shop = replace(test_shop, shop=shop)
        self.desk.start()

    @rule(print_again=st.booleans())
    def cashier_answers(self, print_again: bool) -> None:
        if not print_again:
            self.dropped |= {job.number for job in print_queue.asking(self.desk.test_shop.shop)}
        print_queue.answer(self.desk.test_shop.shop, print_again=print_again)

    @invariant()
    def no_receipt_stands_twice(self) -> None:
        if not hasattr(self, "desk"):
            return
        papers = [*self.desk.printer.papers, "\n".join(self.desk.printer.uncut)]
        for number in self.sold:
            unmarked = [paper for paper in papers if number in paper and "KOPIE" not in paper.split(number)[0]]
            assert len(unmarked) <= 1, number
            assert all(paper.count(number) == 1 for paper in unmarked), number
        for paper in papers:  # a broken document is ended before the next one begins
            assert sum(number in paper for number in self.sold) <= 1, paper

    def _plan(self, call: int, *, effect_first: bool) -> None:
        self.desk.printer.effect_first = effect_first


PrintingThroughCrashes.TestCase.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)

TestPrintingThroughCrashes = PrintingThroughCrashes.TestCase


def test_all_jobs_of_an_earlier_boot_are_asked_about_once(tmp_path: Path) -> None:
    test_shop = make_shop(tmp_path)
    open_for_sale(test_shop.shop)
    for _ in range(150):
        sell(test_shop.shop, tenders=(card(Money(5280)),))
    cash.open_drawer(test_shop.shop, "kontrola")
    desk = PrintDesk(replace(test_shop, shop=replace(test_shop.shop, boot="boot-2")))
    desk.print_all()
    assert desk.printer.log == []
    assert desk.states() == ["ask"] * 150 + ["dropped"]
    print_queue.answer(desk.test_shop.shop, print_again=True)
    desk.print_all(jobs_max=400)
    assert len(desk.printer.papers) == 151  # and the slip that ends what may stand on the paper
    assert all(paper.startswith("KOPIE") for paper in desk.printer.papers[1:])
