"""Our own side of the conversation: building a signed message, and reading one back (the sandbox, the technician)."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from appliance.eet.codes import ControlCodes, codes_xml, read_codes
from appliance.eet.document import MESSAGE_BYTES_MAX, elements, has_only_elements, text_of
from appliance.eet.errors import MessageInvalid
from appliance.eet.message import HEADER_RULES, DialectSpec, Header, received_attributes, trzba_xml
from appliance.eet.signature import Signer, sign_envelope


@dataclass(frozen=True, slots=True)
class Trzba:
    """A received message: attributes as the schema sees them; codes only in a dialect that has them."""

    header: Header
    data: Mapping[str, str]
    codes: ControlCodes | None


def build_request(
    data: Mapping[str, str],
    header: Header,
    *,
    dialect: DialectSpec,
    signer: Signer,
    codes: ControlCodes | None = None,
) -> bytes:
    """The signed envelope to be posted, at most 12 000 bytes. Raises MessageInvalid.

    Equal input gives equal bytes. `data` is sent to the character. `codes` must be there exactly in a dialect that has
    them; a repeat sends those of the first time.
    """
    if (codes is not None) is not dialect.control_codes:
        raise MessageInvalid("KontrolniKody", codes, allowed="PKP and BKP" if dialect.control_codes else "none")
    control = codes_xml(codes, dialect=dialect) if codes else ""
    content = trzba_xml(data, header, dialect=dialect, codes=control)
    envelope = sign_envelope(content, message_id=header.uuid_zpravy, signer=signer)
    if len(envelope) > MESSAGE_BYTES_MAX:
        raise MessageInvalid("envelope", f"{len(envelope)} bytes", allowed=f"at most {MESSAGE_BYTES_MAX} bytes")
    return envelope


def read_trzba(body: etree._Element, *, dialect: DialectSpec) -> Trzba:
    """Read the Trzba of a Body exactly as the official schema allows it. Raises MessageInvalid."""
    ns = f"{{{dialect.namespace}}}"
    content = elements(body)
    if [child.tag for child in content] != [f"{ns}Trzba"] or not has_only_elements(body):
        raise MessageInvalid("Body", [str(child.tag)[:100] for child in content], allowed="one Trzba")
    trzba = content[0]
    parts = elements(trzba)
    names = ["Hlavicka", "Data", "KontrolniKody"] if dialect.control_codes else ["Hlavicka", "Data"]
    if [child.tag for child in parts] != [f"{ns}{name}" for name in names] or not has_only_elements(trzba):
        raise MessageInvalid("Trzba", [str(child.tag)[:100] for child in parts], allowed=", ".join(names))
    received_attributes(trzba, {})
    head, data = (
        received_attributes(part, rules) for part, rules in zip(parts[:2], (HEADER_RULES, dialect.data), strict=True)
    )
    for part in parts[:2]:
        if elements(part) or text_of(part):
            raise MessageInvalid(str(etree.QName(part).localname), text_of(part)[:100], allowed="no content")
    header = Header(
        uuid_zpravy=head["uuid_zpravy"],
        dat_odesl=head["dat_odesl"],
        prvni_zaslani=head["prvni_zaslani"] in {"true", "1"},
        overeni=head.get("overeni") in {"true", "1"},
    )
    codes = read_codes(parts[2], dialect=dialect) if dialect.control_codes else None
    return Trzba(header=header, data=data, codes=codes)
