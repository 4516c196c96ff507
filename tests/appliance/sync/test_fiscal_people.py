"""What a person does reaches the daemon: release, correction, another anchor, two regimes side by side."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.domain.fiscal import Mode, Taxpayer
from appliance.eet.certificate import Trust
from appliance.service import fiscal as service
from tests.appliance.sync.office import NO_DNS, TIMED_OUT, Desk, Happening, Material, open_ledger
from tests.shops import PLAYGROUND, make_shop, open_for_sale, rows, sell


def refused(desk: Desk, happening: Happening = 6) -> str:
    desk.script.append(happening)
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    assert desk.record(number).state == "parked"
    return number


def test_a_released_sale_is_sent_again_to_the_character_and_says_it_is_a_repeat(desk: Desk) -> None:
    number = refused(desk)
    service.release(desk.test_shop.shop, number)
    desk.backlog()
    assert desk.record(number).state == "confirmed"
    assert [post.header.prvni_zaslani for post in desk.posts] == [True, False]
    assert len({post.data_xml for post in desk.posts}) == 1


def test_after_a_release_code_8_is_tried_for_a_whole_day_again(desk: Desk) -> None:
    desk.always = 8
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.pass_time(timedelta(hours=25).total_seconds())
    desk.backlog()
    assert desk.record(number).state == "parked"
    service.release(desk.test_shop.shop, number)
    desk.backlog()
    desk.pass_time(timedelta(hours=23).total_seconds())
    desk.backlog()
    assert desk.record(number).state == "waiting"
    desk.pass_time(timedelta(hours=2).total_seconds())
    desk.backlog()
    assert desk.record(number).state == "parked"


@pytest.mark.parametrize(("boot", "first"), [(None, True), ("boot-2", False)])
def test_a_corrected_sale_is_a_first_send_in_the_boot_of_its_correction(
    desk: Desk, boot: str | None, first: bool
) -> None:
    number = refused(desk)
    desk.correct(number, replace(desk.test_shop.shop, taxpayer=Taxpayer("CZ00000019", "232", "1")))
    if boot:
        desk.restart(boot=boot)
    desk.sender.send_fresh()
    assert [(post.data["id_jednotky"], post.header.prvni_zaslani) for post in desk.posts] == [
        ("141", True),
        ("232", first),
    ]
    assert desk.record(number).state == "confirmed"


def test_when_an_anchor_is_added_kept_answers_are_judged_again_before_anything_is_sent(desk: Desk) -> None:
    right = desk.trust
    desk.trust = Trust(right.anchors[:0], right.signer)
    numbers = [sell(desk.test_shop.shop).number for _ in range(2)]
    desk.sender.send_fresh()
    desk.backlog()
    assert (desk.fault, len(desk.posts)) == ("channel:unknown_signer", 1)
    (sale,) = desk.ledger.report()["sales"]
    desk.trust = right
    desk.always = NO_DNS  # not one more byte is needed for the answer that is there
    desk.backlog()
    assert (desk.record(numbers[1]).state, desk.record(numbers[1]).code) == ("confirmed", sale["codes"][0])
    desk.always = None
    desk.sender.send_fresh()
    assert (desk.states(), desk.fault) == (["confirmed"] * 2, "")
    assert desk.ledger.report()["accepted"] == 2


def test_an_anchor_added_while_the_daemon_was_down_counts_at_its_start(desk: Desk) -> None:
    right = desk.trust
    desk.trust = Trust(right.anchors[:0], right.signer)
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.trust = right
    desk.restart()
    desk.always = NO_DNS
    desk.backlog()
    assert (desk.record(number).state, len(desk.posts)) == ("confirmed", 1)


def test_an_answer_that_is_still_not_trusted_confirms_nothing(desk: Desk) -> None:
    desk.script.append("stranger")
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.trust = Trust((*desk.trust.anchors, desk.material.till.certificate), desk.trust.signer)
    desk.always = NO_DNS
    desk.backlog()
    assert desk.record(number).state == "waiting"


def test_a_playground_that_is_down_holds_up_no_live_sale(tmp_path: Path, eet_material: Material) -> None:
    """The two have a channel each: the old playground sale keeps probing its own."""
    test_shop = make_shop(tmp_path)
    open_for_sale(test_shop.shop)
    with open_ledger(tmp_path) as ledger:
        desk = Desk(test_shop, eet_material, ledger)
        desk.always = NO_DNS
        sell(test_shop.shop)
        desk.sender.send_fresh()
        assert desk.fault == "channel:dns"
        live = replace(test_shop, shop=replace(test_shop.shop, regimes=(replace(PLAYGROUND, mode=Mode.LIVE),)))
        desk.test_shop, desk.live, desk.always = live, True, None
        desk.reopen()
        sell(live.shop)
        desk.sender.send_fresh()
        assert desk.states() == ["waiting", "confirmed"]


def test_many_that_wait_for_their_time_do_not_hide_one_that_is_due(desk: Desk) -> None:
    desk.always = TIMED_OUT
    for _ in range(60):
        sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    desk.pass_time(3)
    late = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.pass_time(1)
    service_shop = desk.test_shop.shop
    with service_shop.fact() as tables:
        tables.fiscal_record.update(state="parked").where(tables.fiscal_record.number == late).execute()
    service.release(service_shop, late)
    desk.always = None
    posts = len(desk.posts)
    desk.sender.hurry()
    desk.backlog()
    assert len(desk.posts) == posts + 61
    assert set(desk.states()) == {"confirmed"}
    assert rows(service_shop, "SELECT count(*) FROM fiscal_record WHERE state = 'confirmed'") == [(61,)]
