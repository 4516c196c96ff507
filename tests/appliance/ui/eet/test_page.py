"""The EET page, a test of the channel and a receipt's EET in the real window over a real database."""

from pathlib import Path

import pytest

from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Mode
from appliance.service import fiscal as service
from appliance.service import sync
from appliance.service.shop import Shop
from appliance.store import fiscal
from script.lib.demo_shop import make_shop
from script.lib.eet_scenes import POK, all_is_well, sell
from script.lib.till_window import TillWindow, till_window
from tests.appliance.ui.eet.desk import Daemon, focus, open_page, state_of

pytestmark = [pytest.mark.screen, pytest.mark.timeout(180)]


def test_a_refused_sale_is_found_read_and_released_by_keys_alone(
    shop: Shop, refused: list[str], till: TillWindow
) -> None:
    open_page(till)
    assert till.text("eet.channel").startswith("Server finanční správy je nedostupný.")
    focus(till, f"eet:{refused[0]}")
    till.press("Return")
    till.wait_for("fiscal.reason", lambda w: "kód 6" in w["text"])
    assert till.text("fiscal.advice") == "Opraví technik: pokladna eet correct P1A-000001"
    assert till.text("fiscal.said") == "6: Chybna struktura EIC"
    focus(till, "fiscal.retry")
    till.press("Return")
    till.wait_for("banner.text", lambda w: "P1A-000001 se odešle znovu" in w["text"])
    assert state_of(shop, refused[0]) == FiscalState.WAITING
    till.press("Escape")
    assert till.text("eet.queue").startswith("Neodeslané tržby: 11")
    till.press("Escape")
    till.wait_screen("sale")


def test_everything_refused_goes_again_at_one_touch(shop: Shop, refused: list[str], till: TillWindow) -> None:
    till.tap("status.eet")
    till.wait_screen("eet")
    till.tap("eet.retry_all")
    till.wait_for("eet.retry_all", lambda w: not w["enabled"])
    assert {state_of(shop, doc_id) for doc_id in refused} == {FiscalState.WAITING}
    assert sync.last_sync_run(shop) is not None


def test_send_now_asks_the_daemon(shop: Shop, till: TillWindow) -> None:
    open_page(till)
    assert sync.last_sync_run(shop) is None
    till.tap("eet.send")
    till.wait_for("banner.text", lambda w: "Čeká na spuštění" in w["text"])
    assert sync.last_sync_run(shop) is not None


def test_a_banner_leads_to_the_page_from_anywhere_and_is_not_on_it(refused: list[str], till: TillWindow) -> None:
    assert till.text("banner.text").startswith("EET: 3 tržby odmítnuty.")
    till.press("F6")
    till.tap("banner.yes")
    till.wait_screen("eet")
    assert "banner.text" not in till.widgets()
    assert till.text(f"eet:{refused[0]}").endswith("| odmítnuta")


def test_a_sale_looked_at_shows_its_code_when_it_comes(shop: Shop, refused: list[str], till: TillWindow) -> None:
    open_page(till)
    till.tap(f"eet:{refused[1]}")
    assert till.text("fiscal.state").startswith("EET: odmítnuta")
    with shop.fact() as tables:
        fiscal.update_record(tables, refused[1], state="confirmed", code=POK, reason="")
    till.wait_for("fiscal.code", lambda w: w["text"] == f"POK {POK}")
    shown = till.widgets()
    assert "fiscal.retry" not in shown
    assert f"eet:{refused[1]}" not in shown


def test_hundreds_that_wait_are_turned_in_pages(shop: Shop, till: TillWindow) -> None:
    doc_ids = [sell(shop, "item-01") for _ in range(520)]
    open_page(till)
    till.wait_for("eet.queue", lambda w: w["text"].startswith("Neodeslané tržby: 521"))
    rows = [w["id"] for w in till.look()["widgets"] if w["role"] == "line"]
    assert 3 <= len(rows) <= 8, "one page, not all of them"
    till.press(*["Next"] * (521 // len(rows) + 1))
    till.wait_for("eet.next", lambda w: not w["enabled"])
    till.wait_for(f"eet:{doc_ids[-1]}")


@pytest.mark.parametrize("chosen", [False, True])
def test_every_id_of_the_page_is_unique_and_inside_the_window(
    refused: list[str], till: TillWindow, chosen: bool
) -> None:
    open_page(till)
    till.wait_for(f"eet:{refused[0]}")
    if chosen:
        till.tap(f"eet:{refused[0]}")
    seen = till.look()
    names = [widget["id"] for widget in seen["widgets"]]
    assert len(names) == len(set(names))
    for widget in seen["widgets"]:
        left, top, wide, high = widget["rect"]
        assert 0 <= left <= left + wide <= 801, widget
        assert 0 <= top <= top + high <= 481, widget


# ---- a test of the channel


def test_the_channel_is_tried_and_the_answer_is_a_sentence(daemon: Daemon, till: TillWindow) -> None:
    open_page(till)
    till.tap("eet.test")
    assert till.text("dialog.sentence").startswith("Pokladna posílá zkušební zprávu")
    daemon.answer_test(outcome="passed", warnings=("4: id_pokl",))
    till.wait_for("dialog.sentence", lambda w: "Spojení funguje (ostrý provoz)" in w["text"])
    till.press("Return")
    till.wait_until(lambda seen: seen if not seen["dialog"] else None, "no card")


def test_a_test_that_ends_after_its_card_was_closed_is_told_in_the_banner(daemon: Daemon, till: TillWindow) -> None:
    open_page(till)
    till.tap("eet.test")
    till.wait_for("dialog.sentence")
    till.press("Escape")
    till.press("F1")
    daemon.answer_test(outcome="dns", detail="unknown host")
    told = till.wait_for("banner.text", lambda w: "Spojení" in w["text"])
    assert told["text"].startswith("Spojení nefunguje. Adresu serveru")


def test_without_the_daemon_a_test_says_so_at_once(till: TillWindow) -> None:
    open_page(till)
    till.tap("eet.test")
    assert till.text("dialog.sentence") == "Služba pokladna-sync neběží, tržby se neodesílají."


# ---- a receipt


def test_a_receipt_shows_its_code_and_a_refused_one_its_reason(
    shop: Shop, refused: list[str], till: TillWindow
) -> None:
    till.press("F3")
    till.wait_screen("receipts")
    till.type("000003")
    till.press("Return")
    till.tap(f"receipt:{refused[2]}")
    till.wait_for("fiscal.reason", lambda w: w["text"] == "Server zprávu odmítl jako chybnou.")
    assert till.text("fiscal.said") == "soapenv:Client: Message cannot be parsed"
    till.tap("fiscal.retry")
    till.wait_for("fiscal.state", lambda w: w["text"].startswith("EET: čeká"))
    assert state_of(shop, refused[2]) == FiscalState.WAITING
    with shop.fact() as tables:
        fiscal.update_record(tables, refused[2], state="confirmed", code=POK, reason="", warnings="4: id_pokl")
    till.wait_for("fiscal.code", lambda w: w["text"] == f"POK {POK}")
    assert till.text("fiscal.warnings") == "Finanční správa upozorňuje: 4: id_pokl"


def test_a_practice_receipt_says_that_it_is_one(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, mode=Mode.PLAYGROUND)
    all_is_well(shop)
    first = service.reported_sale(shop, sell(shop, "item-02"))
    assert first is not None
    with till_window(tmp_path, width=800, height=480, mode=Mode.PLAYGROUND) as till:
        till.press("F3")
        till.tap(f"receipt:{first.sale.doc_id}")
        assert till.text("fiscal.state").startswith("EET: čeká · zkušební prostředí")
    shop.store.close()
