import pytest

from appliance.domain.pin import pin_matches
from appliance.domain.pricelist import RowKind
from backoffice.app import app_of
from backoffice.pricelist.listing import rows_of
from tests.backoffice.house import Clock, Shop
from tests.backoffice.pages.forms import filled, held, put, send


def test_a_user_is_made_with_a_pin_that_nobody_can_read(shop: Shop) -> None:
    send(shop, "/users", filled(shop.browser.get("/users").text), name="Jana Nováková", pin="4711")
    (row,) = rows_of(shop.site.tables, shop.account_id, RowKind.USER)
    assert row["name"] == "Jana Nováková"
    assert pin_matches("4711", row["fields"]["pin"])
    page = shop.browser.get(f"/users?edit={row['row_id']}").text
    assert "nastaven" in page
    assert row["fields"]["pin"] not in page


def test_an_empty_pin_stays_as_it_is_and_a_tick_takes_it_away(shop: Shop) -> None:
    put(shop, RowKind.USER, "u", name="Jana", pin="kept")
    opened = filled(shop.browser.get("/users?edit=u").text)
    send(shop, "/users", opened, name="Jana N.")
    assert held(shop, "u", RowKind.USER) == {"name": "Jana N.", "pin": "kept"}
    send(shop, "/users", opened, name="Jana N.", no_pin="1")
    assert held(shop, "u", RowKind.USER)["pin"] == ""


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": "", "pin": ""}, "Napište jméno"),
        ({"name": "Jana", "pin": "123"}, "PIN má 4 až 8 číslic"),
        ({"name": "Jana", "pin": "abcd"}, "PIN má 4 až 8 číslic"),
    ],
)
def test_a_wrong_user_is_said(shop: Shop, typed: dict[str, str], sentence: str) -> None:
    answer = send(shop, "/users", **typed)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert dict(filled(answer.text))["name"] == typed["name"]
    assert dict(filled(answer.text))["pin"] == ""
    assert rows_of(shop.site.tables, shop.account_id, RowKind.USER) == []


def test_a_user_is_deleted_and_is_of_one_account_only(shop: Shop) -> None:
    put(shop, RowKind.USER, "u", name="Jana")
    with Shop.opened(shop.site, app_of(shop.site), email="jina@firma.cz") as other:
        other.sign_in(email="jina@firma.cz")
        opened = [("csrf", other.csrf())]
        assert "Jana" not in other.browser.get("/users?edit=u").text
        assert send(other, "/users", opened, row_id="u", name="Moje").status_code == 404
        assert send(other, "/users/delete", opened, row_id="u").status_code == 404
    assert held(shop, "u", RowKind.USER) == {"name": "Jana"}
    send(shop, "/users/delete", row_id="u")
    assert "Jana" not in shop.browser.get("/users").text


def test_a_pin_typed_for_a_user_whom_someone_deleted_meanwhile_is_asked_for_again(shop: Shop, clock: Clock) -> None:
    put(shop, RowKind.USER, "u", name="Jana", pin="kept")
    opened = filled(shop.browser.get("/users?edit=u").text)
    clock.move(seconds=1)
    send(shop, "/users/delete", row_id="u")
    answer = send(shop, "/users", opened, name="Jana", pin="4711")
    assert answer.status_code == 400
    assert "napište ho znovu" in answer.text
    ticked = send(shop, "/users", opened, name="Jana", no_pin="1").text
    assert "napište ho znovu" not in ticked
    clock.move(seconds=1)
    send(shop, "/users", filled(ticked), name="Jana")
    assert held(shop, "u", RowKind.USER)["pin"] == ""
