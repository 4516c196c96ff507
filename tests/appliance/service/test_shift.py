import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from appliance.domain.codec import from_json
from appliance.domain.journal import ShiftClosed, ShiftOpened, head_hex, read_body
from appliance.domain.money import ZERO, Money, crowns
from appliance.domain.shift import MethodTotal, ShiftTotals
from appliance.service import cash as drawer
from appliance.service import receipts, shift
from appliance.service.audit import verify_journal
from appliance.service.errors import ShiftAlreadyOpen, ShiftNotOpen, StoreFailed
from appliance.service.shift import ClosingView, OpenShift
from appliance.store import journal, sales
from appliance.store.db import Store
from appliance.store.tables import Tables
from tests.shops import ROLL, SOAP, TestShop, card, kinds, make_shop, open_for_sale, rows, sell


def test_opening_the_till_is_a_shift_with_a_float_and_a_row_in_the_journal(till: TestShop) -> None:
    assert shift.current_shift(till.shop) is None
    opened = shift.open_shift(till.shop, crowns(1000))
    assert opened == OpenShift(opened.shift_id, 1, "2027-02-01T08:00:00+01:00", "Jana", crowns(1000))
    assert shift.current_shift(till.shop) == opened
    (body, where) = rows(till.shop, "SELECT body, shift_id FROM journal WHERE kind = 'shift_opened'")[0]
    assert read_body("shift_opened", 1, str(body)) == ShiftOpened(opened.shift_id, "Jana", crowns(1000))
    assert where == opened.shift_id
    assert till.wakes.names == ["sync"]


def test_an_open_till_is_not_opened_again(selling: TestShop) -> None:
    with pytest.raises(ShiftAlreadyOpen):
        shift.open_shift(selling.shop, ZERO)
    assert kinds(selling.shop).count("shift_opened") == 1


def test_the_file_itself_holds_one_open_shift_at_most(selling: TestShop) -> None:
    with pytest.raises(StoreFailed, match="UNIQUE"), selling.shop.fact() as tables:
        sales.insert_shift(tables, sales.ShiftRow("other", 2, "2027-02-01", "Jana", ZERO, None, None, None))


def test_the_open_shift_is_found_after_a_restart(selling: TestShop, tmp_path: Path) -> None:
    again = make_shop(tmp_path)
    assert shift.current_shift(again.shop) == shift.current_shift(selling.shop)
    again.store.close()


def busy_day(till: TestShop) -> None:
    sell(till.shop, ROLL, SOAP)
    refunded = sell(till.shop, SOAP, tenders=(card(Money(4990)),))
    drawer.move_cash(till.shop, crowns(-300), "odvod")
    receipts.refund(till.shop, refunded.doc_id, reason="vráceno")
    receipts.reprint(till.shop, refunded.doc_id)
    drawer.move_cash(till.shop, crowns(50), "drobné")


def test_the_x_report_counts_the_shift_so_far(selling: TestShop) -> None:
    busy_day(selling)
    totals = shift.x_report(selling.shop)
    assert (totals.count, totals.refund_count, totals.total, totals.rounding) == (3, 1, Money(5300), Money(20))
    assert [(m.method.value, m.amount) for m in totals.by_method] == [("cash", Money(5300)), ("card", ZERO)]
    assert totals.by_method[0] == MethodTotal(totals.by_method[0].method, Money(5300))
    assert (totals.cash_moved, totals.cash_expected) == (crowns(-250), crowns(803))
    assert (totals.first_number, totals.last_number) == ("P1A-000001", "P1A-000003")


def test_the_closing_shows_what_the_x_report_showed(selling: TestShop) -> None:
    busy_day(selling)
    before = shift.print_x_report(selling.shop)
    assert before == shift.x_report(selling.shop)
    closed = shift.close_shift(selling.shop, counted=crowns(800))
    assert closed.totals == before
    assert (closed.counted, closed.over_short) == (crowns(800), crowns(-3))
    assert (closed.number, closed.user) == (1, "Jana")


def test_the_printed_x_report_holds_the_totals_and_is_no_document(selling: TestShop) -> None:
    sell(selling.shop)
    before = kinds(selling.shop)
    totals = shift.print_x_report(selling.shop)
    assert kinds(selling.shop) == before
    kind, number, text = rows(selling.shop, "SELECT kind, number, body FROM print_job ORDER BY n DESC")[0]
    body = json.loads(str(text))
    assert (kind, number, body["number"], body["user"]) == ("x_report", "1", 1, "Jana")
    assert from_json(ShiftTotals, body["totals"]) == totals


def test_the_closing_names_the_row_just_before_it(selling: TestShop) -> None:
    busy_day(selling)
    head = journal.the_till(selling.store.tables)
    closed = shift.close_shift(selling.shop, counted=ZERO)
    assert (closed.head_seq, closed.head) == (head.head_seq, head_hex(head.head_hash))
    seq, previous, body = rows(selling.shop, "SELECT seq, prev_hash, body FROM journal WHERE kind = 'shift_closed'")[0]
    assert (seq, previous) == (closed.head_seq + 1, head.head_hash)
    assert read_body("shift_closed", 1, str(body)) == closed
    assert verify_journal(selling.shop, head_seq=closed.head_seq, head=closed.head).anchored is True


def test_the_closing_is_printed_and_kept(selling: TestShop) -> None:
    sell(selling.shop)
    selling.wakes.names.clear()
    selling.clock.forward(hours=8)
    closed = shift.close_shift(selling.shop, counted=crowns(1053))
    kind, text = rows(selling.shop, "SELECT kind, body FROM print_job ORDER BY n DESC")[0]
    printed = json.loads(str(text))
    assert (kind, printed["closed_at"]) == ("closing", "2027-02-01T16:00:00+01:00")
    assert from_json(ShiftClosed, printed["closed"]) == closed
    assert shift.last_closing(selling.shop) == ClosingView(closed, "2027-02-01T16:00:00+01:00", None, 0, 1)
    assert selling.wakes.names == ["print", "sync"]


def test_after_closing_nothing_is_open_and_the_next_shift_starts_from_nothing(selling: TestShop) -> None:
    sell(selling.shop)
    shift.close_shift(selling.shop, counted=ZERO)
    assert shift.current_shift(selling.shop) is None
    for refused in (shift.x_report, shift.print_x_report):
        with pytest.raises(ShiftNotOpen):
            refused(selling.shop)
    with pytest.raises(ShiftNotOpen):
        shift.close_shift(selling.shop, counted=ZERO)
    opened = shift.open_shift(selling.shop, crowns(500))
    assert opened.number == 2
    assert (shift.x_report(selling.shop).count, shift.x_report(selling.shop).cash_expected) == (0, crowns(500))
    assert sell(selling.shop).number == "P1A-000002"


def test_a_shift_without_a_sale_closes_too(selling: TestShop) -> None:
    closed = shift.close_shift(selling.shop, counted=crowns(1000))
    assert (closed.totals.count, closed.over_short, closed.totals.first_number) == (0, ZERO, "")


def test_the_closing_shows_what_the_backoffice_answered(selling: TestShop) -> None:
    assert shift.last_closing(selling.shop) is None
    sell(selling.shop)
    closed = shift.close_shift(selling.shop, counted=ZERO)
    assert sales.shifts_without_proof(selling.store.tables) == [closed.shift_id]
    proof = {"complete": False, "receipts_held": 0, "receipts_expected": 1}
    with selling.shop.fact() as tables:
        sales.save_proof(tables, closed.shift_id, json.dumps(proof))
    view = shift.last_closing(selling.shop)
    assert view is not None
    assert (view.complete, view.receipts_held, view.receipts_expected) == (False, 0, 1)
    assert sales.shifts_without_proof(selling.store.tables) == []


@dataclass
class InterruptedStore:
    """The till's store, with something done by another process between a snapshot and the next fact."""

    inner: Store
    meanwhile: Callable[[], object] | None

    @property
    def tables(self) -> Tables:
        return self.inner.tables

    def snapshot(self) -> object:
        return self.inner.snapshot()

    @contextmanager
    def fact(self) -> Iterator[Tables]:
        act, self.meanwhile = self.meanwhile, None
        if act:
            act()
        with self.inner.fact() as tables:
            yield tables


def close_interrupted(till: TestShop, act: Callable[[], object]) -> ShiftClosed:
    store: object = InterruptedStore(till.store, act)
    return shift.close_shift(replace(till.shop, store=store), counted=ZERO)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["sale", "cash"])
def test_what_comes_while_the_closing_is_computed_is_in_it(selling: TestShop, what: str) -> None:
    sell(selling.shop)
    if what == "sale":
        closed = close_interrupted(selling, lambda: sell(selling.shop))
        assert (closed.totals.count, closed.totals.cash_expected) == (2, crowns(1106))
    else:
        closed = close_interrupted(selling, lambda: drawer.move_cash(selling.shop, crowns(5), "drobné"))
        assert (closed.totals.count, closed.totals.cash_expected) == (1, crowns(1058))


def test_a_shift_changed_while_the_closing_was_computed_closes_the_open_one(selling: TestShop) -> None:
    sell(selling.shop)

    def another_shift() -> None:
        shift.close_shift(selling.shop, counted=ZERO)
        open_for_sale(selling.shop, opening_float=crowns(7))

    closed = close_interrupted(selling, another_shift)
    assert (closed.number, closed.totals.count, closed.totals.opening_float) == (2, 0, crowns(7))
    assert shift.current_shift(selling.shop) is None


def test_a_closing_that_fails_leaves_the_shift_open(selling: TestShop) -> None:
    sell(selling.shop)
    before = rows(selling.shop, "SELECT * FROM till")
    rows(selling.shop, "CREATE TRIGGER fault BEFORE INSERT ON print_job BEGIN SELECT RAISE(ABORT, 'ill'); END")
    with pytest.raises(StoreFailed, match="ill"):
        shift.close_shift(selling.shop, counted=ZERO)
    assert rows(selling.shop, "SELECT * FROM till") == before
    assert shift.current_shift(selling.shop) is not None
