"""WS-Security X.509 signatures: one RSA-SHA256 signature over the SOAP Body and nothing else.

Signing writes the Body and SignedInfo directly in exclusive canonical form, so the digest is taken of the very bytes
sent. Verifying accepts only this one shape: every freedom of XML Signature that the official messages do not use is
refused.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from appliance.eet.document import canonical, elements, text_of
from appliance.eet.errors import SignatureInvalid
from appliance.eet.names import BASE64_BINARY, DS, EXC_C14N, RSA_SHA256, SHA256, SOAP, WSSE, WSU, X509_V3

RSA_BITS_MIN = 2048
RSA_BITS_MAX = 8192
PREFIXES_MAX = 16
"""Of one InclusiveNamespaces; official messages name two. The library looks each of them up at each element."""

_ID = f"{{{WSU}}}Id"
_LIST = re.compile(r"[ \t\r\n]+")


class Signer(Protocol):
    """Whoever has a key: `token` is the base64 of the DER certificate."""

    @property
    def key(self) -> rsa.RSAPrivateKey: ...
    @property
    def token(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Verified:
    """The Body element the signature covers, and the certificate that made it. Who that is must still be judged."""

    body: etree._Element
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Covered:
    """Any element a signature covers, for a report. Nothing may be read from it: that is what `verify` is for."""

    element: etree._Element
    certificate: x509.Certificate


def digest_value(data: bytes) -> str:
    """DigestValue of canonical bytes."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")


def signature_value(key: rsa.RSAPrivateKey, signed_info: bytes) -> str:
    """SignatureValue of a canonical SignedInfo; PKCS#1 v1.5, so the same input gives the same text."""
    return base64.b64encode(key.sign(signed_info, padding.PKCS1v15(), hashes.SHA256())).decode("ascii")


def sign_envelope(content: str, *, message_id: str, signer: Signer) -> bytes:
    """A SOAP envelope whose Body holds `content` (already exclusive canonical XML) and is signed.

    `message_id` is the uuid of the message; the wsu:Ids are made of it, so equal input gives equal bytes.
    """
    body_id, token_id = f"id-{message_id}", f"X509-{message_id}"
    body = (
        f'<soapenv:Body xmlns:soapenv="{SOAP}" xmlns:wsu="{WSU}" wsu:Id="{body_id}">{content}</soapenv:Body>'.encode()
    )
    signed_info = _SIGNED_INFO.replace("{body_id}", body_id).replace("{digest}", digest_value(body))
    value = signature_value(signer.key, signed_info.encode("ascii"))
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Header>'
        f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}">'
        f'<wsse:BinarySecurityToken EncodingType="{BASE64_BINARY}" ValueType="{X509_V3}" wsu:Id="{token_id}">'
        f"{signer.token}</wsse:BinarySecurityToken>"
        f'<ds:Signature xmlns:ds="{DS}">{signed_info}<ds:SignatureValue>{value}</ds:SignatureValue>'
        "<ds:KeyInfo><wsse:SecurityTokenReference>"
        f'<wsse:Reference URI="#{token_id}" ValueType="{X509_V3}"/>'
        "</wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security></soapenv:Header>"
    )
    return head.encode("ascii") + body + b"</soapenv:Envelope>"


_SIGNED_INFO = (
    f'<ds:SignedInfo xmlns:ds="{DS}">'
    f'<ds:CanonicalizationMethod Algorithm="{EXC_C14N}"></ds:CanonicalizationMethod>'
    f'<ds:SignatureMethod Algorithm="{RSA_SHA256}"></ds:SignatureMethod>'
    '<ds:Reference URI="#{body_id}">'
    f'<ds:Transforms><ds:Transform Algorithm="{EXC_C14N}"></ds:Transform></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{SHA256}"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue>"
    "</ds:Reference></ds:SignedInfo>"
)


def the_body(root: etree._Element) -> etree._Element:
    """The one Body of a SOAP 1.1 envelope that holds nothing but Header and Body. Raises SignatureInvalid."""
    if root.tag != f"{{{SOAP}}}Envelope":
        raise SignatureInvalid("no_envelope", str(root.tag)[:100])
    tags = [child.tag for child in elements(root)]
    if tags not in ([f"{{{SOAP}}}Body"], [f"{{{SOAP}}}Header", f"{{{SOAP}}}Body"]):
        raise SignatureInvalid("envelope_shape", "expected one Header and one Body")
    return elements(root)[-1]


def is_signed(root: etree._Element) -> bool:
    """Whether a ds:Signature stands anywhere in the document: then it must verify."""
    return next(root.iter(f"{{{DS}}}Signature"), None) is not None


def verify(root: etree._Element) -> Verified:
    """Check the one signature of an envelope; returns the very element it covers. Raises SignatureInvalid."""
    body = the_body(root)
    covered = _verify(root, body)
    return Verified(body=covered.element, certificate=covered.certificate)


def covered_element(root: etree._Element) -> Covered:
    """Check the one signature of a document, whatever it covers and wherever that stands. Raises SignatureInvalid."""
    return _verify(root, None)


def enclosed_certificate(root: etree._Element) -> x509.Certificate:
    """The certificate in the first BinarySecurityToken of a document; it proves nothing. Raises SignatureInvalid."""
    token = next(root.iter(f"{{{WSSE}}}BinarySecurityToken"), None)
    if token is None:
        raise SignatureInvalid("token", "0 tokens")
    return _load_certificate(token)


def _verify(root: etree._Element, body: etree._Element | None) -> Covered:
    """`body`: the element the signature must cover; None for any."""
    security, signature = _the_signature(root)
    signed_info, value, key_info = _exactly(signature, (DS, "SignedInfo"), (DS, "SignatureValue"), (DS, "KeyInfo"))
    c14n, method, reference = _exactly(
        signed_info, (DS, "CanonicalizationMethod"), (DS, "SignatureMethod"), (DS, "Reference")
    )
    _demand_algorithm(method, RSA_SHA256)
    certificate = _token_certificate(security, key_info, root)
    _check_key_signature(certificate, canonical(signed_info, prefixes=_c14n_prefixes(c14n)), _base64(value))
    element = body if body is not None else _referred(reference, root)
    _check_reference(reference, element, root)
    return Covered(element=element, certificate=certificate)


def _the_signature(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """The one Signature of the document, which stands in the one Security of the Header."""
    everywhere = list(root.iter(f"{{{DS}}}Signature"))
    if not everywhere:
        raise SignatureInvalid("unsigned")
    securities = list(root.iter(f"{{{WSSE}}}Security"))
    if len(everywhere) != 1 or len(securities) != 1:
        raise SignatureInvalid("several_signatures", f"{len(everywhere)} Signature, {len(securities)} Security")
    signature, security = everywhere[0], securities[0]
    header = security.getparent()
    if (
        signature.getparent() is not security
        or header is None
        or header.tag != f"{{{SOAP}}}Header"
        or header.getparent() is not root
    ):
        raise SignatureInvalid("misplaced_signature")
    return security, signature


def _referred(reference: etree._Element, root: etree._Element) -> etree._Element:
    uri = reference.get("URI", "")
    found = next((each for each in root.iter(etree.Element) if uri and uri == f"#{each.get(_ID)}"), None)
    if found is None:
        raise SignatureInvalid("reference", "the signature refers to nothing in the document")
    return found


def _check_reference(reference: etree._Element, element: etree._Element, root: etree._Element) -> None:
    element_id = element.get(_ID)
    if not element_id or reference.get("URI") != f"#{element_id}":
        raise SignatureInvalid("reference", "the signature does not refer to the Body")
    if _ids(root).count(element_id) != 1:
        raise SignatureInvalid("duplicate_id", element_id[:100])
    transforms, digest_method, digest = _exactly(
        reference, (DS, "Transforms"), (DS, "DigestMethod"), (DS, "DigestValue")
    )
    (transform,) = _exactly(transforms, (DS, "Transform"))
    _demand_algorithm(digest_method, SHA256)
    if hashlib.sha256(canonical(element, prefixes=_c14n_prefixes(transform))).digest() != _base64(digest):
        raise SignatureInvalid("digest", "the element is not what was signed")


def _check_key_signature(certificate: x509.Certificate, signed_info: bytes, value: bytes) -> None:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SignatureInvalid("key", str(error)[:200]) from error
    if not isinstance(key, rsa.RSAPublicKey) or not RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        raise SignatureInvalid("key", f"expected RSA of {RSA_BITS_MIN} to {RSA_BITS_MAX} bits")
    try:
        key.verify(value, signed_info, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise SignatureInvalid("signature_value", "not made by the enclosed certificate") from error


def _token_certificate(security: etree._Element, key_info: etree._Element, root: etree._Element) -> x509.Certificate:
    """The certificate of the one BinarySecurityToken to which KeyInfo refers."""
    (token_reference,) = _exactly(key_info, (WSSE, "SecurityTokenReference"))
    (reference,) = _exactly(token_reference, (WSSE, "Reference"))
    tokens = [child for child in elements(security) if child.tag == f"{{{WSSE}}}BinarySecurityToken"]
    if len(tokens) != 1:
        raise SignatureInvalid("token", f"{len(tokens)} tokens")
    token = tokens[0]
    token_id = token.get(_ID)
    if not token_id or reference.get("URI") != f"#{token_id}" or _ids(root).count(token_id) != 1:
        raise SignatureInvalid("token", "KeyInfo does not refer to the token")
    if token.get("ValueType") != X509_V3 or token.get("EncodingType", BASE64_BINARY) != BASE64_BINARY:
        raise SignatureInvalid("token", "not a base64 X.509 v3 certificate")
    return _load_certificate(token)


def _load_certificate(token: etree._Element) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(_base64(token))
    except (ValueError, x509.InvalidVersion) as error:
        raise SignatureInvalid("token", str(error)[:200]) from error


def _exactly(parent: etree._Element, *names: tuple[str, str]) -> list[etree._Element]:
    """The children of `parent`, which must be these and no other, in this order."""
    children = elements(parent)
    if [child.tag for child in children] != [f"{{{namespace}}}{name}" for namespace, name in names]:
        raise SignatureInvalid("shape", f"unexpected content of {etree.QName(parent).localname}")
    return children


def _demand_algorithm(element: etree._Element, algorithm: str) -> None:
    if element.get("Algorithm") != algorithm or elements(element):
        raise SignatureInvalid("algorithm", f"{etree.QName(element).localname}: {element.get('Algorithm')}"[:200])


def _c14n_prefixes(element: etree._Element) -> list[str]:
    """Demand exclusive canonicalisation; the PrefixList of its InclusiveNamespaces, when there is one."""
    if element.get("Algorithm") != EXC_C14N:
        raise SignatureInvalid("algorithm", f"{etree.QName(element).localname}: {element.get('Algorithm')}"[:200])
    children = elements(element)
    if not children:
        return []
    (inclusive,) = _exactly(element, (EXC_C14N, "InclusiveNamespaces"))
    prefixes = [prefix for prefix in _LIST.split(inclusive.get("PrefixList", "")) if prefix]
    if len(prefixes) > PREFIXES_MAX:
        raise SignatureInvalid("algorithm", f"InclusiveNamespaces of {len(prefixes)} prefixes, at most {PREFIXES_MAX}")
    return prefixes


def _ids(root: etree._Element) -> list[str]:
    """Every value any XML library might take for an ID: wsu:Id, xml:id, Id, ID, id."""
    return list(_iterate_ids(root))


def _iterate_ids(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            if str(name).rpartition("}")[2].lower() == "id":
                yield str(value)


def _base64(element: etree._Element) -> bytes:
    if elements(element):
        raise SignatureInvalid("base64", etree.QName(element).localname)
    try:
        return base64.b64decode("".join(text_of(element).split()), validate=True)
    except ValueError as error:
        raise SignatureInvalid("base64", etree.QName(element).localname) from error
