"""Power cuts: the work stops just before its n-th lasting commit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from appliance.service.shop import Shop
from appliance.store.tables import Tables


class PowerCut(Exception):
    """The machine is off."""


def cut_before(n: int, work: Callable[[], object]) -> bool:
    """Do the work; nothing of its n-th fact, counted from 1, is written. True if it came to that."""
    whole = Shop.fact
    begun = 0

    @contextmanager
    def fact(shop: Shop) -> Iterator[Tables]:
        nonlocal begun
        begun += 1
        if begun == n:
            raise PowerCut
        with whole(shop) as tables:
            yield tables

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shop, "fact", fact)
        try:
            work()
        except PowerCut:
            return True
    return False
