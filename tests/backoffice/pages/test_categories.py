import pytest

from appliance.domain.pricelist import RowKind
from backoffice.app import app_of
from backoffice.pricelist.listing import rows_of
from tests.backoffice.house import Clock, Shop, words
from tests.backoffice.pages.forms import filled, held, item, put, send
from tests.journals import TillJournal


def test_a_category_is_made_edited_and_deleted(shop: Shop, clock: Clock) -> None:
    page = shop.browser.get("/pricelist/categories").text
    assert send(shop, "/pricelist/categories", filled(page), name="Pečivo", position="3").status_code == 303
    (row,) = rows_of(shop.site.tables, shop.account_id, RowKind.CATEGORY)
    assert row["fields"] == {"name": "Pečivo", "colour": "#0F6FDE", "position": 3}
    item(shop, "a", "Rohlík", category_id=row["row_id"])
    opened = filled(shop.browser.get(f"/pricelist/categories?edit={row['row_id']}").text)
    clock.move(minutes=1)
    put(shop, RowKind.CATEGORY, row["row_id"], colour="#B3261E")
    send(shop, "/pricelist/categories", opened, name="Chleba a pečivo")
    assert held(shop, row["row_id"], RowKind.CATEGORY) == {
        "name": "Chleba a pečivo",
        "colour": "#B3261E",
        "position": 3,
    }
    send(shop, "/pricelist/categories/delete", row_id=row["row_id"])
    assert "Chleba" not in shop.browser.get("/pricelist/categories").text
    assert held(shop, "a")["name"] == "Rohlík"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", " ", "Napište název"),
        ("colour", "red", "Vyberte barvu"),
        ("position", "first", "Pořadí je celé číslo"),
        ("position", "-1", "Pořadí je celé číslo"),
    ],
)
def test_a_wrong_category_is_said_and_what_was_typed_stays(shop: Shop, field: str, typed: str, sentence: str) -> None:
    opened = filled(shop.browser.get("/pricelist/categories").text)
    answer = send(shop, "/pricelist/categories", opened, **{"name": "Pečivo", "position": "7"} | {field: typed})
    assert answer.status_code == 400
    assert sentence in answer.text
    kept = dict(filled(answer.text))
    assert kept["name" if field != "name" else "position"] == ("Pečivo" if field != "name" else "7")
    assert rows_of(shop.site.tables, shop.account_id, RowKind.CATEGORY) == []


def test_labels_are_shown_with_their_items_and_tills(shop: Shop) -> None:
    journal = TillJournal(name="Pult")
    shop.till_with(journal)
    item(shop, "a", "Rohlík", label={"pokl1"})
    item(shop, "b", "Mléko", label={"pokl1", "akce"})
    item(shop, "c", "Smazané", label={"pokl1"}, deleted=True)
    put(shop, RowKind.TILL, journal.till_id, label="pokl1", restricted=True)
    page = words(shop.browser.get("/fragments/pricelist/labels").text)
    assert "akce – 1" in page
    assert "pokl1 Pult 2" in page


def test_czech_rates_are_taken_over_and_a_new_one_is_added_and_deleted(shop: Shop) -> None:
    assert "21 %" in shop.browser.get("/pricelist/vat").text
    send(shop, "/pricelist/vat", action="czech")
    page = words(shop.browser.get("/pricelist/vat").text)
    assert "Základní platí teď 1. 1. 2013 21 %" in page
    assert "Snížená platí teď 1. 1. 2024 12 %" in page
    send(shop, "/pricelist/vat", vat_class="reduced", percent="14 %", valid_from="2027-01-01")
    assert "Snížená bude platit 1. 1. 2027 14 %" in words(shop.browser.get("/pricelist/vat").text)
    send(shop, "/pricelist/vat/delete", row_id="vat-reduced-2027-01-01")
    assert "14 %" not in words(shop.browser.get("/pricelist/vat").text)
    send(shop, "/pricelist/vat", vat_class="reduced", percent="13", valid_from="2027-01-01")
    assert "1. 1. 2027 13 %" in words(shop.browser.get("/pricelist/vat").text)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"percent": "dvanáct"}, "Procenta jsou celé číslo"),
        ({"percent": "101"}, "Procenta jsou celé číslo"),
        ({"valid_from": "zítra"}, "Vyberte den"),
        ({"vat_class": "luxury"}, "Vyberte sazbu"),
    ],
)
def test_a_wrong_rate_is_said(shop: Shop, typed: dict[str, str], sentence: str) -> None:
    right = {"vat_class": "standard", "percent": "21", "valid_from": "2027-01-01"}
    answer = send(shop, "/pricelist/vat", **right | typed)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert rows_of(shop.site.tables, shop.account_id, RowKind.VAT_RATE) == []


def test_what_belongs_to_another_account_is_not_there(shop: Shop) -> None:
    put(shop, RowKind.CATEGORY, "c", name="Tajná", colour="#14804A", position=1)
    put(shop, RowKind.VAT_RATE, "v", vat_class="standard", percent=21, valid_from="2013-01-01")
    with Shop.opened(shop.site, app_of(shop.site), email="jina@firma.cz") as other:
        other.sign_in(email="jina@firma.cz")
        opened = [("csrf", other.csrf())]
        assert "Tajná" not in other.browser.get("/pricelist/categories?edit=c").text
        mine = {"row_id": "c", "name": "Moje", "colour": "#14804A", "position": "1"}
        assert send(other, "/pricelist/categories", opened, **mine).status_code == 404
        assert send(other, "/pricelist/categories/delete", opened, row_id="c").status_code == 404
        assert send(other, "/pricelist/vat/delete", opened, row_id="v").status_code == 404
    assert held(shop, "c", RowKind.CATEGORY)["name"] == "Tajná"
    assert "deleted" not in held(shop, "v", RowKind.VAT_RATE)
