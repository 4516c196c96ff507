import re

import pytest

from appliance.domain.pricelist import FIELDS_MAX, RowKind, members
from backoffice.app import app_of
from backoffice.pricelist import listing
from backoffice.pricelist.listing import PAGE_ROWS
from tests.backoffice.house import Clock, Shop, words
from tests.backoffice.pages.forms import filled, held, item, put, send


def names(page: str) -> list[str]:
    return re.findall(r'<span class="clamp">([^<]+)</span>', page)


def found(shop: Shop, query: str) -> list[str]:
    return names(shop.browser.get(f"/pricelist?{query}").text)


def test_items_are_found_by_name_with_and_without_diacritics_by_ean_and_by_plu(shop: Shop) -> None:
    item(shop, "a", "Žluťoučký sýr", ean={"8594000000017"}, plu="12")
    item(shop, "b", "Chléb", ean={"8594000000024"})
    for typed in ("žluť", "zlut", "SYR zlut", "8594000000017", "859400000001", "12"):
        assert found(shop, f"q={typed}") == ["Žluťoučký sýr"], typed
    assert found(shop, "q=8594") == ["Chléb", "Žluťoučký sýr"]
    assert found(shop, "q=rohlik") == []
    assert "neodpovídá žádná položka" in shop.browser.get("/pricelist?q=rohlik").text


def test_items_are_filtered_by_category_label_and_whether_they_are_deleted(shop: Shop) -> None:
    put(shop, RowKind.CATEGORY, "c", name="Pečivo", colour="#14804A", position=1)
    item(shop, "a", "Rohlík", category_id="c", label={"pokl1"})
    item(shop, "b", "Mléko", label={"pokl1", "pokl2"})
    item(shop, "d", "Starý chléb", deleted=True)
    assert found(shop, "category=c") == ["Rohlík"]
    assert found(shop, "category=-") == ["Mléko"]
    assert found(shop, "label=pokl1") == ["Mléko", "Rohlík"]
    assert found(shop, "label=pokl2") == ["Mléko"]
    assert found(shop, "deleted=1") == ["Starý chléb"]
    assert found(shop, "") == ["Mléko", "Rohlík"]


def test_the_list_goes_on_page_by_page_and_shows_every_item_once(shop: Shop) -> None:
    wanted = [f"Zboží {n:03d}" for n in range(PAGE_ROWS + 5)]
    for n, name in enumerate(wanted):
        item(shop, f"i{n}", name)
    first = shop.browser.get("/pricelist").text
    further = re.search(r'href="(/pricelist\?after=[^"]+)"', first)
    assert further is not None
    assert names(first) + names(shop.browser.get(further.group(1)).text) == wanted
    assert f"Položky {PAGE_ROWS + 5}" in words(first)


def test_a_new_item_is_made_with_everything_the_form_has(shop: Shop) -> None:
    put(shop, RowKind.CATEGORY, "c", name="Pečivo", colour="#14804A", position=1)
    answer = send(
        shop,
        "/pricelist/new",
        filled(shop.browser.get("/pricelist/new").text),
        name="Sýr  krájený",
        price="1 234,50",
        vat_class="reduced",
        category_id="c",
        unit="kg",
        plu="7",
        eans="8594000000017 8594000000024",
        labels="pokl1, pokl2",
        stocked="1",
    )
    assert answer.status_code == 303
    row_id = answer.headers["location"].removeprefix("/pricelist/items/").removesuffix("?done=1")
    assert held(shop, row_id) == {
        "name": "Sýr krájený",
        "price": 123450,
        "vat_class": "reduced",
        "category_id": "c",
        "unit": "kg",
        "plu": "7",
        "ean:8594000000017": True,
        "ean:8594000000024": True,
        "label:pokl1": True,
        "label:pokl2": True,
        "stocked": True,
        "reporting": "reported",
        "principal": "",
    }
    assert "Uloženo" in shop.browser.get(answer.headers["location"]).text


def test_an_item_with_two_labels_and_one_taken_away(shop: Shop) -> None:
    """S19 and S20: labels are edited here, too, and an item may carry several."""
    item(shop, "a", "Rohlík", label={"pokl1"})
    send(shop, "/pricelist/items/a", filled(shop.browser.get("/pricelist/items/a").text), labels="pokl1 pokl2")
    assert {name for name, value in held(shop, "a").items() if value is True} == {"label:pokl1", "label:pokl2"}
    send(shop, "/pricelist/items/a", filled(shop.browser.get("/pricelist/items/a").text), labels="pokl2")
    assert found(shop, "label=pokl1") == []
    assert found(shop, "label=pokl2") == ["Rohlík"]


def test_only_what_the_person_changed_is_written(shop: Shop, clock: Clock) -> None:
    """B4: while the form is open, somebody else changes another field of the item; both changes stay."""
    item(shop, "a", "Rohlík", price=350)
    opened = filled(shop.browser.get("/pricelist/items/a").text)
    clock.move(minutes=1)
    put(shop, RowKind.ITEM, "a", price=390)
    clock.move(minutes=1)
    assert send(shop, "/pricelist/items/a", opened, name="Rohlík tukový").status_code == 303
    assert (held(shop, "a")["name"], held(shop, "a")["price"]) == ("Rohlík tukový", 390)


def test_a_form_saved_untouched_changes_nothing(shop: Shop) -> None:
    item(shop, "a", "Rohlík", ean={"8594000000017"}, label={"pokl1"})
    before = shop.browser.get("/pricelist/items/a").text.count("<li>")
    assert send(shop, "/pricelist/items/a", filled(shop.browser.get("/pricelist/items/a").text)).status_code == 303
    assert shop.browser.get("/pricelist/items/a").text.count("<li>") == before


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Napište název"),
        ("name", "x" * 121, "Napište název"),
        ("price", "abc", "Cena je číslo"),
        ("price", "-5", "Cena je číslo"),
        ("price", "1,234", "Cena je číslo"),
        ("plu", "12a", "PLU jsou jen číslice"),
        ("eans", "859x", "EAN jsou jen číslice"),
        ("labels", "x" * 33, "Štítek je jedno slovo"),
        ("principal", "nikdo", "Pověřující poplatník je DIČ"),
        ("vat_class", "luxury", "Vyberte sazbu"),
        ("unit", "tucet", "Vyberte jednotku"),
        ("reporting", "maybe", "Vyberte ze seznamu"),
    ],
)
def test_a_wrong_value_gets_a_sentence_and_nothing_typed_is_lost(
    shop: Shop, field: str, typed: str, sentence: str
) -> None:
    item(shop, "a", "Rohlík", price=350)
    opened = filled(shop.browser.get("/pricelist/items/a").text)
    answer = send(shop, "/pricelist/items/a", opened, **{"name": "Nové jméno", "plu": "77"} | {field: typed})
    assert answer.status_code == 400
    assert sentence in answer.text
    kept = dict(filled(answer.text))
    assert kept["was"] == dict(opened)["was"]
    if field not in {"vat_class", "unit", "reporting"}:
        assert kept[field] == typed
    assert held(shop, "a")["name"] == "Rohlík"


def test_too_many_labels_are_refused_in_words(shop: Shop) -> None:
    answer = send(
        shop,
        "/pricelist/new",
        name="Rohlík",
        vat_class="standard",
        unit="ks",
        reporting="reported",
        labels=" ".join(f"l{n}" for n in range(150)),
    )
    assert answer.status_code == 400
    assert "Tolik kódů a štítků" in answer.text


def test_a_deleted_item_can_be_returned(shop: Shop) -> None:
    item(shop, "a", "Rohlík")
    assert send(shop, "/pricelist/delete/a").status_code == 303
    assert found(shop, "") == []
    assert "Vrátit do ceníku" in shop.browser.get("/pricelist/items/a").text
    send(shop, "/pricelist/delete/a", undo="1")
    assert found(shop, "") == ["Rohlík"]


def test_labels_and_category_of_many_items_change_at_once(shop: Shop) -> None:
    put(shop, RowKind.CATEGORY, "c", name="Pečivo", colour="#14804A", position=1)
    for row_id in "abd":
        item(shop, row_id, row_id, label={"pokl1"})
    chosen = ["a", "b"]
    answer = send(shop, "/pricelist/bulk?label=pokl1", id=chosen, action="add_label", label="pokl2")
    assert answer.headers["location"] == "/pricelist?label=pokl1&done=2"
    assert "Změněné položky: 2" in shop.browser.get(answer.headers["location"]).text
    assert found(shop, "label=pokl2") == chosen
    send(shop, "/pricelist/bulk", id=chosen, action="remove_label", label="pokl1")
    assert found(shop, "label=pokl1") == ["d"]
    send(shop, "/pricelist/bulk", id=chosen, action="category", category_id="c")
    assert found(shop, "category=c") == chosen
    send(shop, "/pricelist/bulk", id="a", action="category", category_id="-")
    assert found(shop, "category=c") == ["b"]


@pytest.mark.parametrize("typed", ["bar,terasa", "bar, terasa", "bar;terasa", "bar terasa"])
def test_codes_and_labels_are_divided_by_spaces_or_commas(shop: Shop, typed: str) -> None:
    item(shop, "a", "Rohlík")
    opened = filled(shop.browser.get("/pricelist/items/a").text)
    assert send(shop, "/pricelist/items/a", opened, labels=typed, eans="859,860").status_code == 303
    assert members(held(shop, "a"), "label") == ("bar", "terasa")
    assert members(held(shop, "a"), "ean") == ("859", "860")
    item(shop, "b", "Houska")
    send(shop, "/pricelist/bulk", id="b", action="add_label", label=typed)
    assert members(held(shop, "b"), "label") == ("bar", "terasa")


def test_what_was_typed_for_many_items_stays_when_it_cannot_be(shop: Shop) -> None:
    put(shop, RowKind.CATEGORY, "c", name="Pečivo", colour="#14804A", position=1)
    item(shop, "a", "Rohlík")
    typed = {"action": "add_label", "label": "x" * 33, "category_id": "c"}
    page = send(shop, "/pricelist/bulk", **typed).text
    bulk = page[page.index('<section class="card bulk"') :]
    assert f'name="label" value="{typed["label"]}"' in bulk
    assert '<option value="c" selected>' in bulk


def test_a_name_with_two_spaces_from_a_till_is_no_change_of_whoever_saves_the_form(shop: Shop) -> None:
    """B4: it would win over what somebody else renames meanwhile."""
    item(shop, "a", "Rohlík  tukový")
    opened = filled(shop.browser.get("/pricelist/items/a").text)
    assert send(shop, "/pricelist/items/a", opened, price="5").status_code == 303
    assert (held(shop, "a")["name"], held(shop, "a")["price"]) == ("Rohlík  tukový", 500)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"action": "add_label", "label": "pokl1"}, "Zaškrtněte nejdřív položky"),
        ({"action": "add_label", "label": " ", "id": "a"}, "Napište štítek"),
        ({"action": "category", "category_id": "nowhere", "id": "a"}, "Vyberte kategorii"),
        ({"action": "explode", "id": "a"}, "Zaškrtněte"),
    ],
)
def test_a_change_of_many_that_cannot_be_is_said_and_the_ticks_stay(
    shop: Shop, typed: dict[str, str], sentence: str
) -> None:
    item(shop, "a", "Rohlík")
    answer = send(shop, "/pricelist/bulk", **typed)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert (" checked" in answer.text) is ("id" in typed)


def test_the_history_says_who_changed_what_and_what_lost(shop: Shop, clock: Clock) -> None:
    """B4: the loser of a conflict is kept, with who and when."""
    tables = shop.site.tables
    item(shop, "a", "Rohlík", price=350)
    clock.move(minutes=5)
    put(shop, RowKind.ITEM, "a", price=390)
    with tables.writing():
        tables.pricelist_history.insert(
            account_id=shop.account_id,
            row_id="a",
            field="price",
            stamp="1:0:till",
            value="420",
            user_name="Jana",
            till_id="",
            at="2026-11-24T13:00:00+00:00",
            lost=1,
        ).execute()
    page = words(shop.browser.get("/pricelist/items/a").text)
    assert "14:00 · Jana Cena 4,20 Kč neprosadilo se" in page
    assert page.index("Cena 3,90 Kč") < page.index("Cena 3,50 Kč")
    assert "majitel@obchod.cz" in page


def test_items_with_the_same_code_are_offered_for_merging(shop: Shop) -> None:
    item(shop, "a", "Rohlík", ean={"8594000000017"}, label={"pokl1"})
    item(shop, "b", "Rohlik stary", ean={"8594000000017", "8594000000024"}, label={"pokl2"})
    item(shop, "c", "Jiný", plu="5")
    item(shop, "d", "Další", plu="5")
    page = words(shop.browser.get("/pricelist/twins").text)
    assert "EAN 8594000000017" in page
    assert "PLU 5" in page
    assert "Sloučit sem" in shop.browser.get("/pricelist/items/a").text
    answer = send(shop, "/pricelist/merge", kept="a", merged="b")
    assert answer.headers["location"] == "/pricelist/items/a"
    assert {name for name, value in held(shop, "a").items() if value is True} == {
        "ean:8594000000017",
        "ean:8594000000024",
        "label:pokl1",
        "label:pokl2",
    }
    assert "EAN 8594" not in words(shop.browser.get("/fragments/pricelist/twins").text)


def test_an_item_cannot_be_merged_with_itself_or_with_nothing(shop: Shop) -> None:
    item(shop, "a", "Rohlík")
    assert send(shop, "/pricelist/merge", kept="a", merged="a").status_code == 404
    assert send(shop, "/pricelist/merge", kept="a", merged="nothing").status_code == 404
    assert held(shop, "a").get("deleted") is None


def test_items_of_another_account_are_not_there(shop: Shop) -> None:
    item(shop, "a", "Tajné zboží", label={"tajny"})
    put(shop, RowKind.CATEGORY, "c", name="Tajná", colour="#14804A", position=1)
    with Shop.opened(shop.site, app_of(shop.site), email="jina@firma.cz") as other:
        other.sign_in(email="jina@firma.cz")
        listed = other.browser.get("/pricelist").text
        assert "Tajné" not in listed
        assert "tajny" not in listed
        assert other.browser.get("/pricelist/items/a").status_code == 404
        assert other.browser.get("/fragments/pricelist/items/a").status_code == 404
        opened = [("csrf", other.csrf())]
        assert send(other, "/pricelist/items/a", opened, name="Ukradeno").status_code == 404
        assert send(other, "/pricelist/delete/a", opened).status_code == 404
        assert send(other, "/pricelist/bulk", opened, id="a", action="category", category_id="c").status_code == 400
        send(other, "/pricelist/bulk", opened, id="a", action="add_label", label="x")
    assert set(held(shop, "a")) == {"name", "price", "vat_class", "label:tajny"}


@pytest.mark.parametrize("address", ["/pricelist/new", "/pricelist/items/a", "/pricelist/bulk", "/pricelist/merge"])
def test_a_form_without_its_token_is_refused(shop: Shop, address: str) -> None:
    item(shop, "a", "Rohlík")
    assert send(shop, address, [("csrf", "nonsense")], name="Jiné", id="a", action="add_label").status_code == 403
    assert held(shop, "a")["name"] == "Rohlík"


def test_nobody_edits_without_signing_in(shop: Shop) -> None:
    item(shop, "a", "Rohlík")
    answer = shop.stranger().post("/pricelist/items/a", data={"name": "Jiné"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("row_id", ["a/b", "/", "x/delete", "a?b#c&d=e%", "š \"'<b>"])
def test_an_item_is_opened_saved_and_deleted_whatever_its_id(shop: Shop, row_id: str) -> None:
    item(shop, row_id, "Rohlík")
    address = re.search(r'<a href="(/pricelist/items/[^"]*)"', shop.browser.get("/pricelist").text)
    assert address is not None
    page = shop.browser.get(address.group(1)).text
    saving = re.search(r'<form class="card form" method="post" action="([^"]+)"', page)
    live = re.search(r'data-src="(/fragments/pricelist/items/[^"]+)"', page)
    deleting = re.search(r'action="(/pricelist/delete/[^"]+)"', page)
    assert saving is not None
    assert live is not None
    assert deleting is not None
    assert shop.browser.get(live.group(1)).status_code == 200
    answer = send(shop, saving.group(1), filled(page), name="Houska")
    assert held(shop, row_id)["name"] == "Houska"
    assert "Uloženo" in shop.browser.get(answer.headers["location"]).text
    assert send(shop, deleting.group(1)).status_code == 303
    assert held(shop, row_id)["deleted"]


def test_codes_are_removed_from_an_item_that_has_very_many(shop: Shop) -> None:
    item(shop, "a", "Rohlík", ean={f"{8594000000000 + n}" for n in range(80)})
    page = shop.browser.get("/pricelist/items/a").text
    assert send(shop, "/pricelist/items/a", filled(page), eans="8594000000000").status_code == 303
    assert members(held(shop, "a"), "ean") == ("8594000000000",)


def test_a_form_that_remembers_nonsense_is_saved_as_typed(shop: Shop) -> None:
    item(shop, "a", "Rohlík")
    page = shop.browser.get("/pricelist/items/a").text
    assert send(shop, "/pricelist/items/a", filled(page), name="Houska", was="[" * 5000).status_code == 303
    assert held(shop, "a")["name"] == "Houska"


def test_two_items_with_more_codes_than_one_can_have_stay_two_and_a_sentence_says_so(shop: Shop) -> None:
    item(shop, "a", "Rohlík", ean={f"{1000 + n}" for n in range(FIELDS_MAX - 10)} | {"7"})
    item(shop, "b", "Houska", ean={f"{2000 + n}" for n in range(FIELDS_MAX - 10)} | {"7"})
    answer = send(shop, "/pricelist/merge", kept="a", merged="b")
    assert answer.status_code == 400
    assert "Sloučit nejdou" in answer.text
    assert not held(shop, "b").get("deleted")


def test_twins_are_listed_however_many_were_merged_before(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "TWINS_MAX", 2)
    for n in range(3):
        item(shop, f"kept{n}", "Nechaná", ean={f"{1000 + n}"})
        item(shop, f"gone{n}", "Sloučená", ean={f"{1000 + n}"}, deleted=True)
    item(shop, "a", "Rohlík", ean={"9999"})
    item(shop, "b", "Houska", ean={"9999"})
    page = shop.browser.get("/pricelist/twins").text
    assert "9999" in page
    assert "Nechaná" not in page


def test_an_id_that_something_else_has_is_refused_in_words(shop: Shop) -> None:
    item(shop, "vat-standard-2028-01-01", "Rohlík")
    answer = send(shop, "/pricelist/vat", vat_class="standard", percent="22", valid_from="2028-01-01")
    assert answer.status_code == 409
    assert "Nic se nezměnilo" in answer.text
