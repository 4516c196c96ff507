"""S9, S10, S11 and S12 from the key to the owner: a sale on the real screen, seen in a browser without a reload."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from appliance.domain.money import Money
from demo.screen import Screen, haler
from demo.shop import DemoShop, Plan
from tests.backoffice.house import EMAIL, PASSWORD
from tests.browser.chromium import HOST, NAME, browser
from tests.browser.test_live import Made, assert_owner_sees
from tests.shared import ROOT
from tests.xvfb import xvfb

pytestmark = [pytest.mark.browser, pytest.mark.screen, pytest.mark.timeout(300)]

ITEM = "2100000000012"


def test_a_sale_at_the_till_is_announced_to_the_owner_and_counted_without_a_reload(tmp_path: Path) -> None:
    plan = Plan(
        tmp_path / "shop", ROOT / "config/example-items.csv", 1024, 600, owner=EMAIL, password=PASSWORD, host_name=HOST
    )
    shop = DemoShop(plan)
    with xvfb(width=plan.width, height=plan.height) as display:
        try:
            shop.prepare()
            shop.start_servers()
            shop.install_till()
            shop.start_till(display.environment())
            screen = Screen(shop.inspect_socket, display.environment())
            open_till(screen)
            address = f"https://{NAME}:{shop.backoffice_url.rpartition(':')[2]}"
            ca = shop.out / "backoffice/tls/ca.pem"
            with browser(tmp_path, ca_file=ca, origin=address) as context:
                assert_owner_sees(context, address, lambda: sell(screen, shop.out), before=Money(0))
            screen.close()
        finally:
            shop.stop()


def open_till(screen: Screen) -> None:
    screen.tap("sale.open_shift")
    screen.see(lambda v: v.dialog, "the question for the float")
    screen.press("5", "0", "0", "enter")
    screen.see(lambda v: not v.dialog and v.has("key:pay"), "the open till")


def sell(screen: Screen, out: Path) -> Made:
    """One sale by keys: three of an item, paid in cash."""
    screen.type("3*" + ITEM)
    screen.press("enter")
    screen.see(lambda v: bool(v.ids("line:")), "the line")
    screen.press("+")
    screen.see(lambda v: v.screen == "pay", "the payment")
    screen.press("+")
    view = screen.see(lambda v: v.text("receipt.number") != "", "the receipt")
    number = view.text("receipt.number")
    return Made(doc_id_of(out, number), number, Money(haler(view.text("receipt.paid"))), "Pokladna 1")


def doc_id_of(out: Path, number: str) -> str:
    """The tag of the notification is the document's identity, which no screen shows."""
    with closing(sqlite3.connect(f"file:{out / 'till/till.db'}?mode=ro", uri=True)) as database:
        (doc_id,) = database.execute("SELECT doc_id FROM receipt WHERE number = ?", (number,)).fetchone()
    return str(doc_id)
