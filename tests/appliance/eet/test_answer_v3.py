"""Answers of interface v3: the FIK, the echoed BKP, and the official files."""

import re

import pytest

from appliance.eet.answer import Answer, BadlySigned, Confirmed, Refused, UnknownSigner, Unreadable, read_answer
from appliance.eet.certificate import SignerName, Trust, load_anchors
from appliance.eet.message import moment
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4
from tests.appliance.eet.material import (
    AT,
    POK,
    POTVRZENI,
    UUID,
    Office,
    odpoved,
    plain_envelope,
    signed_answer,
    signed_answer_v3,
)
from tests.appliance.eet.mutations import BKP
from tests.shared import shared

CHYBA = '<e:Chyba kod="3">XML zprava nevyhovela</e:Chyba>'
OTHER_BKP = BKP.replace("0", "1")


def _read_v3(raw: bytes, office: Office, *, sent_bkp: str = BKP) -> Answer:
    return read_answer(raw, dialect=V3, sent_uuid=UUID, sent_bkp=sent_bkp, trust=office.trust, at=AT)


@pytest.mark.parametrize("echo", ["", BKP, BKP.lower(), f" {BKP} "])
def test_a_confirmation_of_interface_v3_gives_the_fik_and_may_echo_our_bkp(office: Office, echo: str) -> None:
    answer = _read_v3(signed_answer_v3(office.signer, bkp=echo), office)

    assert isinstance(answer, Confirmed)
    assert (answer.code, answer.test) == (POK, True)


def test_a_confirmation_that_echoes_another_bkp_is_not_ours(office: Office) -> None:
    answer = _read_v3(signed_answer_v3(office.signer, bkp=OTHER_BKP), office)

    assert isinstance(answer, Unreadable)
    assert answer.reason == "bkp"


def test_an_echo_is_not_compared_when_ours_is_not_known(office: Office) -> None:
    assert isinstance(_read_v3(signed_answer_v3(office.signer, bkp=OTHER_BKP), office, sent_bkp=""), Confirmed)


def test_the_bkp_an_error_echoes_is_compared_too(office: Office) -> None:
    error = odpoved(CHYBA, dialect=V3, bkp=OTHER_BKP)

    assert isinstance(_read_v3(plain_envelope(error), office), Unreadable)
    assert isinstance(_read_v3(plain_envelope(error.replace(OTHER_BKP, BKP)), office), Refused)


def test_one_interface_does_not_read_answers_of_the_other(office: Office) -> None:
    of_v3 = signed_answer_v3(office.signer)

    answer = read_answer(of_v3, dialect=V4, sent_uuid=UUID, trust=office.trust, at=AT)

    assert isinstance(answer, Unreadable)
    assert isinstance(_read_v3(signed_answer(office.signer), office), Unreadable)
    assert isinstance(_read_v3(signed_answer_v3(office.signer, POTVRZENI), office), Unreadable)


def _read_official_v3(name: str, *, at: str) -> Answer:
    anchors = load_anchors([shared("eet/v3/certs/2qca16_rsa.pem").read_bytes()])
    trust = Trust(anchors, SignerName(organisation="Česká republika - Generální finanční ředitelství"))
    raw = shared(f"eet/v3/samples/responses/{name}").read_bytes()
    sent = re.search(rb'uuid_zpravy="([^"]+)"', raw)
    assert sent is not None
    return read_answer(raw, dialect=V3, sent_uuid=sent[1].decode(), trust=trust, at=moment(at))


@pytest.mark.official
def test_the_genuine_answer_of_interface_v3_confirms_at_its_time_and_not_today() -> None:
    answer = _read_official_v3("potvrzeni.2021-09-27.xml", at="2021-09-27T12:00:00Z")

    assert isinstance(answer, Confirmed)
    assert answer.code == "19468188-f3a0-47a3-932a-46bcf8ef4041-fa"
    assert isinstance(_read_official_v3("potvrzeni.2021-09-27.xml", at="2026-11-24T12:00:00Z"), UnknownSigner)


@pytest.mark.official
def test_the_altered_answer_of_interface_v3_does_not_confirm() -> None:
    answer = _read_official_v3("BAD.potvrzeni.digest-altered.xml", at="2021-09-27T12:00:00Z")

    assert isinstance(answer, BadlySigned)
