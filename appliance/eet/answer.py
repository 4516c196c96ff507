"""What the server's bytes mean. Only a confirmation whose signature covers the element read here counts as one."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from lxml import etree

from appliance.eet.certificate import Trust, common_name, fingerprint, organisation
from appliance.eet.document import elements, has_only_elements, parse, text_of
from appliance.eet.errors import DocumentUnreadable, MessageInvalid, SignatureInvalid, UntrustedSigner
from appliance.eet.message import BOOLEAN, DialectSpec, received_attributes, required, whole_number
from appliance.eet.names import SOAP
from appliance.eet.signature import is_signed, the_body, verify

WARNINGS_MAX = 10
TEXT_CHARS_MAX = 500
"""The document says 100 characters for the text of an error; more is cut, not refused."""


@dataclass(frozen=True, slots=True)
class ServerWarning:
    """Varovani: never stops the confirmation; shown to the operator."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class SignedBy:
    """Who signed a confirmation, for the record."""

    common_name: str
    organisation: str
    fingerprint: str
    valid_to: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A signed Potvrzeni for the message we sent: FIK (v3) or POK (v4), and `received_at` as the server wrote it."""

    code: str
    test: bool
    received_at: str | None
    warnings: tuple[ServerWarning, ...]
    signer: SignedBy


@dataclass(frozen=True, slots=True)
class Refused:
    """A Chyba. Code 0 is the success of verification mode. Errors are normally unsigned."""

    code: int
    text: str
    test: bool
    warnings: tuple[ServerWarning, ...]


@dataclass(frozen=True, slots=True)
class SoapFault:
    """The server refused the message at the SOAP level."""

    code: str
    text: str

    @property
    def is_servers(self) -> bool:
        """Whether its class is Server (`soapenv:Server`, `Server.Timeout`): nothing is said against the message."""
        return self.code.rpartition(":")[2].partition(".")[0] == "Server"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Not an answer to our message: broken XML, wrong schema, another uuid."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BadlySigned:
    """A signature that does not hold, or a confirmation without one."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class UnknownSigner:
    """The signature holds, but nobody told us to trust who made it."""

    reason: str
    detail: str = ""


Answer = Confirmed | Refused | SoapFault | Unreadable | BadlySigned | UnknownSigner


@dataclass(frozen=True, slots=True)
class Odpoved:
    """The content of an answer by the schema; exactly one of `code` and `error` is there. `bkp` is echoed by v3."""

    uuid: str | None
    bkp: str | None
    received_at: str | None
    code: str | None
    error: tuple[int, str] | None
    test: bool
    warnings: tuple[ServerWarning, ...]


def read_answer(
    raw: bytes, *, dialect: DialectSpec, sent_uuid: str, trust: Trust, at: datetime, sent_bkp: str = ""
) -> Answer:
    """Judge an answer to the message `sent_uuid` at the given instant. Never raises for any bytes.

    `sent_bkp` (v3) is compared with the one the server echoes, when both are known.
    """
    sent = _Sent(uuid=sent_uuid, bkp=sent_bkp)
    try:
        root = parse(raw)
        if is_signed(root):
            verified = verify(root)
            trust.check(verified.certificate, at=at)
            return _judge(verified.body, certificate=verified.certificate, dialect=dialect, sent=sent)
        return _judge(_unsigned_body(root), certificate=None, dialect=dialect, sent=sent)
    except DocumentUnreadable as error:
        return Unreadable(error.reason, error.detail)
    except MessageInvalid as error:
        return Unreadable("schema", str(error)[:200])
    except SignatureInvalid as error:
        return BadlySigned(error.reason, error.detail)
    except UntrustedSigner as error:
        return UnknownSigner(error.reason, error.detail)


def _unsigned_body(root: etree._Element) -> etree._Element:
    try:
        return the_body(root)
    except SignatureInvalid as error:  # nothing is signed here: this is simply no answer
        raise DocumentUnreadable(error.reason, error.detail) from error


@dataclass(frozen=True, slots=True)
class _Sent:
    uuid: str
    bkp: str


def _judge(body: etree._Element, *, certificate: x509.Certificate | None, dialect: DialectSpec, sent: _Sent) -> Answer:
    odpoved = read_body(body, dialect=dialect)
    if isinstance(odpoved, SoapFault):
        return odpoved
    if odpoved.code is not None and certificate is None:
        return BadlySigned("unsigned_confirmation")
    if odpoved.uuid is None and odpoved.code is not None:
        return Unreadable("uuid", "a confirmation that does not say of what")
    if odpoved.uuid is not None and odpoved.uuid.lower() != sent.uuid.lower():
        return Unreadable("uuid", f"answers {odpoved.uuid}")
    if odpoved.bkp is not None and sent.bkp and odpoved.bkp.upper() != sent.bkp.upper():
        return Unreadable("bkp", f"answers the sale with BKP {odpoved.bkp}")
    if odpoved.error is not None:
        return Refused(code=odpoved.error[0], text=odpoved.error[1], test=odpoved.test, warnings=odpoved.warnings)
    assert odpoved.code is not None
    assert certificate is not None
    return Confirmed(
        code=odpoved.code,
        test=odpoved.test,
        received_at=odpoved.received_at,
        warnings=odpoved.warnings,
        signer=signed_by(certificate),
    )


def signed_by(certificate: x509.Certificate) -> SignedBy:
    """The facts of a signer's certificate that are kept with the answer."""
    return SignedBy(
        common_name=common_name(certificate) or "",
        organisation=organisation(certificate) or "",
        fingerprint=fingerprint(certificate),
        valid_to=certificate.not_valid_after_utc,
    )


def read_body(body: etree._Element, *, dialect: DialectSpec) -> Odpoved | SoapFault:
    """Read what the Body of an answer holds; a signature is judged by the caller. Raises MessageInvalid."""
    content = elements(body)
    if len(content) != 1 or not has_only_elements(body):
        raise MessageInvalid("Body", [str(child.tag)[:100] for child in content[:3]], allowed="exactly one element")
    if content[0].tag == f"{{{SOAP}}}Fault":
        return _fault(content[0])
    return read_odpoved(content[0], dialect=dialect)


def read_odpoved(element: etree._Element, *, dialect: DialectSpec) -> Odpoved:
    """Read an Odpoved exactly as the official schema allows it. Raises MessageInvalid."""
    ns = f"{{{dialect.namespace}}}"
    if element.tag != f"{ns}Odpoved":
        raise MessageInvalid("Body", str(element.tag)[:100], allowed=f"Odpoved of {dialect.namespace}")
    received_attributes(element, {})
    children = elements(element)
    names = [str(child.tag).removeprefix(ns) for child in children]
    shape_ok = names[:1] == ["Hlavicka"] and names[1:2] in (["Potvrzeni"], ["Chyba"])
    if not shape_ok or set(names[2:]) - {"Varovani"} or len(names) > 2 + WARNINGS_MAX or not has_only_elements(element):
        raise MessageInvalid("Odpoved", " ".join(names)[:100], allowed="Hlavicka, Potvrzeni or Chyba, 0 to 10 Varovani")
    head = received_attributes(children[0], dialect.answer_head)
    _empty(children[0])
    result = children[1]
    warnings = tuple(
        ServerWarning(
            int(received_attributes(child, {"kod_varov": required(whole_number(1, 999))})["kod_varov"]), _text(child)
        )
        for child in children[2:]
    )
    if names[1] == "Chyba":
        values = received_attributes(result, {"kod": required(whole_number(-999, 999)), "test": BOOLEAN})
        code, error = None, (int(values["kod"]), _text(result))
    else:
        values = received_attributes(result, {dialect.code: dialect.code_rule, "test": BOOLEAN})
        _empty(result)
        code, error = values[dialect.code], None
    return Odpoved(
        uuid=head.get("uuid_zpravy"),
        bkp=head.get("bkp"),
        received_at=head.get("dat_prij"),
        code=code,
        error=error,
        test=values.get("test") in {"true", "1"},
        warnings=warnings,
    )


def _fault(element: etree._Element) -> SoapFault:
    texts = {str(etree.QName(child).localname): " ".join(text_of(child).split()) for child in elements(element)}
    return SoapFault(
        code=texts.get("faultcode", "")[:TEXT_CHARS_MAX], text=texts.get("faultstring", "")[:TEXT_CHARS_MAX]
    )


def _empty(element: etree._Element) -> None:
    if elements(element) or text_of(element):
        raise MessageInvalid(str(etree.QName(element).localname), text_of(element)[:100], allowed="no content")


def _text(element: etree._Element) -> str:
    if elements(element):
        raise MessageInvalid(str(etree.QName(element).localname), "an element", allowed="text only")
    return " ".join(text_of(element).split())[:TEXT_CHARS_MAX]
