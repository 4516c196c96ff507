"""PKP and BKP, the control codes of interface v3: a taxpayer's signature of the sale, and its short form for paper."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from appliance.eet.document import elements, has_only_elements, text_of
from appliance.eet.errors import MessageInvalid
from appliance.eet.message import (
    DialectSpec,
    Rule,
    attributes_xml,
    received_attributes,
    required,
    sale_key,
    validate_data,
)

PKP_BYTES = 256
"""RSA of 2048 bits and no other: the schema fixes the length."""

_PKP_ATTRIBUTES = {"cipher": "RSA2048", "digest": "SHA256", "encoding": "base64"}
_BKP_ATTRIBUTES = {"digest": "SHA1", "encoding": "base16"}

_WHITE_SPACE = re.compile(r"[ \t\r\n]+")

BKP = Rule(re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{8}){4}"), "a BKP (44 characters)", collapses=True)


@dataclass(frozen=True, slots=True)
class ControlCodes:
    """`pkp` is base64 without white space, `bkp` five groups of eight capital hex digits: as sent and as printed."""

    pkp: str
    bkp: str


def control_codes(data: Mapping[str, str], *, dialect: DialectSpec, key: rsa.RSAPrivateKey) -> ControlCodes:
    """The codes of one sale, of the attributes exactly as they are sent. One signature for both codes.

    They are made once and kept: after a change of certificate the same sale would get others. Raises MessageInvalid,
    also for a key of another size than 2048 bits.
    """
    validate_data(data, dialect=dialect)
    if key.key_size != PKP_BYTES * 8:
        raise MessageInvalid("pkp", f"a key of {key.key_size} bits", allowed=f"an RSA key of {PKP_BYTES * 8} bits")
    pkp = key.sign(_plaintext(data, dialect=dialect), padding.PKCS1v15(), hashes.SHA256())
    return ControlCodes(pkp=base64.b64encode(pkp).decode("ascii"), bkp=bkp_of(pkp))


def codes_hold(
    codes: ControlCodes, data: Mapping[str, str], *, dialect: DialectSpec, certificate: x509.Certificate
) -> bool:
    """Whether the owner of this certificate made the PKP of this sale, and the BKP belongs to it; for any texts."""
    try:
        key = certificate.public_key()
        pkp = base64.b64decode(codes.pkp, validate=True)
        plaintext = _plaintext(data, dialect=dialect)
    except (ValueError, KeyError, UnsupportedAlgorithm):
        return False
    if not isinstance(key, rsa.RSAPublicKey) or codes.bkp != bkp_of(pkp):
        return False
    try:
        key.verify(pkp, plaintext, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def bkp_of(pkp: bytes) -> str:
    """SHA-1 of the decoded PKP as it is printed; the official rule, no protection of ours."""
    digest = hashlib.sha1(pkp, usedforsecurity=False).hexdigest().upper()
    return "-".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def codes_xml(codes: ControlCodes, *, dialect: DialectSpec) -> str:
    """KontrolniKody in canonical form. Raises MessageInvalid unless the schema takes the codes."""
    _check_codes(codes)
    p = dialect.prefix
    return (
        f"<{p}:KontrolniKody><{p}:pkp{attributes_xml(_PKP_ATTRIBUTES)}>{codes.pkp}</{p}:pkp>"
        f"<{p}:bkp{attributes_xml(_BKP_ATTRIBUTES)}>{codes.bkp}</{p}:bkp></{p}:KontrolniKody>"
    )


def read_codes(element: etree._Element, *, dialect: DialectSpec) -> ControlCodes:
    """The codes of a received KontrolniKody as the schema allows it. Raises MessageInvalid."""
    ns = f"{{{dialect.namespace}}}"
    parts = elements(element)
    if [part.tag for part in parts] != [f"{ns}pkp", f"{ns}bkp"] or not has_only_elements(element):
        raise MessageInvalid("KontrolniKody", [str(part.tag)[:100] for part in parts], allowed="pkp and bkp")
    received_attributes(element, {})
    for part, fixed in zip(parts, (_PKP_ATTRIBUTES, _BKP_ATTRIBUTES), strict=True):
        received_attributes(part, {name: _exactly(value) for name, value in fixed.items()})
        if elements(part):
            raise MessageInvalid(str(etree.QName(part).localname), "an element", allowed="text only")
    codes = written_codes(pkp=text_of(parts[0]), bkp=text_of(parts[1]))
    _check_codes(codes)
    return codes


def written_codes(*, pkp: str, bkp: str) -> ControlCodes:
    """The codes of two received texts, whatever they are: without the white space XML Schema ignores.

    A BKP may have small letters; what is none stays as it is, lest a capital make it one (of the ligature ff).
    """
    bkp = bkp.strip(" \t\r\n")
    return ControlCodes(pkp=_WHITE_SPACE.sub("", pkp), bkp=bkp.upper() if bkp.isascii() else bkp)


def _check_codes(codes: ControlCodes) -> None:
    try:
        pkp = base64.b64decode(codes.pkp, validate=True)
    except ValueError:
        pkp = b""
    if len(pkp) != PKP_BYTES or base64.b64encode(pkp).decode("ascii") != codes.pkp:  # XML Schema: no bits left over
        raise MessageInvalid("pkp", codes.pkp[:400], allowed=f"base64 of {PKP_BYTES} bytes")
    if not BKP.accepts(codes.bkp):
        raise MessageInvalid("bkp", codes.bkp[:100], allowed=BKP.allowed)


def _plaintext(data: Mapping[str, str], *, dialect: DialectSpec) -> bytes:
    return "|".join(sale_key(data, dialect=dialect)).encode("ascii")


def _exactly(value: str) -> Rule:
    return required(Rule(re.compile(re.escape(value)), value))
