"""The same pages on PostgreSQL; what intake does there is tested in test_intake.py."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.domain.money import Quantity
from appliance.domain.pricelist import RowKind
from appliance.domain.stock import stocktake
from backoffice.app import create_app
from backoffice.pricelist.listing import PAGE_ROWS
from backoffice.settings import BackofficeSettings
from backoffice.stock import move_stock
from backoffice.tables import Tables, open_database
from tests.backoffice.house import EMAIL, Clock, Shop, words
from tests.backoffice.pages.forms import item, put
from tests.journals import TillJournal


@pytest.fixture
def shop(postgres_url: str, tmp_path: Path, clock: Clock) -> Iterator[Shop]:
    tables = Tables(open_database(url=postgres_url, data_dir=tmp_path))
    with tables.reading():
        tables.run_sql("DROP SCHEMA public CASCADE")
        tables.run_sql("CREATE SCHEMA public")
    tables.shut()
    app = create_app(BackofficeSettings(data_dir=tmp_path, database_url=postgres_url, tls=False), now=clock)
    with Shop.opened(app.state.site, app) as opened:
        yield opened


def test_every_page_and_filter_works_on_postgresql(shop: Shop) -> None:
    journal = TillJournal()
    closing = journal.day(sales=60)
    shop.till_with(journal)
    for address in ("/", "/receipts", "/closings", "/tills", f"/closings/{journal.shift_id}"):
        assert shop.browser.get(address).status_code == 200
    page = shop.browser.get("/receipts").text
    assert "before=" in page
    older = page.split('href="/receipts?before=')[1].split('"')[0]
    assert "P1A-000001" in words(shop.browser.get(f"/receipts?before={older}").text)
    for query, number in (
        ("number=000061&kind=refund", "P1A-000061"),
        ("method=card", "P1A-0000"),
        ("eet=waiting", "61"),
    ):
        assert number in words(shop.browser.get(f"/receipts?{query}").text)
    assert shop.browser.get("/api/v1/receipts/summary").json() == {
        "count": 61,
        "sum_haler": closing.totals.total.haler,
    }


def test_every_page_of_the_price_list_and_the_stock_works_on_postgresql(shop: Shop) -> None:
    """Lists of more than a page, with what they are filtered by, and a level of what is not in the price list."""
    journal = TillJournal(name="Pult")
    shop.till_with(journal)
    put(shop, RowKind.WAREHOUSE, "w1", name="Prodejna")
    put(shop, RowKind.CATEGORY, "c1", name="Pečivo", colour="#B3261E", position=1)
    put(shop, RowKind.USER, "u1", name="Jana")
    put(shop, RowKind.TILL, journal.till_id, warehouse_id="w1", label="pokl1")
    ids = [f"i{n:02}" for n in range(PAGE_ROWS + 2)]
    for n, each in enumerate(ids):
        item(shop, each, f"Žemle {n:02}", category_id="c1", plu=str(n), ean={f"{8594000000000 + n}"}, label={"pokl1"})
    found = [(each, Quantity(2500), Quantity(n * 1000)) for n, each in enumerate([*ids, "n7"])]
    counted = stocktake(warehouse_id="w1", found=found, user="", note="")
    move_stock(shop.site.tables, shop.account_id, counted, user=EMAIL, now=shop.site.now())
    for address in (
        "/pricelist/new", "/pricelist/items/i00", "/pricelist/categories?edit=c1", "/pricelist/labels",
        "/pricelist/twins", "/pricelist/vat", "/users?edit=u1", "/stock/warehouses?edit=w1",
        "/stock/documents/stocktake?warehouse=w1",
        f"/tills/{journal.till_id}", f"/tills/{journal.till_id}/journal?check=1", "/notifications",
    ):  # fmt: skip
        assert shop.browser.get(address).status_code == 200, address
    for address, first in (
        ("/pricelist", "Žemle 00"),
        ("/pricelist?after=i49", "Žemle 50"),
        ("/pricelist?q=zemle+07&category=c1&label=pokl1", "Žemle 07"),
        ("/pricelist?q=8594000000009", "Žemle 09"),
        ("/stock", "n7"),
        (f"/stock?after={ids[-2]}", "Žemle 51"),
        ("/stock?q=zemle+02&negative=1", "Žemle 02"),
        ("/stock/movements?warehouse=w1&kind=stocktake&day=2026-11-24", "n7"),
    ):
        rows = re.findall(r'<td class="name">(?:<[^>]*>)*([^<]+)', shop.browser.get(address).text)
        assert rows[:1] == [first], address


def test_tills_that_send_at_the_same_time_all_get_in(shop: Shop) -> None:
    journals = [TillJournal(seed=n, prefix=f"P{n}", name=f"Pokladna {n}") for n in range(1, 5)]
    for journal in journals:
        journal.day(sales=5)
    tokens = [shop.pair(journal) for journal in journals]
    with ThreadPoolExecutor(max_workers=8) as pool:
        sent = [pool.submit(shop.upload, j, t) for j, t in zip(journals * 2, tokens * 2, strict=True)]
        assert {answer.result().status_code for answer in sent} == {200}
    assert shop.browser.get("/api/v1/receipts/summary").json()["count"] == 4 * 6


def test_an_address_that_postgresql_cannot_hold_is_not_found(shop: Shop) -> None:
    journal = TillJournal()
    headers = {"Authorization": f"Bearer {shop.pair(journal)}"}
    assert shop.browser.get(f"/api/v1/tills/{journal.till_id}/shifts/a%00b", headers=headers).status_code == 404
    assert shop.browser.post("/tills/a%00b/revoke", data={"csrf": shop.csrf()}).status_code == 303
