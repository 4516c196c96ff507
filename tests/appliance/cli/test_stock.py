"""`pokladna stock`: the levels a technician sees, with no network and nothing paired."""

import json
from dataclasses import replace

from appliance.bootstrap import open_shop
from appliance.config import load_config
from appliance.domain.money import Quantity
from appliance.domain.pricelist import TillSettings
from appliance.domain.stock import DraftLine, MoveKind, StockDraft
from appliance.service import catalogue, settings, stock
from tests.appliance.cli.conftest import Terminal
from tests.shops import APPLES, ROLL, SOAP


def shop_with_goods(terminal: Terminal) -> None:
    """One item was counted, one written off below zero, of one no stock is kept."""
    shop = open_shop(load_config(terminal.settings))
    for item in (ROLL, replace(APPLES, stocked=True), replace(SOAP, stocked=True)):
        catalogue.save_item(shop, item)
    settings.save_settings(shop, TillSettings(warehouse_id="wh"))
    for kind, item, quantity in ((MoveKind.GOODS_RECEIPT, SOAP, 4000), (MoveKind.WRITE_OFF, APPLES, 1250)):
        line = DraftLine(item.item_id, Quantity(quantity), Quantity(0))
        stock.save_document(shop, StockDraft(kind, "wh", (line,), note="první"))
    shop.store.close()


def test_negative_levels_come_first_and_are_said(terminal: Terminal) -> None:
    shop_with_goods(terminal)
    ended = terminal.run("stock")
    assert ended.code == 0
    lines = [" ".join(line.split()) for line in ended.out.splitlines()]
    assert lines[-2:] == [f"{APPLES.name} -1,25 kg below zero", f"{SOAP.name} 4 ks"]
    assert ROLL.name not in ended.out


def test_scripts_get_exact_numbers_as_text(terminal: Terminal) -> None:
    shop_with_goods(terminal)
    found = json.loads(terminal.run("stock", "--json").out)
    assert found["warehouse"] == "wh"
    assert [(each["id"], each["level"], each["unit"]) for each in found["items"]] == [
        (APPLES.item_id, "-1.250", "kg"),
        (SOAP.item_id, "4.000", "ks"),
    ]


def test_a_till_without_a_warehouse_says_where_to_choose_one(terminal: Terminal) -> None:
    ended = terminal.run("stock")
    assert ended.code == 1
    assert "no warehouse" in ended.error_line


def test_a_warehouse_of_which_nothing_is_counted_is_said(terminal: Terminal) -> None:
    shop = open_shop(load_config(terminal.settings))
    settings.save_settings(shop, TillSettings(warehouse_id="wh"))
    shop.store.close()
    assert "no item has its stock counted" in terminal.run("stock").out
