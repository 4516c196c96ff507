"""Values and small builders the tests of this room share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from appliance.eet.certificate import Identity, Trust
from appliance.eet.message import Header, attributes_xml
from appliance.eet.request import build_request
from appliance.eet.sandbox.ca import SandboxFiles
from appliance.eet.signature import Signer, sign_envelope
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


def clock() -> datetime:
    """A clock that stands at AT."""
    return AT


def header(*, uuid: str = UUID, first: bool = True, verification: bool = False) -> Header:
    return Header(uuid_zpravy=uuid, dat_odesl="2026-11-24T13:00:01+01:00", prvni_zaslani=first, overeni=verification)


def message(signer: Signer, head: Header | None = None, **changed: str) -> bytes:
    return build_request({**DATA, **changed}, head or header(), dialect=V4, signer=signer)


def odpoved(inside: str, *, uuid: str | None = UUID) -> str:
    """An Odpoved in canonical form around a Potvrzeni or Chyba."""
    head = {"dat_prij": "2026-11-24T13:00:02+01:00", **({"uuid_zpravy": uuid} if uuid else {})}
    return f'<e:Odpoved xmlns:e="{V4.namespace}"><e:Hlavicka{attributes_xml(head)}></e:Hlavicka>{inside}</e:Odpoved>'


POTVRZENI = f'<e:Potvrzeni pok="{POK}" test="true"></e:Potvrzeni>'


def signed_answer(signer: Signer, inside: str = POTVRZENI, *, uuid: str | None = UUID) -> bytes:
    return sign_envelope(odpoved(inside, uuid=uuid), message_id="0b0fd1f5-2f2c-4c52-ae51-7c86afa4bd8d", signer=signer)


def unsigned_answer(inside: str, *, uuid: str | None = UUID) -> bytes:
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    return (
        f'<s:Envelope xmlns:s="{soap}"><s:Header/><s:Body>{odpoved(inside, uuid=uuid)}</s:Body></s:Envelope>'.encode()
    )


@dataclass(frozen=True)
class Office:
    """Sandbox material made once for all tests: who signs answers, a till, and what the till trusts."""

    files: SandboxFiles
    till: Identity
    signer: Identity
    trust: Trust
