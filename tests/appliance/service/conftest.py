from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store import catalogue
from tests.shops import ITEMS, TestShop, make_shop, open_for_sale


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestShop]:
    """A till with a few items, not yet open."""
    made = make_shop(tmp_path)
    with made.store.fact() as tables:
        catalogue.put_items(tables, ITEMS, stamps={item.item_id: "" for item in ITEMS})
    yield made
    made.store.close()


@pytest.fixture
def selling(till: TestShop) -> TestShop:
    """The same, opened with a float of 1000 crowns; wake-ups so far forgotten."""
    open_for_sale(till.shop)
    till.wakes.names.clear()
    return till
