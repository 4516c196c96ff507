import base64
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.domain.fiscal import Dialect
from appliance.eet.answer import (
    Answer,
    BadlySigned,
    Confirmed,
    Refused,
    ServerWarning,
    SoapFault,
    UnknownSigner,
    Unreadable,
    read_answer,
)
from appliance.eet.certificate import SignerName, Trust, load_anchors
from appliance.eet.dialects import DIALECTS
from appliance.eet.message import moment
from appliance.eet.names import SOAP
from appliance.eet.v4 import V4
from tests.appliance.eet.material import (
    AT,
    POK,
    POTVRZENI,
    UUID,
    Office,
    odpoved,
    signed_answer,
    unsigned_answer,
)
from tests.appliance.eet.mutations import BKP, check_still_true, donors, genuine_answers, mutated
from tests.shared import shared

CHYBA = '<e:Chyba kod="3">XML zprava nevyhovela</e:Chyba>'


def _read(raw: bytes, office: Office) -> Answer:
    return read_answer(raw, dialect=V4, sent_uuid=UUID, trust=office.trust, at=AT)


def test_a_well_signed_confirmation_of_our_message_confirms(office: Office) -> None:
    answer = _read(signed_answer(office.signer), office)

    assert isinstance(answer, Confirmed)
    assert (answer.code, answer.test, answer.warnings) == (POK, True, ())
    assert (answer.signer.common_name, answer.signer.organisation) == ("EET sandbox", "Pokladna Pi")
    assert answer.received_at == "2026-11-24T13:00:02+01:00"


def test_warnings_are_kept_with_their_words(office: Office) -> None:
    warnings = '<e:Varovani kod_varov="1">EIC  se\n neshoduje</e:Varovani><e:Varovani kod_varov="6">x</e:Varovani>'

    answer = _read(signed_answer(office.signer, POTVRZENI + warnings), office)

    assert isinstance(answer, Confirmed)
    assert answer.warnings == (ServerWarning(1, "EIC se neshoduje"), ServerWarning(6, "x"))


def test_the_uuid_may_come_back_in_capitals(office: Office) -> None:
    assert isinstance(_read(signed_answer(office.signer, uuid=UUID.upper()), office), Confirmed)


def test_an_unsigned_error_is_an_error(office: Office) -> None:
    answer = _read(unsigned_answer(CHYBA, uuid=None), office)

    assert answer == Refused(code=3, text="XML zprava nevyhovela", test=False, warnings=())


def test_a_signed_error_is_an_error_too(office: Office) -> None:
    assert isinstance(_read(signed_answer(office.signer, CHYBA), office), Refused)


def test_an_unsigned_confirmation_never_confirms(office: Office) -> None:
    assert _read(unsigned_answer(POTVRZENI), office) == BadlySigned("unsigned_confirmation")


@pytest.mark.parametrize("uuid", ["0b0fd1f5-2f2c-4c52-ae51-7c86afa4bd8d", None])
def test_a_confirmation_of_another_message_never_confirms(office: Office, uuid: str | None) -> None:
    answer = _read(signed_answer(office.signer, uuid=uuid), office)

    assert isinstance(answer, Unreadable)
    assert answer.reason == "uuid"


def test_an_error_about_another_message_is_not_ours(office: Office) -> None:
    answer = _read(unsigned_answer(CHYBA, uuid="0b0fd1f5-2f2c-4c52-ae51-7c86afa4bd8d"), office)

    assert isinstance(answer, Unreadable)


def test_a_signer_under_the_right_ca_with_another_name_is_unknown(office: Office) -> None:
    strict = Trust(office.trust.anchors, SignerName(organisation="Generální finanční ředitelství"))

    answer = read_answer(signed_answer(office.signer), dialect=V4, sent_uuid=UUID, trust=strict, at=AT)

    assert isinstance(answer, UnknownSigner)
    assert answer.reason == "name"


def test_without_an_anchor_nobody_is_known(office: Office) -> None:
    nobody = Trust((), office.trust.signer)

    answer = read_answer(signed_answer(office.signer), dialect=V4, sent_uuid=UUID, trust=nobody, at=AT)

    assert isinstance(answer, UnknownSigner)
    assert answer.reason == "no_anchor"


def test_a_signer_is_judged_at_the_given_instant(office: Office) -> None:
    late = moment("2121-01-01T00:00:00Z")

    answer = read_answer(signed_answer(office.signer), dialect=V4, sent_uuid=UUID, trust=office.trust, at=late)

    assert isinstance(answer, UnknownSigner)
    assert "expired" in answer.detail


def test_an_error_smuggled_into_the_header_does_not_override_a_signed_confirmation(office: Office) -> None:
    smuggled = odpoved(CHYBA).encode()
    raw = signed_answer(office.signer).replace(b"<soapenv:Header>", b"<soapenv:Header>" + smuggled)

    assert isinstance(_read(raw, office), Confirmed)


def test_a_confirmation_smuggled_into_the_header_does_not_override_an_error(office: Office) -> None:
    raw = unsigned_answer(CHYBA).replace(b"<s:Header/>", b"<s:Header>" + odpoved(POTVRZENI).encode() + b"</s:Header>")

    assert isinstance(_read(raw, office), Refused)


def test_two_answers_in_one_body_are_unreadable(office: Office) -> None:
    both = unsigned_answer(CHYBA).replace(b"</s:Body>", odpoved(CHYBA).encode() + b"</s:Body>")

    assert isinstance(_read(both, office), Unreadable)


def test_a_soap_fault_is_told_apart(office: Office) -> None:
    raw = (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
        "<faultstring>bad\n encoding</faultstring></s:Fault></s:Body></s:Envelope>"
    ).encode()

    assert _read(raw, office) == SoapFault(code="s:Client", text="bad encoding")


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<e:Chyba>x</e:Chyba>",
        '<e:Chyba kod="1000">x</e:Chyba>',
        '<e:Chyba kod="three">x</e:Chyba>',
        '<e:Chyba kod="3"><b></b></e:Chyba>',
        '<e:Chyba kod="3" pok="x">x</e:Chyba>',
        CHYBA + POTVRZENI,
        POTVRZENI + POTVRZENI,
        POTVRZENI.replace("></", "> </"),
        POTVRZENI.replace("-ff", ""),
        POTVRZENI.replace("-ff", "-ff "),
        POTVRZENI.replace('"true"', '"yes"'),
        POTVRZENI.replace("-4de6-", "-1de6-"),
        POTVRZENI.replace("pok=", "fik="),
        '<e:Varovani kod_varov="1">x</e:Varovani>' + CHYBA,
        CHYBA + '<e:Varovani kod_varov="0">x</e:Varovani>',
        CHYBA + '<e:Varovani kod_varov="1">x</e:Varovani>' * 11,
        CHYBA + "text",
    ],
)
def test_what_the_schema_does_not_allow_is_unreadable(office: Office, inside: str) -> None:
    answer = _read(signed_answer(office.signer, inside), office)

    assert isinstance(answer, Unreadable)
    assert answer.reason == "schema"


@pytest.mark.parametrize(
    "raw",
    [b"", b"<html>hotel wifi</html>", b"{}", unsigned_answer(CHYBA)[:-20], b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
)
def test_bytes_that_are_no_answer_are_no_crash(office: Office, raw: bytes) -> None:
    assert isinstance(_read(raw, office), (Unreadable, BadlySigned))


def test_a_body_larger_than_any_answer_is_not_even_parsed(office: Office) -> None:
    answer = _read(signed_answer(office.signer) + b" " * 300_000, office)

    assert isinstance(answer, Unreadable)
    assert answer.reason == "too_large"


@pytest.mark.parametrize("name", list(Dialect))
@settings(max_examples=400, deadline=None)
@given(draw=st.data())
def test_no_change_of_a_signed_answer_crashes_the_reader_or_confirms_anything_else(
    office: Office, name: Dialect, draw: st.DataObject
) -> None:
    genuine = genuine_answers(office)[name]
    raw = draw.draw(mutated(genuine, donors(office)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of odd certificates before it refuses them
        check_still_true(raw, genuine, dialect=DIALECTS[name], office=office)


def test_the_genuine_answers_that_are_changed_do_confirm(office: Office) -> None:
    for name, raw in genuine_answers(office).items():
        answer = read_answer(raw, dialect=DIALECTS[name], sent_uuid=UUID, sent_bkp=BKP, trust=office.trust, at=AT)
        assert isinstance(answer, Confirmed)


@settings(max_examples=200, deadline=None)
@example(at=0.0149, byte=b"\x01")  # a version that does not exist
@given(at=st.floats(0, 1, exclude_max=True), byte=st.binary(min_size=1, max_size=3))
def test_a_certificate_with_other_bytes_in_it_never_confirms(office: Office, at: float, byte: bytes) -> None:
    der = base64.b64decode(office.signer.token)
    start = int(at * len(der))
    changed = der[:start] + byte + der[start + len(byte) :]
    raw = signed_answer(office.signer).replace(office.signer.token.encode(), base64.b64encode(changed))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of odd certificates before it refuses them
        answer = _read(raw, office)

    assert isinstance(answer, Confirmed) is (changed == der)


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_no_bytes_whatever_crash_the_reader_or_confirm(office: Office, raw: bytes) -> None:
    assert isinstance(_read(raw, office), (Unreadable, BadlySigned))


PLAYGROUND_SENT = "03965780-6457-4842-bd80-5f9195c0b8c8"


def _read_official(name: str, *, sent_uuid: str = PLAYGROUND_SENT, at: str = "2026-07-21T12:00:00Z") -> Answer:
    anchors = load_anchors([shared("eet/v4/certs/ica-public-rsa-06-2022.pem").read_bytes()])
    trust = Trust(anchors, SignerName(organisation="Generální finanční ředitelství"))
    raw = shared(f"eet/v4/samples/responses/{name}").read_bytes()
    return read_answer(raw, dialect=V4, sent_uuid=sent_uuid, trust=trust, at=moment(at))


@pytest.mark.official
def test_the_genuine_answer_of_the_playground_confirms() -> None:
    answer = _read_official("playground-accepted.2026-07-21.xml")

    assert isinstance(answer, Confirmed)
    assert answer.code == "91616ac4-83ae-4cca-89c8-986a62bc0c44-ff"
    assert answer.test
    assert answer.signer.common_name == "NEOSTRE - playground prostredi EET"


@pytest.mark.official
@pytest.mark.parametrize("at", ["2026-06-01T00:00:00Z", "2027-07-01T00:00:00Z"])
def test_the_genuine_answer_does_not_confirm_outside_its_signers_validity(at: str) -> None:
    assert isinstance(_read_official("playground-accepted.2026-07-21.xml", at=at), UnknownSigner)


@pytest.mark.official
def test_the_altered_answer_of_the_playground_does_not_confirm() -> None:
    assert isinstance(_read_official("BAD.accepted.pok-altered.xml"), BadlySigned)


@pytest.mark.official
@pytest.mark.parametrize(
    ("name", "uuid", "code", "warnings"),
    [
        ("constructed.chyba_-1.xml", PLAYGROUND_SENT, -1, []),
        ("constructed.chyba_0.overeni.one-warning.xml", "123e4567-e89b-42d3-a456-426655440000", 0, [6]),
        ("constructed.chyba_3.no-uuid.xml", PLAYGROUND_SENT, 3, []),
        ("constructed.chyba_7.xml", "123e4567-e89b-42d3-a456-426655440000", 7, []),
    ],
)
def test_the_constructed_errors_are_read(name: str, uuid: str, code: int, warnings: list[int]) -> None:
    answer = _read_official(name, sent_uuid=uuid)

    assert isinstance(answer, Refused)
    assert answer.code == code
    assert [warning.code for warning in answer.warnings] == warnings
    assert answer.text
