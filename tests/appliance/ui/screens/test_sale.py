"""What a cashier hears who does not look; what is seen is in test_screen.py."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.domain.cart import LINES_MAX, Cart, add_item
from appliance.domain.catalogue import Item
from appliance.domain.keys import Entry
from appliance.domain.money import Money
from appliance.domain.vat import VatClass
from appliance.service.shop import Shop
from appliance.ui.bill import Bill
from appliance.ui.screens.sale import SaleScreen
from script.lib.demo_shop import make_shop

BREAD_PLU = "2"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = make_shop(tmp_path)
    yield made
    made.store.close()


def full_cart() -> Cart:
    cart = Cart()
    for n in range(LINES_MAX):
        cart = add_item(cart, Item(str(n), f"Zboží {n}", Money(100), VatClass.STANDARD))
    return cart


def heard(shop: Shop, cart: Cart, code: str) -> list[str]:
    sounds: list[str] = []
    bill = Bill(cart, keep=lambda _cart: None, voided=lambda _cart, _line: None)
    bill.entry = Entry(code)
    app = SimpleNamespace(bill=bill, shop=shop, sounds=SimpleNamespace(play=sounds.append))
    quiet = SimpleNamespace(app=app, refuse=lambda _sentence: None, refresh=lambda: None, touched=lambda: None)
    quiet.sell, quiet._add = partial(SaleScreen.sell, quiet), partial(SaleScreen._add, quiet)
    SaleScreen.add_code(quiet)
    return sounds


def test_a_code_that_is_on_the_bill_now_sounds_so(shop: Shop) -> None:
    assert heard(shop, Cart(), BREAD_PLU) == ["found"]


def test_an_unknown_code_sounds_otherwise(shop: Shop) -> None:
    assert heard(shop, Cart(), "99999") == ["not_found"]


def test_a_known_item_that_a_full_bill_refuses_does_not_sound_as_if_it_were_on_it(shop: Shop) -> None:
    assert heard(shop, full_cart(), BREAD_PLU) == ["not_found"]
