"""A line that takes more than there is: said in the banner, and sold. Negative stock never blocks a sale."""

from typing import Any

from appliance.domain.catalogue import Item
from appliance.domain.money import Quantity
from appliance.service import catalogue, stock
from appliance.service.errors import NotFound
from appliance.ui.presenter.stock import below_zero_words


def warn_of_stock(app: Any, item: Item) -> None:
    """After the item came onto the bill; nothing is asked of one whose stock is not kept."""
    level = stock.levels_kept(app.shop, [item]).get(item.item_id)
    if level is None:
        return
    on_bill = sum(line.quantity.thousandths for line in app.bill.cart.lines if line.item_id == item.item_id)
    left = Quantity(level.thousandths - on_bill)
    if left.thousandths < 0:
        app.say(below_zero_words(item.name, left, item.unit), "warning")


def warn_of_line(app: Any, line_id: int) -> None:
    """After a line got more; its item may be gone from the price list."""
    item_id = app.bill.cart.line(line_id).item_id
    if item_id is None:
        return
    try:
        item = catalogue.load_item(app.shop, item_id)
    except NotFound:
        return
    warn_of_stock(app, item)
