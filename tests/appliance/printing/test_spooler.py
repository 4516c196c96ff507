"""sync.md §4: drawer first, body at once, the footer when the code is there; nothing twice without KOPIE."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Dialect, Mode
from appliance.domain.money import Money, Quantity, crowns
from appliance.domain.pricelist import TillSettings
from appliance.domain.stock import DraftLine, MoveKind, StockDraft
from appliance.service import cash, catalogue, print_queue, receipts, shift, stock
from appliance.service.settings import save_settings
from appliance.store import fiscal, queues
from drivers.ports import PrinterStatus
from tests.appliance.printing.desk import KICK, PrintDesk
from tests.shops import PLAYGROUND, ROLL, TAXPAYER, card, make_shop, open_for_sale, rows, sell

LATER = "Evidence tržby bude odeslána dodatečně"
PRACTICE_LATER = "Zkušební kód zatím nepřišel"
BROKEN_OFF = "--- tisk přerušen ---"
CODE = "7b66f7d3-86c7-4de6-8c56-fbf17af49411-ff"
BY_CARD = (card(Money(5280)),)  # what a roll and a soap cost


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[PrintDesk]:
    test_shop = make_shop(tmp_path)
    open_for_sale(test_shop.shop)
    yield PrintDesk(test_shop)
    test_shop.store.close()


def confirm(desk: PrintDesk, doc_id: str) -> None:
    with desk.test_shop.shop.fact() as tables:
        fiscal.update_record(tables, doc_id, state=FiscalState.CONFIRMED.value, code=CODE)


# ---- the order of things


def test_a_cash_sale_opens_the_drawer_before_the_first_line(desk: PrintDesk) -> None:
    sell(desk.test_shop.shop)
    desk.print_all()
    assert desk.printer.log[0] == KICK
    assert desk.printer.log.count(KICK) == 1


def test_a_card_sale_leaves_the_drawer_shut(desk: PrintDesk) -> None:
    sell(desk.test_shop.shop, tenders=BY_CARD)
    desk.print_all()
    assert KICK not in desk.printer.log


def test_the_body_is_out_before_the_code_and_the_footer_follows_it(desk: PrintDesk) -> None:
    receipt = sell(desk.test_shop.shop)
    seen: list[list[str]] = []

    def code_comes() -> None:
        seen.append(list(desk.printer.uncut))
        confirm(desk, receipt.doc_id)

    desk.waiter.at_wait.append(code_comes)
    desk.print_all()
    body = "\n".join(seen[0])
    assert receipt.number in body
    assert "Rohlík tukový" in body
    assert "POK" not in body
    (paper,) = desk.printer.papers
    assert paper.startswith(body)
    assert f"POK: {CODE}" in paper
    assert PRACTICE_LATER not in paper


def test_the_footer_says_so_when_the_wait_is_over(desk: PrintDesk) -> None:
    sell(desk.test_shop.shop)
    desk.print_all()
    assert sum(desk.waiter.waits) == 2.0
    (paper,) = desk.printer.papers
    assert PRACTICE_LATER in paper
    assert "POK" not in paper


def test_nobody_waits_for_a_code_while_another_document_waits(desk: PrintDesk) -> None:
    for _ in range(3):
        sell(desk.test_shop.shop)
    desk.print_all()
    assert sum(desk.waiter.waits) == 2.0  # only the last one had time
    assert len(desk.printer.papers) == 3


def test_a_document_that_comes_during_the_wait_ends_it(desk: PrintDesk) -> None:
    sell(desk.test_shop.shop)
    desk.waiter.at_wait.append(lambda: sell(desk.test_shop.shop))
    desk.print_all()
    assert desk.waiter.waits == [1.0, 1.0, 1.0]
    first = desk.printer.log.index("<cut>")
    assert KICK in desk.printer.log[1:first]  # the second sale's drawer did not wait for the first one's paper


@pytest.mark.parametrize("why", ["failed_once", "channel", "not_reported", "parked"])
def test_nobody_waits_for_a_code_that_cannot_come_now(tmp_path: Path, why: str) -> None:
    test_shop = make_shop(tmp_path, **({"regimes": ()} if why == "not_reported" else {}))  # type: ignore[arg-type]
    open_for_sale(test_shop.shop)
    desk = PrintDesk(test_shop)
    receipt = sell(test_shop.shop)
    with test_shop.shop.fact() as tables:
        if why == "failed_once":
            fiscal.update_record(tables, receipt.doc_id, attempts=1)
        if why == "channel":
            queues.set_note(
                tables, "eet", {"fault": "channel:tls", "channels": {"v4 playground": "channel:tls"}}, at=""
            )
        if why == "parked":
            fiscal.update_record(tables, receipt.doc_id, state="parked")
    desk.print_all()
    assert desk.waiter.waits == []
    assert (PRACTICE_LATER in desk.printer.papers[0]) == (why != "not_reported")


def test_a_playground_that_is_down_hurries_no_live_paper(tmp_path: Path) -> None:
    test_shop = make_shop(tmp_path, regimes=(replace(PLAYGROUND, mode=Mode.LIVE),))
    open_for_sale(test_shop.shop)
    desk = PrintDesk(test_shop)
    sell(test_shop.shop)
    with test_shop.shop.fact() as tables:
        queues.set_note(tables, "eet", {"fault": "channel:dns", "channels": {"v4 playground": "channel:dns"}}, at="")
    desk.print_all()
    assert desk.waiter.waits


@pytest.fixture
def old_desk(tmp_path: Path) -> Iterator[PrintDesk]:
    """A till that reports by the interface of EET 1, while the tax office cannot be reached."""
    regime = replace(PLAYGROUND, mode=Mode.LIVE, dialect=Dialect.V3)
    test_shop = make_shop(tmp_path, regimes=(regime,))
    test_shop.shop = replace(test_shop.shop, taxpayer=replace(TAXPAYER, dic_popl="CZ00000019", id_provoz="273"))
    open_for_sale(test_shop.shop)
    with test_shop.shop.fact() as tables:
        queues.set_note(
            tables,
            "eet",
            {"fault": "channel:dns", "channels": {"v3 live": "channel:dns"}},
            at="",
        )
    yield PrintDesk(test_shop)
    test_shop.store.close()


def codes_of(desk: PrintDesk, doc_id: str) -> None:
    with desk.test_shop.shop.fact() as tables:
        fiscal.update_record(tables, doc_id, pkp="PKP=", bkp="BKP-1")


def test_the_paper_of_eet_1_waits_for_the_codes_that_need_no_network(old_desk: PrintDesk) -> None:
    receipt = sell(old_desk.test_shop.shop)
    old_desk.waiter.at_wait.append(lambda: codes_of(old_desk, receipt.doc_id))
    old_desk.print_all()
    assert len(old_desk.waiter.waits) == 1
    (paper,) = old_desk.printer.papers
    for line in (LATER, "BKP: BKP-1", "PKP: PKP=", "DIČ: CZ00000019", "Provozovna: 273", "Pokladna: 1"):
        assert line in paper
    assert "FIK" not in paper


def test_the_paper_of_eet_1_waits_no_longer_than_the_limit_and_the_next_one_waits_with_it(old_desk: PrintDesk) -> None:
    sell(old_desk.test_shop.shop)
    second = sell(old_desk.test_shop.shop)
    codes_of(old_desk, second.doc_id)
    old_desk.print_all()
    assert sum(old_desk.waiter.waits) == 2.0
    assert ["BKP" in paper for paper in old_desk.printer.papers] == [False, True]
    assert all(LATER in paper for paper in old_desk.printer.papers)


def test_a_drawer_opens_between_two_lines_of_a_running_job(desk: PrintDesk) -> None:
    sell(desk.test_shop.shop, tenders=BY_CARD)
    for _ in range(5):  # a queue of papers does not hide the drawer
        sell(desk.test_shop.shop, tenders=BY_CARD)
    nothing = [lambda: None] * 6
    desk.waiter.at_poll += [*nothing, lambda: cash.open_drawer(desk.test_shop.shop, "kontrola")]
    desk.spooler.print_waiting()
    place = desk.printer.log.index(KICK)
    assert 0 < place < desk.printer.log.index("<cut>")
    desk.print_all()
    assert desk.printer.log.count(KICK) == 1
    assert len(desk.printer.papers) == 6


def test_closing_and_x_report_come_out(desk: PrintDesk) -> None:
    sell(desk.test_shop.shop)
    shift.print_x_report(desk.test_shop.shop)
    closed = shift.close_shift(desk.test_shop.shop, counted=crowns(1050))
    desk.print_all()
    _, x_report, closing = desk.printer.papers
    assert "Průběžná uzávěrka (X)" in x_report
    assert f"{closed.head_seq}:{closed.head}" in closing
    assert desk.states() == ["done"] * 3


def test_a_document_that_moves_goods_comes_out(desk: PrintDesk) -> None:
    shop = desk.test_shop.shop
    catalogue.save_item(shop, ROLL)
    save_settings(shop, TillSettings(warehouse_id="wh"))
    line = DraftLine(ROLL.item_id, Quantity(7000), Quantity(9000))
    stock.save_document(shop, StockDraft(MoveKind.STOCKTAKE, "wh", (line,)))
    desk.print_all()
    (paper,) = desk.printer.papers
    rolls, difference = [line.split() for line in paper.splitlines() if "ks" in line or "rozdíl" in line]
    assert (rolls[-2:], difference[-1]) == (["7", "ks"], "-2")
    assert desk.states() == ["done"]


def test_a_reprint_says_kopie(desk: PrintDesk) -> None:
    receipt = sell(desk.test_shop.shop)
    receipts.reprint(desk.test_shop.shop, receipt.doc_id)
    desk.print_all()
    original, copy = desk.printer.papers
    assert "KOPIE" not in original
    assert copy.startswith("KOPIE")


# ---- failures


@pytest.mark.parametrize("call", [3, 4, 5])  # begin and the shop's head; call 1 is the drawer, 2 the first status
def test_a_printer_that_fails_before_the_number_keeps_the_job_waiting(desk: PrintDesk, call: int) -> None:
    desk.printer.breaks_at = {call}
    receipt = sell(desk.test_shop.shop)
    desk.spooler.print_waiting()
    assert (desk.states(), desk.word) == (["waiting"], "broken")
    desk.print_all()
    (paper,) = desk.printer.papers
    assert paper.count(receipt.number) == 1
    assert "KOPIE" not in paper
    assert desk.printer.log.count(KICK) == 1
    assert (desk.states(), desk.word) == (["done"], "ok")


def fail_after_number(desk: PrintDesk) -> str:
    """A receipt that breaks off behind its number."""
    receipt = sell(desk.test_shop.shop)
    before = desk.printer.calls
    head_lines = 6
    desk.printer.breaks_at = {before + 3 + head_lines + 3}
    desk.spooler.print_waiting()
    assert receipt.number in "\n".join(desk.printer.uncut)
    return receipt.number


def test_a_printer_that_fails_after_the_number_makes_the_cashier_decide(desk: PrintDesk) -> None:
    number = fail_after_number(desk)
    assert (desk.states(), desk.word) == (["ask"], "broken")
    desk.print_all()
    assert desk.printer.papers == []
    (asked,) = print_queue.asking(desk.test_shop.shop)
    assert (asked.kind, asked.number) == ("receipt", number)


def test_yes_prints_a_copy_after_the_broken_paper_was_ended(desk: PrintDesk) -> None:
    number = fail_after_number(desk)
    print_queue.answer(desk.test_shop.shop, print_again=True)
    desk.print_all()
    broken, copy = desk.printer.papers
    assert broken.rstrip().endswith(BROKEN_OFF)
    assert copy.startswith("KOPIE")
    assert copy.count(number) == 1
    assert desk.printer.log.count(KICK) == 1
    assert desk.states() == ["done"]


def test_no_drops_it_and_the_next_document_stands_alone(desk: PrintDesk) -> None:
    number = fail_after_number(desk)
    print_queue.answer(desk.test_shop.shop, print_again=False)
    following = sell(desk.test_shop.shop)
    desk.print_all()
    broken, whole = desk.printer.papers
    assert BROKEN_OFF in broken
    assert number not in whole
    assert following.number in whole
    assert desk.states() == ["dropped", "done"]


def test_a_drawer_that_cannot_be_opened_now_is_not_opened_later(desk: PrintDesk) -> None:
    desk.printer.unplugged = True
    cash.open_drawer(desk.test_shop.shop, "kontrola")
    sell(desk.test_shop.shop)
    desk.spooler.print_waiting()
    desk.spooler.print_waiting()
    desk.printer.unplugged = False
    desk.print_all()
    assert KICK not in desk.printer.log
    assert desk.states() == ["dropped", "done"]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (PrinterStatus(False, True, False, False, None), "paper_out"),
        (PrinterStatus(False, False, False, True, None), "cover_open"),
        (PrinterStatus(False, False, False, False, None), "offline"),
    ],
)
def test_documents_wait_for_a_printer_that_is_not_ready(desk: PrintDesk, state: PrinterStatus, word: str) -> None:
    ready = desk.printer.state
    desk.printer.state = state
    for _ in range(3):
        sell(desk.test_shop.shop)
    for _ in range(5):
        desk.spooler.print_waiting()
    assert (desk.states(), desk.word) == (["waiting"] * 3, word)
    assert desk.printer.log == [KICK]  # money can be given back all the same
    desk.printer.state = ready
    desk.print_all()
    assert (desk.states(), desk.word) == (["done"] * 3, "ok")
    assert not any("KOPIE" in paper for paper in desk.printer.papers)


def test_a_document_that_cannot_be_laid_out_does_not_stop_the_others(desk: PrintDesk) -> None:
    with desk.test_shop.shop.fact() as tables:
        for kind, body in ((queues.JobKind.RECEIPT, ""), (queues.JobKind.CLOSING, "{}")):
            queues.add_job(
                tables,
                job_id=desk.test_shop.shop.new_id(),
                kind=kind,
                doc_id="nowhere",
                number="?",
                at="",
                boot=desk.test_shop.shop.boot,
                body=body,
            )
    sell(desk.test_shop.shop)
    desk.print_all()
    assert desk.states() == ["dropped", "dropped", "done"]


# ---- restarts


def test_a_job_that_was_started_is_asked_about_after_a_restart(desk: PrintDesk) -> None:
    number = sell(desk.test_shop.shop).number
    rows(desk.test_shop.shop, "UPDATE print_job SET state = 'started'")
    following = sell(desk.test_shop.shop).number
    desk.start()
    desk.print_all()
    assert desk.states() == ["ask", "done"]
    assert [job.number for job in print_queue.asking(desk.test_shop.shop)] == [number]
    slip, paper = desk.printer.papers
    assert BROKEN_OFF in slip
    assert following in paper


@pytest.mark.parametrize("print_again", [True, False])
def test_a_broken_paper_is_ended_by_the_next_process_too(desk: PrintDesk, print_again: bool) -> None:
    number = fail_after_number(desk)
    print_queue.answer(desk.test_shop.shop, print_again=print_again)
    following = sell(desk.test_shop.shop).number
    desk.start()
    desk.print_all()
    assert BROKEN_OFF in desk.printer.papers[0]
    assert number in desk.printer.papers[0]
    assert following not in desk.printer.papers[0]
    assert number not in desk.printer.papers[-1]
    desk.start()
    sell(desk.test_shop.shop)
    desk.print_all()
    assert sum(BROKEN_OFF in paper for paper in desk.printer.papers) == 1


def test_waiting_jobs_go_on_after_a_restart_in_the_same_boot(desk: PrintDesk) -> None:
    sell(desk.test_shop.shop)
    desk.start()
    desk.print_all()
    assert desk.states() == ["done"]
    assert len(desk.printer.papers) == 1


# ---- what people are told


def test_the_screen_is_told_only_when_the_printer_changes(desk: PrintDesk) -> None:
    for _ in range(2):
        sell(desk.test_shop.shop)
    desk.test_shop.wakes.names.clear()
    desk.print_all()
    assert desk.test_shop.wakes.names.count("ui") == 1


def test_an_idle_printer_is_asked_how_it_is(desk: PrintDesk) -> None:
    turns = iter([False] * 12)
    desk.printer.state = PrinterStatus(False, True, False, False, None)
    desk.spooler.run(stopped=lambda: next(turns, True))
    assert desk.printer.calls == 1
    assert desk.word == "paper_out"
