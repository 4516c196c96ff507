"""sync.md §3: from a frozen sale to its code, whatever the line and the office do."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.domain.fiscal import Mode, Taxpayer
from appliance.domain.journal import Kind, ReceiptFiscalised, read_body
from appliance.eet.transport import HttpReply
from appliance.store import fiscal
from tests.appliance.sync.office import (
    HTTP_500,
    NO_DNS,
    NO_TLS,
    REFUSED,
    SOAP_FAULT,
    TIMED_OUT,
    Desk,
    Happening,
    Killed,
    Material,
    killed,
    lost,
    open_ledger,
)
from tests.shops import PLAYGROUND, make_shop, open_for_sale, rows, sell


def fiscalised(desk: Desk) -> list[ReceiptFiscalised]:
    found = rows(
        desk.test_shop.shop, "SELECT v, body FROM journal WHERE kind = ? ORDER BY row", Kind.RECEIPT_FISCALISED
    )
    return [read_body(Kind.RECEIPT_FISCALISED, int(str(v)), str(body)) for v, body in found]


def test_s3_a_sale_is_confirmed_at_once_and_its_code_is_in_the_journal(desk: Desk) -> None:
    receipt = sell(desk.test_shop.shop)
    assert desk.sender.send_fresh() == 15.0
    (sale,) = desk.ledger.report()["sales"]
    record = desk.record(receipt.number)
    assert (record.state, record.code) == ("confirmed", sale["codes"][0])
    (body,) = fiscalised(desk)
    assert (body.receipt_doc_id, body.code, body.first, body.test) == (receipt.doc_id, record.code, True, True)
    assert receipt.fiscal is not None
    assert desk.posts[0].data == receipt.fiscal.data


def test_the_paper_and_the_upload_are_woken_when_the_code_is_there(desk: Desk) -> None:
    sell(desk.test_shop.shop)
    desk.test_shop.wakes.names.clear()
    desk.sender.send_fresh()
    assert {"print", "sync", "ui"} <= set(desk.test_shop.wakes.names)


def test_an_attempt_row_precedes_the_first_byte(desk: Desk) -> None:
    desk.script.append(REFUSED)
    sell(desk.test_shop.shop)
    desk.until_quiet()
    assert [post.attempts for post in desk.posts] == [1, 2]


def test_only_the_first_send_says_so_and_data_is_repeated_to_the_character(desk: Desk) -> None:
    desk.script.extend([TIMED_OUT, HTTP_500, lost, REFUSED])
    sell(desk.test_shop.shop)
    desk.until_quiet()
    assert [post.header.prvni_zaslani for post in desk.posts] == [True, False, False, False, False]
    assert len({post.data_xml for post in desk.posts}) == 1
    assert len({post.header.uuid_zpravy for post in desk.posts}) == 5
    assert len({post.header.dat_odesl for post in desk.posts}) == 5


def test_the_newest_sale_goes_first(desk: Desk) -> None:
    numbers = []
    for _ in range(4):
        desk.test_shop.clock.forward(seconds=30)
        numbers.append(sell(desk.test_shop.shop).number)
    desk.sender.send_fresh()
    assert [post.number for post in desk.posts] == numbers[::-1]
    assert {post.fresh for post in desk.posts} == {True}


def test_the_backlog_goes_on_its_own_connection_oldest_first(desk: Desk) -> None:
    desk.script.extend([TIMED_OUT, TIMED_OUT])
    old = [sell(desk.test_shop.shop).number, sell(desk.test_shop.shop).number]
    desk.sender.send_fresh()
    desk.pass_time(6)
    new = sell(desk.test_shop.shop).number
    desk.backlog()
    desk.sender.send_fresh()
    assert [(post.number, post.fresh) for post in desk.posts[2:]] == [(old[0], False), (old[1], False), (new, True)]


def test_s4_the_schedule_is_5_s_15_s_1_min_5_min_and_then_every_15_min(desk: Desk) -> None:
    desk.always = TIMED_OUT
    sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    for n, delay_s in enumerate((5, 15, 60, 300, 900, 900, 900), start=1):
        assert 0 < desk.backlog() <= 15
        desk.pass_time(delay_s - 0.5)
        desk.backlog()
        assert len(desk.posts) == n
        desk.pass_time(0.6)
        desk.backlog()
        assert len(desk.posts) == n + 1


def test_a_restart_tries_at_once(desk: Desk) -> None:
    desk.script.append(REFUSED)
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.restart()
    desk.backlog()
    assert desk.record(number).state == "confirmed"


def test_a_person_who_asks_does_not_wait_for_the_schedule(desk: Desk) -> None:
    desk.script.append(REFUSED)
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.sender.hurry()
    desk.backlog()
    assert desk.record(number).state == "confirmed"


def test_one_that_gets_through_makes_those_due_that_failed_on_the_way(desk: Desk) -> None:
    desk.script.extend([HTTP_500, 8, TIMED_OUT])
    stuck = [sell(desk.test_shop.shop).number for _ in range(3)]  # sent newest first: 3 HTTP 500, 2 code 8, 1 timed out
    desk.sender.send_fresh()
    sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    desk.backlog()
    assert desk.states() == ["confirmed", "waiting", "confirmed", "confirmed"]
    assert [post.number for post in desk.posts].count(stuck[1]) == 1


# ---- the channel


@pytest.mark.parametrize(
    ("happening", "fault"),
    [
        (REFUSED, "channel:connect"),
        (NO_DNS, "channel:dns"),
        (NO_TLS, "channel:tls"),
        (4, "channel:code_4"),
        ("stranger", "channel:unknown_signer"),
    ],
)
def test_a_faulty_channel_is_probed_by_one_record_on_the_schedule(desk: Desk, happening: Happening, fault: str) -> None:
    desk.always = happening
    for _ in range(3):
        sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    assert (len(desk.posts), desk.fault) == (1, fault)
    for n, delay_s in enumerate((5, 15, 60, 300, 900, 900), start=1):
        desk.backlog()
        assert len(desk.posts) == n
        desk.pass_time(delay_s + 0.1)
        desk.backlog()
        desk.sender.send_fresh()
        assert len(desk.posts) == n + 1
    assert len({post.number for post in desk.posts[1:]}) == 1
    desk.always = None
    desk.pass_time(901)
    desk.backlog()
    desk.sender.send_fresh()
    desk.backlog()
    assert (desk.states(), desk.fault) == (["confirmed"] * 3, "")


@pytest.mark.parametrize("happening", [REFUSED, TIMED_OUT, HTTP_500, -1])
def test_a_probe_that_proves_nothing_waits_for_the_schedule_too(desk: Desk, happening: Happening) -> None:
    desk.script.append(NO_DNS)
    desk.always = happening
    sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    desk.pass_time(6)
    assert desk.backlog(steps_max=3) > 0
    assert len(desk.posts) == 2


def test_a_probe_that_is_refused_for_its_own_sake_shows_that_the_channel_works(desk: Desk) -> None:
    desk.script.extend([NO_DNS, 3])
    for _ in range(2):
        sell(desk.test_shop.shop)
    desk.until_quiet()
    assert (sorted(desk.states()), desk.fault) == (["confirmed", "parked"], "")


def test_without_a_certificate_sales_wait_and_an_import_resumes_them(desk: Desk) -> None:
    desk.identity = None
    for _ in range(2):
        sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    desk.backlog()
    assert (desk.posts, desk.fault, desk.states()) == ([], "no_certificate", ["waiting", "waiting"])
    desk.identity = desk.material.till
    desk.sender.send_fresh()
    assert (desk.fault, desk.states()) == ("", ["confirmed", "confirmed"])


def test_a_new_certificate_is_tried_at_once_after_error_4(desk: Desk) -> None:
    desk.identity = desk.material.other_till  # its issuer is unknown to this office: error 4
    sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    assert desk.fault == "channel:code_4"
    desk.identity = desk.material.till
    desk.backlog()
    assert (desk.states(), desk.fault) == (["confirmed"], "")


def test_a_restart_does_not_keep_the_fault_of_the_last_run(desk: Desk) -> None:
    desk.script.append(NO_DNS)
    sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    desk.restart()
    assert desk.fault == ""
    desk.backlog()
    desk.sender.send_fresh()
    assert desk.states() == ["confirmed"]


# ---- refusals


@pytest.mark.parametrize(
    ("happening", "reason"),
    [
        (2, "code_2"),
        (3, "code_3"),
        (6, "code_6"),
        (7, "code_7"),
        (0, "not_recorded"),
        (SOAP_FAULT, "soap_fault"),
    ],
)
def test_a_refused_record_is_parked_and_never_blocks_the_next_sale(
    desk: Desk, happening: Happening, reason: str
) -> None:
    desk.script.append(happening)
    refused = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    record = desk.record(refused)
    assert record.state == "parked"
    assert record.reason.split()[0] == reason
    sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    desk.pass_time(3600)
    desk.backlog()
    assert (desk.states(), len(desk.posts)) == (["parked", "confirmed"], 2)


def test_code_8_is_tried_for_a_day_and_then_parked(desk: Desk) -> None:
    desk.always = 8
    number = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    desk.pass_time(timedelta(hours=23).total_seconds())
    desk.backlog()
    assert desk.record(number).state == "waiting"
    desk.pass_time(timedelta(hours=2).total_seconds())
    desk.backlog()
    assert desk.record(number).reason.split()[0] == "code_8_too_long"


def test_what_the_schema_does_not_allow_is_parked_without_a_byte(tmp_path: Path, eet_material: Material) -> None:
    test_shop = make_shop(tmp_path)
    wrong = replace(test_shop.shop, taxpayer=Taxpayer("CZ00000019", "nic", "1"))
    open_for_sale(wrong)
    with open_ledger(tmp_path) as ledger:
        desk = Desk(replace(test_shop, shop=wrong), eet_material, ledger)
        number = sell(wrong).number
        desk.sender.send_fresh()
        assert desk.posts == []
        assert desk.record(number).state == "parked"
        assert "id_jednotky" in desk.record(number).reason


def test_verification_is_not_a_confirmation(tmp_path: Path, eet_material: Material) -> None:
    regime = replace(PLAYGROUND, mode=Mode.VERIFICATION)
    test_shop = make_shop(tmp_path, regimes=(regime,))
    open_for_sale(test_shop.shop)
    with open_ledger(tmp_path) as ledger:
        desk = Desk(test_shop, eet_material, ledger)
        number = sell(test_shop.shop).number
        desk.sender.send_fresh()
        assert [post.header.overeni for post in desk.posts] == [True]
        assert (desk.record(number).state, desk.record(number).code) == ("verified_only", "")
        assert [(body.code, body.mode) for body in fiscalised(desk)] == [("", "verification")]
        assert ledger.report()["count"] == 0


# ---- kills, reboots and answers that come twice


def test_a_kill_between_attempt_and_answer_ends_in_a_repeat(desk: Desk) -> None:
    desk.script.append(killed)
    number = sell(desk.test_shop.shop).number
    with pytest.raises(Killed):
        desk.sender.send_fresh()
    desk.restart()
    desk.until_quiet()
    assert [post.header.prvni_zaslani for post in desk.posts] == [True, False]
    assert len({post.data_xml for post in desk.posts}) == 1
    (sale,) = desk.ledger.report()["sales"]
    assert (sale["times"], sale["first_sends"]) == (2, 1)
    assert desk.record(number).code == sale["codes"][1]


def test_a_record_of_an_earlier_boot_is_a_repeat_even_without_an_attempt_row(desk: Desk) -> None:
    sell(desk.test_shop.shop)
    desk.restart(boot="boot-2")  # the attempt row, a mark, may have vanished in the power cut
    desk.until_quiet()
    assert [post.header.prvni_zaslani for post in desk.posts] == [False]


def test_a_second_confirmation_keeps_the_first_code_and_is_journalled(desk: Desk) -> None:
    number = sell(desk.test_shop.shop).number
    other = Desk(desk.test_shop, desk.material, desk.ledger)

    def meanwhile(reply: HttpReply) -> HttpReply:
        other.sender.send_fresh()
        return reply

    desk.script.append(meanwhile)
    desk.sender.send_fresh()
    (sale,) = desk.ledger.report()["sales"]
    assert [body.first for body in fiscalised(desk)] == [True, False]
    assert [body.code for body in fiscalised(desk)] == sale["codes"][::-1]
    assert desk.record(number).code == sale["codes"][1]


def test_a_sale_that_is_not_reported_is_not_sent(tmp_path: Path, eet_material: Material) -> None:
    test_shop = make_shop(tmp_path, regimes=())
    open_for_sale(test_shop.shop)
    with open_ledger(tmp_path) as ledger:
        desk = Desk(test_shop, eet_material, ledger)
        sell(test_shop.shop)
        assert desk.sender.send_fresh() == 15.0
        assert (desk.posts, desk.states()) == ([], [])


def test_the_trail_of_attempts_tells_what_happened(desk: Desk) -> None:
    desk.script.extend([REFUSED, 8])
    sell(desk.test_shop.shop)
    desk.until_quiet()
    found = rows(
        desk.test_shop.shop, "SELECT outcome, detail, trace_id, length(answer) > 0 FROM fiscal_attempt ORDER BY at"
    )
    assert [row[0] for row in found] == ["ChannelFault", "Waiting", "ConfirmedOutcome"]
    assert str(found[0][1]).startswith("connect")
    assert (found[2][2], found[2][3]) == ("trace", 1)


def test_an_answer_that_did_not_come_is_no_fault_of_the_channel(desk: Desk) -> None:
    desk.script.extend([HTTP_500, TIMED_OUT])
    for _ in range(3):
        sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    assert (len(desk.posts), desk.fault, sorted(desk.states())) == (3, "", ["confirmed", "waiting", "waiting"])


@pytest.mark.parametrize("happening", [REFUSED, NO_DNS, NO_TLS])
def test_while_nobody_answers_each_new_sale_finds_out_whether_the_line_is_back(
    desk: Desk, happening: Happening
) -> None:
    desk.always = happening
    for n in range(3):
        sell(desk.test_shop.shop)
        desk.sender.send_fresh()
        assert len(desk.posts) == n + 1
    desk.always = None
    newest = sell(desk.test_shop.shop).number
    desk.sender.send_fresh()
    assert (desk.posts[-1].number, desk.posts[-1].fresh, desk.fault) == (newest, True, "")
    desk.backlog()
    assert desk.states() == ["confirmed"] * 4


@pytest.mark.parametrize("happening", [4, "stranger"])
def test_whoever_answers_wrongly_is_told_no_more_sales_than_the_probe(desk: Desk, happening: Happening) -> None:
    desk.always = happening
    for _ in range(3):
        sell(desk.test_shop.shop)
        desk.sender.send_fresh()
    assert len(desk.posts) == 1


def test_the_record_counts_its_failed_attempts_for_the_paper(desk: Desk) -> None:
    desk.always = TIMED_OUT
    receipt = sell(desk.test_shop.shop)
    desk.sender.send_fresh()
    record = fiscal.load_record(desk.test_shop.shop.tables, receipt.doc_id)
    assert record is not None
    assert (record.attempts, record.reason) == (1, "timeout too long")
