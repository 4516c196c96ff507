from datetime import UTC, datetime, timedelta

import pytest

from appliance.domain.fiscal import Mode
from appliance.eet.answer import Answer, BadlySigned, Confirmed, Refused, SignedBy, SoapFault, UnknownSigner, Unreadable
from appliance.eet.outcome import (
    ChannelFault,
    ConfirmedOutcome,
    Outcome,
    Parked,
    Reason,
    Replied,
    VerifiedOnly,
    Waiting,
    outcome_of,
)
from appliance.eet.transport import FailureKind, TransportFailure
from tests.appliance.eet.material import POK

SIGNER = SignedBy(common_name="s", organisation="o", fingerprint="f", valid_to=datetime(2100, 1, 1, tzinfo=UTC))
HOUR = timedelta(hours=1)


def _confirmed(*, test: bool) -> Confirmed:
    return Confirmed(code=POK, test=test, received_at=None, warnings=(), signer=SIGNER)


def _refused(code: int) -> Refused:
    return Refused(code=code, text="text", test=False, warnings=())


def _outcome(answer: Answer, *, status: int = 200, mode: Mode = Mode.LIVE, age: timedelta = HOUR) -> Outcome:
    return outcome_of(Replied(status, answer), mode=mode, age=age)


@pytest.mark.parametrize("status", [200, 500])
def test_a_signed_confirmation_confirms_whatever_the_status(status: int) -> None:
    answer = _confirmed(test=False)

    assert _outcome(answer, status=status) == ConfirmedOutcome(answer)


def test_a_playground_confirmation_confirms_on_the_playground() -> None:
    answer = _confirmed(test=True)

    assert _outcome(answer, mode=Mode.PLAYGROUND) == ConfirmedOutcome(answer)


def test_a_confirmation_of_the_wrong_environment_is_a_fault_of_the_channel() -> None:
    for mode in (Mode.LIVE, Mode.VERIFICATION):
        assert _outcome(_confirmed(test=True), mode=mode) == ChannelFault(
            maybe_recorded=False, reason=Reason.TEST_ANSWER, detail=POK
        )
    assert _outcome(_confirmed(test=False), mode=Mode.PLAYGROUND) == ChannelFault(
        maybe_recorded=True, reason=Reason.LIVE_ANSWER, detail=POK
    )


def test_code_0_is_success_in_verification_mode_and_no_record_otherwise() -> None:
    assert _outcome(_refused(0), mode=Mode.VERIFICATION) == VerifiedOnly(_refused(0))
    assert _outcome(_refused(0)) == Parked(maybe_recorded=False, reason=Reason.NOT_RECORDED, detail="0: text")


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (-1, Waiting, Reason.SERVER_BUSY),
        (-2, Waiting, Reason.SERVER_BUSY),
        (-999, Waiting, Reason.SERVER_BUSY),
        (1, Parked, Reason.CODE_OTHER),
        (2, Parked, Reason.CODE_2),
        (3, Parked, Reason.CODE_3),
        (4, ChannelFault, Reason.CODE_4),
        (5, Parked, Reason.CODE_OTHER),
        (6, Parked, Reason.CODE_6),
        (7, Parked, Reason.CODE_7),
        (8, Waiting, Reason.CODE_8),
        (9, Parked, Reason.CODE_OTHER),
        (999, Parked, Reason.CODE_OTHER),
    ],
)
@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.PLAYGROUND, Mode.VERIFICATION])
def test_each_code_has_its_outcome_and_says_that_nothing_was_recorded(
    code: int, kind: type[Waiting | Parked | ChannelFault], reason: Reason, mode: Mode
) -> None:
    assert _outcome(_refused(code), mode=mode) == kind(maybe_recorded=False, reason=reason, detail=f"{code}: text")


def test_code_8_is_retried_for_a_day_and_then_parked() -> None:
    day = timedelta(hours=24)

    assert isinstance(_outcome(_refused(8), age=day - timedelta(seconds=1)), Waiting)
    assert _outcome(_refused(8), age=day) == Parked(
        maybe_recorded=False, reason=Reason.CODE_8_TOO_LONG, detail="8: text"
    )


@pytest.mark.parametrize("age", [HOUR, timedelta(days=400)])
def test_a_negative_code_is_retried_for_ever(age: timedelta) -> None:
    assert isinstance(_outcome(_refused(-1), age=age), Waiting)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_soap_fault_parks_with_its_usual_status_too(status: int) -> None:
    assert _outcome(SoapFault("s:Client", "no"), status=status) == Parked(
        maybe_recorded=True, reason=Reason.SOAP_FAULT, detail="s:Client: no"
    )


@pytest.mark.parametrize("status", [200, 500])
def test_a_good_signature_of_a_stranger_is_a_fault_of_the_channel_and_may_be_a_record(status: int) -> None:
    assert _outcome(UnknownSigner("name", "who"), status=status) == ChannelFault(
        maybe_recorded=True, reason=Reason.UNKNOWN_SIGNER, detail="name: who"
    )


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (200, Unreadable("schema"), Reason.UNREADABLE),
        (200, BadlySigned("digest"), Reason.BADLY_SIGNED),
        (500, Unreadable("not_well_formed"), Reason.HTTP_STATUS),
        (503, BadlySigned("digest"), Reason.HTTP_STATUS),
        (502, _refused(3), Reason.HTTP_STATUS),
        (302, Unreadable("not_well_formed"), Reason.HTTP_STATUS),
        (404, Unreadable("not_well_formed"), Reason.HTTP_STATUS),
        (407, BadlySigned("no_envelope"), Reason.HTTP_STATUS),
    ],
)
def test_a_reply_that_says_nothing_sure_may_hide_a_record(status: int, answer: Answer, reason: Reason) -> None:
    outcome = _outcome(answer, status=status, age=timedelta(days=400))

    assert isinstance(outcome, Waiting)
    assert (outcome.maybe_recorded, outcome.reason) == (True, reason)


@pytest.mark.parametrize(
    ("kind", "sent", "expected"),
    [
        (FailureKind.DNS, False, ChannelFault(maybe_recorded=False, reason=Reason.DNS, detail="d")),
        (FailureKind.TLS, False, ChannelFault(maybe_recorded=False, reason=Reason.TLS, detail="d")),
        (FailureKind.CONNECT, False, ChannelFault(maybe_recorded=False, reason=Reason.CONNECT, detail="connect: d")),
        (FailureKind.TIMEOUT, False, ChannelFault(maybe_recorded=False, reason=Reason.CONNECT, detail="timeout: d")),
        (FailureKind.BROKEN, False, ChannelFault(maybe_recorded=False, reason=Reason.CONNECT, detail="broken: d")),
        (FailureKind.TIMEOUT, True, Waiting(maybe_recorded=True, reason=Reason.TIMEOUT, detail="d")),
        (FailureKind.BROKEN, True, Waiting(maybe_recorded=True, reason=Reason.BROKEN, detail="d")),
        (FailureKind.TOO_LARGE, True, Waiting(maybe_recorded=True, reason=Reason.UNREADABLE, detail="d")),
    ],
)
def test_a_failure_before_the_request_left_cannot_have_recorded_anything(
    kind: FailureKind, sent: bool, expected: Outcome
) -> None:
    failure = TransportFailure(kind=kind, request_was_sent=sent, detail="d")

    assert outcome_of(failure, mode=Mode.LIVE, age=timedelta(days=400)) == expected
