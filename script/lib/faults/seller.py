"""The seller: a process of its own that pays carts at a steady pace, through the same use cases as the screen.

`python -m script.lib.faults.seller --config TILL.toml --sold FILE --sales N --seed S --pace-s P`. It may be killed at
any moment: FILE says what it has begun and what it has seen done, and the next run goes on from there.
"""

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from appliance.bootstrap import open_shop
from appliance.config import load_config
from appliance.domain.cart import Cart, add_item
from appliance.domain.catalogue import Item
from appliance.domain.money import THOUSANDTHS, ZERO, Money, Quantity, crowns
from appliance.domain.receipt import Receipt
from appliance.domain.sale import PaymentMethod, Tender, cash_due
from appliance.service import catalogue, checkout, receipts, shift
from appliance.service.shop import Shop

REFUND_EVERY = 15
NOTE = crowns(5000)


@dataclass(frozen=True)
class Sold:
    """One line of the seller's own book."""

    n: int
    doc_id: str
    number: str
    haler: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--sold", type=Path, required=True)
    parser.add_argument("--sales", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pace-s", type=float, required=True)
    given = parser.parse_args()
    shop = open_shop(load_config(given.config))
    if shift.current_shift(shop) is None:
        shift.open_shift(shop, crowns(1000))
    goods = [item for item in catalogue.items_in(shop, None, limit=100) if item.price is not None]
    book = Book(given.sold)
    due = time.monotonic()
    for n in book.go_on_from(shop, sales=given.sales):
        time.sleep(max(0.0, due - time.monotonic()))
        due = max(due, time.monotonic() - given.pace_s) + given.pace_s
        book.begin(n)
        book.done(n, sell(shop, goods, book.sold, Random(f"{given.seed} {n}"), n=n))
    shop.store.close()


def sell(shop: Shop, goods: list[Item], sold: list[Sold], random: Random, *, n: int) -> Receipt:
    """The n-th document: a sale, or the storno of an earlier one."""
    if n % REFUND_EVERY == REFUND_EVERY - 1:  # each takes back one of its own fourteen predecessors
        original = sold[n - random.randint(1, REFUND_EVERY - 1)]
        return receipts.refund(shop, original.doc_id, reason="vráceno")
    cart = Cart()
    for item in random.sample(goods, random.randint(1, 4)):
        cart = add_item(cart, item, quantity=Quantity(random.randint(1, 5) * THOUSANDTHS))
    return checkout.pay(shop, cart, _tenders(cart.total, random))


def _tenders(total: Money, random: Random) -> tuple[Tender, ...]:
    """By card, in cash with change, or a part by voucher and the rest in cash."""
    way = random.choice(("card", "cash", "split"))
    if way == "card":
        return (Tender(PaymentMethod.CARD, total),)
    voucher = Tender(PaymentMethod.VOUCHER, Money(total.haler // 3 if way == "split" else 0))
    given = max(NOTE, cash_due(total, [voucher]))
    cash = Tender(PaymentMethod.CASH, given)
    return (voucher, cash) if voucher.amount > ZERO else (cash,)


class Book:
    """Each line is in the file before the seller goes on; a kill may tear the last one."""

    def __init__(self, path: Path) -> None:
        self._lines = read_lines(path)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.truncate(path, sum(len(line) + 1 for line in self._lines))
        self.sold = sold_in(self._lines)

    def go_on_from(self, shop: Shop, *, sales: int) -> range:
        """What is left to sell. A document begun before a kill is looked for in the till, as a cashier would."""
        n = len(self.sold)
        begun = bool(self._lines) and "begun" in json.loads(self._lines[-1])
        last = next(iter(receipts.recent(shop, limit=1)), None)
        known = {sale.number for sale in self.sold}
        if begun and last is not None and last.number not in known:
            self.done(n, receipts.load(shop, last.doc_id))
        return range(len(self.sold), sales)

    def begin(self, n: int) -> None:
        self._write({"begun": n})

    def done(self, n: int, receipt: Receipt) -> None:
        sale = Sold(n, receipt.doc_id, receipt.number, receipt.paid.haler)
        self._write(vars(sale))
        self.sold.append(sale)

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(line).encode("ascii") + b"\n")


def read_lines(path: Path) -> list[bytes]:
    """The whole lines of a book; none when nothing was sold yet."""
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1].splitlines()


def sold_in(lines: list[bytes]) -> list[Sold]:
    return [Sold(**line) for line in map(json.loads, lines) if "begun" not in line]


if __name__ == "__main__":
    main()
