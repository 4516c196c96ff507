"""`pokladna stock`: how much there is of every item of which stock is kept, the lowest first."""

import json
from typing import Annotated

import typer
from rich.table import Table

from appliance.cli.context import fail, out, plain_errors, the_shop
from appliance.domain.money import format_quantity
from appliance.service.errors import Refused
from appliance.service.settings import till_settings, warehouses
from appliance.service.shop import Shop
from appliance.service.stock import ItemLevel, all_levels


def stock(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Levels in this till's warehouse, negative ones first: what was pulled, and what was moved here since."""
    shop = the_shop(context)
    with plain_errors():
        try:
            levels = all_levels(shop)
        except Refused:
            fail("this till has no warehouse; choose one in Settings, or in the Backoffice")
    warehouse = warehouse_name(shop)
    if as_json:
        items = [{"id": each.item_id, "name": each.name, "unit": each.unit, "level": exact(each)} for each in levels]
        out.print_json(json.dumps({"warehouse": warehouse, "items": items}))
        return
    table = Table("item", "level", "", title=warehouse, box=None)
    for each in levels:
        negative = each.level.thousandths < 0
        words = f"{format_quantity(each.level)} {each.unit}"
        table.add_row(each.name, words, "below zero" if negative else "", style="red" if negative else "")
    table.columns[1].justify = "right"
    out.print(table)
    if not levels:
        out.print("no item has its stock counted")


def exact(level: ItemLevel) -> str:
    """A decimal number as text, so that no reader rounds it."""
    whole, part = divmod(abs(level.level.thousandths), 1000)
    sign = "-" if level.level.thousandths < 0 else ""
    return f"{sign}{whole}.{part:03}"


def warehouse_name(shop: Shop) -> str:
    """The id of one that has not been pulled yet."""
    warehouse_id = till_settings(shop).warehouse_id
    names = {each.warehouse_id: each.name for each in warehouses(shop)}
    return names.get(warehouse_id, warehouse_id)
