"""The report on one file, field by field, from material the tests make."""

import json
import re
import warnings
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.fiscal import Dialect
from appliance.eet.answer import Confirmed, read_answer
from appliance.eet.certificate import SignerName
from appliance.eet.codes import control_codes
from appliance.eet.dialects import DIALECTS
from appliance.eet.examine import examine
from appliance.eet.names import SOAP
from appliance.eet.report import GOOD_VERDICTS, Anchors, Coded, Kind, Report, Verdict
from appliance.eet.request import build_request
from appliance.eet.signature import sign_envelope
from appliance.eet.v3 import V3
from tests.appliance.eet.material import (
    ANSWER_ID,
    AT,
    DATA_V3,
    POK,
    POTVRZENI,
    UUID,
    Office,
    header,
    message,
    message_v3,
    odpoved,
    plain_envelope,
    signed_answer,
    signed_answer_v3,
    unsigned_answer,
)
from tests.appliance.eet.mutations import donors, genuine_answers, mutated

SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>")
FIELDS = (
    "dialect kind well_formed schema signature signed_element_is_read_element chain codes code test errors warnings"
    " verdict reasons"
)
CHYBA = '<e:Chyba kod="3">XML zprava</e:Chyba>'


def _anchors(office: Office) -> Anchors:
    return Anchors(tills=office.till.chain, answers=office.trust.anchors, signers={})


def _report(raw: bytes, office: Office, **changed: object) -> Report:
    return examine(raw, at=AT, anchors=replace(_anchors(office), **changed))  # type: ignore[arg-type]


def _facts(report: Report) -> tuple[object, ...]:
    return (report.schema, report.signature, report.signed_element_is_read_element, report.chain, report.codes)


GOOD_V4 = (True, True, True, True, None)
GOOD_V3 = (True, True, True, True, True)


def test_a_good_message_of_each_interface_is_valid(office: Office) -> None:
    v4, v3 = _report(message(office.till), office), _report(message_v3(office.till), office)

    assert (v4.dialect, v4.kind, _facts(v4), v4.verdict) == (Dialect.V4, Kind.REQUEST, GOOD_V4, Verdict.VALID)
    assert (v3.dialect, v3.kind, _facts(v3), v3.verdict) == (Dialect.V3, Kind.REQUEST, GOOD_V3, Verdict.VALID)
    assert (v4.code, v4.test, v4.errors, v4.warnings, v4.reasons) == (None, None, (), (), ())


def test_the_simplified_regime_of_interface_v3_is_valid_too(office: Office) -> None:
    assert _report(message_v3(office.till, rezim="1"), office).verdict is Verdict.VALID


@pytest.mark.parametrize("dialect", list(Dialect))
def test_a_good_confirmation_is_confirmed_with_its_code(office: Office, dialect: Dialect) -> None:
    report = _report(genuine_answers(office)[dialect], office)

    assert (report.dialect, report.kind, _facts(report)) == (dialect, Kind.CONFIRMATION, GOOD_V4)
    assert (report.code, report.test, report.verdict) == (POK, True, Verdict.CONFIRMED)
    assert report.warnings == (Coded(6, "id_jednotky"),)


def test_a_report_is_json_with_exactly_the_promised_fields(office: Office) -> None:
    found = json.loads(json.dumps(_report(signed_answer(office.signer), office).as_json()))

    assert list(found) == FIELDS.split()
    assert (found["dialect"], found["kind"], found["verdict"]) == ("v4", "confirmation", "confirmed")


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (0, Verdict.VERIFIED_ONLY),
        (-1, Verdict.RETRY),
        (-999, Verdict.RETRY),
        (4, Verdict.RETRY),
        (8, Verdict.RETRY),
        (1, Verdict.PARKED),
        (2, Verdict.PARKED),
        (3, Verdict.PARKED),
        (5, Verdict.PARKED),
        (6, Verdict.PARKED),
        (7, Verdict.PARKED),
        (9, Verdict.PARKED),
        (999, Verdict.PARKED),
    ],
)
@pytest.mark.parametrize("dialect", list(Dialect))
def test_an_error_is_unsigned_needs_no_chain_and_has_its_verdict(
    office: Office, dialect: Dialect, code: int, verdict: Verdict
) -> None:
    inside = f'<e:Chyba kod="{code}" test="true">Pro–č</e:Chyba><e:Varovani kod_varov="4">pozor</e:Varovani>'

    report = _report(unsigned_answer(inside, uuid=None, dialect=DIALECTS[dialect]), office, tills=(), answers=())

    assert (report.dialect, report.kind, report.verdict) == (dialect, Kind.ERROR, verdict)
    assert _facts(report) == (True, None, False, None, None)
    assert (report.errors, report.warnings, report.code, report.test) == (
        (Coded(code, "Pro–č"),),
        (Coded(4, "pozor"),),
        None,
        True,
    )


def test_an_error_that_says_nothing_of_a_test_is_none(office: Office) -> None:
    assert _report(unsigned_answer(CHYBA), office).test is False


def test_a_signed_error_counts_when_it_is_well_signed_and_not_otherwise(office: Office) -> None:
    raw = signed_answer(office.signer, CHYBA)

    assert (_report(raw, office).verdict, _report(raw, office).chain) == (Verdict.PARKED, True)
    assert _report(raw.replace(b"XML zprava", b"XML ZPRAVA"), office).verdict is Verdict.INVALID
    assert _report(signed_answer(office.till, CHYBA), office).verdict is Verdict.INVALID
    assert _report(raw, office, answers=()).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    ("code", "verdict"), [("s:Server", Verdict.RETRY), ("s:Client", Verdict.PARKED), ("", Verdict.PARKED)]
)
def test_a_soap_fault_is_an_error_of_no_dialect(office: Office, code: str, verdict: Verdict) -> None:
    raw = plain_envelope(f"<s:Fault><faultcode>{code}</faultcode><faultstring>bad encoding</faultstring></s:Fault>")

    report = _report(raw, office)

    assert (report.dialect, report.kind, report.verdict, report.test) == (None, Kind.ERROR, verdict, None)
    assert _facts(report) == (False, None, False, None, None)
    assert report.errors == ()
    assert "bad encoding" in report.reasons[0]


@pytest.mark.parametrize(
    ("raw", "well_formed", "words"),
    [
        (b"", False, "not well-formed"),
        (b"\x00\x01\x02binary\xff", False, "not UTF-8"),
        (b"not xml", False, "not well-formed"),
        (b"<a>" * 9999, False, "not well-formed"),
        (b"<!DOCTYPE a><a/>", False, "document type"),
        (b'<?xml version="1.0" encoding="windows-1250"?><a/>', False, "not UTF-8"),
        (b" " * 300_000, False, "larger"),
        (b"<a " + b" ".join(b'a%d=""' % n for n in range(200)) + b"/>", False, "attributes"),
        (b"<a/>", True, "no SOAP 1.1 envelope"),
        (f'<s:Envelope xmlns:s="{SOAP}"/>'.encode(), True, "one Body"),
        (plain_envelope(""), True, "neither a Trzba nor an Odpoved"),
        (plain_envelope("<x/>"), True, "neither a Trzba nor an Odpoved"),
        (plain_envelope('<e:Odpoved xmlns:e="http://fs.gov.cz/eet/schema/v5"/>'), True, "neither"),
    ],
)
def test_what_is_no_message_at_all_is_said_in_one_sentence(
    office: Office, raw: bytes, well_formed: bool, words: str
) -> None:
    report = _report(raw, office)

    assert (report.kind, report.dialect, report.verdict) == (Kind.UNKNOWN, None, Verdict.INVALID)
    assert (report.well_formed, report.schema) == (well_formed, False if well_formed else None)
    assert (report.signature, report.chain, report.codes, report.test) == (None, None, None, None)
    (reason,) = report.reasons
    assert words in reason


@pytest.mark.parametrize(
    ("inside", "dialect"),
    [
        (odpoved(POTVRZENI), Dialect.V4),
        (odpoved(CHYBA, dialect=V3), Dialect.V3),
        (odpoved("").replace("e:Odpoved", "e:Odpove"), Dialect.V4),
    ],
)
def test_without_an_envelope_the_dialect_is_named_and_nothing_holds(
    office: Office, inside: str, dialect: Dialect
) -> None:
    report = _report(inside.encode(), office)

    assert (report.dialect, report.well_formed, report.schema) == (dialect, True, False)
    assert report.verdict is Verdict.INVALID


def test_an_answer_with_neither_result_is_of_no_kind(office: Office) -> None:
    report = _report(plain_envelope(odpoved("")), office)

    assert (report.dialect, report.kind, report.schema, report.verdict) == (
        Dialect.V4,
        Kind.UNKNOWN,
        False,
        Verdict.INVALID,
    )


@pytest.mark.parametrize("v3", [False, True])
def test_an_unsigned_confirmation_is_a_confirmation_and_invalid(office: Office, v3: bool) -> None:
    signed = signed_answer_v3(office.signer) if v3 else signed_answer(office.signer)

    report = _report(SIGNATURE.sub(b"", signed), office)

    assert (report.kind, report.verdict, report.code) == (Kind.CONFIRMATION, Verdict.INVALID, None)
    assert _facts(report) == (True, None, False, None, None)
    assert any("no signature" in reason for reason in report.reasons)


def test_a_confirmation_of_nothing_is_invalid(office: Office) -> None:
    report = _report(signed_answer(office.signer, uuid=None), office)

    assert (_facts(report), report.verdict, report.code) == (GOOD_V4, Verdict.INVALID, None)


def test_an_altered_answer_keeps_its_chain_but_not_its_signature(office: Office) -> None:
    report = _report(signed_answer(office.signer).replace(b"-ff", b"-fe"), office)

    assert (_facts(report), report.verdict) == ((True, False, False, True, None), Verdict.INVALID)


def test_a_signed_body_moved_aside_is_seen_as_signed_but_not_read(office: Office) -> None:
    raw = signed_answer(office.signer)
    body = raw[raw.index(b"<soapenv:Body") : raw.index(b"</soapenv:Envelope>")]
    forged = body.replace(b'wsu:Id="id-', b'wsu:Id="xx-').replace(POK[:8].encode(), b"00000000")
    wrapped = raw.replace(body, forged).replace(b"</soapenv:Header>", b"<w>" + body + b"</w></soapenv:Header>")

    report = _report(wrapped, office)

    assert (_facts(report), report.verdict, report.code) == ((True, True, False, True, None), Verdict.INVALID, None)
    assert any("not the Body that is read" in reason for reason in report.reasons)


def test_two_bodies_are_no_envelope(office: Office) -> None:
    raw = signed_answer(office.signer).replace(b"</soapenv:Envelope>", b"<soapenv:Body/></soapenv:Envelope>")

    report = _report(raw, office)

    assert (report.kind, _facts(report)) == (Kind.CONFIRMATION, (False, True, False, True, None))
    assert (report.verdict, report.test) == (Verdict.INVALID, None)


def test_without_an_anchor_there_is_no_chain_to_judge(office: Office) -> None:
    for raw in (message(office.till), signed_answer(office.signer)):
        report = _report(raw, office, tills=(), answers=())

        assert (report.chain, report.verdict, report.code) == (None, Verdict.INVALID, None)
        assert "anchor" in report.reasons[0]


def test_messages_and_answers_have_anchors_of_their_own(office: Office) -> None:
    swapped = {"tills": office.trust.anchors, "answers": office.till.chain}

    assert _report(message(office.till), office, **swapped).chain is False
    assert _report(signed_answer(office.signer), office, **swapped).chain is False


@pytest.mark.parametrize("days", [-400, 400])
def test_a_message_is_judged_at_the_given_time(office: Office, days: int) -> None:
    report = examine(message(office.till), at=AT + timedelta(days=days), anchors=_anchors(office))

    assert (_facts(report), report.verdict) == ((True, True, True, False, None), Verdict.INVALID)
    assert "valid" in report.reasons[0] or "expired" in report.reasons[0]


def test_the_name_of_the_signer_counts_where_it_is_configured(office: Office) -> None:
    raw = signed_answer(office.signer)
    right, wrong = SignerName(organisation="Pokladna Pi"), SignerName(organisation="Finanční úřad")

    assert _report(raw, office, signers={Dialect.V4: right}).verdict is Verdict.CONFIRMED
    assert _report(raw, office, signers={Dialect.V4: wrong}).chain is False
    assert _report(raw, office, signers={Dialect.V3: wrong}).verdict is Verdict.CONFIRMED
    assert any("not compared" in reason for reason in _report(raw, office).reasons)


def test_codes_that_belong_to_another_sale_or_key_make_a_message_invalid(office: Office) -> None:
    other = control_codes({**DATA_V3, "celk_trzba": "1.00"}, dialect=V3, key=office.till.key)
    stolen = control_codes(DATA_V3, dialect=V3, key=office.signer.key)
    for codes in (other, stolen):
        raw = build_request(DATA_V3, header(), dialect=V3, signer=office.till, codes=codes)

        report = _report(raw, office)

        assert (_facts(report), report.verdict) == ((True, True, True, True, False), Verdict.INVALID)


@pytest.mark.parametrize(
    ("find", "replace", "codes"),
    [
        (rb' rezim="0"', b' rezim="9"', True),
        (rb' celk_trzba="188.50"', b' celk_trzba="188.5"', False),
        (rb' celk_trzba="188.50"', b"", False),
        (rb"<v3:bkp.*</v3:bkp>", b"", False),
        (rb"<v3:Data[^>]*></v3:Data>", b"", False),
        (rb"<wsse:BinarySecurityToken.*</wsse:BinarySecurityToken>", b"", None),
        (rb"(<wsse:BinarySecurityToken[^>]*>).*(</wsse:BinarySecurityToken>)", rb"\1AAAA\2", None),
    ],
)
def test_codes_are_judged_by_themselves_when_the_rest_is_wrong(
    office: Office, find: bytes, replace: bytes, codes: bool | None
) -> None:
    raw = re.sub(find, replace, message_v3(office.till))
    assert raw != message_v3(office.till)

    report = _report(raw, office)

    assert (report.dialect, report.kind, report.codes) == (Dialect.V3, Kind.REQUEST, codes)
    assert (report.signature, report.verdict) == (False, Verdict.INVALID)


def test_a_message_without_a_signature_still_has_codes(office: Office) -> None:
    report = _report(SIGNATURE.sub(b"", message_v3(office.till)), office)

    assert (_facts(report), report.verdict) == ((True, None, False, None, True), Verdict.INVALID)


def test_a_message_too_large_for_the_server_is_invalid(office: Office) -> None:
    raw = message(office.till).replace(b"</soapenv:Header>", b"<x>" + b" " * 12_000 + b"</x></soapenv:Header>")

    report = _report(raw, office)

    assert (_facts(report), report.verdict) == (GOOD_V4, Verdict.INVALID)
    assert any("12000" in reason for reason in report.reasons)


def test_a_message_of_another_taxpayer_is_valid_and_noted(office: Office) -> None:
    report = _report(message(office.till, eic_popl="CZ1234567890"), office)

    assert report.verdict is Verdict.VALID
    assert "warning 1" in report.reasons[0]


def test_an_answer_signed_as_a_whole_that_the_schema_refuses_is_invalid(office: Office) -> None:
    raw = sign_envelope(odpoved(POTVRZENI + "<e:x></e:x>"), message_id=ANSWER_ID, signer=office.signer)

    report = _report(raw, office)

    assert (report.kind, _facts(report)) == (Kind.CONFIRMATION, (False, True, True, True, None))
    assert (report.verdict, report.code, report.test) == (Verdict.INVALID, None, None)


@settings(max_examples=500, deadline=None)
@given(draw=st.data())
def test_no_bytes_crash_the_report_and_it_never_confirms_what_the_till_would_not(
    office: Office, draw: st.DataObject
) -> None:
    genuine = draw.draw(st.sampled_from([*genuine_answers(office).values(), *donors(office)]))
    raw = draw.draw(mutated(genuine, donors(office)) | st.binary(max_size=200))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of odd certificates before it refuses them
        report = _report(raw, office, signers=dict.fromkeys(Dialect, office.trust.signer))
        answers = [
            read_answer(raw, dialect=spec, sent_uuid=uuid, trust=office.trust, at=AT)
            for spec in DIALECTS.values()
            for uuid in {UUID, *re.findall(r'uuid_zpravy="([^"]*)"', raw.decode("utf-8", "replace"))}
        ]

    assert (report.verdict is Verdict.CONFIRMED) is any(isinstance(answer, Confirmed) for answer in answers)
    assert report.verdict in GOOD_VERDICTS or report.reasons
    json.dumps(report.as_json())
