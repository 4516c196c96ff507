"""The seller of the fault proof may be killed at any moment, and its book still tells what was sold."""

from pathlib import Path
from random import Random

import pytest

from script.lib.faults.seller import Book, Sold, read_lines, sell, sold_in
from tests.shops import ITEMS, TestShop, count, make_shop, open_for_sale

GOODS = [item for item in ITEMS if item.price is not None]


@pytest.fixture
def shop(tmp_path: Path) -> TestShop:
    shop = make_shop(tmp_path)
    open_for_sale(shop.shop)
    return shop


def sell_on(shop: TestShop, book: Book, numbers: range) -> None:
    for n in numbers:
        book.begin(n)
        book.done(n, sell(shop.shop, GOODS, book.sold, Random(n), n=n))


def test_every_fifteenth_document_takes_an_earlier_one_back_and_all_are_reported(
    tmp_path: Path, shop: TestShop
) -> None:
    book = Book(tmp_path / "sold")
    sell_on(shop, book, book.go_on_from(shop.shop, sales=60))
    assert [sale.n for sale in book.sold if sale.haler < 0] == [14, 29, 44, 59]
    assert count(shop.shop, "fiscal_record") == 60
    assert sold_in(read_lines(tmp_path / "sold")) == book.sold


def test_a_sale_that_was_committed_before_the_kill_is_found_and_not_made_again(tmp_path: Path, shop: TestShop) -> None:
    book = Book(tmp_path / "sold")
    sell_on(shop, book, range(3))
    book.begin(3)
    receipt = sell(shop.shop, GOODS, book.sold, Random(3), n=3)  # killed here
    again = Book(tmp_path / "sold")
    assert again.go_on_from(shop.shop, sales=5) == range(4, 5)
    assert again.sold[-1] == Sold(3, receipt.doc_id, receipt.number, receipt.paid.haler)


def test_a_sale_that_was_begun_but_not_committed_is_made(tmp_path: Path, shop: TestShop) -> None:
    book = Book(tmp_path / "sold")
    assert book.go_on_from(shop.shop, sales=5) == range(5)
    book.begin(0)  # killed here, nothing was ever sold
    assert Book(tmp_path / "sold").go_on_from(shop.shop, sales=5) == range(5)
    sell_on(shop, book, range(3))
    book.begin(3)  # killed here
    assert Book(tmp_path / "sold").go_on_from(shop.shop, sales=5) == range(3, 5)


def test_a_line_torn_by_the_kill_is_not_read_and_its_sale_is_found(tmp_path: Path, shop: TestShop) -> None:
    path = tmp_path / "sold"
    book = Book(path)
    sell_on(shop, book, range(2))
    whole = list(book.sold)
    path.write_bytes(path.read_bytes()[:-7])
    again = Book(path)
    assert again.sold == whole[:1]
    assert again.go_on_from(shop.shop, sales=5) == range(2, 5)
    assert again.sold == whole == sold_in(read_lines(path))
