"""Days without an answer, in virtual time: the real schedule, and the alarms at 24, 40 and 48 hours."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from appliance.domain.delivery import Lateness
from appliance.domain.fiscal import Mode
from appliance.service.status import till_status
from appliance.sync.alarms import LatenessAlarm
from tests.appliance.sync.office import HTTP_500, NO_DNS, TIMED_OUT, Desk, Happening, Material, open_ledger
from tests.shops import PLAYGROUND, make_shop, open_for_sale, rows, sell

HOUR_S = 3600
QUARTER_S = 900
REAL_SCHEDULE_S = (5, 15, 60, 300)


@pytest.fixture(autouse=True)
def _long_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days in steps of 15 s would take minutes; the polls between the tries find nothing to do anyway."""
    monkeypatch.setattr("appliance.sync.fiscal.IDLE_S", float(HOUR_S))


@pytest.fixture
def live(tmp_path: Path, eet_material: Material) -> Iterator[Desk]:
    test_shop = make_shop(tmp_path, regimes=(replace(PLAYGROUND, mode=Mode.LIVE),))
    open_for_sale(test_shop.shop)
    with open_ledger(tmp_path) as ledger:
        yield Desk(test_shop, eet_material, ledger, live=True)


def wait(desk: Desk, seconds: float) -> None:
    """The daemon at work for so long: it sleeps as long as it says, and no longer than the rest."""
    while seconds > 0:
        desk.sender.send_fresh()
        step = min(desk.backlog(), seconds)
        desk.pass_time(step)
        seconds -= step


@pytest.mark.parametrize("happening", [TIMED_OUT, NO_DNS])
@pytest.mark.parametrize("random", [0.0, 0.5, 0.999999])
def test_a_sale_is_tried_on_the_real_schedule_for_two_days(live: Desk, happening: Happening, random: float) -> None:
    live.always, live.random = happening, random
    sell(live.test_shop.shop)
    wait(live, 48 * HOUR_S)
    moments = [post.at for post in live.posts]
    gaps = [round((later - earlier).total_seconds()) for earlier, later in pairwise(moments)]
    assert tuple(gaps[:4]) == REAL_SCHEDULE_S
    last = 900 - 180 + round(360 * random)  # every 15 minutes, give or take a fifth
    assert {abs(gap - last) <= 1 for gap in gaps[4:]} == {True}
    assert abs(len(gaps) - 4 - (48 * HOUR_S - sum(REAL_SCHEDULE_S)) // last) <= 1


def test_the_alarms_come_at_24_40_and_48_hours_and_end_with_the_code(
    live: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    live.always = TIMED_OUT
    alarm = LatenessAlarm(live.test_shop.shop)
    sell(live.test_shop.shop)
    seen: list[tuple[int, Lateness]] = []
    with caplog.at_level(logging.INFO, logger="appliance.sync.alarms"):
        for quarter in range(49 * 4):
            level = till_status(live.test_shop.shop).eet.lateness
            if not seen or seen[-1][1] != level:
                seen.append((quarter * 15, level))
            alarm.check()
            wait(live, QUARTER_S)
        live.always = None
        wait(live, HOUR_S)
        alarm.check()
    assert seen == [
        (0, Lateness.NONE),
        (24 * 60, Lateness.LATE),
        (40 * 60, Lateness.URGENT),
        (48 * 60, Lateness.OVERDUE),
    ]
    said = [record for record in caplog.records if record.name == "appliance.sync.alarms"]
    assert [record.levelname for record in said] == ["ERROR", "ERROR", "ERROR", "INFO"]
    assert [record.args[0] for record in said[:3] if isinstance(record.args, tuple)] == [24, 40, 48]
    assert till_status(live.test_shop.shop).eet.lateness == Lateness.NONE
    assert live.states() == ["confirmed"]


def test_a_parked_sale_is_late_too(live: Desk) -> None:
    live.script.append(6)
    sell(live.test_shop.shop)
    wait(live, 25 * HOUR_S)
    assert live.states() == ["parked"]
    assert till_status(live.test_shop.shop).eet.lateness == Lateness.LATE


def test_a_playground_sale_is_never_late(desk: Desk) -> None:
    desk.always = TIMED_OUT
    sell(desk.test_shop.shop)
    wait(desk, 60 * HOUR_S)
    assert till_status(desk.test_shop.shop).eet.lateness == Lateness.NONE


def test_days_of_useless_answers_do_not_fill_the_disk(live: Desk) -> None:
    live.always = replace(HTTP_500, body=b"<html>" + b"x" * 100_000)
    sell(live.test_shop.shop)
    wait(live, 24 * HOUR_S)
    ((longest,),) = rows(live.test_shop.shop, "SELECT max(length(answer)) FROM fiscal_attempt")
    assert longest == 2048
