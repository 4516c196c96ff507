"""What the tests of the pages share: a form as a browser sends it, and rows that stand in the price list."""

import html
import re
from typing import Any
from urllib.parse import urlencode

from appliance.domain.pricelist import RowKind
from backoffice.pricelist.listing import row_of
from backoffice.pricelist.writing import edit_row
from tests.backoffice.house import EMAIL, Shop

Fields = dict[str, Any]


def put(shop: Shop, kind: RowKind, row_id: str, **fields: Any) -> str:
    """A row written here; members as `label={"pokl1"}`. Returns its id."""
    changes: Fields = {}
    for name, value in fields.items():
        changes |= {f"{name}:{each}": True for each in value} if isinstance(value, set) else {name: value}
    edit_row(shop.site.tables, shop.account_id, kind, row_id, changes, user=EMAIL, now=shop.site.now())
    return row_id


def item(shop: Shop, row_id: str, name: str, **fields: Any) -> str:
    return put(shop, RowKind.ITEM, row_id, name=name, **({"price": 1000, "vat_class": "standard"} | fields))


def held(shop: Shop, row_id: str, kind: RowKind = RowKind.ITEM) -> Fields:
    row = row_of(shop.site.tables, shop.account_id, kind, row_id)
    assert row is not None
    return dict(row["fields"])


def filled(page: str) -> list[tuple[str, str]]:
    """The fields of the page's main form as a browser would send them untouched."""
    form = re.search(r'<form class="card form.*?</form>', page, re.DOTALL)
    assert form is not None
    fields: list[tuple[str, str]] = []
    for inside in re.findall(r"<input\b[^>]*>|<select\b.*?</select>", form.group(0), re.DOTALL):
        name = re.search(r'name="([^"]+)"', inside)
        if name is None or (re.search(r'type="(checkbox|radio)"', inside) and "checked" not in inside):
            continue
        if inside.startswith("<select"):
            chosen = re.search(r'value="([^"]*)" selected', inside) or re.search(r'<option value="([^"]*)"', inside)
        else:
            chosen = re.search(r'value="([^"]*)"', inside)
        fields.append((name.group(1), html.unescape(chosen.group(1)) if chosen else ""))
    return fields


def send(shop: Shop, address: str, fields: list[tuple[str, str]] | None = None, /, **typed: str | list[str]) -> Any:
    """Post a form; what is typed replaces what it was filled with."""
    sent = [(name, value) for name, value in fields or [] if name not in typed]
    for name, value in typed.items():
        sent += [(name, each) for each in ([value] if isinstance(value, str) else value)]
    if "csrf" not in dict(sent):
        sent.append(("csrf", shop.csrf()))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return shop.browser.post(address, content=urlencode(sent), headers=headers)
