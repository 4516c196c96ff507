"""The price list and the stock as a shopkeeper works with them in a browser: live, by scanning, on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import browser
from tests.browser.test_live import office, sign_in

pytestmark = pytest.mark.browser

PAGES = (
    "/pricelist",
    "/pricelist/new",
    "/pricelist/categories",
    "/pricelist/labels",
    "/pricelist/twins",
    "/pricelist/vat",
    "/stock",
    "/stock/movements",
    "/stock/warehouses",
    "/stock/documents/stocktake",
    "/tills",
    "/users",
)


def make_item(page: Page, address: str, *, name: str, ean: str) -> None:
    page.goto(f"{address}/pricelist/new")
    page.get_by_label("Název").fill(name)
    page.get_by_label("Cena s DPH").fill("12,50")
    page.locator("input[name=eans]").fill(ean)
    page.get_by_role("button", name="Uložit", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Uloženo")


def change_many_while_another_page_looks_on(page: Page, list_page: Page, address: str) -> None:
    """The other page follows without a reload, and what is ticked there stays ticked."""
    list_page.goto(f"{address}/pricelist")
    list_page.evaluate("window.loadedOnce = true")
    expect(list_page.locator("#live.on")).to_be_attached()
    expect(list_page.locator("tbody tr")).to_have_count(1)
    list_page.get_by_label("Rohlík tukový").check()
    expect(list_page.locator("#bulk-count")).to_have_text("1")
    make_item(page, address, name="Mléko", ean="8594000000024")
    expect(list_page.locator("tbody tr")).to_have_count(2)
    expect(list_page.get_by_label("Rohlík tukový")).to_be_checked()
    assert list_page.evaluate("window.loadedOnce") is True
    list_page.locator(".bulk input[name=label]").fill("pokl1")
    list_page.get_by_role("button", name="Přidat štítek").click()
    expect(list_page.get_by_role("status")).to_contain_text("Změněné položky: 1")
    expect(list_page.locator("tr", has_text="Rohlík tukový")).to_contain_text("pokl1")


def count_by_scanning(page: Page, address: str) -> None:
    """A scanner types the code and presses Enter; the difference follows what is typed."""
    page.goto(f"{address}/stock/warehouses")
    page.get_by_label("Název").fill("Prodejna")
    page.get_by_role("button", name="Uložit").click()
    page.goto(f"{address}/stock/documents/stocktake")
    for _ in range(2):
        expect(page.locator("input[name=find]")).to_be_focused()
        page.keyboard.type("8594000000024")
        page.keyboard.press("Enter")
        expect(page.locator(".lines tbody tr")).to_have_count(1)
    expect(page.locator("input[name=quantity]")).to_have_value("2")
    page.locator("input[name=quantity]").fill("6,5")
    expect(page.locator(".difference")).to_have_text("+6,5")
    page.get_by_role("button", name="Zapsat").click()
    expect(page.get_by_role("status")).to_have_text("Inventura je zapsána.")
    expect(page.locator("tbody tr")).to_contain_text("6,5 ks")


@pytest.mark.timeout(240)
def test_a_shopkeeper_works_with_the_price_list_and_the_stock(tmp_path: Path) -> None:
    folder = tmp_path / "backoffice"
    folder.mkdir()
    with office(folder) as (address, till), browser(tmp_path, ca_file=till.ca, origin=address) as context:
        page, list_page = context.pages[0], context.new_page()
        sign_in(page, address)
        make_item(page, address, name="Rohlík tukový", ean="8594000000017")
        change_many_while_another_page_looks_on(page, list_page, address)
        count_by_scanning(page, address)
        page.set_viewport_size({"width": 390, "height": 844})
        for path in (*PAGES, f"/tills/{till.journal.till_id}", f"/tills/{till.journal.till_id}/journal?check=1"):
            page.goto(address + path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            assert page.locator(".side nav [aria-current]").bounding_box() is not None, path
