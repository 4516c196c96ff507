"""Every published sample through `eet verify`, and messages built with the published keys: as the fact sheet says."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from appliance.eet.names import WSU
from appliance.eet.signature import the_body
from tests.appliance.cli.conftest import Terminal
from tests.shared import shared

pytestmark = pytest.mark.official

V4_TILLS = "v4/certs/ca_eet-sub_cert-playground.crt"
V4_ANSWERS = "v4/certs/ica-public-rsa-06-2022.pem"
V3_TILLS_OF_2016, V3_TILLS = "v3/certs/cacert-playground.crt", "v3/certs/EET_CA1_Playground-ca.crt"
V3_ANSWERS = "v3/certs/2qca16_rsa.pem"
IN_2016, IN_2017, IN_2020 = "2016-09-01T00:00:00Z", "2017-06-01T00:00:00+02:00", "2020-01-01T00:00:00Z"
IN_2021, IN_2026 = "2021-09-27T12:00:00Z", "2026-07-21T12:00:00Z"


@dataclass(frozen=True)
class Sample:
    """One file and what must come out: `facts` are schema, signature, the signed element is read, chain, codes."""

    file: str
    at: str
    trust: str
    kind: str
    facts: tuple[bool | None, ...]
    verdict: str
    code: str | None = None
    test: bool | None = None
    error: int | None = None
    warnings: tuple[int, ...] = ()


def _request(file: str, at: str, trust: str, facts: str, verdict: str = "valid") -> Sample:
    return Sample(f"samples/requests/{file}", at, trust, "request", _facts(facts), verdict)


def _error(
    file: str, at: str, trust: str, code: int, verdict: str, *, test: bool, warnings: tuple[int, ...] = ()
) -> Sample:
    name, facts = f"samples/responses/{file}", _facts("+0-00")
    return Sample(name, at, trust, "error", facts, verdict, test=test, error=code, warnings=warnings)


def _confirmation(file: str, at: str, trust: str, facts: str, verdict: str, code: str | None) -> Sample:
    return Sample(f"samples/responses/{file}", at, trust, "confirmation", _facts(facts), verdict, code=code, test=True)


def _facts(text: str) -> tuple[bool | None, ...]:
    return tuple({"+": True, "-": False, "0": None}[char] for char in text)


POK = "91616ac4-83ae-4cca-89c8-986a62bc0c44-ff"
FIK = "19468188-f3a0-47a3-932a-46bcf8ef4041-fa"

V4 = [
    _request("CZ00000019.eet.v4.req.xml", IN_2026, V4_TILLS, "++++0"),
    _request("CZ683555118.eet.v4.req.xml", IN_2026, V4_TILLS, "++++0"),
    _request("CZ683555118.eet.v4.req.xml", "2027-06-01T00:00:00Z", V4_TILLS, "+++-0", "invalid"),
    _request("CZ683555118.eet.v4.req.xml", IN_2026, V4_ANSWERS, "+++-0", "invalid"),
    _request("BAD.CZ683555118.amount-altered.xml", IN_2026, V4_TILLS, "+--+0", "invalid"),
    _confirmation("playground-accepted.2026-07-21.xml", IN_2026, V4_ANSWERS, "++++0", "confirmed", POK),
    _confirmation("playground-accepted.2026-07-21.xml", "2027-07-01T00:00:00Z", V4_ANSWERS, "+++-0", "invalid", None),
    _confirmation("playground-accepted.2026-07-21.xml", IN_2026, V4_TILLS, "+++-0", "invalid", None),
    _confirmation("BAD.accepted.pok-altered.xml", IN_2026, V4_ANSWERS, "+--+0", "invalid", None),
    _error("constructed.chyba_-1.xml", IN_2026, V4_ANSWERS, -1, "retry", test=False),
    _error(
        "constructed.chyba_0.overeni.one-warning.xml", IN_2026, V4_ANSWERS, 0, "verified-only", test=True, warnings=(6,)
    ),
    _error("constructed.chyba_3.no-uuid.xml", IN_2026, V4_ANSWERS, 3, "parked", test=False),
    _error("constructed.chyba_7.xml", IN_2026, V4_ANSWERS, 7, "parked", test=False),
]
V3 = [
    _request("CZ00000019.v3.valid.v3.1.1.xml", IN_2020, V3_TILLS, "+++++"),
    _request("CZ00000019.v3.valid.v3.1.1.xml", IN_2026, V3_TILLS, "+++-+", "invalid"),
    _request("CZ1212121218.v3.valid.v3.1.1.xml", IN_2020, V3_TILLS, "+++++"),
    _request("2016-10.CZ00000019.valid.v3.1.xml", IN_2017, V3_TILLS_OF_2016, "+++++"),
    _request("2016-09.CZ1212121218.valid.v3.xml", IN_2016, V3_TILLS_OF_2016, "+++-+", "invalid"),  # its CA is not there
    _request("MISSIGNED.2020.CZ00000019.v3.1.xml", IN_2017, V3_TILLS_OF_2016, "+--+-", "invalid"),
    _confirmation("potvrzeni.2021-09-27.xml", IN_2021, V3_ANSWERS, "++++0", "confirmed", FIK),
    _confirmation("potvrzeni.2021-09-27.xml", IN_2026, V3_ANSWERS, "+++-0", "invalid", None),
    _confirmation("BAD.potvrzeni.digest-altered.xml", IN_2021, V3_ANSWERS, "+--+0", "invalid", None),
    _error("chyba_-1.2021-09-27.xml", IN_2021, V3_ANSWERS, -1, "retry", test=True),
    _error("chyba_0.2018-05-15.xml", IN_2021, V3_ANSWERS, 0, "verified-only", test=True),
    _error("chyba_3.2016-09-25.xml", IN_2021, V3_ANSWERS, 3, "parked", test=True),
]
TABLE = [("v4", each) for each in V4] + [("v3", each) for each in V3]


def _found(terminal: Terminal, file: Path, at: str, trust: str) -> tuple[int, dict[str, Any]]:
    ended = terminal.run("eet", "verify", file, "--at", at, "--trust", shared(f"eet/{trust}"), "--json")
    assert ended.err == ""
    return ended.code, json.loads(ended.out)


@pytest.mark.parametrize(("dialect", "sample"), TABLE, ids=lambda each: getattr(each, "file", each))
def test_each_published_sample_comes_out_as_the_fact_sheet_says(
    terminal: Terminal, dialect: str, sample: Sample
) -> None:
    code, found = _found(terminal, shared(f"eet/{dialect}/{sample.file}"), sample.at, sample.trust)

    facts = ("schema", "signature", "signed_element_is_read_element", "chain", "codes")
    assert tuple(found[name] for name in facts) == sample.facts
    assert (found["dialect"], found["kind"], found["well_formed"]) == (dialect, sample.kind, True)
    assert (found["verdict"], found["code"], found["test"]) == (sample.verdict, sample.code, sample.test)
    assert [each["code"] for each in found["errors"]] == ([] if sample.error is None else [sample.error])
    assert tuple(each["code"] for each in found["warnings"]) == sample.warnings
    assert code == (0 if sample.verdict in {"valid", "confirmed", "verified-only"} else 1)


def test_the_sample_that_is_no_xml_is_said_to_be_none(terminal: Terminal) -> None:
    file = shared("eet/v3/samples/responses/BAD.not-wellformed.xml")

    code, found = _found(terminal, file, IN_2021, V3_ANSWERS)

    assert (code, found["well_formed"], found["schema"], found["signature"]) == (1, False, None, None)
    assert (found["dialect"], found["kind"], found["verdict"]) == (None, "unknown", "invalid")


def test_no_published_sample_is_left_out() -> None:
    published = {
        str(path.relative_to(shared(f"eet/{dialect}")))
        for dialect in ("v3", "v4")
        for path in shared(f"eet/{dialect}/samples").rglob("*.xml")
    }

    assert published - {sample.file for _, sample in TABLE} == {"samples/responses/BAD.not-wellformed.xml"}


V3_REQUESTS, V3_STORES = "v3/samples/requests", "v3/certs"


@pytest.mark.parametrize(
    ("sample", "store", "password"),
    [
        ("v4/samples/requests/CZ00000019.eet.v4.req.xml", "v4/certs/CA_EET-Playground-CZ00000019.p12", "aaaa1111"),
        ("v4/samples/requests/CZ683555118.eet.v4.req.xml", "v4/certs/CA_EET-Playground-CZ683555118.p12", "aaaa1111"),
        (f"{V3_REQUESTS}/CZ00000019.v3.valid.v3.1.1.xml", f"{V3_STORES}/EET_CA1_Playground-CZ00000019.p12", "eet"),
        (f"{V3_REQUESTS}/CZ1212121218.v3.valid.v3.1.1.xml", f"{V3_STORES}/EET_CA1_Playground-CZ1212121218.p12", "eet"),
        (f"{V3_REQUESTS}/2016-10.CZ00000019.valid.v3.1.xml", f"{V3_STORES}/older/2016-10.CZ00000019.p12", "eet"),
        (
            f"{V3_REQUESTS}/2016-09.CZ1212121218.valid.v3.xml",
            f"{V3_STORES}/older/2016-05.CZ1212121218.01000003.p12",
            "eet",
        ),
    ],
)
def test_the_sale_of_each_published_message_is_built_again_with_its_own_key(
    terminal: Terminal, sample: str, store: str, password: str
) -> None:
    original = the_body(etree.parse(shared(f"eet/{sample}")).getroot())[0]
    head, data = original[0].attrib, original[1].attrib
    sale, password_file = terminal.folder / "sale.json", terminal.folder / "password"
    sale.write_text(json.dumps({"dialect": sample[:2], "Data": {str(k): str(v) for k, v in data.items()}}), "utf-8")
    password_file.write_text(password + "\n")

    ended = terminal.run(
        *("eet", "build", sale, "--p12", shared(f"eet/{store}"), "--password-file", password_file),
        *("--uuid", head["uuid_zpravy"], "--sent-at", head["dat_odesl"]),
    )

    assert ended.code == 0
    built = the_body(etree.fromstring(ended.out.encode()))
    assert built.get(f"{{{WSU}}}Id") == f"id-{head['uuid_zpravy']}"
    assert dict(built[0][1].attrib) == dict(data)
    codes = [(each.tag, (each.text or "").strip()) for each in original[2]] if len(original) > 2 else []
    assert [(each.tag, each.text) for each in (built[0][2] if codes else [])] == codes


@pytest.mark.parametrize(
    ("dialect", "trust", "at"), [("v4", V4_TILLS, "2026-11-24T12:00:00Z"), ("v3", V3_TILLS, "2021-01-01T00:00:00Z")]
)
def test_what_is_built_with_each_published_key_is_valid_at_its_time(
    terminal: Terminal, dialect: str, trust: str, at: str
) -> None:
    password_file = terminal.folder / "password"
    password_file.write_text({"v4": "aaaa1111", "v3": "eet"}[dialect])
    stores = sorted(shared(f"eet/{dialect}/certs").glob("*.p12"))
    assert stores
    for store in stores:
        taxpayer = store.stem.rpartition("-")[2]
        data = {"id_pokl": "1", "porad_cis": "1", "dat_trzby": at, "celk_trzba": "-0.01"}
        data |= {"eic_popl": taxpayer, "id_jednotky": "11"} if dialect == "v4" else {}
        data |= {"dic_popl": taxpayer, "id_provoz": "11", "rezim": "0"} if dialect == "v3" else {}
        sale = terminal.folder / "sale.json"
        sale.write_text(json.dumps({"dialect": dialect, "Data": data}), "utf-8")

        built = terminal.run("eet", "build", sale, "--p12", store, "--password-file", password_file, "--sent-at", at)

        assert (built.code, built.err) == (0, "")
        message = terminal.folder / "message.xml"
        message.write_text(built.out, "utf-8")
        code, found = _found(terminal, message, at, trust)
        assert (code, found["verdict"], found["codes"]) == (0, "valid", True if dialect == "v3" else None)
        assert found["reasons"] == []
