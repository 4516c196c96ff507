"""Rare orders of events: nothing is reported twice with other data, stuck behind another sale, or told wrongly."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from appliance.domain.fiscal import Mode, Taxpayer
from appliance.eet.certificate import Trust
from appliance.service import fiscal as service
from appliance.service.errors import Refused
from appliance.sync import settling
from tests.appliance.sync.office import HTTP_500, NO_DNS, REFUSED, Desk, Happening, Killed
from tests.appliance.sync.test_fiscal import fiscalised
from tests.shops import PLAYGROUND, sell

ELSEWHERE = Taxpayer("CZ00000019", "232", "1")


def test_a_confirmed_sale_whose_code_was_not_saved_is_never_corrected(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between the answer and the code; the repeat is refused. The office has the sale as it was."""

    def dead(*_: object) -> None:
        raise Killed

    number = sell(desk.test_shop.shop).number
    with monkeypatch.context() as patched:
        patched.setattr(settling, "confirm", dead)
        with pytest.raises(Killed):
            desk.sender.send_fresh()
    desk.script.append(6)
    desk.restart()
    desk.sender.send_fresh()
    assert (desk.record(number).state, desk.ledger.report()["count"]) == ("parked", 1)
    with pytest.raises(Refused) as refused:
        service.correct(replace(desk.test_shop.shop, taxpayer=ELSEWHERE), number)
    assert refused.value.rule == "may_be_recorded"


def test_code_8_is_tried_for_a_day_from_its_first_time_not_from_the_sale(desk: Desk) -> None:
    """After a long outage the office has a technical fault: that is no reason to give up at once."""
    desk.always = NO_DNS
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.pass_time(timedelta(hours=30).total_seconds())
    desk.always = 8
    desk.backlog()
    assert desk.record(number).state == "waiting"
    desk.pass_time(timedelta(hours=23).total_seconds())
    desk.restart()
    desk.backlog()
    assert desk.record(number).state == "waiting"
    desk.pass_time(timedelta(hours=1).total_seconds())
    desk.backlog()
    assert desk.record(number).reason.split()[0] == "code_8_too_long"


def test_a_clock_put_right_does_not_end_the_day_of_code_8(desk: Desk) -> None:
    """A Pi without a battery clock sold in the past; then the network brought the true time."""
    number = sell(desk.test_shop.shop).number
    desk.test_shop.clock.forward(days=30)
    desk.always = 8
    desk.sender.send_fresh()
    assert desk.record(number).state == "waiting"


def test_a_day_of_code_8_is_a_day_over_the_change_of_the_hour(desk: Desk) -> None:
    prague = desk.test_shop.clock.at.tzinfo
    desk.test_shop.clock.at = datetime(2027, 10, 31, 2, 30, tzinfo=prague)  # +02:00, half an hour before the change
    desk.always = 8
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.test_shop.clock.at = datetime(2027, 11, 1, 2, 20, tzinfo=prague)
    desk.sender.hurry()
    desk.backlog()
    assert desk.record(number).reason.split()[0] == "code_8_too_long"  # 24 h and 50 min


@pytest.mark.parametrize("happening", [REFUSED, NO_DNS, 4, "stranger"])
def test_a_probe_that_gets_code_8_holds_up_nobody_else(desk: Desk, happening: Happening) -> None:
    """The office has looked at that very sale. The others need not wait a day for it to be parked."""
    desk.script.extend([happening, 8])
    for _ in range(3):
        sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    desk.pass_time(6)
    desk.backlog()
    desk.sender.send_fresh()
    desk.backlog()
    assert (desk.states(), desk.fault) == (["waiting", "confirmed", "confirmed"], "")
    assert len(desk.posts) == 4


def test_what_was_noted_last_of_the_channel_is_what_stands(desk: Desk) -> None:
    """One connection finds the line dead while the other gets through: the one that looked last is told."""
    shop = desk.test_shop.shop
    works_noted = threading.Event()

    def slow() -> datetime:
        if threading.current_thread().name == "loses":
            works_noted.wait(0.3)
        return desk.test_shop.clock()

    desk.test_shop = replace(desk.test_shop, shop=replace(shop, now=slow))
    desk.restart()
    desk.sender._noted = None

    def note(fault: str) -> None:
        desk.sender._note_fault(fault)
        if not fault:
            works_noted.set()
        shop.store.close()

    loses = threading.Thread(target=note, args=("channel:dns",), name="loses")
    loses.start()
    while desk.sender._noted is None:
        threading.Event().wait(0.001)
    works = threading.Thread(target=note, args=("",), name="works")
    works.start()
    for thread in (loses, works):
        thread.join(5)
    assert desk.fault == ""


def test_a_code_is_saved_without_reading_the_receipt_under_the_write_lock(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A receipt of hundreds of lines takes longer to read than a sale should wait."""
    database = desk.test_shop.store._db
    run = database.execute_sql
    read: list[bool] = []

    def watched(sql: str, *more: Any) -> Any:
        if sql.startswith("SELECT") and '"receipt"' in sql and '"body"' in sql:
            read.append(database.in_transaction())
        return run(sql, *more)

    sell(desk.test_shop.shop)
    monkeypatch.setattr(database, "execute_sql", watched)
    desk.sender.send_fresh()
    assert (desk.states(), read) == (["confirmed"], [False])


def test_a_parked_sale_whose_kept_answer_is_trusted_now_is_confirmed(desk: Desk) -> None:
    """The first answer was of an unknown signer, the repeat was refused; nothing else could ever end this sale."""
    right = desk.trust
    desk.trust = Trust(right.anchors[:0], right.signer)
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.script.append(3)
    desk.pass_time(6)
    desk.backlog()
    assert desk.record(number).state == "parked"
    (sale,) = desk.ledger.report()["sales"]
    desk.trust = right
    desk.backlog()
    assert (desk.record(number).state, desk.record(number).code) == ("confirmed", sale["codes"][0])
    assert len(desk.posts) == 2


def test_of_several_kept_answers_to_one_sale_the_oldest_counts_and_the_others_are_journalled(desk: Desk) -> None:
    right = desk.trust
    desk.trust = Trust(right.anchors[:0], right.signer)
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    for _ in range(2):
        desk.pass_time(60)
        desk.backlog()
    (sale,) = desk.ledger.report()["sales"]
    assert (desk.record(number).state, len(sale["codes"])) == ("waiting", 3)
    desk.trust = right
    desk.backlog()
    assert (desk.record(number).state, desk.record(number).code) == ("confirmed", sale["codes"][0])
    told = fiscalised(desk)
    assert [(body.code, body.first) for body in told] == list(zip(sale["codes"], (True, False, False), strict=True))


def test_a_live_probe_does_not_wait_for_the_backlog_of_another_channel(desk: Desk) -> None:
    desk.always = HTTP_500
    for _ in range(120):
        sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    live = replace(PLAYGROUND, valid_from=PLAYGROUND.valid_from + timedelta(hours=1), mode=Mode.VERIFICATION)
    shop = replace(desk.test_shop.shop, regimes=(PLAYGROUND, live))
    desk.test_shop = replace(desk.test_shop, shop=shop)
    number = sell(shop).number
    desk.always = 4
    desk.restart()
    desk.sender.send_fresh()
    assert desk.fault == "channel:code_4"
    desk.always = None
    desk.sender.hurry()
    before = len(desk.posts)
    desk.sender.send_backlog()
    assert number in [post.number for post in desk.posts[before : before + 2]]
