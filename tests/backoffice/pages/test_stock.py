import re

import pytest

from appliance.domain.money import Quantity
from appliance.domain.pricelist import RowKind
from appliance.domain.stock import goods_receipt, write_off
from backoffice.app import app_of
from backoffice.pricelist.listing import rows_of
from backoffice.stock import move_stock
from backoffice.stock_listing import PAGE_ROWS, levels_of
from tests.backoffice.house import EMAIL, Clock, Shop, words
from tests.backoffice.pages.forms import filled, held, item, put, send
from tests.journals import TillJournal, till_status

Typed = dict[str, str | list[str]]


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """Two warehouses; ten rolls in the first one, milk three below nothing."""
    put(shop, RowKind.WAREHOUSE, "w1", name="Prodejna", branch="Brno")
    put(shop, RowKind.WAREHOUSE, "w2", name="Sklad vzadu")
    item(shop, "a", "Rohlík", ean={"8594000000017"})
    item(shop, "b", "Mléko", plu="5", unit="l")
    tables, now = shop.site.tables, shop.site.now()
    received = goods_receipt(warehouse_id="w1", quantities=[("a", Quantity(10_000))], user="", note="DL 118")
    gone = write_off(warehouse_id="w1", quantities=[("b", Quantity(3_000))], user="", note="")
    for moved in (received, gone):
        move_stock(tables, shop.account_id, moved, user=EMAIL, now=now)
    return shop


def level(shop: Shop, warehouse: str, item_id: str) -> int:
    return levels_of(shop.site.tables, shop.account_id, warehouse, [item_id]).get(item_id, 0)


def document(shop: Shop, word: str, /, **typed: str | list[str]) -> str:
    """Send the form of a document; the address where it leads, or the page with what is wrong."""
    answer = send(shop, f"/stock/documents/{word}", **typed)
    return str(answer.headers["location"]) if answer.status_code == 303 else words(answer.text)


def names(page: str) -> list[str]:
    return re.findall(r'<td class="name"><a [^>]*>([^<]+)</a>', page)


def test_levels_are_listed_searched_and_the_negative_ones_marked(stocked: Shop) -> None:
    page = stocked.browser.get("/stock").text
    assert names(page) == ["Mléko", "Rohlík"]
    assert '<td class="n amount down">-3 l</td>' in page
    assert "Položky 2 Záporné 1" in words(page)
    assert names(stocked.browser.get("/stock?warehouse=w1&negative=1").text) == ["Mléko"]
    assert names(stocked.browser.get("/stock?warehouse=w1&q=rohl").text) == ["Rohlík"]
    assert names(stocked.browser.get("/stock?warehouse=w1&q=8594000000017").text) == ["Rohlík"]
    assert "zatím nic není" in stocked.browser.get("/stock?warehouse=w2").text


def test_many_levels_go_on_page_by_page(shop: Shop) -> None:
    put(shop, RowKind.WAREHOUSE, "w1", name="Prodejna")
    wanted = [f"Zboží {n:03d}" for n in range(PAGE_ROWS + 3)]
    for n, name in enumerate(wanted):
        item(shop, f"i{n}", name)
    quantities = [(f"i{n}", Quantity(1000)) for n in range(len(wanted))]
    received = goods_receipt(warehouse_id="w1", quantities=quantities, user="", note="")
    move_stock(shop.site.tables, shop.account_id, received, user=EMAIL, now=shop.site.now())
    for address, word in (("/stock", "after"), ("/stock/movements", "before")):
        first = shop.browser.get(address).text
        further = re.search(rf'href="({address}\?[^"]*{word}=[^"]+)"', first)
        assert further is not None
        rest = shop.browser.get(further.group(1).replace("&amp;", "&")).text
        assert sorted(names(first) + names(rest)) == wanted


def test_movements_are_filtered_and_say_who_and_when(stocked: Shop) -> None:
    page = words(stocked.browser.get("/stock/movements").text)
    assert "24. 11. 2026 14:00 Rohlík Příjem DL 118 Prodejna majitel@obchod.cz +10" in page
    assert names(stocked.browser.get("/stock/movements?kind=write_off").text) == ["Mléko"]
    assert names(stocked.browser.get("/stock/movements?item=a&warehouse=w1").text) == ["Rohlík"]
    assert len(names(stocked.browser.get("/stock/movements?day=2026-11-24").text)) == 2
    assert names(stocked.browser.get("/stock/movements?day=2026-11-23").text) == []
    assert names(stocked.browser.get("/stock/movements?warehouse=w2").text) == []
    assert len(names(stocked.browser.get("/stock/movements?kind=nonsense&day=nonsense&before=x").text)) == 2


def test_a_sale_is_a_movement_with_a_link_to_its_receipt(stocked: Shop) -> None:
    journal = TillJournal(name="Pult")
    journal.open_shift()
    receipt = journal.sell()
    stocked.till_with(journal)
    tables = stocked.site.tables
    with tables.writing():
        tables.stock_movement.insert(
            account_id=stocked.account_id,
            doc_id=receipt.doc_id,
            n=0,
            warehouse_id="w1",
            item_id="a",
            quantity=-1000,
            kind="sale",
            till_id=journal.till_id,
            user_name="Jana",
            at=receipt.issued_at,
            at_utc="2026-11-24T07:07:00+00:00",
        ).execute()
    page = stocked.browser.get("/stock/movements?kind=sale").text
    assert f'<a href="/receipts/{receipt.doc_id}">Prodej</a>' in page
    assert "Jana Pult -1" in words(page)


def test_goods_are_received_by_scanning_codes_and_typing_names(stocked: Shop) -> None:
    opened = stocked.browser.get("/stock/documents/receive?warehouse=w1").text
    page = send(stocked, "/stock/documents/receive", filled(opened), find="8594000000017").text
    page = send(stocked, "/stock/documents/receive", filled(page), find="8594000000017").text
    assert dict(filled(page))["quantity"] == "2"
    page = send(stocked, "/stock/documents/receive", filled(page), find="mleko").text
    assert [value for name, value in filled(page) if name == "item_id"] == ["a", "b"]
    answer = send(stocked, "/stock/documents/receive", filled(page), quantity=["24", "1,5"], note="DL 5", action="save")
    assert answer.headers["location"] == "/stock?warehouse=w1&done=receive"
    assert "Příjem je zapsán." in stocked.browser.get(answer.headers["location"]).text
    assert (level(stocked, "w1", "a"), level(stocked, "w1", "b")) == (34_000, -1_500)


def test_several_hits_are_shown_to_choose_from(stocked: Shop) -> None:
    item(stocked, "c", "Rohlík celozrnný")
    line = {"item_id": "b", "quantity": "7", "known": "0", "warehouse": "w1"}
    page = send(stocked, "/stock/documents/receive", **line, find="rohlík").text
    assert re.findall(r'name="pick" value="([^"]+)"', page) == ["a", "c"]
    page = send(stocked, "/stock/documents/receive", filled(page), pick="c").text
    kept = [(name, value) for name, value in filled(page) if name in {"item_id", "quantity"}]
    assert kept == [("item_id", "b"), ("quantity", "7"), ("item_id", "c"), ("quantity", "1")]
    page = send(stocked, "/stock/documents/receive", filled(page), remove="b").text
    assert [value for name, value in filled(page) if name == "item_id"] == ["c"]


def test_a_stocktake_shows_the_difference_and_then_corrects_the_level(stocked: Shop) -> None:
    page = document(stocked, "stocktake", warehouse="w1", was_warehouse="w1", find="8594000000017")
    assert "vedeno 10" in page
    typed: Typed = {"warehouse": "w1", "was_warehouse": "w1", "item_id": ["a", "b"], "known": ["10000", "-3000"]}
    page = document(stocked, "stocktake", **typed, quantity=["8", "0"], action="add")
    assert "vedeno 10 ks -2" in page
    assert "vedeno -3 l +3" in page
    assert document(stocked, "stocktake", **typed, quantity=["8", "0"], action="save").startswith("/stock?")
    assert (level(stocked, "w1", "a"), level(stocked, "w1", "b")) == (8_000, 0)
    assert "-2 napočítáno 8" in words(stocked.browser.get("/stock/movements?kind=stocktake").text)


def test_what_is_sold_between_the_count_and_its_saving_is_not_counted_again(stocked: Shop) -> None:
    sold = write_off(warehouse_id="w1", quantities=[("a", Quantity(1_000))], user="", note="")
    move_stock(stocked.site.tables, stocked.account_id, sold, user=EMAIL, now=stocked.site.now())
    typed = {"warehouse": "w1", "was_warehouse": "w1", "item_id": "a", "known": "10000", "quantity": "8"}
    document(stocked, "stocktake", **typed, action="save")
    assert level(stocked, "w1", "a") == 7_000


def test_another_warehouse_of_a_stocktake_brings_its_own_levels(stocked: Shop) -> None:
    typed = {"warehouse": "w2", "was_warehouse": "w1", "item_id": "a", "known": "10000", "quantity": "8"}
    assert "vedeno 0 ks +8" in document(stocked, "stocktake", **typed, action="add")


def test_a_transfer_moves_and_a_write_off_takes(stocked: Shop) -> None:
    line = {"item_id": "a", "known": "0", "quantity": "4", "action": "save"}
    document(stocked, "transfer", warehouse="w1", to_warehouse="w2", **line)
    assert (level(stocked, "w1", "a"), level(stocked, "w2", "a")) == (6_000, 4_000)
    document(stocked, "write-off", warehouse="w2", **line, note="rozbité")
    assert level(stocked, "w2", "a") == 0


@pytest.mark.parametrize(
    ("word", "typed", "sentence"),
    [
        ("receive", {"find": "neznámé"}, "Položka s tímto kódem ani názvem v ceníku není"),
        ("receive", {"quantity": "x", "action": "save"}, "Množství je číslo větší než nula"),
        ("receive", {"quantity": "0", "action": "save"}, "Množství je číslo větší než nula"),
        ("receive", {"quantity": "-1", "action": "save"}, "Množství je číslo větší než nula"),
        ("receive", {"warehouse": "nowhere", "action": "save"}, "Vyberte sklad"),
        ("receive", {"item_id": "nothing", "action": "save"}, "Přidejte aspoň jednu položku"),
        ("stocktake", {"quantity": "", "action": "save"}, "Napočítané množství je číslo"),
        ("transfer", {"to_warehouse": "w1", "action": "save"}, "mezi dvěma různými sklady"),
        ("transfer", {"to_warehouse": "", "action": "save"}, "Vyberte sklad"),
        ("write-off", {"quantity": "1,2345", "action": "save"}, "Množství je číslo větší než nula"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is_lost(
    stocked: Shop, word: str, typed: dict[str, str], sentence: str
) -> None:
    line = {"warehouse": "w1", "item_id": "a", "known": "10000", "quantity": "4", "note": "DL 7"}
    answer = send(stocked, f"/stock/documents/{word}", **line | typed)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert dict(filled(answer.text))["note"] == "DL 7"
    if "item_id" not in typed:
        assert dict(filled(answer.text))["quantity"] == typed.get("quantity", "4")
    assert level(stocked, "w1", "a") == 10_000


def test_an_unknown_document_is_not_there(stocked: Shop) -> None:
    assert stocked.browser.get("/stock/documents/theft").status_code == 404
    assert send(stocked, "/stock/documents/theft").status_code == 404


def test_a_warehouse_is_made_renamed_and_deleted_only_when_it_is_empty(stocked: Shop) -> None:
    send(stocked, "/stock/warehouses", name="Terasa", branch="Brno")
    made = [
        row for row in rows_of(stocked.site.tables, stocked.account_id, RowKind.WAREHOUSE) if row["name"] == "Terasa"
    ]
    assert made[0]["fields"] == {"name": "Terasa", "branch": "Brno"}
    send(stocked, "/stock/warehouses", filled(stocked.browser.get("/stock/warehouses?edit=w1").text), name="Obchod")
    assert held(stocked, "w1", RowKind.WAREHOUSE) == {"name": "Obchod", "branch": "Brno"}
    answer = send(stocked, "/stock/warehouses/delete", row_id="w1")
    assert answer.status_code == 400
    assert "V tomto skladu ještě něco je" in answer.text
    assert send(stocked, "/stock/warehouses/delete", row_id="w2").status_code == 303
    assert len(rows_of(stocked.site.tables, stocked.account_id, RowKind.WAREHOUSE)) == 2
    assert held(stocked, "w2", RowKind.WAREHOUSE)["deleted"] is True
    assert "Napište název" in send(stocked, "/stock/warehouses", name="", branch="Brno").text


def test_stock_of_another_account_is_not_there(stocked: Shop) -> None:
    with Shop.opened(stocked.site, app_of(stocked.site), email="jina@firma.cz") as other:
        other.sign_in(email="jina@firma.cz")
        opened = [("csrf", other.csrf())]
        for address in ("/stock?warehouse=w1", "/stock/movements?warehouse=w1", "/stock/warehouses?edit=w1"):
            page = other.browser.get(address).text
            assert "Rohlík" not in page
            assert "Prodejna" not in page
        line = {"warehouse": "w1", "item_id": "a", "known": "0", "quantity": "5", "action": "save"}
        assert send(other, "/stock/documents/receive", opened, **line).status_code in {200, 400}
        assert send(other, "/stock/warehouses", opened, row_id="w1", name="Moje").status_code == 404
        assert send(other, "/stock/warehouses/delete", opened, row_id="w1").status_code == 404
    assert level(stocked, "w1", "a") == 10_000
    assert send(stocked, "/stock/documents/receive", [("csrf", "x")], **line).status_code == 403


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "x"])
def test_a_day_that_no_shop_has_seen_filters_nothing(shop: Shop, day: str) -> None:
    assert shop.browser.get(f"/stock/movements?day={day}").status_code == 200


def test_after_a_document_the_page_of_its_warehouse_is_shown_whatever_its_id(shop: Shop) -> None:
    put(shop, RowKind.WAREHOUSE, "a&b#c", name="Sklep")
    item(shop, "i", "Rohlík")
    lines = {"item_id": "i", "quantity": "2", "known": "0", "warehouse": "a&b#c"}
    answer = send(shop, "/stock/documents/receive", **lines, action="save")
    assert answer.headers["location"] == "/stock?warehouse=a%26b%23c&done=receive"


def test_a_document_sent_twice_is_written_once_and_a_changed_one_is_told(stocked: Shop) -> None:
    """The answer got lost, or somebody went back and pressed again: stock must not be moved twice."""
    opened = filled(stocked.browser.get("/stock/documents/receive?warehouse=w1").text)
    line: Typed = {"warehouse": "w1", "item_id": "a", "known": "0", "quantity": "5", "action": "save"}
    for _ in range(2):
        answer = send(stocked, "/stock/documents/receive", opened, **line)
        assert answer.headers["location"] == "/stock?warehouse=w1&done=receive"
        assert level(stocked, "w1", "a") == 15_000
    answer = send(stocked, "/stock/documents/receive", opened, **line | {"quantity": "6"})
    assert answer.status_code == 400
    assert "Tento doklad už je zapsaný, s jinými položkami" in words(answer.text)
    assert level(stocked, "w1", "a") == 15_000
    assert send(stocked, "/stock/documents/receive", filled(answer.text), action="save").status_code == 303
    assert level(stocked, "w1", "a") == 21_000
    assert send(stocked, "/stock/documents/receive", opened, **line | {"doc_id": "x"}).status_code == 303
    assert level(stocked, "w1", "a") == 26_000


def test_a_warehouse_that_a_till_sells_from_is_not_deleted(shop: Shop) -> None:
    journal = TillJournal(name="Pult")
    shop.till_with(journal)
    put(shop, RowKind.WAREHOUSE, "w1", name="Prodejna")
    put(shop, RowKind.TILL, journal.till_id, warehouse_id="w1")
    answer = send(shop, "/stock/warehouses/delete", row_id="w1")
    assert answer.status_code == 400
    assert "Z tohoto skladu ještě prodává pokladna" in answer.text
    put(shop, RowKind.TILL, journal.till_id, warehouse_id="")
    assert send(shop, "/stock/warehouses/delete", row_id="w1").status_code == 303


def test_a_warehouse_with_nothing_but_negative_levels_is_deleted(stocked: Shop) -> None:
    """A till takes from it whatever it sells, also of what nobody counts: nothing is left there all the same."""
    document(stocked, "write-off", warehouse="w2", item_id="b", known="0", quantity="2", action="save")
    assert level(stocked, "w2", "b") == -2000
    assert send(stocked, "/stock/warehouses/delete", row_id="w2").status_code == 303


def test_a_level_of_what_has_not_come_from_its_till_is_listed_by_its_id(stocked: Shop) -> None:
    """A warehouse that says it is not empty must show what is in it."""
    received = goods_receipt(warehouse_id="w1", quantities=[("n7", Quantity(4_000))], user="", note="")
    move_stock(stocked.site.tables, stocked.account_id, received, user=EMAIL, now=stocked.site.now())
    page = stocked.browser.get("/stock?warehouse=w1").text
    assert names(page) == ["Mléko", "n7", "Rohlík"]
    assert "n7 není v ceníku 4 ks" in words(page)
    assert names(stocked.browser.get("/stock?warehouse=w1&after=n7").text) == ["Rohlík"]
    assert names(stocked.browser.get("/stock?warehouse=w1&q=n7").text) == []


def test_a_stocktake_warns_of_tills_whose_sales_may_be_missing(shop: Shop, clock: Clock) -> None:
    """What a till sold before the count and sends after it would be taken off twice."""
    put(shop, RowKind.WAREHOUSE, "w1", name="Prodejna")
    put(shop, RowKind.WAREHOUSE, "w2", name="Sklad vzadu")
    journal = TillJournal(name="Pult")
    token = shop.till_with(journal)
    put(shop, RowKind.TILL, journal.till_id, warehouse_id="w1")

    def warning(of: str = "stocktake?warehouse=w1") -> str:
        found = re.search(r'<p class="note warning".*?</p>', shop.browser.get(f"/stock/documents/{of}").text, re.DOTALL)
        return words(found.group(0)) if found else ""

    assert warning() == ""
    shop.upload(journal, token, [], status=till_status(unsent=12))
    assert "Pult (neodesláno 12)." in warning()
    assert warning("stocktake?warehouse=w2") == ""
    assert warning("receive?warehouse=w1") == ""
    shop.upload(journal, token, [])
    assert warning() == ""
    clock.move(minutes=4)
    assert "Pult (neozývá se 4 min)." in warning()
    shop.site.tables.till.update(revoked=1).execute()
    assert warning() == ""


def test_a_stocktake_warns_of_a_revoked_till_that_had_more_to_send(shop: Shop) -> None:
    """Its card may be found, and its sales come in from a file."""
    put(shop, RowKind.WAREHOUSE, "w1", name="Prodejna")
    journal = TillJournal(name="Pult")
    token = shop.till_with(journal)
    put(shop, RowKind.TILL, journal.till_id, warehouse_id="w1")
    shop.upload(journal, token, [], status=till_status(unsent=12))
    shop.site.tables.till.update(revoked=1).execute()
    assert "neodesláno" not in shop.browser.get("/stock/documents/stocktake?warehouse=w2").text
    assert "neodesláno 12" in words(shop.browser.get("/stock/documents/stocktake?warehouse=w1").text)


def test_a_till_of_no_warehouse_is_none_that_a_stocktake_waits_for(stocked: Shop) -> None:
    """Also before a warehouse is chosen."""
    journal = TillJournal(name="Pult")
    stocked.upload(journal, stocked.till_with(journal), [], status=till_status(unsent=12))
    assert "neodesláno" not in stocked.browser.get("/stock/documents/stocktake").text


def test_movements_of_an_item_that_is_not_in_the_price_list_say_whose_they_are(stocked: Shop) -> None:
    received = goods_receipt(warehouse_id="w1", quantities=[("n7", Quantity(4_000))], user="", note="")
    move_stock(stocked.site.tables, stocked.account_id, received, user=EMAIL, now=stocked.site.now())
    page = stocked.browser.get("/stock/movements?item=n7").text
    assert "Položka: n7" in words(page)
    assert '<input type="hidden" name="item" value="n7">' in page
