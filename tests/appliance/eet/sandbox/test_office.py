import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from appliance.domain.fiscal import Dialect
from appliance.eet.answer import Answer, Confirmed, Refused, SoapFault, read_answer
from appliance.eet.certificate import load_anchors, load_p12
from appliance.eet.document import canonical, elements, parse
from appliance.eet.message import moment
from appliance.eet.sandbox.ca import issue_till
from appliance.eet.sandbox.ledger import Ledger
from appliance.eet.sandbox.office import Office as TaxOffice
from appliance.eet.sandbox.words import error_text, warning_text
from appliance.eet.signature import is_signed, the_body
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4
from tests.appliance.eet.material import AT, UUID, Office, clock, header, message
from tests.appliance.eet.sandbox.messages import codes_of, read, v3_message, with_other_bkp, with_other_pkp
from tests.shared import shared


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    yield ledger
    ledger.close()


def _tax_office(office: Office, ledger: Ledger, *, playground: bool = True) -> TaxOffice:
    return TaxOffice(
        signer=office.signer, till_anchors=office.till.chain, ledger=ledger, playground=playground, clock=clock
    )


def _ask(raw: bytes, office: Office, ledger: Ledger, *, playground: bool = True, uuid: str = UUID) -> Answer:
    reply = _tax_office(office, ledger, playground=playground).answer(raw)
    return read_answer(reply.body, dialect=V4, sent_uuid=uuid, trust=office.trust, at=AT)


def _ask_v3(raw: bytes, office: Office, ledger: Ledger, **more: str) -> Answer:
    return read(_tax_office(office, ledger).answer(raw, dialect=V3).body, office, dialect=V3, **more)


def test_a_good_message_is_confirmed_and_stands_in_the_ledger(office: Office, ledger: Ledger) -> None:
    answer = _ask(message(office.till), office, ledger)

    assert isinstance(answer, Confirmed)
    assert answer.test
    assert answer.code.endswith("-ff")
    assert answer.warnings == ()
    assert ledger.report()["sales"][0]["codes"] == [answer.code]


def test_outside_the_playground_nothing_is_marked_as_a_test(office: Office, ledger: Ledger) -> None:
    codes = set()
    for _ in range(20):
        answer = _ask(message(office.till), office, ledger, playground=False)
        assert isinstance(answer, Confirmed)
        assert not answer.test
        codes.add(answer.code[-2:])

    assert "ff" not in codes


def test_a_repeat_gets_a_code_of_its_own(office: Office, ledger: Ledger) -> None:
    other = "0b0fd1f5-2f2c-4c52-ae51-7c86afa4bd8d"
    first = _ask(message(office.till), office, ledger)
    second = _ask(message(office.till, header(uuid=other, first=False)), office, ledger, uuid=other)

    assert isinstance(first, Confirmed)
    assert isinstance(second, Confirmed)
    assert first.code != second.code
    report = ledger.report()
    assert (report["count"], report["accepted"]) == (1, 2)


def test_verification_is_answered_unsigned_and_recorded_nowhere(office: Office, ledger: Ledger) -> None:
    raw = message(office.till, header(verification=True), id_jednotky="7")
    reply = _tax_office(office, ledger).answer(raw)

    answer = read_answer(reply.body, dialect=V4, sent_uuid=UUID, trust=office.trust, at=AT)

    assert not is_signed(parse(reply.body))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.test) == (0, True)
    assert [warning.code for warning in answer.warnings] == [6]
    assert ledger.report()["accepted"] == 0


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"id_jednotky": "11"}, []),
        ({"id_jednotky": "1"}, [6]),
        ({"id_jednotky": "15"}, [6]),
        ({"eic_popl": "CZ683555118"}, [1]),
        ({"eic_poverujiciho": "CZ683555118"}, []),
        ({"eic_poverujiciho": "CZ00000000"}, [2]),
        ({"eic_poverujiciho": "CZ00000019"}, [7]),
        ({"dat_trzby": "2026-11-24T15:00:00+01:00"}, []),
        ({"dat_trzby": "2026-11-24T15:00:01+01:00"}, [4]),
        ({"dat_trzby": "2026-07-01T00:00:00Z"}, []),
        ({"dat_trzby": "2026-06-30T23:59:59Z"}, [5]),
        ({"dat_trzby": "9999-12-31T24:00:00Z", "id_jednotky": "9"}, [4, 6]),
    ],
)
def test_warnings_do_not_stop_the_confirmation(
    office: Office, ledger: Ledger, changed: dict[str, str], codes: list[int]
) -> None:
    answer = _ask(message(office.till, None, **changed), office, ledger)

    assert isinstance(answer, Confirmed)
    assert [warning.code for warning in answer.warnings] == codes


def test_production_counts_sales_from_november(office: Office, ledger: Ledger) -> None:
    answer = _ask(message(office.till, dat_trzby="2026-10-31T12:00:00Z"), office, ledger, playground=False)

    assert isinstance(answer, Confirmed)
    assert [warning.code for warning in answer.warnings] == [5]


def _altered(raw: bytes, find: str, replace: str) -> bytes:
    changed = re.sub(find.encode(), replace.encode(), raw)
    assert changed != raw
    return changed


@pytest.mark.parametrize(
    ("find", "replace", "code"),
    [
        ('celk_trzba="188.50"', 'celk_trzba="188,50"', 3),
        (' id_pokl="P1"', "", 3),
        ('celk_trzba="188.50"', 'celk_trzba="188.51"', 4),
        ("<ds:Signature .*</ds:Signature>", "", 4),
        ('encoding="UTF-8"', 'encoding="windows-1250"', 2),
        ("P1A-000101", "P1A-\xff".encode("latin-1").decode("latin-1"), 3),
        ("</soapenv:Header>", " " * 9000 + "</soapenv:Header>", 7),
    ],
)
def test_each_error_is_refused_by_its_number_and_not_recorded(
    office: Office, ledger: Ledger, find: str, replace: str, code: int
) -> None:
    answer = _ask(_altered(message(office.till), find, replace), office, ledger)

    assert isinstance(answer, Refused)
    assert answer.code == code
    assert ledger.report()["accepted"] == 0


def test_a_number_of_zeros_is_no_taxpayer(office: Office, ledger: Ledger) -> None:
    answer = _ask(message(office.till, eic_popl="CZ00000000"), office, ledger)

    assert isinstance(answer, Refused)
    assert answer.code == 6


def test_a_till_of_another_authority_is_refused(office: Office, ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    p12, password = issue_till(tmp_path, eic="CZ00000019", at=AT)
    stranger = load_p12(p12.read_bytes(), password.read_text().strip(), at=AT)

    answer = _ask(message(stranger), office, ledger)

    assert isinstance(answer, Refused)
    assert answer.code == 4


def test_an_expired_till_certificate_is_refused(office: Office, ledger: Ledger, tmp_path: Path) -> None:
    expired = TaxOffice(
        signer=office.signer,
        till_anchors=office.till.chain,
        ledger=ledger,
        playground=True,
        clock=lambda: AT + timedelta(days=366),
    )

    answer = read_answer(
        expired.answer(message(office.till)).body, dialect=V4, sent_uuid=UUID, trust=office.trust, at=AT
    )

    assert isinstance(answer, Refused)
    assert answer.code == 4


@pytest.mark.parametrize("raw", [b"", b"<a/>", b"<a", b"<!DOCTYPE a []><a/>", b"\x00" * 100])
def test_what_is_no_soap_is_a_soap_fault(office: Office, ledger: Ledger, raw: bytes) -> None:
    reply = _tax_office(office, ledger).answer(raw)

    answer = read_answer(reply.body, dialect=V4, sent_uuid=UUID, trust=office.trust, at=AT)

    assert reply.status == 500
    assert isinstance(answer, SoapFault)
    assert answer.code == "soapenv:Client"


def test_a_v3_message_gets_a_fik_and_its_bkp_back(office: Office, ledger: Ledger) -> None:
    codes = codes_of(office.till)

    answer = _ask_v3(v3_message(office.till), office, ledger, sent_bkp=codes.bkp)

    assert isinstance(answer, Confirmed)
    assert (answer.test, answer.warnings) == (True, ())
    (sale,) = ledger.report()["sales"]
    assert (sale["dialect"], sale["codes"], sale["bkp"]) == ("v3", [answer.code], codes.bkp)
    assert sale["rezim"] == "0"


def test_the_bkp_is_told_also_in_an_unsigned_answer(office: Office, ledger: Ledger) -> None:
    verified = v3_message(office.till, header(verification=True))
    refused = v3_message(office.till, dic_popl="CZ00000000")

    roots = [parse(_tax_office(office, ledger).answer(raw, dialect=V3).body) for raw in (verified, refused)]

    heads = [head for root in roots for head in root.iter(f"{{{V3.namespace}}}Hlavicka")]
    assert not any(is_signed(root) for root in roots)
    assert [head.get("bkp") for head in heads] == [
        codes_of(office.till).bkp,
        codes_of(office.till, dic_popl="CZ00000000").bkp,
    ]


def test_a_wrong_pkp_is_a_warning_and_a_wrong_bkp_an_error(office: Office, ledger: Ledger) -> None:
    right = codes_of(office.till)

    warned = _ask_v3(v3_message(office.till, codes=with_other_pkp(right)), office, ledger)
    refused = _ask_v3(v3_message(office.till, codes=with_other_bkp(right)), office, ledger)

    assert isinstance(warned, Confirmed)
    assert [warning.code for warning in warned.warnings] == [3]
    assert isinstance(refused, Refused)
    assert refused.code == 5
    assert ledger.report()["accepted"] == 1


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"dic_popl": "CZ683555118"}, [1]),
        ({"dic_poverujiciho": "CZ00000000"}, [2]),
        ({"dic_poverujiciho": "CZ00000019"}, []),
        ({"id_provoz": "7"}, []),
        ({"dat_trzby": "2026-11-24T15:00:01+01:00"}, [4]),
        ({"dat_trzby": "2025-06-30T23:59:59Z"}, []),
        ({"dat_trzby": "2024-11-20T23:59:59Z"}, [5]),
    ],
)
def test_v3_has_warnings_of_its_own(office: Office, ledger: Ledger, changed: dict[str, str], codes: list[int]) -> None:
    answer = _ask_v3(v3_message(office.till, None, **changed), office, ledger)

    assert isinstance(answer, Confirmed)
    assert [warning.code for warning in answer.warnings] == codes


def test_a_message_of_the_other_dialect_fails_the_schema_of_this_one(office: Office, ledger: Ledger) -> None:
    tax_office = _tax_office(office, ledger)

    to_v3 = read(tax_office.answer(message(office.till), dialect=V3).body, office, dialect=V3)
    to_v4 = read(tax_office.answer(v3_message(office.till), dialect=V4).body, office, dialect=V4)

    assert isinstance(to_v3, Refused)
    assert isinstance(to_v4, Refused)
    assert (to_v3.code, to_v4.code) == (3, 3)


def test_each_dialect_names_the_taxpayers_number_its_own_way(office: Office, ledger: Ledger) -> None:
    v3 = _ask_v3(v3_message(office.till, dic_popl="CZ00000000"), office, ledger)
    v4 = _ask(message(office.till, eic_popl="CZ00000000"), office, ledger)

    assert isinstance(v3, Refused)
    assert isinstance(v4, Refused)
    assert v3.text.startswith("DIC ")
    assert v4.text.startswith("EIC ")


def test_all_it_says_is_ascii_and_short() -> None:
    said = [error_text(code, dialect=dialect) for dialect in Dialect for code in range(-999, 1000)]
    said += [warning_text(code, dialect=dialect) for dialect in Dialect for code in range(1, 8)]

    assert all(text.isascii() and 0 < len(text) <= 100 and "{" not in text for text in said)


@pytest.mark.parametrize("code", [-1, -999, 0, 4, 5, 8, 999])
def test_a_refusal_without_judging_answers_the_message_and_records_nothing(
    office: Office, ledger: Ledger, code: int
) -> None:
    tax_office = _tax_office(office, ledger)

    for raw in (message(office.till), b"nothing that could be read"):
        answer = read(tax_office.refuse_unjudged(raw, code, dialect=V4).body, office)
        assert isinstance(answer, Refused)
        assert answer.code == code
    report = ledger.report()
    assert (report["accepted"], report["verified"], report["refused"]) == (0, 0, {str(code): 2})


def test_what_was_refused_and_only_verified_is_counted(office: Office, ledger: Ledger) -> None:
    good = message(office.till)
    for raw in (good, good.replace(b"188.50", b"188.51"), good.replace(b"188.50", b"x"), b"x", b"<a/>", b"x" * 13_000):
        _ask(raw, office, ledger)
    _ask(message(office.till, header(verification=True)), office, ledger)

    report = ledger.report()

    assert (report["accepted"], report["verified"]) == (1, 1)
    assert report["refused"] == {"4": 1, "3": 1, "fault": 2, "7": 1}


@pytest.mark.official
def test_its_answers_to_v3_are_valid_by_the_official_schema(office: Office, ledger: Ledger) -> None:
    schema = etree.XMLSchema(etree.parse(shared("eet/v3/schema/EETXMLSchema.xsd")))
    right = codes_of(office.till)
    messages = [
        v3_message(office.till, codes=with_other_pkp(right)),
        v3_message(office.till, header(verification=True)),
        v3_message(office.till, codes=with_other_bkp(right)),
        v3_message(office.till).replace(b"188.50", b"1"),
    ]

    for raw in messages:
        body = the_body(parse(_tax_office(office, ledger).answer(raw, dialect=V3).body))
        assert schema.validate(etree.fromstring(canonical(elements(body)[0]))), schema.error_log


@pytest.mark.official
def test_its_answers_are_valid_by_the_official_schema(office: Office, ledger: Ledger) -> None:
    schema = etree.XMLSchema(etree.parse(shared("eet/v4/schema/EETXMLSchema.xsd")))
    tax_office = _tax_office(office, ledger)
    messages = [
        message(office.till, id_jednotky="7", dat_trzby="2020-01-01T00:00:00Z"),
        message(office.till, header(verification=True), id_jednotky="7"),
        message(office.till).replace(b"188.50", b"1"),
        message(office.till).replace(b"188.50", b"1.00"),
        b"x" * 20_000,
    ]

    for raw in messages:
        body = the_body(parse(tax_office.answer(raw).body))
        assert schema.validate(etree.fromstring(canonical(elements(body)[0]))), schema.error_log


@pytest.mark.official
def test_the_official_sample_is_accepted_under_the_official_authority(office: Office, ledger: Ledger) -> None:
    tax_office = TaxOffice(
        signer=office.signer,
        till_anchors=load_anchors([shared("eet/v4/certs/ca_eet-sub_cert-playground.crt").read_bytes()]),
        ledger=ledger,
        playground=True,
        clock=lambda: moment("2026-07-21T12:00:00Z"),
    )
    raw = shared("eet/v4/samples/requests/CZ00000019.eet.v4.req.xml").read_bytes()
    altered = shared("eet/v4/samples/requests/BAD.CZ683555118.amount-altered.xml").read_bytes()

    answers = [
        read_answer(tax_office.answer(each).body, dialect=V4, sent_uuid=uuid, trust=office.trust, at=AT)
        for each in (raw, altered)
        for uuid in re.findall(r'uuid_zpravy="([^"]+)"', each.decode())
    ]

    assert isinstance(answers[0], Confirmed)
    assert isinstance(answers[1], Refused)
    assert answers[1].code == 4
    assert ledger.report()["sum_haler"] == 18858000
