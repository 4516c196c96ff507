"""EET 1 through the daemon: control codes computed once and before any network, FIK as the code."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from appliance.domain.fiscal import Dialect, Mode, Regime, Taxpayer
from appliance.eet.codes import codes_hold
from appliance.eet.v3 import V3
from tests.appliance.sync.office import NO_DNS, TIMED_OUT, Desk, Material, open_ledger
from tests.shops import PRAGUE, make_shop, open_for_sale, sell

REGIME = Regime(datetime(2027, 1, 1, tzinfo=PRAGUE), Mode.PLAYGROUND, Dialect.V3)
TAXPAYER = Taxpayer(eic="CZ00000019", id_jednotky="141", id_pokl="1", dic_popl="CZ00000019", id_provoz="273")


@pytest.fixture
def desk(tmp_path: Path, eet_material: Material) -> Iterator[Desk]:
    test_shop = make_shop(tmp_path, regimes=(REGIME,))
    test_shop = replace(test_shop, shop=replace(test_shop.shop, taxpayer=TAXPAYER))
    open_for_sale(test_shop.shop)
    with open_ledger(tmp_path) as ledger:
        yield Desk(test_shop, eet_material, ledger)


def test_a_sale_of_eet_1_is_confirmed_with_a_fik_and_carries_its_codes(desk: Desk) -> None:
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    record = desk.record(number)
    (sale,) = desk.ledger.report()["sales"]
    assert (record.state, record.code) == ("confirmed", sale["codes"][0])
    (post,) = desk.posts
    assert post.codes is not None
    assert (post.codes.pkp, post.codes.bkp) == (record.pkp, record.bkp)
    assert codes_hold(post.codes, post.data, dialect=V3, certificate=desk.material.till.certificate)


def test_the_codes_are_there_for_the_paper_when_nobody_answers(desk: Desk) -> None:
    desk.always = NO_DNS
    numbers = [sell(desk.test_shop.shop).number for _ in range(3)]
    desk.test_shop.wakes.names.clear()
    desk.sender.send_fresh()
    assert desk.fault == "channel:dns"
    assert all(desk.record(number).pkp and desk.record(number).bkp for number in numbers)
    assert "print" in desk.test_shop.wakes.names
    newest = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    assert desk.record(newest).bkp


def test_a_repeat_under_another_certificate_carries_the_codes_that_were_printed(desk: Desk) -> None:
    desk.script.append(TIMED_OUT)
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    printed = desk.record(number).pkp
    desk.identity = desk.material.other_till  # of another office: refused, but it is sent
    desk.backlog()
    assert [post.codes.pkp for post in desk.posts if post.codes] == [printed, printed]


def test_a_refused_sale_that_is_corrected_gets_new_codes(desk: Desk) -> None:
    desk.script.append(6)
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    before = desk.record(number)
    assert before.state == "parked"
    elsewhere = replace(desk.test_shop.shop, taxpayer=replace(TAXPAYER, id_provoz="274"))
    desk.correct(number, elsewhere)
    desk.sender.send_fresh()
    after = desk.record(number)
    assert (after.state, after.data["id_provoz"], after.pkp != before.pkp) == ("confirmed", "274", True)
    assert [post.header.prvni_zaslani for post in desk.posts] == [True, True]


def test_without_a_certificate_there_are_no_codes_and_the_import_brings_them(desk: Desk) -> None:
    desk.identity = None
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.backlog()
    assert (desk.record(number).pkp, desk.posts) == ("", [])
    desk.identity = desk.material.till
    desk.sender.send_fresh()
    assert (desk.record(number).state, len(desk.record(number).pkp)) == ("confirmed", 344)
