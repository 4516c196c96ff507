"""From the bytes of a reply to what becomes of the record: the table of the sync contract, for both dialects."""

from datetime import timedelta

import pytest

from appliance.domain.fiscal import Dialect, Mode
from appliance.eet.answer import SoapFault, read_answer
from appliance.eet.certificate import SignerName, Trust
from appliance.eet.dialects import DIALECTS
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
from tests.appliance.eet.material import (
    AT,
    POTVRZENI,
    POTVRZENI_V3,
    UUID,
    Office,
    odpoved,
    plain_envelope,
    signed_answer,
    signed_answer_v3,
)

DAY = timedelta(hours=24)
ANOTHER_UUID = "6ff1ad12-2c14-4c70-8b0c-2a1b1e2f7d11"
KINDS = {"waiting": Waiting, "channel": ChannelFault, "parked": Parked}

both = pytest.mark.parametrize("name", list(Dialect))


def _outcome(
    raw: bytes,
    name: Dialect,
    office: Office,
    *,
    status: int = 200,
    mode: Mode = Mode.PLAYGROUND,
    age: timedelta = timedelta(0),
    trust: Trust | None = None,
) -> Outcome:
    answer = read_answer(raw, dialect=DIALECTS[name], sent_uuid=UUID, trust=trust or office.trust, at=AT)
    return outcome_of(Replied(status, answer), mode=mode, age=age)


def _error(code: int, name: Dialect, *, uuid: str | None = UUID) -> bytes:
    return plain_envelope(odpoved(f'<e:Chyba kod="{code}">text</e:Chyba>', uuid=uuid, dialect=DIALECTS[name]))


def _confirmation(name: Dialect, office: Office, *, test: bool = True, uuid: str = UUID) -> bytes:
    if name is Dialect.V3:
        return signed_answer_v3(
            office.signer, POTVRZENI_V3 if test else POTVRZENI_V3.replace(' test="true"', ""), uuid=uuid
        )
    return signed_answer(office.signer, POTVRZENI if test else POTVRZENI.replace(' test="true"', ""), uuid=uuid)


def _expected(code: int) -> tuple[str, Reason]:
    """FACTS A5 and B5: what each code that is not 0 means for a young record."""
    if code < 0:
        return "waiting", Reason.SERVER_BUSY
    named = {2: Reason.CODE_2, 3: Reason.CODE_3, 6: Reason.CODE_6, 7: Reason.CODE_7}
    if code == 4:
        return "channel", Reason.CODE_4
    return ("waiting", Reason.CODE_8) if code == 8 else ("parked", named.get(code, Reason.CODE_OTHER))


@both
@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.PLAYGROUND, Mode.VERIFICATION])
def test_every_code_the_schema_allows_has_its_outcome(name: Dialect, mode: Mode, office: Office) -> None:
    for code in range(-999, 1000):
        outcome = _outcome(_error(code, name), name, office, mode=mode)
        if code == 0:
            assert isinstance(outcome, VerifiedOnly if mode is Mode.VERIFICATION else Parked)
            continue
        kind, reason = _expected(code)
        assert type(outcome) is KINDS[kind], code
        assert not isinstance(outcome, (ConfirmedOutcome, VerifiedOnly))
        assert (outcome.reason, outcome.maybe_recorded, outcome.detail) == (reason, False, f"{code}: text")


@both
@pytest.mark.parametrize(
    ("code", "age", "kind"),
    [
        (8, DAY - timedelta(seconds=1), "waiting"),
        (8, DAY, "parked"),
        (-1, 100 * DAY, "waiting"),
        (4, 100 * DAY, "channel"),
    ],
)
def test_only_code_8_grows_old(name: Dialect, office: Office, code: int, age: timedelta, kind: str) -> None:
    assert type(_outcome(_error(code, name), name, office, age=age)) is KINDS[kind]


@both
@pytest.mark.parametrize("code", ["1000", "-1000", "", "x"])
def test_a_code_outside_the_schema_says_nothing_and_may_hide_a_record(name: Dialect, office: Office, code: str) -> None:
    raw = _error(3, name).replace(b'kod="3"', f'kod="{code}"'.encode())

    outcome = _outcome(raw, name, office)

    assert isinstance(outcome, Waiting)
    assert (outcome.reason, outcome.maybe_recorded) == (Reason.UNREADABLE, True)


@both
def test_an_error_need_not_say_to_what_but_must_not_answer_another_message(name: Dialect, office: Office) -> None:
    assert isinstance(_outcome(_error(3, name, uuid=None), name, office), Parked)
    assert isinstance(_outcome(_error(3, name, uuid=ANOTHER_UUID), name, office), Waiting)


@both
def test_a_confirmation_confirms_by_itself_and_nothing_else_does(name: Dialect, office: Office) -> None:
    genuine = _confirmation(name, office)
    stranger = Trust(office.trust.anchors, SignerName(organisation="Generální finanční ředitelství"))
    cases: list[tuple[Outcome, type[Outcome], Reason | None]] = [
        (_outcome(genuine, name, office), ConfirmedOutcome, None),
        (_outcome(genuine, name, office, status=500), ConfirmedOutcome, None),
        (_outcome(_confirmation(name, office, test=False), name, office, mode=Mode.LIVE), ConfirmedOutcome, None),
        (_outcome(genuine, name, office, mode=Mode.LIVE), ChannelFault, Reason.TEST_ANSWER),
        (_outcome(_confirmation(name, office, test=False), name, office), ChannelFault, Reason.LIVE_ANSWER),
        (_outcome(genuine, name, office, trust=stranger), ChannelFault, Reason.UNKNOWN_SIGNER),
        (_outcome(genuine.replace(b"-ff", b"-fe"), name, office), Waiting, Reason.BADLY_SIGNED),
        (_outcome(genuine.replace(b"-ff", b"-fe"), name, office, status=500), Waiting, Reason.HTTP_STATUS),
        (_outcome(_confirmation(name, office, uuid=ANOTHER_UUID), name, office), Waiting, Reason.UNREADABLE),
        (_outcome(genuine[:-30], name, office), Waiting, Reason.UNREADABLE),
        (_outcome(b"", name, office), Waiting, Reason.UNREADABLE),
        (_outcome(b"<html>hotel</html>", name, office), Waiting, Reason.UNREADABLE),
        (_outcome(genuine + b" " * 300_000, name, office), Waiting, Reason.UNREADABLE),
    ]
    unsigned = plain_envelope(odpoved(POTVRZENI_V3 if name is Dialect.V3 else POTVRZENI, dialect=DIALECTS[name]))
    cases.append((_outcome(unsigned, name, office), Waiting, Reason.BADLY_SIGNED))

    for outcome, kind, reason in cases:
        assert (type(outcome), getattr(outcome, "reason", None)) == (kind, reason)
        if isinstance(outcome, (Waiting, ChannelFault)):
            assert outcome.maybe_recorded is (reason is not Reason.TEST_ANSWER)


@both
@pytest.mark.parametrize("status", [200, 400, 500, 503])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("s:Server", "waiting"),
        ("soapenv:Server", "waiting"),
        ("Server", "waiting"),
        ("s:Server.userException", "waiting"),
        ("s:Client", "parked"),
        ("s:Client.Server", "parked"),
        ("s:Servers", "parked"),
        ("s:VersionMismatch", "parked"),
        ("s:MustUnderstand", "parked"),
        ("", "parked"),
    ],
)
def test_a_soap_fault_waits_when_the_server_is_to_blame_and_parks_otherwise(
    name: Dialect, office: Office, status: int, code: str, kind: str
) -> None:
    raw = plain_envelope(f"<s:Fault><faultcode>{code}</faultcode><faultstring>why</faultstring></s:Fault>")

    outcome = _outcome(raw, name, office, status=status, age=100 * DAY)

    reason = Reason.SERVER_FAULT if kind == "waiting" else Reason.SOAP_FAULT
    assert outcome == KINDS[kind](maybe_recorded=True, reason=reason, detail=f"{code}: why")


def test_a_fault_without_a_code_is_not_the_servers() -> None:
    assert not SoapFault("", "").is_servers


@both
@pytest.mark.parametrize("status", [301, 302, 401, 403, 404, 413, 429, 500, 502, 503, 504])
def test_a_page_with_an_error_status_says_nothing_and_may_hide_a_record(
    name: Dialect, office: Office, status: int
) -> None:
    outcome = _outcome(b"<html><body>Bad Gateway</body></html>", name, office, status=status)

    assert outcome == Waiting(maybe_recorded=True, reason=Reason.HTTP_STATUS, detail=str(status))
