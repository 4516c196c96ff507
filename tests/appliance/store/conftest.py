from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shops import TestShop, make_shop


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestShop]:
    made = make_shop(tmp_path)
    yield made
    made.store.close()
