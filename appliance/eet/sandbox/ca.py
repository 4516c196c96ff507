"""The sandbox's own authorities: one for TLS, one for who signs answers, one that issues till certificates.

Everything public lies in the directory, keys in `private/` under it:

    tls-ca.pem              what the till must name as `ca_file`
    answer-ca.pem           the anchor for answers (the signer's name is SANDBOX_SIGNER)
    till-ca.pem             issuer of the till certificates
    till-<EIC>.p12, till-<EIC>.password
    issued/                 every till certificate it ever issued, named by fingerprint
"""

import secrets
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.eet.certificate import SignerName, check_validity, common_name, fingerprint
from appliance.eet.errors import CertificateProblem, MessageInvalid
from appliance.eet.sandbox.files import write_file
from appliance.eet.v4 import V4

SANDBOX_SIGNER = SignerName(organisation="Pokladna Pi", common_name="EET sandbox")

PLAYGROUND_POLICY = "1.2.203.19122063.10.4.102.0.1"
PRODUCTION_POLICY = "1.2.203.19122063.10.1.102.0.1"

TILL_VALID_FOR = timedelta(days=366)
_PASSWORD_CHARS = string.ascii_lowercase + string.digits

# A sandbox must not stop by itself: its authorities outlive every test and every clock it is run with.
_BEGINS = datetime(2000, 1, 1, tzinfo=UTC)
_ENDS = datetime(2120, 1, 1, tzinfo=UTC)

_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """What the server runs on. `tls` and `answer` hold key and certificate."""

    tls_ca: Path
    answer_ca: Path
    till_ca: Path
    tls: Path
    answer: Path


@dataclass(frozen=True, slots=True)
class SandboxFiles:
    """What a till is configured with."""

    tls_ca: Path
    answer_ca: Path
    till_p12: Path
    till_password: Path
    signer: SignerName


@dataclass(frozen=True, slots=True)
class Issued:
    """A till certificate just made, with the key store that holds its key."""

    certificate: x509.Certificate
    p12: bytes
    password: str


def make_sandbox_material(
    directory: Path, *, eic: str, host: str, at: datetime, playground: bool = True
) -> SandboxFiles:
    """Everything for a server on `host` and a till of `eic`; what is there and still valid at `at` is kept.

    With `playground=False` the till certificate bears the production policy, so that a live till takes it.
    """
    server = make_server_material(directory, host=host)
    p12, password = issue_till(directory, eic=eic, at=at, playground=playground)
    return SandboxFiles(
        tls_ca=server.tls_ca, answer_ca=server.answer_ca, till_p12=p12, till_password=password, signer=SANDBOX_SIGNER
    )


def make_server_material(directory: Path, *, host: str) -> ServerFiles:
    """The three authorities, the TLS certificate for `host` (and localhost) and the signer of answers."""
    private = directory / "private"
    private.mkdir(parents=True, exist_ok=True, mode=0o700)
    tls_ca, answer_ca, _ = (_authority(directory, name) for name in ("tls", "answer", "till"))
    tls, answer = private / "tls.pem", private / "answer.pem"
    if not tls.exists() or host not in _hosts(_load(tls)[1]):
        _store(tls, *_issue_tls(tls_ca, host=host))
    if not answer.exists():
        _store(answer, *_issue_signer(answer_ca))
    return ServerFiles(
        tls_ca=directory / "tls-ca.pem",
        answer_ca=directory / "answer-ca.pem",
        till_ca=directory / "till-ca.pem",
        tls=tls,
        answer=answer,
    )


def make_stranger(directory: Path) -> Path:
    """Key and certificate of somebody who bears the signer's name under an authority no till was told to trust."""
    stranger = directory / "private" / "stranger.pem"
    if not stranger.exists():
        _store(stranger, *_issue_signer(_authority(directory, "stranger")))
    return stranger


def issue_till(directory: Path, *, eic: str, at: datetime, playground: bool = True) -> tuple[Path, Path]:
    """A till's key store and the file with its password; a store that is still good at `at` is kept."""
    if not V4.data["eic_popl"].accepts(eic):
        raise MessageInvalid("eic_popl", eic, allowed=V4.data["eic_popl"].allowed)
    p12, password_file = directory / f"till-{eic}.p12", directory / f"till-{eic}.password"
    found = _still_good(p12, password_file, at=at)
    if found is not None:
        _remember(directory, found)
        return p12, password_file
    issued = issue_certificate(directory, eic=eic, at=at, playground=playground)
    write_file(password_file, (issued.password + "\n").encode("ascii"), mode=0o600)
    write_file(p12, issued.p12, mode=0o600)
    return p12, password_file


def issue_certificate(directory: Path, *, eic: str, at: datetime, playground: bool) -> Issued:
    """A new key and certificate, in a key store encrypted the legacy way the tax office does it."""
    authority = _authority(directory, "till")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    policy = x509.ObjectIdentifier(PLAYGROUND_POLICY if playground else PRODUCTION_POLICY)
    begins = at.astimezone(UTC).replace(microsecond=0) - timedelta(hours=1)
    builder = _builder(
        [(NameOID.COUNTRY_NAME, "CZ"), (NameOID.COMMON_NAME, eic)], key, issuer=authority, begins=begins
    ).not_valid_after(begins + TILL_VALID_FOR)
    builder = builder.add_extension(_usage(sign=True), critical=True).add_extension(
        x509.CertificatePolicies([x509.PolicyInformation(policy, None)]), critical=False
    )
    certificate = builder.sign(authority[0], hashes.SHA256())
    password = "".join(secrets.choice(_PASSWORD_CHARS) for _ in range(8))
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303  # as the official files are
        .build(password.encode("ascii"))
    )
    store = pkcs12.serialize_key_and_certificates(eic.encode("ascii"), key, certificate, [authority[1]], encryption)
    _remember(directory, certificate)
    return Issued(certificate, p12=store, password=password)


def find_issued(directory: Path, fingerprint_hex: str) -> x509.Certificate | None:
    """The till certificate with this SHA-256 fingerprint (64 hex digits), if it was issued here."""
    path = directory / "issued" / f"{fingerprint_hex}.pem"
    return x509.load_pem_x509_certificate(path.read_bytes()) if path.exists() else None


def _remember(directory: Path, certificate: x509.Certificate) -> None:
    path = directory / "issued" / f"{fingerprint(certificate)}.pem"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        write_file(path, certificate.public_bytes(Encoding.PEM), mode=0o644)


def _still_good(p12: Path, password_file: Path, *, at: datetime) -> x509.Certificate | None:
    if not p12.exists() or not password_file.exists():
        return None
    try:
        store = pkcs12.load_pkcs12(p12.read_bytes(), password_file.read_bytes().strip())
        assert store.cert is not None
        check_validity(store.cert.certificate, at=at)
    except (ValueError, CertificateProblem):
        return None
    return store.cert.certificate


def _authority(directory: Path, name: str) -> tuple[_Key, x509.Certificate]:
    """The CA of this name, made at the first call; its certificate also lies outside `private/`."""
    path = directory / "private" / f"{name}-ca.pem"
    if not path.exists():
        key: _Key = ec.generate_private_key(ec.SECP256R1())
        if name != "tls":
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = [(NameOID.ORGANIZATION_NAME, "Pokladna Pi"), (NameOID.COMMON_NAME, f"EET sandbox {name} CA")]
        builder = _builder(subject, key, issuer=None, begins=_BEGINS).not_valid_after(_ENDS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        _store(path, key, builder.add_extension(_usage(sign=False), critical=True).sign(key, hashes.SHA256()))
    found = _load(path)
    public = directory / f"{name}-ca.pem"
    if not public.exists():
        write_file(public, found[1].public_bytes(Encoding.PEM), mode=0o644)
    return found


def _issue_tls(issuer: tuple[_Key, x509.Certificate], *, host: str) -> tuple[_Key, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    names = [_general_name(each) for each in dict.fromkeys((host, "localhost", "127.0.0.1", "::1"))]
    builder = _builder([(NameOID.COMMON_NAME, host)], key, issuer=issuer, begins=_BEGINS).not_valid_after(_ENDS)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return key, builder.add_extension(_usage(sign=True), critical=True).sign(issuer[0], hashes.SHA256())


def _issue_signer(issuer: tuple[_Key, x509.Certificate]) -> tuple[_Key, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = [
        (NameOID.ORGANIZATION_NAME, str(SANDBOX_SIGNER.organisation)),
        (NameOID.COMMON_NAME, str(SANDBOX_SIGNER.common_name)),
    ]
    builder = _builder(subject, key, issuer=issuer, begins=_BEGINS).not_valid_after(_ENDS)
    return key, builder.add_extension(_usage(sign=True), critical=True).sign(issuer[0], hashes.SHA256())


def _builder(
    subject: list[tuple[x509.ObjectIdentifier, str]],
    key: _Key,
    *,
    issuer: tuple[_Key, x509.Certificate] | None,
    begins: datetime,
) -> x509.CertificateBuilder:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
    issuer_key = key if issuer is None else issuer[0]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name if issuer is None else issuer[1].subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _usage(*, sign: bool) -> x509.KeyUsage:
    """`sign`: signs documents; otherwise a CA that signs certificates."""
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=sign,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not sign,
        crl_sign=not sign,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _hosts(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names} | {common_name(certificate) or ""}


def _load(path: Path) -> tuple[_Key, x509.Certificate]:
    data = path.read_bytes()
    key = load_pem_private_key(data, password=None)
    assert isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey))
    return key, x509.load_pem_x509_certificate(data)


def _store(path: Path, key: _Key, certificate: x509.Certificate) -> None:
    """Key and certificate in one file, so that a kill between two writes cannot part them."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_file(path, text + certificate.public_bytes(Encoding.PEM), mode=0o600)
