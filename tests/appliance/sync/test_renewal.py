"""The renewal against an office in memory: what is asked when, every failure, and a kill at every point."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.eet.certificate import Environment, fingerprint
from appliance.eet.renewal import CallFailed, RequestState
from appliance.service.certificates import RenewalState, request_renewal
from tests.appliance.sync.renewals import (
    ALL_CALLS,
    ENDS,
    LOST_REPLY,
    TIMEOUT,
    Papers,
    RenewingTill,
    Request,
    assert_renewed,
    make_till,
)
from tests.shops import OPENING


@pytest.fixture
def till(tmp_path: Path, papers: Papers) -> Iterator[RenewingTill]:
    """Its certificate ends in ten days, so it is due."""
    made = make_till(tmp_path, papers)
    yield made
    made.test_shop.store.close()


def serials(till: RenewingTill) -> tuple[int, list[str]]:
    return till.serial, till.files


def test_a_renewal_goes_through_in_one_breath_but_for_the_wait_the_office_asks_for(
    till: RenewingTill, papers: Papers
) -> None:
    assert till.work() == 5
    assert till.state == RenewalState("requested", next_at="2027-02-01T08:00:05+01:00")
    till.test_shop.clock.forward(seconds=5)
    till.work()
    assert_renewed(till, papers)
    assert till.office.calls == ALL_CALLS
    assert set(till.environments) == {Environment.PLAYGROUND}


@pytest.mark.parametrize(("days", "asked"), [(21.01, False), (21, True), (1, True)])
def test_it_begins_by_itself_three_weeks_before_the_end(till: RenewingTill, days: float, asked: bool) -> None:
    till.test_shop.clock.at = OPENING + ENDS - timedelta(days=days)
    till.work()
    assert bool(till.office.calls) is asked


def test_what_is_done_is_not_done_again(till: RenewingTill) -> None:
    till.until("done")
    calls = len(till.office.calls)
    till.restart()
    till.work()
    till.test_shop.clock.forward(days=300)
    till.work()
    assert len(till.office.calls) == calls
    assert till.state.phase == "done"


def test_an_expired_certificate_says_so_and_asks_nobody(till: RenewingTill) -> None:
    till.test_shop.clock.at = OPENING + ENDS + timedelta(seconds=1)
    till.work()
    assert (till.state, till.office.calls) == (RenewalState("idle", "expired"), [])
    request_id = request_renewal(till.test_shop.shop)
    till.work()
    assert (till.state, till.office.calls) == (RenewalState("idle", "expired", request_id=request_id), [])


def test_what_a_clock_that_was_ahead_made_expire_is_forgotten_when_it_is_right(till: RenewingTill) -> None:
    till.test_shop.clock.back(days=20)
    till.test_shop.clock.forward(days=4000)
    till.work()
    assert till.state.fault == "expired"
    till.test_shop.clock.back(days=4000)
    till.work()
    assert (till.state.phase, till.state.fault, till.office.calls) == ("idle", "", [])


def test_a_certificate_of_another_authority_has_nobody_to_ask(till: RenewingTill, papers: Papers) -> None:
    stranger = (papers.folder / "private" / "answer.pem").read_bytes()
    (till.folder / "eet.pem").write_bytes(stranger)
    till.restart()
    request_renewal(till.test_shop.shop)
    till.work()
    assert (till.state.fault, till.office.calls) == ("no_service", [])


def test_without_a_certificate_there_is_nothing_to_renew(till: RenewingTill) -> None:
    (till.folder / "eet.pem").unlink()
    assert till.work() > 0
    assert till.state == RenewalState()
    request_id = request_renewal(till.test_shop.shop)
    assert till.work() > 0
    assert till.state == RenewalState(fault="no_certificate", request_id=request_id)


# ---- a person asks


def test_a_person_may_ask_long_before_it_is_due(till: RenewingTill) -> None:
    till.test_shop.clock.at = OPENING - timedelta(days=100)
    till.work()
    assert till.office.calls == []
    request_id = request_renewal(till.test_shop.shop)
    till.work()
    assert (till.state.phase, till.state.request_id) == ("requested", request_id)


def test_a_person_who_asks_ends_the_wait(till: RenewingTill, papers: Papers) -> None:
    till.office.script.append(TIMEOUT)
    till.work()
    assert till.state.fault == "timeout"
    till.work()
    assert till.office.calls == ["not_finished"]
    request_renewal(till.test_shop.shop)
    till.until("done")
    assert_renewed(till, papers)
    assert till.test_shop.clock() < OPENING + timedelta(seconds=30)


# ---- failures


def test_after_failures_it_is_tried_again_at_last_every_hour(till: RenewingTill) -> None:
    waits = []
    for _ in range(6):
        till.office.script.append(TIMEOUT)
        before = len(till.office.calls)
        since = till.test_shop.clock()
        while len(till.office.calls) == before:
            till.test_shop.clock.forward(seconds=till.work())
        waits.append(round((till.test_shop.clock() - since).total_seconds()))
    assert waits[0] <= 15
    assert waits[1:] == pytest.approx([60, 300, 900, 3600, 3600], abs=31)


def test_the_office_is_left_alone_as_long_as_it_asks(till: RenewingTill) -> None:
    till.office.script.append(CallFailed("too_many_requests", "HTTP 429", retry_after_s=7200))
    till.work()
    assert till.state.next_at == "2027-02-01T10:00:00+01:00"
    till.test_shop.clock.forward(seconds=7199)
    till.work()
    assert till.office.calls == ["not_finished"]
    till.test_shop.clock.forward(seconds=2)
    till.work()
    assert till.office.calls[1:3] == ["not_finished", "renew"]


def test_no_wait_is_longer_than_a_day_and_none_survives_a_clock_that_went_back(till: RenewingTill) -> None:
    till.office.script.append(CallFailed("server_error", retry_after_s=10**8))
    till.work()
    assert till.state.next_at == "2027-02-02T08:00:00+01:00"
    till.test_shop.clock.back(days=5)
    till.work()
    assert till.office.calls[1:3] == ["not_finished", "renew"]


@pytest.mark.parametrize("seconds", [10**6, 10**15, 10**4000])
def test_an_office_that_asks_to_be_asked_in_a_thousand_years_is_asked_tomorrow(
    till: RenewingTill, seconds: int
) -> None:
    till.office.poll_after_s = seconds
    till.work()
    assert till.state.next_at == "2027-02-02T08:00:00+01:00"


def test_a_refused_request_is_told_with_its_reason_and_made_again_after_a_day(
    till: RenewingTill, papers: Papers
) -> None:
    till.office.rejects = "Selhání kontroly parametrů žádosti"
    till.work()
    till.test_shop.clock.forward(seconds=5)
    till.work()
    expected = RenewalState("rejected", "rejected", "Selhání kontroly parametrů žádosti", "2027-02-02T08:00:05+01:00")
    assert till.state == expected
    till.restart()
    till.test_shop.clock.forward(hours=23)
    till.work()
    assert till.office.calls.count("renew") == 1
    till.office.rejects = ""
    till.test_shop.clock.forward(hours=1)
    till.until("done")
    assert till.serial == papers.successors[1].certificate.serial_number


def test_a_key_store_that_somebody_else_has_fetched_is_asked_for_anew(till: RenewingTill, papers: Papers) -> None:
    till.work()
    (request,) = till.office.requests.values()
    request.state, request.polls = RequestState.FINISHED, 0
    till.test_shop.clock.forward(seconds=5)
    till.work()
    assert (till.state.phase, till.state.fault) == ("starting", "fetched_elsewhere")
    till.until("done")
    assert_renewed(till, papers, by=1)


def test_a_request_the_office_has_forgotten_is_made_anew(till: RenewingTill, papers: Papers) -> None:
    till.work()
    till.office.requests.clear()
    till.test_shop.clock.forward(seconds=5)
    till.work()
    assert (till.state.phase, till.state.fault) == ("starting", "not_found")
    till.until("done")
    assert_renewed(till, papers)


@pytest.mark.parametrize(
    ("name", "word"),
    [("foreign", "new_foreign_certificate"), ("production", "new_other_environment"), ("old", "new_not_newer")],
)
def test_a_certificate_that_is_no_successor_is_never_acknowledged(
    till: RenewingTill, papers: Papers, name: str, word: str
) -> None:
    wrong = getattr(papers, name)
    till.office.issue = lambda _: wrong
    before = till.serial
    till.work()
    till.test_shop.clock.forward(seconds=5)
    till.work()
    assert (till.state.fault, till.files, till.serial) == (word, ["eet.pem"], before)
    assert "acknowledge" not in till.office.calls
    (request,) = till.office.requests.values()
    request.issued = papers.successors[0]
    till.until("done")
    assert_renewed(till, papers)


def test_a_key_store_that_does_not_open_is_never_acknowledged(till: RenewingTill, papers: Papers) -> None:
    broken = type(papers.old)(papers.old.certificate, p12=papers.successors[0].p12, password="wrong")
    till.office.issue = lambda _: broken
    till.work()
    till.test_shop.clock.forward(seconds=5)
    till.work()
    assert (till.state.fault, "acknowledge" in till.office.calls) == ("new_wrong_password", False)


@pytest.mark.parametrize("file", ["eet-next.pem", "eet.pem"])
def test_a_key_that_cannot_be_written_is_told_and_tried_again(till: RenewingTill, papers: Papers, file: str) -> None:
    def full(point: str) -> None:
        if point == f"before {file}":
            raise OSError(28, "No space left on device")

    till.office.polls = 0
    till.around = full
    till.work()
    assert till.state.fault == "not_kept"
    assert "No space left" in till.state.detail
    till.around = lambda _: None
    till.until("done")
    assert_renewed(till, papers)


def test_requests_of_other_tills_are_left_alone(till: RenewingTill, papers: Papers) -> None:
    till.office.requests["11111111-1111-4111-8111-111111111111"] = other = neighbours_request(papers)
    till.office.script += [None, CallFailed("timeout", LOST_REPLY)]
    till.until("done")
    assert other.state is RequestState.ISSUED
    assert till.office.calls.count("renew") == 1
    assert till.serial == papers.successors[1].certificate.serial_number


def neighbours_request(papers: Papers) -> Request:
    return Request(RequestState.ISSUED, papers.successors[0], 0)


# ---- the old certificate has no say any more


def test_when_the_old_certificate_ends_before_the_acknowledgement_the_new_one_takes_over(
    till: RenewingTill, papers: Papers
) -> None:
    until_claimed(till)
    till.office.script.append(TIMEOUT)
    till.work()
    assert till.files == ["eet-next.pem", "eet.pem"]
    till.test_shop.clock.at = OPENING + ENDS + timedelta(hours=2)
    till.until("done")
    assert_renewed(till, papers)


def test_when_the_old_certificate_is_revoked_the_new_one_takes_over_and_acknowledges(
    till: RenewingTill, papers: Papers
) -> None:
    until_claimed(till)
    till.office.revoked.add(till.certificate)
    till.until("done")
    assert_renewed(till, papers)


def test_an_acknowledgement_nobody_takes_does_not_keep_the_new_certificate_out_of_use(
    till: RenewingTill, papers: Papers
) -> None:
    until_claimed(till)
    till.office.revoked |= {till.certificate, fingerprint(papers.successors[0].certificate)}
    till.until("done")
    assert serials(till) == (papers.successors[0].certificate.serial_number, ["eet.pem"])


def test_a_lost_key_is_replaced_by_the_successor_that_lies_ready(till: RenewingTill, papers: Papers) -> None:
    until_claimed(till)
    (till.folder / "eet.pem").unlink()
    till.until("done")
    assert_renewed(till, papers)


def until_claimed(till: RenewingTill) -> None:
    """The new key is on disk and not acknowledged."""
    till.office.polls = 0
    for _ in range(20):
        if till.state.phase == "claimed":
            return
        till.renewal.step()
    raise AssertionError(till.state)


# ---- what else may happen meanwhile


def test_a_certificate_imported_by_hand_ends_the_request_for_a_successor_of_the_old_one(
    till: RenewingTill, papers: Papers
) -> None:
    till.work()
    assert till.state.phase == "requested"
    till.keys.keep(papers.identity(papers.successors[2]))
    till.test_shop.clock.forward(seconds=5)
    calls = len(till.office.calls)
    till.work()
    assert (till.state, len(till.office.calls)) == (RenewalState(), calls)


def test_a_newer_certificate_imported_by_hand_stays_in_use(till: RenewingTill, papers: Papers) -> None:
    until_claimed(till)
    till.keys.keep(papers.identity(papers.successors[2]))
    till.until("done")
    assert serials(till) == (papers.successors[2].certificate.serial_number, ["eet.pem"])
    assert [each.state for each in till.office.requests.values()] == [RequestState.FINISHED]


def test_a_fault_of_the_last_certificate_is_forgotten_with_it(till: RenewingTill, papers: Papers) -> None:
    till.test_shop.clock.at = OPENING + ENDS + timedelta(seconds=1)
    till.work()
    assert till.state.fault == "expired"
    till.keys.keep(papers.identity(papers.successors[0]))
    till.work()
    assert till.state == RenewalState()


def test_with_another_database_the_successor_on_disk_is_still_found(till: RenewingTill, papers: Papers) -> None:
    until_claimed(till)
    till.forget_the_note()
    till.restart()
    till.until("done")
    assert_renewed(till, papers)


def test_with_another_database_an_acknowledged_successor_is_still_found(till: RenewingTill, papers: Papers) -> None:
    until_claimed(till)
    (request,) = till.office.requests.values()
    request.state = RequestState.FINISHED
    till.forget_the_note()
    till.restart()
    till.until("done")
    assert_renewed(till, papers)


def test_an_old_successor_on_disk_is_dropped(till: RenewingTill, papers: Papers) -> None:
    till.test_shop.clock.at = OPENING - timedelta(days=90)
    till.keys.keep_successor(papers.identity(papers.foreign))
    till.work()
    assert (till.files, till.office.calls) == (["eet.pem"], [])
