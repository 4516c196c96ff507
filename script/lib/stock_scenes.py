"""A demo till that takes its goods from a warehouse, and pictures of *Sklad*."""

from collections.abc import Callable
from dataclasses import replace

from appliance.domain.money import Quantity
from appliance.domain.pricelist import TillSettings
from appliance.domain.stock import DraftLine, MoveKind, StockDraft
from appliance.service import catalogue, settings, stock
from appliance.service.shop import Shop
from script.lib.demo_shop import PIECES
from script.lib.eet_scenes import all_is_well
from script.lib.sync_scenes import joined
from script.lib.till_window import TillWindow

Take = Callable[[str], None]
WAREHOUSE = "sklad-1"
COUNTED = {1: 240_000, 2: 12_000, 3: 3_000, 4: 0, 5: 2_000, 6: 48_000, 7: 24_000, 8: 5_000, 12: 18_450, 13: 4_250}
"""Thousandths by the item's place in the price list, from 1; a few of it in each state."""
OVERSOLD = 4


def stocked(shop: Shop) -> None:
    """Some items are counted and of one more was taken than there was."""
    all_is_well(shop)
    joined(shop)
    settings.save_settings(shop, TillSettings(warehouse_id=WAREHOUSE, branch="Dlouhá 12"))
    for n in COUNTED:
        catalogue.save_item(shop, replace(catalogue.load_item(shop, f"item-{n:02d}"), stocked=True))
    lines = tuple(DraftLine(f"item-{n:02d}", Quantity(q), Quantity(0)) for n, q in COUNTED.items())
    stock.save_document(shop, StockDraft(MoveKind.STOCKTAKE, WAREHOUSE, lines))
    gone = DraftLine(f"item-{OVERSOLD:02d}", Quantity(3000), Quantity(0))
    stock.save_document(shop, StockDraft(MoveKind.WRITE_OFF, WAREHOUSE, (gone,), note="Poškozené zboží"))


def look_at_stock(till: TillWindow, take: Take) -> None:
    till.wait_for("key:pay")
    take("sale-stock")
    till.type("4*3")
    till.press("Return")
    till.wait_for("banner.text", lambda w: "chybí" in w["text"])
    take("sale-below-zero")
    till.press("minus", "F9")
    till.wait_for("menu:stock")
    till.tap("menu:stock")
    till.wait_for(f"stock-item:item-{OVERSOLD:02d}")
    take("stock")
    till.tap(f"stock-item:item-{OVERSOLD:02d}")
    till.wait_for("do:stocktake")
    take("stock-item")
    till.press("Escape")
    count_goods(till, take)
    write_off(till, take)
    till.press("F9")
    till.tap("menu:pricelist")
    till.tap("pricelist.search")
    till.type("sumava")
    till.press("Return")
    till.tap("item:item-02")
    till.wait_screen("item_edit")
    take("item-edit-stock")


def count_goods(till: TillWindow, take: Take) -> None:
    till.press("F3")
    till.wait_screen("stock_doc")
    take("stocktake-empty")
    for typed in ("44*6", "12*2", "4", "2*7", f"859000{len(PIECES) - 2:07d}"):
        till.type(typed)
        till.press("Return")
    till.wait_for(f"draft:item-{len(PIECES) - 2}")
    take("stocktake")
    till.tap(f"draft:item-{len(PIECES) - 2}")
    till.wait_for("dialog.field")
    take("stock-quantity")
    till.press("Escape")
    till.tap("doc.back")
    till.wait_screen("stock")
    take("stock-begun")
    till.tap("stock:stocktake")
    till.wait_screen("stock_doc")
    till.tap("doc.save")
    till.wait_screen("stock")
    take("stock-saved")


def write_off(till: TillWindow, take: Take) -> None:
    till.tap("stock:write_off")
    till.wait_for("reason:own")
    take("write-off-reason")
    till.tap("reason:1")
    till.wait_screen("stock_doc")
    for typed in ("3*8", "4*5", "1,25*12"):
        till.type(typed)
        till.press("Return")
    take("write-off")
    till.tap("doc.discard")
    till.tap("stock.discard_confirm")
    till.wait_screen("stock")
    till.tap("stock:transfer")
    till.wait_for("to:sklad-2")
    take("transfer-where")
    till.press("Escape")
