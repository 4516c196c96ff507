"""A line that takes more than there is: said in the banner, and sold. Negative stock never blocks a sale."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.domain.catalogue import Item
from appliance.domain.money import Quantity
from appliance.service import catalogue, stock
from appliance.service.errors import NotFound
from appliance.ui.presenter.stock import below_zero_words


def ask_levels(app: Any, items: Sequence[Item], then: Callable[[Mapping[str, Quantity]], None]) -> None:
    """Beside the sale: after months without a network many movements are summed. Not asked when no stock is kept."""
    if any(item.stocked for item in items):
        app.aside(lambda: stock.levels_kept(app.shop, items), then)


def warn_of_stock(app: Any, item: Item) -> None:
    """After the item came onto the bill."""

    def told(levels: Mapping[str, Quantity]) -> None:
        level = levels.get(item.item_id)
        lines = [line for line in app.bill.cart.lines if line.item_id == item.item_id]
        if level is None or not lines:  # no warehouse; or paid or taken off the bill meanwhile
            return
        left = Quantity(level.thousandths - sum(line.quantity.thousandths for line in lines))
        if left.thousandths < 0:
            app.say(below_zero_words(item.name, left, item.unit), "warning")

    ask_levels(app, [item], told)


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
