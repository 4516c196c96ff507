"""What another process of the till does in tests: `python -m tests.appliance.store.process VERB FOLDER NODE`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from appliance.domain.journal import DrawerOpened, Kind
from appliance.store import journal, queues
from tests.shops import TestShop, make_shop, open_for_sale, sell

ROWS = 40
DEATH = 9


def append(till: TestShop) -> None:
    """Facts and marks by turns, as the screen and the sync daemon write them."""
    shop = till.shop
    for n in range(ROWS):
        with shop.fact() as tables:
            body = DrawerOpened("", f"process {os.getpid()}", str(n))
            journal.append(tables, Kind.DRAWER_OPENED, body, doc_id=shop.new_id(), at="2027-02-01T08:00:00+01:00")
        with shop.mark() as tables:
            queues.set_note(tables, "printer", {"word": f"{os.getpid()}-{n}"}, at="2027-02-01T08:00:00+01:00")


def die_inside(till: TestShop) -> None:
    """Sell once, then die as by kill -9 with the second sale written and not committed."""
    open_for_sale(till.shop)
    sell(till.shop)
    with till.shop.fact() as tables:
        journal.take_number(tables)
        body = DrawerOpened("", "dying", "x" * 100_000)
        for _ in range(20):
            journal.append(tables, Kind.DRAWER_OPENED, body, doc_id=till.shop.new_id(), at="2027-02-01T08:00:00+01:00")
        os._exit(DEATH)


def die_after(till: TestShop) -> None:
    """Sell, and die without closing anything."""
    open_for_sale(till.shop)
    sell(till.shop)
    os._exit(DEATH)


def only_open(_till: TestShop) -> None:
    """Opening was all."""


VERBS: dict[str, Callable[[TestShop], None]] = {
    "append": append,
    "die_inside": die_inside,
    "die_after": die_after,
    "open": only_open,
}

if __name__ == "__main__":
    verb, folder, node = sys.argv[1:]
    VERBS[verb](make_shop(Path(folder), node=int(node)))
