"""What a pulled price list does to the screens, and what an item's form does on a restricted till."""

from dataclasses import replace

import pytest

from appliance.domain.money import Money
from appliance.domain.pricelist import TillSettings
from appliance.service import catalogue, settings, sync
from appliance.service.shop import Shop
from appliance.store import catalogue as store
from appliance.store import levels
from appliance.store.pull import load_pull, update_pull
from script.lib.sync_scenes import changes_wait, goes_on, synchronised
from script.lib.till_window import TillWindow
from tests.appliance.ui.eet.desk import until

pytestmark = [pytest.mark.screen, pytest.mark.timeout(180)]

BANANAS, BREAD = "item-13", "item-02"
BREAD_PLU = "2"


def pulled(shop: Shop, item_id: str, **changes: object) -> None:
    """As a page of the Backoffice replaces the till's row."""
    item = replace(catalogue.load_item(shop, item_id), **changes)  # type: ignore[arg-type]
    with shop.mark() as tables:
        store.put_item(tables, item, stamp="")
        update_pull(tables, since=load_pull(tables).since + 1, changes_waiting=0)


def restrict(shop: Shop) -> None:
    settings.save_settings(shop, TillSettings("pokl1", restricted=True))


def test_a_new_price_is_on_the_tile_at_once_and_the_open_bill_keeps_the_old_one(shop: Shop, till: TillWindow) -> None:
    """S15"""
    till.type(BREAD_PLU)
    till.press("Return")
    till.wait_for(f"tile:{BREAD}", lambda w: w["text"].endswith(" 49,90"))
    pulled(shop, BREAD, price=Money(5500))
    till.wait_for(f"tile:{BREAD}", lambda w: w["text"].endswith(" 55,00"))
    assert till.text("sale.total").startswith("49,90")
    till.tap(f"tile:{BREAD}")
    till.wait_for("sale.total", lambda w: w["text"].startswith("104,90"))


def test_the_stock_dot_follows_what_other_tills_have_sold(shop: Shop, till: TillWindow) -> None:
    """The sale screen stays open; a page of levels comes."""
    settings.save_settings(shop, TillSettings(warehouse_id="sklad-1"))
    pulled(shop, BREAD, stocked=True)
    till.wait_for(f"tile:{BREAD}", lambda w: "není" in w["text"])
    with shop.mark() as tables:
        levels.put_levels(tables, "sklad-1", [(BREAD, 3000)])
        update_pull(tables, stock_since=load_pull(tables).stock_since + 1)
    assert till.wait_for(f"tile:{BREAD}", lambda w: "málo" in w["text"])


def test_nothing_moves_under_a_finger(shop: Shop, till: TillWindow) -> None:
    till.finger_down(f"tile:{BANANAS}")
    pulled(shop, BANANAS, price=Money(9900))
    before = till.look()["seq"]
    till.wait_until(lambda seen: seen if seen["seq"] > before + 25 else None, "more than a second")
    assert till.text(f"tile:{BANANAS}").endswith("32,90/kg")
    till.finger_up()
    till.wait_for(f"tile:{BANANAS}", lambda w: w["text"].endswith("99,00/kg"))


def test_the_list_is_read_again_too(shop: Shop, till: TillWindow) -> None:
    till.press("F4")
    till.wait_for(f"item:{BANANAS}")
    pulled(shop, BANANAS, labels=("pokl1", "pokl2"), price=Money(100))
    row = till.wait_for(f"item:{BANANAS}", lambda w: "štítky pokl1, pokl2" in w["text"])
    assert row["text"].split(" | ")[2] == "1,00/kg"


def test_the_key_and_the_bar_tell_how_much_waits_and_how_far_it_is(shop: Shop, till: TillWindow) -> None:
    """S21"""
    changes_wait(shop)
    till.wait_for("status.changes", lambda w: "12" in w["text"])
    till.press("F5")
    until(lambda: sync.last_sync_run(shop), "a synchronisation asked for")
    goes_on(shop, phase="download", done=240, total=1200)
    till.wait_for("banner.text", lambda w: w["text"] == "Stahuji ceník · 240/1200")
    till.type(BREAD_PLU)
    till.press("Return")
    till.wait_for("sale.total", lambda w: w["text"].startswith("49,90"))
    changes_wait(shop, 0)
    synchronised(shop)
    till.wait_for("banner.text", lambda w: "12 položek změněno, 3 nové, 1 odebrána; odesláno 48 dokladů" in w["text"])
    assert "status.changes" not in till.widgets()


def test_a_touch_on_the_number_synchronises_and_shows_it(shop: Shop, till: TillWindow) -> None:
    changes_wait(shop, 3)
    till.wait_for("status.changes")
    left = till.wait_for("status.printer")["rect"][0]
    till.wait_for("status.changes", lambda w: w["rect"][0] + w["rect"][2] <= left)  # laid out
    till.tap("status.changes")
    till.wait_screen("sync")
    assert until(lambda: sync.last_sync_run(shop), "a synchronisation asked for")


def test_the_menu_of_the_price_list_synchronises(shop: Shop, till: TillWindow) -> None:
    """S15"""
    till.press("F4")
    till.tap("pricelist.menu")
    till.wait_for("menu:sync", lambda w: w["text"] == "Synchronizace s BackOffice")
    till.press("1")
    till.wait_screen("sync")
    assert until(lambda: sync.last_sync_run(shop), "a synchronisation asked for")


def test_a_synchronisation_somebody_else_asked_for_is_shown_too(shop: Shop, till: TillWindow) -> None:
    sync.request_sync(shop)
    goes_on(shop, phase="upload", done=1, total=4)
    assert till.wait_for("banner.text", lambda w: w["text"] == "Odesílám do Backoffice · 1/4")


def test_a_new_item_on_a_restricted_till_shows_the_label_it_gets(shop: Shop, till: TillWindow) -> None:
    """S18"""
    restrict(shop)
    till.press("F4")
    till.tap("pricelist.new")
    till.wait_for("item.labels", lambda w: w["text"] == "pokl1")
    till.tap("item.name")
    till.type("Koprovka")
    till.press("Return")
    till.tap("item.save")
    till.wait_screen("pricelist")
    (found,) = catalogue.search_items(shop, "Koprovka", limit=2)
    assert found.labels == ("pokl1",)


@pytest.mark.parametrize(("answer", "labels"), [("1", ("pokl1", "pokl2")), ("2", ("pokl2",))])
def test_a_label_that_would_hide_the_item_here_is_asked_about(
    shop: Shop, till: TillWindow, answer: str, labels: tuple[str, ...]
) -> None:
    """S17, S20"""
    catalogue.save_item(shop, replace(catalogue.load_item(shop, BREAD), labels=("pokl1",)))
    restrict(shop)
    till.press("F4")
    till.tap(f"item:{BREAD}")
    till.wait_screen("item_edit")
    till.tap("item.labels")
    till.press("BackSpace")
    till.type("2")
    till.press("Return", "Escape")
    till.tap("item.save")
    till.wait_for("dialog.message", lambda w: "štítkem pokl1" in w["text"])
    till.press(answer)
    till.wait_screen("pricelist")
    assert catalogue.load_item(shop, BREAD).labels == labels


def test_a_form_that_was_open_during_a_pull_writes_only_what_was_changed_in_it(shop: Shop, till: TillWindow) -> None:
    """B4"""
    till.press("F4")
    till.tap(f"item:{BREAD}")
    till.wait_screen("item_edit")
    pulled(shop, BREAD, price=Money(5500))
    till.tap("item.stocked")
    till.tap("item.save")
    till.wait_screen("pricelist")
    found = catalogue.load_item(shop, BREAD)
    assert (found.price, found.stocked) == (Money(5500), True)


def test_an_item_deleted_while_its_form_was_open_is_told(shop: Shop, till: TillWindow) -> None:
    till.press("F4")
    till.tap(f"item:{BREAD}")
    till.wait_screen("item_edit")
    catalogue.delete_item(shop, BREAD)
    till.tap("item.save")
    assert till.wait_for("banner.text", lambda w: w["text"].startswith("Položka už v ceníku není"))
