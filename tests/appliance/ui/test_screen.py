"""The real window over a real database, driven through XTEST: keys alone, touch alone, and what must never happen."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.delivery import PrintState
from appliance.domain.fiscal import Mode, Reporting
from appliance.domain.money import Money
from appliance.domain.sale import PaymentMethod
from appliance.service import checkout, print_queue, receipts, shift
from appliance.service.catalogue import load_item, search_items
from appliance.service.shop import Shop
from appliance.store import queues
from script.lib.demo_shop import make_shop
from script.lib.till_window import TillWindow, till_window

pytestmark = [pytest.mark.screen, pytest.mark.timeout(180)]

ROLLS_PLU, BREAD_PLU, BREAD, MILK = "4", "2", "item-02", "item-06"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = make_shop(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def till(shop: Shop, tmp_path: Path) -> Iterator[TillWindow]:
    """A till whose shift is open."""
    shift.open_shift(shop, Money(100_000))
    with till_window(tmp_path, width=800, height=480) as window:
        window.wait_for("key:f1")
        yield window


def issued(shop: Shop) -> list[str]:
    return [row.number for row in receipts.recent(shop, limit=100)]


def sell(till: TillWindow, *codes: str) -> None:
    for code in codes:
        till.type(code)
        till.press("Return")


def test_a_whole_day_works_from_the_keypad_alone(shop: Shop, tmp_path: Path) -> None:
    with till_window(tmp_path) as till:
        till.wait_for("sale.open_shift")
        till.press("KP_Add")
        till.wait_for("dialog.field")
        till.press("KP_1", "KP_0", "KP_0", "KP_0", "KP_Enter")
        till.wait_for("key:pay")
        till.press("KP_3", "KP_Multiply", "KP_2", "KP_Enter", "KP_4", "KP_Enter", "KP_6", "KP_Enter", "KP_Subtract")
        till.press("KP_1", "KP_0", "KP_Divide")
        till.wait_for("sale.total", lambda w: w["text"].startswith("155,91"))
        till.press("KP_Add")
        till.wait_screen("pay")
        till.press("KP_2", "KP_0", "KP_0", "KP_Enter")
        assert till.text("receipt.number") == "P1A-000001"
        assert till.text("receipt.paid").startswith("156,00")
        assert till.text("receipt.change").startswith("44,00")
        sell(till, "5")
        till.press("KP_Add", "F2")
        till.wait_for("receipt.number", lambda w: w["text"] == "P1A-000002")
        till.press("F6")
        till.wait_screen("till")
        till.press("Tab")
        while till.wait_until(lambda seen: [w["id"] for w in seen["widgets"] if w["focused"]], "focus") != [
            "till.close"
        ]:
            till.press("Tab")
        till.press("KP_Enter")
        till.wait_for("dialog.field")
        till.press("KP_1", "KP_1", "KP_5", "KP_6", "KP_Enter")
        assert till.text("closing.count") == "2"
        assert till.text("closing.total").startswith("245,90")
        assert till.text("closing.over_short").startswith("0,00")
    assert shift.current_shift(shop) is None


def test_a_whole_day_works_by_touch_alone(shop: Shop, tmp_path: Path) -> None:
    with till_window(tmp_path, width=1024, height=600) as till:
        till.tap("sale.open_shift")
        for key in ("5", "0", "0", "enter"):
            till.tap(f"pad:{key}")
        till.wait_for("key:pay")
        till.tap(f"tile:{BREAD}")
        till.tap("line.more")
        till.tap("line.discount")
        for key in ("1", "0", "enter"):
            till.tap(f"pad:{key}")
        till.wait_for("sale.total", lambda w: w["text"].startswith("89,82"))
        till.tap("key:pay")
        till.tap("pay.exact")
        assert till.text("receipt.number") == "P1A-000001"
        assert till.text("receipt.paid").startswith("90,00")
        till.tap("sale.search")
        for letter in "mle":
            till.tap(f"pad:text:{letter}")
        till.tap(f"hit:{MILK}")
        till.tap("key:pay")
        till.tap("pay.card")
        till.wait_for("receipt.number", lambda w: w["text"] == "P1A-000002")
        till.tap("key:f3")
        till.wait_screen("receipts")
        first = next(w["id"] for w in till.look()["widgets"] if w["id"].startswith("receipt:"))
        till.tap(first)
        till.tap("receipts.refund")
        till.tap("reason:1")
        assert till.text("receipt.number") == "P1A-000003"
        assert till.text("receipt.paid").startswith("-21,90")
        till.tap("key:f6")
        till.tap("till.close")
        for key in ("5", "9", "0", "enter"):
            till.tap(f"pad:{key}")
        assert till.text("closing.count") == "3"
        assert till.text("closing.total").startswith("90,00")
    rows = {row.number: row.methods for row in receipts.recent(shop, limit=9)}
    assert rows["P1A-000001"] == (PaymentMethod.CASH,)
    assert rows["P1A-000002"] == (PaymentMethod.CARD,)


def test_a_repeated_enter_never_pays_twice(shop: Shop, till: TillWindow) -> None:
    sell(till, BREAD_PLU)
    till.press("plus", *["Return", "plus"] * 6)
    assert till.text("receipt.number") == "P1A-000001"
    assert issued(shop) == ["P1A-000001"]


def test_a_scan_right_behind_the_payment_is_on_the_next_bill(shop: Shop, till: TillWindow) -> None:
    sell(till, BREAD_PLU)
    till.press("plus", *"100", "Return", *"8590000000006", "Return")
    till.wait_for("sale.total", lambda w: w["text"].startswith("21,90"))
    till.wait_for("banner.text", lambda w: w["text"].startswith("Vrátit 50,00"))
    assert issued(shop) == ["P1A-000001"]


def test_closing_with_an_open_bill_says_where_it_goes(till: TillWindow) -> None:
    sell(till, BREAD_PLU)
    till.press("F6")
    till.wait_screen("till")
    till.tap("till.close")
    assert "zůstane do další směny" in till.text("dialog.message")
    till.press("Escape")


def test_a_bill_is_split_by_card_voucher_and_cash(shop: Shop, till: TillWindow) -> None:
    sell(till, "22", BREAD_PLU)  # 79,90 + 49,90
    till.press("plus")
    till.wait_screen("pay")
    till.type("50")
    till.tap("pay.card")
    till.type("30")
    till.press("F4")
    assert "30,00" in till.text("pay.chip:1")
    till.press("F1", "Escape")
    till.wait_for("pay.typed", lambda w: "už je zaplacená" in w["text"])
    assert till.text("pay.chip:0").startswith("Kartou"), "what the card paid is not dropped by leaving"
    till.tap("pay.chip:1")
    till.type("20")
    till.press("F4")
    assert till.text("pay.left").startswith("60,00")
    till.type("100")
    till.press("Return")
    assert till.text("receipt.change").startswith("40,00")
    payments = {p.method: p.amount for p in receipts.load(shop, receipts.recent(shop, limit=1)[0].doc_id).payments}
    assert payments == {
        PaymentMethod.CARD: Money(5000),
        PaymentMethod.VOUCHER: Money(2000),
        PaymentMethod.CASH: Money(6000),
    }


def test_too_much_by_card_is_refused_in_words_and_the_bill_stays(shop: Shop, till: TillWindow) -> None:
    sell(till, BREAD_PLU)
    till.press("plus")
    till.wait_screen("pay")
    till.type("500")
    till.press("F2")
    till.wait_for("pay.typed", lambda w: "nejde zaplatit" in w["text"])
    till.press("Escape", "Escape")
    till.wait_screen("sale")
    assert till.text("sale.total").startswith("49,90")
    assert issued(shop) == []


def test_after_a_refused_payment_the_whole_bill_is_kept(shop: Shop, till: TillWindow) -> None:
    with shop.fact() as tables:  # nobody else can write now: the last line is not kept yet when the payment begins
        sell(till, BREAD_PLU, ROLLS_PLU)
        till.press("plus")
        till.wait_screen("pay")
        till.press("Return")
        tables.shift.update(closed_at="2026-11-24T06:00:00+01:00").execute()
    till.wait_for("pay.typed", lambda w: "není otevřená" in w["text"])
    till.wait_until(lambda _seen: len(checkout.kept_cart(shop).lines) == 2 or None, "two lines kept")
    assert issued(shop) == []


def test_a_line_that_cannot_be_taken_away_in_the_journal_stays_on_the_bill(shop: Shop, till: TillWindow) -> None:
    sell(till, BREAD_PLU)
    till.wait_until(lambda _seen: checkout.kept_cart(shop).lines or None, "the bill kept")
    with shop.fact():  # longer than the till waits for its turn to write
        till.press("minus")
        till.wait_for("banner.text", lambda w: "nepodařilo" in w["text"])
    till.wait_for("sale.total", lambda w: w["text"].startswith("49,90"))
    assert till.text("line:1").startswith("Chléb")


def test_an_unknown_code_leaves_the_line_free_for_the_next_scan(till: TillWindow) -> None:
    sell(till, "999999")
    assert "není v ceníku" in till.text("entry")
    sell(till, BREAD_PLU)
    assert till.text("sale.total").startswith("49,90")
    assert till.text("entry") == ""


def test_a_code_of_two_items_asks_which_and_a_missing_price_is_asked(till: TillWindow) -> None:
    sell(till, "1")
    till.tap("hit:item-99")
    till.wait_for("sale.total", lambda w: w["text"].startswith("2,50"))
    sell(till, "2*901")
    till.wait_for("dialog.field")
    till.type("120")
    till.press("Return")
    total = till.wait_for("sale.total", lambda w: w["text"].startswith("242,50"))
    assert total["text"].endswith("Kč")


def test_a_scan_into_a_question_answers_nothing(shop: Shop, till: TillWindow) -> None:
    sell(till, "1")
    till.wait_for("hit:item-99")
    till.press(*"8591000000012", "Return")  # its 1 would choose, the digits behind it be a code of their own
    till.wait_for("dialog.message", lambda w: "znovu" in w["text"])
    till.press("Escape")
    till.wait_until(lambda seen: seen if not seen["dialog"] else None, "no question")
    assert till.text("sale.total").startswith("0,00")
    sell(till, "1")
    till.wait_for("hit:item-99")
    till.press("2")
    till.wait_for("sale.total", lambda w: not w["text"].startswith("0,00"))
    assert issued(shop) == []


def test_a_scan_gives_no_reason_for_a_storno(shop: Shop, till: TillWindow) -> None:
    sell(till, BREAD_PLU)
    till.press("plus", "plus")
    till.wait_for("receipt.number", lambda w: w["text"] != "")
    till.press("F3")
    till.wait_screen("receipts")
    till.tap(f"receipt:{receipts.recent(shop, limit=1)[0].doc_id}")
    till.tap("receipts.refund")
    till.tap("reason:own")
    till.wait_for("dialog.field", lambda w: w["focused"])
    till.press(*"8591000000012", "Return")
    till.press("Escape", "Escape")
    till.wait_until(lambda seen: seen if not seen["dialog"] else None, "no question")
    assert issued(shop) == ["P1A-000001"]


def test_goods_typed_but_not_added_do_not_leave_unpaid(till: TillWindow) -> None:
    sell(till, BREAD_PLU)
    till.type(ROLLS_PLU)
    till.press("plus")
    till.wait_for("entry", lambda w: "Enter" in w["text"])
    till.press("Return", "plus")
    till.wait_screen("pay")
    assert not till.text("pay.due").startswith("49,90")


def test_a_czech_keyboard_types_digits_from_its_top_row(till: TillWindow) -> None:
    till.use_layout("cz")
    till.press("ecaron", "plus", "Return")  # the keys of 2 and 1
    assert "21" in till.text("entry") or till.text("sale.total").startswith("39,00")


def test_the_open_bill_comes_back_after_a_kill(shop: Shop, tmp_path: Path) -> None:
    shift.open_shift(shop, Money(0))
    with till_window(tmp_path) as till:
        sell(till, BREAD_PLU, "3*6")
        till.wait_for("sale.total", lambda w: w["text"].startswith("115,60"))
        os.kill(till.pid, signal.SIGKILL)
    with till_window(tmp_path) as till:
        assert till.text("sale.total").startswith("115,60")


def test_paper_that_may_be_broken_off_is_asked_about_once(shop: Shop, till: TillWindow) -> None:
    sell(till, BREAD_PLU)
    till.press("plus", "plus")
    till.wait_for("receipt.number")
    with shop.fact() as tables:
        for job in queues.jobs(tables, PrintState.WAITING):
            queues.set_job(tables, job.job_id, PrintState.ASK)
    assert "Vytisknout znovu?" in till.text("banner.text")
    till.tap("banner.yes")
    till.wait_until(lambda seen: not any(w["id"] == "banner.yes" for w in seen["widgets"]) or None, "no question")
    assert print_queue.asking(shop) == ()
    assert [job.is_copy for job in queues.jobs(shop.tables, PrintState.WAITING)] == [True]


def test_an_item_is_renamed_with_the_on_screen_keyboard(shop: Shop, till: TillWindow) -> None:
    till.tap("key:f4")
    till.tap("pricelist.new")
    till.tap("item.name")
    for key in ("pad:⇧", "pad:text:Č", "pad:text:a", "pad:text:j", "pad:enter"):
        till.tap(key)
    till.tap("item.price")
    for key in ("text:3", "text:9", "enter"):
        till.tap(f"pad:{key}")
    till.tap("item.save")
    till.wait_screen("pricelist")
    assert [(item.name, item.price) for item in search_items(shop, "Čaj", limit=9) if item.name == "Čaj"] == [
        ("Čaj", Money(3900))
    ]


def test_an_item_sold_for_another_taxpayer_is_set_in_the_form_and_keeps_to_its_own_bill(
    shop: Shop, till: TillWindow
) -> None:
    till.press("F4")
    till.tap("pricelist.search")
    till.type("sirky")
    till.press("Return")
    till.tap("item:item-28")
    till.wait_screen("item_edit")
    till.tap("item.reporting")
    till.tap("reporting:voucher")
    till.tap("item.principal")
    till.type("cz99887766")
    till.press("Return")
    till.wait_screen("pricelist")
    item = load_item(shop, "item-28")
    assert (item.reporting, item.principal) == (Reporting.VOUCHER, "CZ99887766")
    till.press("F1")
    sell(till, BREAD_PLU, "28")
    till.wait_until(lambda seen: "jiného poplatníka" in str(seen) or None, "the refusal in words")
    assert till.text("sale.total").startswith("49,90")


@pytest.mark.parametrize(
    ("mode", "mark"), [(Mode.LIVE, None), (Mode.PLAYGROUND, "TEST"), (Mode.VERIFICATION, "OVĚŘOVACÍ REŽIM")]
)
def test_every_screen_says_when_sales_are_not_recorded_for_real(tmp_path: Path, mode: Mode, mark: str | None) -> None:
    with till_window(tmp_path, width=800, height=480, mode=mode) as till:
        till.wait_for("status.clock", lambda widget: bool(widget["text"]))
        for keys in ((), ("F3",), ("F4",), ("F6",), ("F1",), ("F5",)):
            till.press("Escape", *keys)
            found = till.widgets().get("status.mark")
            assert (found["text"] if found else None) == mark


def test_a_synchronisation_shows_its_progress_and_does_not_stop_the_sale(till: TillWindow) -> None:
    till.press("F5")
    assert "Čeká na spuštění" in till.text("banner.text")
    sell(till, BREAD_PLU)
    assert till.text("sale.total").startswith("49,90")
    till.tap("key:f4")
    till.tap("pricelist.menu")
    till.tap("menu:sync")
    till.wait_screen("sync")
    assert till.text("sync.title") == "Čeká na spuštění"


@pytest.mark.parametrize("keys", [(), ("F3",), ("F4",), ("F6",), ("F10",), ("F9",), ("F1",), ("F8",), ("F8", "F2")])
def test_every_id_is_unique_and_inside_the_window(till: TillWindow, keys: tuple[str, ...]) -> None:
    sell(till, BREAD_PLU, "1", *["6"] * 3)
    till.press("Escape", *keys)
    seen = till.look()
    names = [widget["id"] for widget in seen["widgets"]]
    assert len(names) == len(set(names))
    width, height = seen["window"]
    for widget in seen["widgets"]:
        left, top, wide, high = widget["rect"]
        assert 0 <= left <= left + wide <= width + 1, widget
        assert 0 <= top <= top + high <= height + 1, widget


def test_selling_needs_an_open_shift_and_says_so(shop: Shop, tmp_path: Path) -> None:
    with till_window(tmp_path, theme="dark") as till:
        assert "zavřená" in till.text("sale.empty")
        sell(till, BREAD_PLU)
        till.press("plus")
        assert till.text("dialog.title") == "Otevřít pokladnu"
    assert issued(shop) == []
