from datetime import timedelta

import pytest

from appliance.sync import housekeeping
from appliance.sync.housekeeping import LOOK_S, REST_S, AnswerShelf
from tests.appliance.sync.office import Desk
from tests.shops import rows, sell


def kept(desk: Desk) -> int:
    ((found,),) = rows(desk.test_shop.shop, "SELECT count(*) FROM fiscal_attempt WHERE answer IS NOT NULL")
    assert isinstance(found, int)
    return found


def test_answers_are_kept_for_their_days_and_then_forgotten_a_few_at_a_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    for _ in range(3):
        sell(desk.test_shop.shop)
    desk.until_quiet()
    shelf = AnswerShelf(desk.test_shop.shop, kept=timedelta(days=90))
    desk.pass_time(timedelta(days=89).total_seconds())
    assert (shelf.step(), kept(desk)) == (LOOK_S, 3)
    desk.pass_time(timedelta(days=2).total_seconds())
    assert (shelf.step(), kept(desk)) == (REST_S, 1)
    assert (shelf.step(), kept(desk)) == (LOOK_S, 0)
    assert set(desk.states()) == {"confirmed"}
