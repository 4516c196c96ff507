"""*Sklad* in the real window over a real database, by keys alone: documents, drafts, and what a sale says of stock."""

from pathlib import Path

import pytest

from appliance.domain.money import Quantity
from appliance.domain.pricelist import TillSettings
from appliance.domain.stock import DraftLine, MoveKind, StockDraft
from appliance.service import settings, stock
from appliance.service.shop import Shop
from appliance.store import levels as store
from appliance.store.pull import load_pull, update_pull
from script.lib.demo_shop import make_shop
from script.lib.stock_scenes import WAREHOUSE, stocked
from script.lib.till_window import TillWindow, till_window
from tests.appliance.ui.eet.desk import until

pytestmark = [pytest.mark.screen, pytest.mark.timeout(180)]

MILK, BREAD, YOGHURT = "item-06", "item-02", "item-07"


def level(shop: Shop, item_id: str) -> Quantity | None:
    return stock.level(shop, item_id)


def open_stock(till: TillWindow) -> None:
    till.press("F9")
    till.wait_for("menu:stock")
    till.press("9")
    till.wait_screen("stock")


def ring(till: TillWindow, *typed: str) -> None:
    for text in typed:
        till.type(text)
        till.press("Return")


def test_levels_are_listed_the_lowest_first_and_found_by_a_scan(till: TillWindow) -> None:
    open_stock(till)
    row = till.wait_for("stock-item:item-04")
    assert "−3 ks | v mínusu" in row["text"]
    listed = [w["id"] for w in till.look()["widgets"] if w["id"].startswith("stock-item:")]
    assert listed[0] == "stock-item:item-04"
    ring(till, "8590000000006")
    till.wait_for("dialog.title", lambda w: w["text"] == "Mléko polotučné 1,5 % 1 l")
    till.wait_for("do:write_off")


def test_goods_are_received_by_scanning_and_by_name(shop: Shop, till: TillWindow) -> None:
    open_stock(till)
    till.press("F2")
    till.wait_screen("stock_doc")
    ring(till, "10*6", "6", "8590000000002")
    till.wait_for(f"draft:{BREAD}", lambda w: "ve skladu 12, potom 13" in w["text"])
    till.wait_for(f"draft:{MILK}", lambda w: "| 11 ks |" in w["text"])
    till.type("jogurt")
    till.wait_for("hit:item-07")
    till.press("Return")
    till.wait_for("dialog.field")
    ring(till, "6")
    till.wait_for(f"draft:{YOGHURT}", lambda w: "| 6 ks |" in w["text"])
    till.press("F2")
    till.wait_screen("stock")
    till.wait_for("banner.text", lambda w: w["text"].startswith("Uloženo: Příjem, 3 položky."))
    assert [level(shop, each) for each in (MILK, BREAD, YOGHURT)] == [
        Quantity(59_000),
        Quantity(13_000),
        Quantity(30_000),
    ]


def test_a_count_shows_the_difference_and_a_line_is_mended_or_taken_away(shop: Shop, till: TillWindow) -> None:
    open_stock(till)
    till.press("F3")
    till.wait_screen("stock_doc")
    ring(till, "44*6", "12*2", "5*7")
    till.wait_for(f"draft:{MILK}", lambda w: w["text"].endswith("−4 ks"))
    till.wait_for(f"draft:{BREAD}", lambda w: w["text"].endswith("souhlasí"))
    till.tap(f"draft:{YOGHURT}")
    till.wait_for("dialog.field", lambda w: w["text"] == "5")
    ring(till, "0")
    till.wait_for(f"draft:{YOGHURT}", lambda w: w["text"].endswith("−24 ks"))
    till.tap(f"draft:{BREAD}")
    till.tap("stock.remove")
    till.wait_for("doc.count", lambda w: w["text"] == "2 položky")
    till.press("F2")
    till.wait_screen("stock")
    assert [level(shop, each) for each in (MILK, BREAD, YOGHURT)] == [Quantity(44_000), Quantity(12_000), Quantity(0)]


def test_goods_go_to_another_warehouse(shop: Shop, till: TillWindow) -> None:
    open_stock(till)
    till.press("F4")
    till.wait_for("to:sklad-2")
    till.tap("to:sklad-2")
    till.wait_screen("stock_doc")
    ring(till, "8*6")
    till.wait_for("doc.about", lambda w: w["text"].endswith("→ Chladicí box (Dlouhá 12)"))
    till.press("F2")
    till.wait_screen("stock")
    assert level(shop, MILK) == Quantity(40_000)
    settings.save_settings(shop, TillSettings(warehouse_id="sklad-2"))
    assert level(shop, MILK) == Quantity(8_000)


def test_a_write_off_needs_a_reason_and_says_what_goes_below_zero(shop: Shop, till: TillWindow) -> None:
    open_stock(till)
    till.press("F6")
    till.wait_for("reason:own")
    till.press("5")
    till.wait_for("dialog.field", lambda field: field["focused"])
    till.type("vytopeno")
    till.press("Return")
    till.wait_screen("stock_doc")
    ring(till, "50*6")
    till.wait_for(f"draft:{MILK}", lambda w: w["text"].endswith("bude v mínusu"))
    till.press("F2")
    till.wait_screen("stock")
    assert level(shop, MILK) == Quantity(-2_000)


def test_codes_and_quantities_that_mean_nothing_change_nothing(shop: Shop, till: TillWindow) -> None:
    open_stock(till)
    till.press("F2")
    till.wait_screen("stock_doc")
    ring(till, "99999")
    till.wait_for("entry", lambda w: w["text"].startswith("Kód 99999 není v ceníku."))
    till.press("F2")
    till.wait_for("banner.text", lambda w: w["text"].startswith("Doklad je prázdný."))
    ring(till, "6")
    till.tap(f"draft:{MILK}")
    till.wait_for("dialog.field")
    ring(till, "8590000000006")
    till.wait_for("dialog.message", lambda w: w["text"].startswith("To není množství."))
    till.press("Escape")
    assert level(shop, MILK) == Quantity(48_000)


def test_a_draft_is_there_again_after_selling_and_after_a_power_cut(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    stocked(shop)
    with till_window(tmp_path, width=800, height=480) as till:
        till.wait_for("key:f1")
        open_stock(till)
        till.press("F3")
        till.wait_screen("stock_doc")
        ring(till, "44*6", "12*2")
        till.press("F1")
        ring(till, "6")
        till.wait_for("line:1")
        open_stock(till)
        till.wait_for("stock:stocktake", lambda w: w["enabled"])
        assert not till.wait_for("stock:goods_receipt")["enabled"]
        until(lambda: stock.kept_draft(shop), "a draft that is kept")
    with till_window(tmp_path, width=800, height=480) as till:
        till.wait_for("key:f1")
        open_stock(till)
        till.press("F3")
        till.wait_screen("stock_doc")
        till.wait_for(f"draft:{MILK}", lambda w: w["text"].endswith("−4 ks"))
        till.press("F6")
        till.wait_for("stock.discard_confirm")
        till.press("1")
        till.wait_screen("stock")
        till.wait_for("stock:goods_receipt", lambda w: w["enabled"])
    assert (stock.kept_draft(shop), level(shop, MILK)) == (None, Quantity(48_000))
    shop.store.close()


def test_tiles_say_how_much_there_is_and_a_sale_below_zero_warns_and_is_sold(shop: Shop, till: TillWindow) -> None:
    till.wait_for("tile:item-13", lambda w: w["text"].endswith("| málo"))
    till.wait_for("tile:item-02", lambda w: w["text"].endswith("| 12"))
    assert "|" not in till.wait_for("tile:item-21")["text"]  # no stock is kept of it
    ring(till, "12*2")
    till.wait_for("line:1")
    till.tap("line.more")
    words = "Chléb Šumava kmínový krájený 1200 g: ve skladu chybí 1 ks."
    till.wait_for("banner.text", lambda w: w["text"].startswith(words))
    till.press("plus")
    till.wait_screen("pay")
    till.press("plus")
    till.wait_for("receipt.number")
    till.wait_for("tile:item-02", lambda w: w["text"].endswith("| není"))
    assert level(shop, BREAD) == Quantity(-1_000)


def test_the_item_says_its_level(till: TillWindow) -> None:
    till.press("F4")
    till.wait_screen("pricelist")
    ring(till, "8590000000002")
    till.tap("item:item-02")
    assert till.wait_for("item.stocked", lambda w: w["text"] == "na skladě: 12 ks")


def test_a_till_without_a_warehouse_leads_to_where_it_is_chosen(shop: Shop, till: TillWindow) -> None:
    settings.save_settings(shop, TillSettings())
    open_stock(till)
    till.wait_for("stock.empty", lambda w: w["text"].startswith("Pokladna nemá sklad"))
    till.press("F2")
    assert till.wait_for("banner.text", lambda w: w["text"].startswith("Pokladna nemá sklad."))
    till.tap("stock.warehouse")
    till.wait_screen("data")


def test_what_was_saved_elsewhere_in_the_same_warehouse_is_seen_when_the_page_is_opened(
    shop: Shop, till: TillWindow
) -> None:
    line = DraftLine(MILK, Quantity(2_000), Quantity(0))
    stock.save_document(shop, StockDraft(MoveKind.GOODS_RECEIPT, WAREHOUSE, (line,)))
    open_stock(till)
    till.type("mleko")
    assert till.wait_for("stock-item:item-06", lambda w: "50 ks" in w["text"])


def test_a_pull_reads_the_levels_again_and_leaves_the_page_where_it_is(shop: Shop, till: TillWindow) -> None:
    open_stock(till)
    till.wait_for("stock-item:item-04")
    till.press(*["Next"] * 4)
    most = "stock-item:item-01"
    till.wait_for(most, lambda w: "| 240 ks |" in w["text"])
    page = till.text("stock.page")
    assert page != "strana 1"
    with shop.mark() as tables:
        store.put_levels(tables, WAREHOUSE, [("item-01", 700_000)])
        update_pull(tables, stock_since=load_pull(tables).stock_since + 1)
    till.wait_for(most, lambda w: "| 940 ks |" in w["text"])
    assert till.text("stock.page") == page
