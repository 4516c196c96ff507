"""What becomes of a fiscal record after one attempt: one pure function, the table of the sync contract."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from appliance.domain.fiscal import Mode
from appliance.eet.answer import Answer, BadlySigned, Confirmed, Refused, SoapFault, UnknownSigner, Unreadable
from appliance.eet.transport import FailureKind, TransportFailure

CODE_8_RETRIED_FOR = timedelta(hours=24)
"""Code 8 means a technical fault or a fault in the data; nobody can tell which, so it is retried for a day."""


class Reason(StrEnum):
    """Short keys for rows, logs and status; people get the sentence from `sentences`."""

    # waiting
    TIMEOUT = "timeout"
    BROKEN = "broken"
    HTTP_STATUS = "http_status"
    UNREADABLE = "unreadable"
    BADLY_SIGNED = "badly_signed"
    SERVER_BUSY = "server_busy"
    SERVER_FAULT = "server_fault"
    CODE_8 = "code_8"
    # channel
    CONNECT = "connect"
    CODE_4 = "code_4"
    DNS = "dns"
    TLS = "tls"
    UNKNOWN_SIGNER = "unknown_signer"
    TEST_ANSWER = "test_answer"
    LIVE_ANSWER = "live_answer"
    # parked
    CODE_2 = "code_2"
    CODE_3 = "code_3"
    CODE_6 = "code_6"
    CODE_7 = "code_7"
    CODE_8_TOO_LONG = "code_8_too_long"
    CODE_OTHER = "code_other"
    NOT_RECORDED = "not_recorded"
    SOAP_FAULT = "soap_fault"


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply came: the HTTP status and what its body means."""

    status: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class ConfirmedOutcome:
    """The record is done; `answer.code` is the server's code."""

    answer: Confirmed


@dataclass(frozen=True, slots=True)
class VerifiedOnly:
    """Verification mode passed: the message is right, the sale is not recorded."""

    answer: Refused


@dataclass(frozen=True, slots=True)
class Waiting:
    """Send again on the schedule. `maybe_recorded`: the server may have it already."""

    maybe_recorded: bool
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ChannelFault:
    """Nothing is wrong with this record; no record can get through until the cause is gone."""

    maybe_recorded: bool
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """Sending the same again is pointless until a person has looked."""

    maybe_recorded: bool
    reason: Reason
    detail: str = ""


Outcome = ConfirmedOutcome | VerifiedOnly | Waiting | ChannelFault | Parked

_PARKING = {2: Reason.CODE_2, 3: Reason.CODE_3, 6: Reason.CODE_6, 7: Reason.CODE_7}
_UNSENT = {FailureKind.DNS: Reason.DNS, FailureKind.TLS: Reason.TLS}


def outcome_of(attempt: TransportFailure | Replied, *, mode: Mode, age: timedelta) -> Outcome:
    """The outcome of one attempt. `age`: how long this record has been getting code 8."""
    if isinstance(attempt, TransportFailure):
        return _of_failure(attempt)
    answer = attempt.answer
    if isinstance(answer, Confirmed):
        return _of_confirmation(answer, mode=mode)
    if isinstance(answer, UnknownSigner):
        return ChannelFault(
            maybe_recorded=True, reason=Reason.UNKNOWN_SIGNER, detail=_words(answer.reason, answer.detail)
        )
    if isinstance(answer, SoapFault):
        # SOAP 1.1 sends faults with status 500, so this comes before the status.
        return _of_fault(answer)
    if attempt.status >= 500:
        return Waiting(maybe_recorded=True, reason=Reason.HTTP_STATUS, detail=str(attempt.status))
    if isinstance(answer, Refused):
        return _of_refusal(answer, mode=mode, age=age)
    if not 200 <= attempt.status < 300:
        return Waiting(maybe_recorded=True, reason=Reason.HTTP_STATUS, detail=str(attempt.status))
    if isinstance(answer, BadlySigned):
        return Waiting(maybe_recorded=True, reason=Reason.BADLY_SIGNED, detail=_words(answer.reason, answer.detail))
    return _of_unreadable(answer)


def _of_failure(failure: TransportFailure) -> Outcome:
    if failure.request_was_sent:
        if failure.kind is FailureKind.TIMEOUT:
            return Waiting(maybe_recorded=True, reason=Reason.TIMEOUT, detail=failure.detail)
        if failure.kind is FailureKind.TOO_LARGE:
            return Waiting(maybe_recorded=True, reason=Reason.UNREADABLE, detail=failure.detail)
        return Waiting(maybe_recorded=True, reason=Reason.BROKEN, detail=failure.detail)
    if failure.kind in _UNSENT:
        return ChannelFault(maybe_recorded=False, reason=_UNSENT[failure.kind], detail=failure.detail)
    return ChannelFault(maybe_recorded=False, reason=Reason.CONNECT, detail=_words(failure.kind, failure.detail))


def _of_confirmation(answer: Confirmed, *, mode: Mode) -> Outcome:
    if mode is not Mode.PLAYGROUND and answer.test:  # the server of the verification mode is the live one
        return ChannelFault(maybe_recorded=False, reason=Reason.TEST_ANSWER, detail=answer.code)
    if mode is Mode.PLAYGROUND and not answer.test:
        return ChannelFault(maybe_recorded=True, reason=Reason.LIVE_ANSWER, detail=answer.code)
    return ConfirmedOutcome(answer)


def _of_fault(fault: SoapFault) -> Outcome:
    """A fault of the class Server is trouble of the server's own: SOAP 1.1, 4.4.1. All others speak of our message."""
    detail = _words(fault.code, fault.text)
    if fault.is_servers:
        return Waiting(maybe_recorded=True, reason=Reason.SERVER_FAULT, detail=detail)
    return Parked(maybe_recorded=True, reason=Reason.SOAP_FAULT, detail=detail)


def _of_refusal(answer: Refused, *, mode: Mode, age: timedelta) -> Outcome:
    detail = _words(str(answer.code), answer.text)
    if answer.code == 0:
        return (
            VerifiedOnly(answer)
            if mode is Mode.VERIFICATION
            else Parked(maybe_recorded=False, reason=Reason.NOT_RECORDED, detail=detail)
        )
    if answer.code < 0:
        return Waiting(maybe_recorded=False, reason=Reason.SERVER_BUSY, detail=detail)
    if answer.code == 4:
        return ChannelFault(maybe_recorded=False, reason=Reason.CODE_4, detail=detail)
    if answer.code == 8:
        if age < CODE_8_RETRIED_FOR:
            return Waiting(maybe_recorded=False, reason=Reason.CODE_8, detail=detail)
        return Parked(maybe_recorded=False, reason=Reason.CODE_8_TOO_LONG, detail=detail)
    return Parked(maybe_recorded=False, reason=_PARKING.get(answer.code, Reason.CODE_OTHER), detail=detail)


def _of_unreadable(answer: Unreadable) -> Outcome:
    return Waiting(maybe_recorded=True, reason=Reason.UNREADABLE, detail=_words(answer.reason, answer.detail))


def _words(key: str, text: str) -> str:
    return f"{key}: {text}" if text else key
