"""Our own side of the conversation: building a signed message, and reading one back (the sandbox, the technician)."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from appliance.eet.document import MESSAGE_BYTES_MAX, elements, has_only_elements, text_of
from appliance.eet.errors import MessageInvalid
from appliance.eet.message import HEADER_RULES, DialectSpec, Header, received_attributes, trzba_xml
from appliance.eet.signature import Signer, sign_envelope


@dataclass(frozen=True, slots=True)
class Trzba:
    """A received message: attributes as the schema sees them."""

    header: Header
    data: Mapping[str, str]


def build_request(data: Mapping[str, str], header: Header, *, dialect: DialectSpec, signer: Signer) -> bytes:
    """The signed envelope to be posted, at most 12 000 bytes. Raises MessageInvalid.

    Equal input gives equal bytes. `data` is sent to the character.
    """
    envelope = sign_envelope(trzba_xml(data, header, dialect=dialect), message_id=header.uuid_zpravy, signer=signer)
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
    if [child.tag for child in parts] != [f"{ns}Hlavicka", f"{ns}Data"] or not has_only_elements(trzba):
        raise MessageInvalid("Trzba", [str(child.tag)[:100] for child in parts], allowed="Hlavicka and Data")
    received_attributes(trzba, {})
    head, data = (
        received_attributes(part, rules) for part, rules in zip(parts, (HEADER_RULES, dialect.data), strict=True)
    )
    for part in parts:
        if elements(part) or text_of(part):
            raise MessageInvalid(str(etree.QName(part).localname), text_of(part)[:100], allowed="no content")
    header = Header(
        uuid_zpravy=head["uuid_zpravy"],
        dat_odesl=head["dat_odesl"],
        prvni_zaslani=head["prvni_zaslani"] in {"true", "1"},
        overeni=head.get("overeni") in {"true", "1"},
    )
    return Trzba(header=header, data=data)
