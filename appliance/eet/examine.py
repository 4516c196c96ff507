"""What a technician wants to know of one file: is it a message or an answer, and does all of it hold?

The judgement is that of `answer` and of the server, told apart into single facts. Pure: bytes, an instant and anchors
go in, a report comes out, whatever the bytes are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from lxml import etree

from appliance.domain.fiscal import Mode
from appliance.eet.answer import Odpoved, Refused, SoapFault, read_body
from appliance.eet.certificate import check_answer_chain, check_chain, common_name, organisation
from appliance.eet.codes import codes_hold, written_codes
from appliance.eet.dialects import DIALECTS
from appliance.eet.document import MESSAGE_BYTES_MAX, elements, parse
from appliance.eet.errors import DocumentUnreadable, MessageInvalid, SignatureInvalid, UntrustedSigner
from appliance.eet.message import DialectSpec
from appliance.eet.names import SOAP
from appliance.eet.outcome import Parked, Replied, VerifiedOnly, outcome_of
from appliance.eet.report import Anchors, Coded, Kind, Report, Verdict
from appliance.eet.request import Trzba, read_trzba
from appliance.eet.signature import covered_element, enclosed_certificate, is_signed, the_body
from appliance.eet.v4 import V4


@dataclass(frozen=True, slots=True)
class _Subject:
    """What stands where. `body` is None when there is no right envelope; then `element` is only talked about."""

    dialect: DialectSpec | None
    kind: Kind
    element: etree._Element | None
    body: etree._Element | None


@dataclass(frozen=True, slots=True)
class _Signed:
    signature: bool | None
    is_read: bool
    certificate: x509.Certificate | None


_Content = Trzba | Odpoved | SoapFault


def examine(raw: bytes, *, at: datetime, anchors: Anchors) -> Report:
    """The report on one file, judged at an instant that knows its zone. Never raises for any bytes."""
    try:
        root = parse(raw)
    except DocumentUnreadable as error:
        return _unreadable(error)
    reasons: list[str] = []
    subject = _subject(root, reasons)
    content = _content(subject, reasons)
    signed = _signed(root, subject, reasons)
    chain = None if signed.signature is None else _chain(signed.certificate, subject, at, anchors, reasons)
    codes = _codes(subject, signed.certificate, reasons)
    fits = _fits(subject, len(raw), reasons)
    trusted = signed.signature is True and signed.is_read and chain is True
    verdict = _verdict(
        subject.kind, content, signed=signed.signature, trusted=trusted, rest=fits and codes is not False
    )
    _add_notes(subject, content, signed.certificate, reasons)
    odpoved = content if isinstance(content, Odpoved) else None
    return Report(
        dialect=subject.dialect.name if subject.dialect else None,
        kind=subject.kind,
        well_formed=True,
        schema=content is not None and not isinstance(content, SoapFault),
        signature=signed.signature,
        signed_element_is_read_element=signed.is_read,
        chain=chain,
        codes=codes,
        code=odpoved.code if odpoved and verdict is Verdict.CONFIRMED else None,
        test=odpoved.test if odpoved else None,
        errors=(Coded(*odpoved.error),) if odpoved and odpoved.error else (),
        warnings=tuple(Coded(each.code, each.text) for each in odpoved.warnings) if odpoved else (),
        verdict=verdict,
        reasons=tuple(reasons),
    )


def _unreadable(error: DocumentUnreadable) -> Report:
    sentence = {
        "too_large": "The file is larger than any message or answer can be; it was not read.",
        "encoding": f"The file is not UTF-8 text: {error.detail}.",
        "attributes": f"The file is not read: it has {error.detail} attributes.",
        "crowded": f"The file is not read: it has {error.detail}.",
        "doctype": "The file has a document type declaration; such files are refused unread.",
    }.get(error.reason, f"The file is not well-formed XML: {error.detail}.")
    return Report(
        dialect=None,
        kind=Kind.UNKNOWN,
        well_formed=False,
        schema=None,
        signature=None,
        signed_element_is_read_element=False,
        chain=None,
        codes=None,
        code=None,
        test=None,
        errors=(),
        warnings=(),
        verdict=Verdict.INVALID,
        reasons=(sentence,),
    )


def _subject(root: etree._Element, reasons: list[str]) -> _Subject:
    """What the document is about; in a wrong envelope the first thing that looks like it."""
    body: etree._Element | None = None
    try:
        body = the_body(root)
        candidates = elements(body)
    except SignatureInvalid as error:
        if error.reason == "no_envelope":
            reasons.append(f"The document is no SOAP 1.1 envelope: its root is {error.detail}.")
        else:
            reasons.append("The envelope must hold at most one Header, then one Body, and nothing else.")
        bodies = [child for child in elements(root) if child.tag == f"{{{SOAP}}}Body"]
        candidates = [root, *(child for each in bodies for child in elements(each))]
    for element in candidates:
        dialect = _dialect_of(element)
        kind = _kind_of(element, dialect)
        if kind is not Kind.UNKNOWN:
            return _Subject(dialect, kind, element, body)
    if body is not None:
        reasons.append("The Body holds neither a Trzba nor an Odpoved of a known version, nor a SOAP fault.")
    found = next((dialect for element in candidates if (dialect := _dialect_of(element))), None)
    return _Subject(found, Kind.UNKNOWN, None, body)


def _dialect_of(element: etree._Element) -> DialectSpec | None:
    namespace = etree.QName(element).namespace
    return next((dialect for dialect in DIALECTS.values() if dialect.namespace == namespace), None)


def _kind_of(element: etree._Element, dialect: DialectSpec | None) -> Kind:
    if element.tag == f"{{{SOAP}}}Fault":
        return Kind.ERROR
    name = etree.QName(element).localname
    if dialect is None or name not in {"Trzba", "Odpoved"}:
        return Kind.UNKNOWN
    if name == "Trzba":
        return Kind.REQUEST
    results = {child.tag for child in elements(element)}
    if f"{{{dialect.namespace}}}Potvrzeni" in results:
        return Kind.CONFIRMATION
    return Kind.ERROR if f"{{{dialect.namespace}}}Chyba" in results else Kind.UNKNOWN


def _content(subject: _Subject, reasons: list[str]) -> _Content | None:
    """The content as the schema has it, or None."""
    if subject.body is None or subject.element is None:
        return None
    dialect = subject.dialect or V4  # a fault is the same in both
    try:
        if subject.kind is Kind.REQUEST:
            return read_trzba(subject.body, dialect=dialect)
        found = read_body(subject.body, dialect=dialect)
    except MessageInvalid as error:
        reasons.append(f"The official schema does not allow it: {str(error)[:300]}.")
        return None
    if isinstance(found, SoapFault):
        reasons.append(f"The server sent a SOAP fault, which the EET schema does not know: {found.code} {found.text}.")
    return found


def _signed(root: etree._Element, subject: _Subject, reasons: list[str]) -> _Signed:
    certificate = None
    try:
        certificate = enclosed_certificate(root)
    except SignatureInvalid as error:
        if is_signed(root):
            reasons.append(f"The enclosed certificate cannot be read: {error.detail}.")
    if not is_signed(root):
        if subject.kind in {Kind.REQUEST, Kind.CONFIRMATION}:
            reasons.append(f"There is no signature, and a {subject.kind} must have one.")
        return _Signed(None, is_read=False, certificate=certificate)
    try:
        covered = covered_element(root)
    except (SignatureInvalid, DocumentUnreadable) as error:
        reasons.append(f"The signature does not hold ({error.reason}): {error.detail or 'see its shape'}.")
        return _Signed(False, is_read=False, certificate=certificate)
    is_read = covered.element is subject.body
    if not is_read:
        name = etree.QName(covered.element).localname
        reasons.append(f"What is signed is not the Body that is read but another element ({name}).")
    return _Signed(True, is_read=is_read, certificate=covered.certificate)


def _chain(
    certificate: x509.Certificate | None, subject: _Subject, at: datetime, anchors: Anchors, reasons: list[str]
) -> bool | None:
    request = subject.kind is Kind.REQUEST
    trusted = anchors.tills if request else anchors.answers
    if not trusted:
        reasons.append("No trust anchor is known for it, so nobody can say who signed it.")
        return None
    if certificate is None:
        return False
    signer = anchors.signers.get(subject.dialect.name) if subject.dialect and not request else None
    try:
        if request:
            check_chain(certificate, anchors=trusted, at=at)
        else:
            check_answer_chain(certificate, anchors=trusted, at=at)
        if signer is not None:
            signer.check(certificate)
        elif not request:
            said = f"{organisation(certificate)}, {common_name(certificate)}"
            reasons.append(f"Note: the signer's name was not compared; it is: {said}.")
    except UntrustedSigner as error:
        reasons.append(f"The signer is not trusted at {at.isoformat()} ({error.reason}): {error.detail}.")
        return False
    return True


def _codes(subject: _Subject, certificate: x509.Certificate | None, reasons: list[str]) -> bool | None:
    """PKP and BKP as they are written, whatever the rest of the schema says."""
    dialect, trzba = subject.dialect, subject.element
    if subject.kind is not Kind.REQUEST or dialect is None or trzba is None or not dialect.control_codes:
        return None
    if certificate is None:
        reasons.append("PKP and BKP cannot be judged without a certificate.")
        return None
    ns = f"{{{dialect.namespace}}}"
    data = trzba.find(f"{ns}Data")
    pkp, bkp = (trzba.findtext(f"{ns}KontrolniKody/{ns}{name}") or "" for name in ("pkp", "bkp"))
    codes = written_codes(pkp=pkp, bkp=bkp)
    values = {} if data is None else {str(name): str(value) for name, value in data.attrib.items()}
    values = {name: each.strip(" \t\r\n") if _collapses(name, dialect) else each for name, each in values.items()}
    if codes_hold(codes, values, dialect=dialect, certificate=certificate):
        return True
    reasons.append("PKP and BKP are not those of this sale by the enclosed certificate.")
    return False


def _collapses(name: str, dialect: DialectSpec) -> bool:
    return name in dialect.data and dialect.data[name].collapses


def _fits(subject: _Subject, size: int, reasons: list[str]) -> bool:
    if subject.kind is not Kind.REQUEST or size <= MESSAGE_BYTES_MAX:
        return True
    reasons.append(f"The message has {size} bytes; the server takes at most {MESSAGE_BYTES_MAX}.")
    return False


def _verdict(kind: Kind, content: _Content | None, *, signed: bool | None, trusted: bool, rest: bool) -> Verdict:
    """`trusted`: the signature covers what is read, by somebody we trust. `rest`: codes and size are right."""
    if content is None:
        return Verdict.INVALID
    if kind is Kind.REQUEST:
        return Verdict.VALID if trusted and rest else Verdict.INVALID
    if isinstance(content, Odpoved) and content.code is not None:
        return Verdict.CONFIRMED if trusted and content.uuid is not None else Verdict.INVALID
    if signed is not None and not trusted:
        return Verdict.INVALID
    return _error_verdict(content)


def _error_verdict(content: _Content) -> Verdict:
    if isinstance(content, Odpoved):
        assert content.error is not None
        code, text = content.error
        answer: Refused | SoapFault = Refused(code=code, text=text, test=content.test, warnings=content.warnings)
    else:
        assert isinstance(content, SoapFault)
        answer = content
    outcome = outcome_of(Replied(200, answer), mode=Mode.VERIFICATION, age=timedelta(0))
    if isinstance(outcome, VerifiedOnly):
        return Verdict.VERIFIED_ONLY
    return Verdict.PARKED if isinstance(outcome, Parked) else Verdict.RETRY


def _add_notes(
    subject: _Subject, content: _Content | None, certificate: x509.Certificate | None, reasons: list[str]
) -> None:
    if isinstance(content, Odpoved) and content.code is not None and content.uuid is None:
        reasons.append("The confirmation does not say which message it confirms.")
    if isinstance(content, Odpoved) and content.error is not None:
        reasons.append(f"The server answered with the error {content.error[0]}: {content.error[1]}.")
    if isinstance(content, Trzba) and certificate is not None and subject.dialect is not None:
        taxpayer = content.data[subject.dialect.sale_key[0]]
        if common_name(certificate) != taxpayer:
            reasons.append(f"Note: a message of {taxpayer} is signed by {common_name(certificate)} (warning 1).")
