"""Values and small builders the tests of this room share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from appliance.eet.certificate import Identity, Trust, load_anchors, load_p12, load_pem
from appliance.eet.codes import control_codes
from appliance.eet.message import DialectSpec, Header, attributes_xml
from appliance.eet.request import build_request
from appliance.eet.sandbox.ca import SandboxFiles, make_sandbox_material
from appliance.eet.signature import Signer, sign_envelope
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""The moment all these tests live in, whatever the wall clock says."""

UUID = "e8e2c7fe-422e-423e-bc4e-edb9e6a36d97"
POK = "7b66f7d3-86c7-4de6-8c56-fbf17af49411-ff"

DATA: Mapping[str, str] = {
    "eic_popl": "CZ00000019",
    "id_jednotky": "11",
    "id_pokl": "P1",
    "porad_cis": "P1A-000101",
    "dat_trzby": "2026-11-24T13:00:00+01:00",
    "celk_trzba": "188.50",
}

DATA_V3: Mapping[str, str] = {
    "dic_popl": "CZ00000019",
    "id_provoz": "11",
    "id_pokl": "P1",
    "porad_cis": "P1A-000101",
    "dat_trzby": "2026-11-24T13:00:00+01:00",
    "celk_trzba": "188.50",
    "zakl_dan1": "155.79",
    "dan1": "32.71",
    "rezim": "0",
}


def clock() -> datetime:
    """A clock that stands at AT."""
    return AT


def header(*, uuid: str = UUID, first: bool = True, verification: bool = False) -> Header:
    return Header(uuid_zpravy=uuid, dat_odesl="2026-11-24T13:00:01+01:00", prvni_zaslani=first, overeni=verification)


def message(signer: Signer, head: Header | None = None, **changed: str) -> bytes:
    return build_request({**DATA, **changed}, head or header(), dialect=V4, signer=signer)


def message_v3(signer: Identity, head: Header | None = None, **changed: str) -> bytes:
    data = {**DATA_V3, **changed}
    codes = control_codes(data, dialect=V3, key=signer.key)
    return build_request(data, head or header(), dialect=V3, signer=signer, codes=codes)


def odpoved(inside: str, *, uuid: str | None = UUID, bkp: str = "", dialect: DialectSpec = V4) -> str:
    """An Odpoved in canonical form around a Potvrzeni or Chyba."""
    head = {"dat_prij": "2026-11-24T13:00:02+01:00", "uuid_zpravy": uuid or "", "bkp": bkp}
    attributes = attributes_xml({name: value for name, value in head.items() if value})
    return f'<e:Odpoved xmlns:e="{dialect.namespace}"><e:Hlavicka{attributes}></e:Hlavicka>{inside}</e:Odpoved>'


POTVRZENI = f'<e:Potvrzeni pok="{POK}" test="true"></e:Potvrzeni>'
POTVRZENI_V3 = POTVRZENI.replace("pok=", "fik=")
ANSWER_ID = "0b0fd1f5-2f2c-4c52-ae51-7c86afa4bd8d"


def signed_answer(signer: Signer, inside: str = POTVRZENI, *, uuid: str | None = UUID) -> bytes:
    return sign_envelope(odpoved(inside, uuid=uuid), message_id=ANSWER_ID, signer=signer)


def signed_answer_v3(signer: Signer, inside: str = POTVRZENI_V3, *, uuid: str | None = UUID, bkp: str = "") -> bytes:
    return sign_envelope(odpoved(inside, uuid=uuid, bkp=bkp, dialect=V3), message_id=ANSWER_ID, signer=signer)


def unsigned_answer(inside: str, *, uuid: str | None = UUID, dialect: DialectSpec = V4) -> bytes:
    return plain_envelope(odpoved(inside, uuid=uuid, dialect=dialect))


def plain_envelope(content: str) -> bytes:
    """An envelope that nobody signed."""
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    return f'<s:Envelope xmlns:s="{soap}"><s:Header/><s:Body>{content}</s:Body></s:Envelope>'.encode()


@dataclass(frozen=True)
class Office:
    """Sandbox material made once for all tests: who signs answers, a till, and what the till trusts."""

    files: SandboxFiles
    till: Identity
    signer: Identity
    trust: Trust


def make_office(directory: Path) -> Office:
    """Keys for everybody, made once in a directory."""
    files = make_sandbox_material(directory, eic="CZ00000019", host="127.0.0.1", at=AT)
    return Office(
        files=files,
        till=load_p12(files.till_p12.read_bytes(), files.till_password.read_text().strip(), at=AT),
        signer=load_pem((directory / "private" / "answer.pem").read_bytes()),
        trust=Trust(load_anchors([files.answer_ca.read_bytes()]), files.signer),
    )
