"""A row that someone deletes while another has it open in a form."""

import pytest

from appliance.domain.pricelist import DELETED, RowKind
from backoffice.pricelist.listing import row_of, rows_of
from tests.backoffice.house import Clock, Shop, words
from tests.backoffice.pages.forms import filled, held, put, send

SENTENCE = "Mezitím to někdo smazal. Když to teď uložíte, vrátí se to zpátky."
PLACES = {
    RowKind.CATEGORY: "/pricelist/categories",
    RowKind.USER: "/users",
    RowKind.WAREHOUSE: "/stock/warehouses",
}
FIELDS = {
    RowKind.CATEGORY: {"colour": "#B3261E", "position": 2},
    RowKind.USER: {},
    RowKind.WAREHOUSE: {"branch": "Brno"},
}


@pytest.mark.parametrize("kind", PLACES)
def test_what_was_deleted_meanwhile_is_said_and_comes_back_when_it_is_saved_again(
    shop: Shop, clock: Clock, kind: RowKind
) -> None:
    place = PLACES[kind]
    put(shop, kind, "x", name="Staré", **FIELDS[kind])
    opened = filled(shop.browser.get(f"{place}?edit=x").text)
    clock.move(minutes=1)
    put(shop, kind, "x", **{DELETED: True})
    clock.move(minutes=1)

    refused = send(shop, place, opened, name="Nové")
    assert refused.status_code == 400
    assert SENTENCE in words(refused.text)
    assert "Smazat" not in words(refused.text)
    assert rows_of(shop.site.tables, shop.account_id, kind) == []
    assert held(shop, "x", kind)["name"] == "Staré"

    assert send(shop, place, filled(refused.text)).status_code == 303
    row = row_of(shop.site.tables, shop.account_id, kind, "x")
    assert row is not None
    assert not row["deleted"]
    assert row["fields"] == {"name": "Nové", DELETED: False, **FIELDS[kind]}


@pytest.mark.parametrize("kind", PLACES)
def test_a_link_to_what_is_deleted_leads_to_a_form_that_restores_it(shop: Shop, clock: Clock, kind: RowKind) -> None:
    place = PLACES[kind]
    put(shop, kind, "x", name="Staré", **FIELDS[kind])
    assert SENTENCE not in words(shop.browser.get(f"{place}?edit=x").text)
    clock.move(minutes=1)
    put(shop, kind, "x", **{DELETED: True})
    clock.move(minutes=1)
    page = shop.browser.get(f"{place}?edit=x")
    assert page.status_code == 200
    assert SENTENCE in words(page.text)
    assert send(shop, place, filled(page.text)).status_code == 303
    assert [row["row_id"] for row in rows_of(shop.site.tables, shop.account_id, kind)] == ["x"]
