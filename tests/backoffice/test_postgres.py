"""The same pages on PostgreSQL; what intake does there is tested in test_intake.py."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backoffice.app import create_app
from backoffice.settings import BackofficeSettings
from backoffice.tables import Tables, open_database
from tests.backoffice.house import Clock, Shop, words
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
