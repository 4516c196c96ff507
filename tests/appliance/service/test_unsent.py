import pytest

from appliance.domain.money import crowns
from appliance.service import cash, unsent
from appliance.service.unsent import UnsentKind, unsent_by_kind
from appliance.store import journal
from tests.shops import TestShop, sell


def test_what_waits_is_counted_by_kind_with_the_age_of_the_oldest(selling: TestShop) -> None:
    with selling.shop.fact() as tables:
        journal.ack(tables, journal.last_place(tables))
    assert unsent_by_kind(selling.shop) == ()
    sell(selling.shop)
    selling.clock.forward(seconds=90)
    sell(selling.shop)
    cash.move_cash(selling.shop, crowns(500), "drobné")
    selling.clock.forward(seconds=30)
    found = unsent_by_kind(selling.shop)
    assert found[0] == UnsentKind("receipt_issued", 2, 120)
    assert UnsentKind("cash_moved", 1, 30) in found


def test_of_very_much_only_the_oldest_are_looked_at(selling: TestShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsent, "LOOK_AT_MAX", 3)
    for _ in range(5):
        sell(selling.shop)
    assert sum(each.count for each in unsent_by_kind(selling.shop)) == 3


def test_an_age_is_never_below_zero(selling: TestShop) -> None:
    sell(selling.shop)
    selling.clock.back(days=1)
    assert {each.oldest_age_s for each in unsent_by_kind(selling.shop)} == {0}
