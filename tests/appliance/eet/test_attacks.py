"""What an attacker on the line, or a taxpayer with a till certificate, could send in the place of an answer.

Whatever it is: the reader does not raise, nothing counts as confirmed, and the memory it takes is bounded.
"""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from appliance.domain.fiscal import Dialect, Mode
from appliance.eet.answer import BadlySigned, Confirmed, UnknownSigner, read_answer
from appliance.eet.certificate import Identity, Trust, load_pem
from appliance.eet.dialects import DIALECTS
from appliance.eet.document import canonical, parse
from appliance.eet.examine import examine
from appliance.eet.message import DialectSpec
from appliance.eet.names import DS, EXC_C14N, SOAP
from appliance.eet.outcome import ConfirmedOutcome, Replied, VerifiedOnly, outcome_of
from appliance.eet.report import Anchors, Verdict
from appliance.eet.v4 import V4
from tests.appliance.eet.material import AT, POK, UUID, Office, signed_answer, signed_answer_v3
from tests.appliance.eet.mutations import BKP, FORGED, genuine_answers

both = pytest.mark.parametrize("name", list(Dialect))
SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>")
MEGABYTE = 1024 * 1024


def _confirms(raw: bytes, *, dialect: DialectSpec, office: Office, trust: Trust | None = None) -> bool:
    """By the daemon's reading, by its outcome whatever the status, by the technician's command: all must agree."""
    trust = trust or office.trust
    answer = read_answer(raw, dialect=dialect, sent_uuid=UUID, sent_bkp=BKP, trust=trust, at=AT)
    outcomes = [outcome_of(Replied(status, answer), mode=Mode.PLAYGROUND, age=timedelta(0)) for status in (200, 500)]
    anchors = Anchors(tills=trust.anchors, answers=trust.anchors, signers={dialect.name: trust.signer})
    report = examine(raw, at=AT, anchors=anchors)
    said = {isinstance(answer, Confirmed), *(isinstance(each, (ConfirmedOutcome, VerifiedOnly)) for each in outcomes)}
    assert said == {report.verdict is Verdict.CONFIRMED}, (answer, report)
    assert (report.code is not None) is (report.verdict is Verdict.CONFIRMED)
    return said == {True}


def _body(raw: bytes) -> bytes:
    return raw[raw.index(b"<soapenv:Body") : raw.index(b"</soapenv:Envelope>")]


def _forged(raw: bytes) -> bytes:
    assert POK.encode() in raw
    return raw.replace(POK.encode(), FORGED.encode())


def _with_bodies(raw: bytes, *, in_header: bytes, instead: bytes) -> bytes:
    return raw.replace(_body(raw), instead).replace(b"</soapenv:Header>", in_header + b"</soapenv:Header>")


def _other_id(body: bytes) -> bytes:
    return body.replace(b'wsu:Id="id-', b'wsu:Id="xx-')


def _moved_signature(raw: bytes, *, before: bytes) -> bytes:
    signature = SIGNATURE.search(raw)
    assert signature is not None
    return raw.replace(signature[0], b"").replace(before, signature[0] + before)


def _twice_in_the_header(raw: bytes) -> bytes:
    wrapper = b"<w>" + _body(raw) + b"</w>"
    return _with_bodies(raw, in_header=wrapper, instead=_forged(_body(raw)))


WRAPPINGS: dict[str, Callable[[bytes], bytes]] = {
    "an altered code": _forged,
    "no signature": lambda raw: SIGNATURE.sub(b"", raw),
    "no signature, a forged code": lambda raw: _forged(SIGNATURE.sub(b"", raw)),
    "no header": lambda raw: re.sub(rb"<soapenv:Header>.*</soapenv:Header>", b"", raw),
    "signed body in the header, a forged one with its id": _twice_in_the_header,
    "signed body in the header, a forged one with another id": lambda raw: _with_bodies(
        raw, in_header=b"<w>" + _body(raw) + b"</w>", instead=_other_id(_forged(_body(raw)))
    ),
    "signed body in the header, a forged one without an id": lambda raw: _with_bodies(
        raw, in_header=_body(raw), instead=re.sub(rb' wsu:Id="[^"]*"', b"", _forged(_body(raw)))
    ),
    "two bodies, the forged one last": lambda raw: raw.replace(_body(raw), _body(raw) + _other_id(_forged(_body(raw)))),
    "two bodies, the forged one first": lambda raw: raw.replace(
        _body(raw), _other_id(_forged(_body(raw))) + _body(raw)
    ),
    "signed body inside the forged body": lambda raw: raw.replace(
        _body(raw), _other_id(_forged(_body(raw))).replace(b"</soapenv:Body>", _body(raw) + b"</soapenv:Body>")
    ),
    "forged answer beside the signed one": lambda raw: raw.replace(
        b"</soapenv:Body>", b"".join(re.findall(rb"<e:Odpoved.*</e:Odpoved>", _forged(raw))) + b"</soapenv:Body>"
    ),
    "genuine envelope in the header of a forged one": lambda raw: _with_bodies(
        raw, in_header=raw[raw.index(b"<soapenv:Envelope") :], instead=_forged(_body(raw))
    ),
    "genuine envelope in the body of an unsigned one": lambda raw: (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body>'.encode()
        + raw[raw.index(b"<soapenv:Envelope") :]
        + b"</s:Body></s:Envelope>"
    ),
    "signature in the header but outside Security": lambda raw: _moved_signature(raw, before=b"</soapenv:Header>"),
    "signature in the body": lambda raw: _moved_signature(raw, before=b"</soapenv:Body>"),
    "signature after the body": lambda raw: _moved_signature(raw, before=b"</soapenv:Envelope>"),
    "a second signature": lambda raw: SIGNATURE.sub(lambda found: found[0] * 2, raw),
    "a second reference": lambda raw: re.sub(rb"(<ds:Reference .*</ds:Reference>)", rb"\1\1", raw),
    "a reference to the token": lambda raw: raw.replace(b'<ds:Reference URI="#id-', b'<ds:Reference URI="#X509-'),
    "a reference to the whole document": lambda raw: re.sub(rb'(<ds:Reference) URI="[^"]*"', rb'\1 URI=""', raw),
    "a reference to a file": lambda raw: re.sub(rb'(<ds:Reference) URI="[^"]*"', rb'\1 URI="/etc/hostname"', raw),
    "a manifest": lambda raw: raw.replace(b"</ds:SignedInfo>", b"<ds:Manifest/></ds:SignedInfo>"),
    "the key as a value": lambda raw: raw.replace(b"</ds:KeyInfo>", b"<ds:KeyValue/></ds:KeyInfo>"),
    "a token of its own before the genuine one": lambda raw: re.sub(
        rb"(<wsse:BinarySecurityToken .*</wsse:BinarySecurityToken>)", rb"\1\1", raw
    ),
    "another root": lambda raw: raw.replace(b"soapenv:Envelope", b"soapenv:Envelop"),
}


@both
@pytest.mark.parametrize("attack", WRAPPINGS)
def test_no_rearranged_answer_confirms(office: Office, name: Dialect, attack: str) -> None:
    genuine = genuine_answers(office)[name]
    forged = WRAPPINGS[attack](genuine)
    assert forged != genuine

    assert not _confirms(forged, dialect=DIALECTS[name], office=office)


@both
def test_the_genuine_answer_confirms_so_that_these_tests_mean_something(office: Office, name: Dialect) -> None:
    assert _confirms(genuine_answers(office)[name], dialect=DIALECTS[name], office=office)


@both
def test_no_part_of_an_answer_that_was_cut_short_confirms(office: Office, name: Dialect) -> None:
    genuine = genuine_answers(office)[name]
    for end in [*range(0, len(genuine), 37), *(match.end() for match in re.finditer(b">", genuine[:-1]))]:
        assert not _confirms(genuine[:end], dialect=DIALECTS[name], office=office)


def _resigned(raw: bytes, office: Office, find: bytes, replace: bytes) -> bytes:
    """SignedInfo changed and signed again by the right signer, with whatever hash it then names."""
    assert find in raw
    changed = raw.replace(find, replace)
    signed_info = canonical(next(parse(changed).iter(f"{{{DS}}}SignedInfo")))
    hashing = hashes.SHA1() if b"#rsa-sha1" in signed_info else hashes.SHA256()
    signature = office.signer.key.sign(signed_info, padding.PKCS1v15(), hashing)
    value = base64.b64encode(signature)
    return re.sub(rb"(<ds:SignatureValue>)[^<]+", rb"\g<1>" + value, changed)


_TRANSFORM = f'<ds:Transform Algorithm="{EXC_C14N}"></ds:Transform>'.encode()
_C14N = f'<ds:CanonicalizationMethod Algorithm="{EXC_C14N}">'.encode()
_XPATH = b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>1</ds:XPath></ds:Transform>'
_XSLT = b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>'
_ENVELOPED = b'<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
_INCLUSIVE = b"http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


@pytest.mark.parametrize(
    ("find", "replace"),
    [
        (_TRANSFORM, _TRANSFORM + _XPATH),
        (_TRANSFORM, _XSLT + _TRANSFORM),
        (_TRANSFORM, _ENVELOPED + _TRANSFORM),
        (_TRANSFORM, _XPATH),
        (_TRANSFORM, b""),
        (_TRANSFORM, _TRANSFORM.replace(EXC_C14N.encode(), _INCLUSIVE)),
        (_TRANSFORM, _TRANSFORM.replace(EXC_C14N.encode(), EXC_C14N.encode() + b"WithComments")),
        (_C14N, _C14N.replace(EXC_C14N.encode(), _INCLUSIVE)),
        (_C14N, _C14N.replace(EXC_C14N.encode(), b"http://www.w3.org/2006/12/xml-c14n11")),
        (b"2001/04/xmldsig-more#rsa-sha256", b"2000/09/xmldsig#rsa-sha1"),
        (b"2001/04/xmldsig-more#rsa-sha256", b"2000/09/xmldsig#hmac-sha1"),
        (b"2001/04/xmldsig-more#rsa-sha256", b"2001/04/xmldsig-more#rsa-md5"),
        (b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1"),
        (b"2001/04/xmlenc#sha256", b"2001/04/xmlenc#sha512"),
    ],
)
def test_other_algorithms_and_transforms_prove_nothing_even_by_the_right_signer(
    office: Office, find: bytes, replace: bytes
) -> None:
    raw = _resigned(signed_answer(office.signer), office, find, replace)

    answer = read_answer(raw, dialect=V4, sent_uuid=UUID, trust=office.trust, at=AT)

    assert isinstance(answer, BadlySigned)
    assert answer.reason in {"algorithm", "shape"}
    assert not _confirms(raw, dialect=V4, office=office)


# Who signs

_LONG_AGO, _FAR = datetime(2001, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_OFFICIAL = {NameOID.ORGANIZATION_NAME: "Pokladna Pi", NameOID.COMMON_NAME: "EET sandbox"}


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(
    key: rsa.RSAPrivateKey,
    names: dict[x509.ObjectIdentifier, str],
    *,
    issuer: tuple[rsa.RSAPrivateKey, x509.Certificate] | None = None,
    ca: bool = False,
    ends: datetime = _FAR,
    extra: x509.ExtensionType | None = None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names.items()])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_LONG_AGO)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if extra is not None:
        builder = builder.add_extension(extra, critical=True)
    return builder.sign(issuer[0] if issuer else key, hashes.SHA256())


def _weakly_signed(
    leaf: x509.Certificate, authority: rsa.RSAPrivateKey, last: int, algorithm: hashes.HashAlgorithm
) -> x509.Certificate:
    """The certificate as an authority of the past would have signed it; the library itself refuses to."""
    family = bytes.fromhex("2a864886f70d0101")  # PKCS #1; the last arc names the hash
    strong, weak = family + b"\x0b", family + bytes([last])
    content = leaf.tbs_certificate_bytes.replace(strong, weak)
    der = leaf.public_bytes(Encoding.DER).replace(leaf.tbs_certificate_bytes, content).replace(strong, weak)
    return x509.load_der_x509_certificate(
        der.replace(leaf.signature, authority.sign(content, padding.PKCS1v15(), algorithm))
    )


def _identity(key: rsa.RSAPrivateKey, certificate: x509.Certificate, office: Office) -> Identity:
    return load_pem(Identity(key=key, certificate=certificate, chain=(), token=office.signer.token).to_pem())


def _answer_is_of_a_stranger(signer: Identity, office: Office, trust: Trust | None = None) -> str:
    """Why both dialects do not believe this signer."""
    trust, reasons = trust or office.trust, set()
    for name, raw in ((Dialect.V4, signed_answer(signer)), (Dialect.V3, signed_answer_v3(signer))):
        answer = read_answer(raw, dialect=DIALECTS[name], sent_uuid=UUID, trust=trust, at=AT)
        assert isinstance(answer, UnknownSigner)
        assert not _confirms(raw, dialect=DIALECTS[name], office=office, trust=trust)
        reasons.add(answer.reason)
    (reason,) = reasons
    return reason


def test_a_taxpayers_till_never_signs_answers(office: Office) -> None:
    assert _answer_is_of_a_stranger(office.till, office) == "chain"


def test_a_taxpayers_till_never_signs_answers_even_when_its_authority_was_named_for_answers(office: Office) -> None:
    lax = Trust((*office.trust.anchors, *office.till.chain), office.trust.signer)

    assert _answer_is_of_a_stranger(office.till, office, lax) == "till_certificate"


@pytest.mark.parametrize("named_like_the_signer", [False, True])
def test_a_till_of_eet_1_without_a_policy_is_known_by_its_name(office: Office, named_like_the_signer: bool) -> None:
    authority = _key()
    ca = _certificate(authority, {NameOID.COMMON_NAME: "EET CA 1"}, ca=True)
    key = _key()
    names = {NameOID.COMMON_NAME: "CZ00000019"} | (
        {NameOID.ORGANIZATION_NAME: "Pokladna Pi"} if named_like_the_signer else {}
    )
    till = _identity(key, _certificate(key, names, issuer=(authority, ca)), office)

    assert _answer_is_of_a_stranger(till, office, Trust((ca,), office.trust.signer)) == "till_certificate"


def test_an_authority_nobody_knows_is_a_stranger_whatever_names_it_uses(office: Office) -> None:
    authority, key = _key(), _key()
    anchor = office.trust.anchors[0]
    ca = _certificate(authority, {each.oid: str(each.value) for each in anchor.subject}, ca=True)
    signer = _identity(key, _certificate(key, _OFFICIAL, issuer=(authority, ca)), office)

    assert _answer_is_of_a_stranger(signer, office) == "chain"


def test_a_signer_that_vouches_for_itself_is_a_stranger(office: Office) -> None:
    key = _key()

    assert _answer_is_of_a_stranger(_identity(key, _certificate(key, _OFFICIAL), office), office) == "chain"


@pytest.mark.parametrize("expired", ["authority", "signer"])
def test_what_has_expired_vouches_for_nothing(office: Office, expired: str) -> None:
    authority, key = _key(), _key()
    day_before = AT - timedelta(days=1)
    ca = _certificate(
        authority, {NameOID.COMMON_NAME: "CA"}, ca=True, ends=day_before if expired == "authority" else _FAR
    )
    leaf = _certificate(key, _OFFICIAL, issuer=(authority, ca), ends=day_before if expired == "signer" else _FAR)
    trust = Trust((ca,), office.trust.signer)

    assert _answer_is_of_a_stranger(_identity(key, leaf, office), office, trust) == "chain"


def test_a_good_signer_of_another_name_is_a_stranger(office: Office) -> None:
    authority, key = _key(), _key()
    ca = _certificate(authority, {NameOID.COMMON_NAME: "CA"}, ca=True)
    leaf = _certificate(key, {**_OFFICIAL, NameOID.ORGANIZATION_NAME: "Pokladna Pi s.r.o."}, issuer=(authority, ca))

    trust = Trust((ca,), office.trust.signer)

    assert _answer_is_of_a_stranger(_identity(key, leaf, office), office, trust) == "name"


@pytest.mark.parametrize(("last", "algorithm"), [(4, hashes.MD5()), (5, hashes.SHA1())])
def test_a_certificate_signed_with_a_hash_that_can_be_forged_is_a_strangers(
    office: Office, last: int, algorithm: hashes.HashAlgorithm
) -> None:
    authority, key = _key(), _key()
    ca = _certificate(authority, {NameOID.COMMON_NAME: "CA"}, ca=True)
    leaf = _certificate(key, _OFFICIAL, issuer=(authority, ca))
    trust = Trust((ca,), office.trust.signer)
    assert _confirms(signed_answer(_identity(key, leaf, office)), dialect=V4, office=office, trust=trust)

    weak = _weakly_signed(leaf, authority, last, algorithm)

    assert _answer_is_of_a_stranger(_identity(key, weak, office), office, trust) == "weak_signature"


@pytest.mark.parametrize(
    "extra",
    [
        x509.KeyUsage(False, False, True, False, False, False, False, False, False),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
    ],
)
def test_a_certificate_that_is_not_for_signing_or_has_unknown_duties_is_a_stranger(
    office: Office, extra: x509.ExtensionType
) -> None:
    authority, key = _key(), _key()
    ca = _certificate(authority, {NameOID.COMMON_NAME: "CA"}, ca=True)
    leaf = _certificate(key, _OFFICIAL, issuer=(authority, ca), extra=extra)
    trust = Trust((ca,), office.trust.signer)

    assert _answer_is_of_a_stranger(_identity(key, leaf, office), office, trust) == "key_usage"
