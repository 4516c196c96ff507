"""Messages of v3, and reading the sandbox's answers in either dialect."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from appliance.eet.answer import Answer, read_answer
from appliance.eet.codes import ControlCodes, bkp_of, control_codes
from appliance.eet.message import DialectSpec, Header
from appliance.eet.request import build_request
from appliance.eet.signature import Signer
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4
from tests.appliance.eet.material import AT, UUID, Office, header

DATA_V3: Mapping[str, str] = {
    "dic_popl": "CZ00000019",
    "id_provoz": "273",
    "id_pokl": "P1",
    "porad_cis": "P1A-000101",
    "dat_trzby": "2026-11-24T13:00:00+01:00",
    "celk_trzba": "188.50",
    "rezim": "0",
}


def v3_message(
    signer: Signer, head: Header | None = None, *, codes: ControlCodes | None = None, **changed: str
) -> bytes:
    data = {**DATA_V3, **changed}
    codes = codes or control_codes(data, dialect=V3, key=signer.key)
    return build_request(data, head or header(), dialect=V3, signer=signer, codes=codes)


def codes_of(signer: Signer, **changed: str) -> ControlCodes:
    return control_codes({**DATA_V3, **changed}, dialect=V3, key=signer.key)


def with_other_pkp(codes: ControlCodes) -> ControlCodes:
    """A PKP of something else, with the BKP that belongs to it."""
    pkp = bytes(byte ^ 1 for byte in base64.b64decode(codes.pkp))
    return ControlCodes(pkp=base64.b64encode(pkp).decode("ascii"), bkp=bkp_of(pkp))


def with_other_bkp(codes: ControlCodes) -> ControlCodes:
    return replace(codes, bkp="0" * 8 + codes.bkp[8:])


def read(body: bytes, office: Office, *, dialect: DialectSpec = V4, uuid: str = UUID, **more: Any) -> Answer:
    return read_answer(body, dialect=dialect, sent_uuid=uuid, trust=office.trust, at=AT, **more)
