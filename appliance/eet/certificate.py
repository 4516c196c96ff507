"""Certificates: the till's own key store, the anchors we trust, and whether a signer is the one we were told."""

import base64
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtensionOID, NameOID
from OpenSSL import crypto

from appliance.eet.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    NotAKeyStore,
    UntrustedSigner,
    UnusableKey,
    WrongPassword,
)

KEY_STORE_BYTES_MAX = 64 * 1024
HASH_BYTES_MIN = hashes.SHA224.digest_size

ODD = (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, x509.InvalidVersion)
"""What the library raises when a part of a certificate it has loaded turns out to be nonsense."""

_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
)
"""Extensions that may be critical in a signer's certificate: OpenSSL or this module judges them, or they only name."""

_TAXPAYER = re.compile(r"CZ[0-9]{8,10}")
_CA_POLICIES = "1.2.203.19122063.10."
_PRODUCTION_POLICIES = _CA_POLICIES + "1.102."


class Environment(StrEnum):
    """For which of the tax office's servers a till certificate was issued."""

    PRODUCTION = "production"
    PLAYGROUND = "playground"
    UNKNOWN = "unknown"


_EET_1_ISSUERS = {"EET CA 1": Environment.PRODUCTION, "EET CA 1 Playground": Environment.PLAYGROUND}


@dataclass(frozen=True, slots=True)
class Identity:
    """The till's key and certificate, loaded once; `token` is what goes into each envelope."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    token: str

    @property
    def eic(self) -> str:
        """The taxpayer the certificate was issued for (the common name)."""
        return common_name(self.certificate) or ""

    @property
    def environment(self) -> Environment:
        """Judged by the certificate policy."""
        return environment_of(self.certificate)

    def to_pem(self) -> bytes:
        """Key (not encrypted), certificate and chain: for a file only the sync daemon can read."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key + b"".join(each.public_bytes(Encoding.PEM) for each in (self.certificate, *self.chain))


@dataclass(frozen=True, slots=True)
class SignerName:
    """Who must have signed an answer. What is None is not compared; at least one must be given."""

    organisation: str | None = None
    common_name: str | None = None

    def __post_init__(self) -> None:
        if not self.organisation and not self.common_name:
            raise ValueError("a signer needs an organisation or a common name")

    def check(self, certificate: x509.Certificate) -> None:
        """Raise UntrustedSigner unless the certificate bears this name."""
        for wanted, found in (
            (self.organisation, organisation(certificate)),
            (self.common_name, common_name(certificate)),
        ):
            if wanted is not None and wanted != found:
                raise UntrustedSigner("name", f"signed by {found!r}, expected {wanted!r}")


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe about answers: issuing CAs (partial chains are enough) and the name of the signer."""

    anchors: tuple[x509.Certificate, ...]
    signer: SignerName

    def check(self, certificate: x509.Certificate, *, at: datetime) -> None:
        """Raise UntrustedSigner unless it chains to an anchor at that instant and bears the configured name."""
        check_answer_chain(certificate, anchors=self.anchors, at=at)
        self.signer.check(certificate)


def load_p12(data: bytes, password: str, *, at: datetime) -> Identity:
    """Open the tax office's key store and judge the certificate at the given time.

    Raises NotAKeyStore, WrongPassword, UnusableKey, CertificateExpired, CertificateNotYetValid.
    """
    identity = open_p12(data, password)
    check_validity(identity.certificate, at=at)
    return identity


def open_p12(data: bytes, password: str) -> Identity:
    """Open the tax office's key store (RC2 and 3DES encrypted), valid or not.

    Raises NotAKeyStore, WrongPassword, UnusableKey.
    """
    with warnings.catch_warnings():
        # The first playground stores (2016) are BER; one day the library will refuse what it now only grumbles about.
        warnings.filterwarnings("ignore", "PKCS#12 bundle could not be parsed as DER")
        return _open_p12(data, password)


def _open_p12(data: bytes, password: str) -> Identity:
    if len(data) > KEY_STORE_BYTES_MAX:
        raise NotAKeyStore(f"{len(data)} bytes, at most {KEY_STORE_BYTES_MAX}")
    if "\0" in password or not _is_unicode(password):
        raise WrongPassword("no key store has such a password")  # the library does not survive a NUL
    try:
        store = pkcs12.load_pkcs12(data, password.encode("utf-8"))
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        if "password" in str(error).lower():
            raise WrongPassword("the key store does not open with this password") from error
        raise NotAKeyStore(str(error)) from error
    if store.cert is None:
        raise UnusableKey("the key store holds no certificate")
    chain = tuple(each.certificate for each in store.additional_certs)
    return _identity(store.key, store.cert.certificate, chain)


def _is_unicode(text: str) -> bool:
    """Whether it has no halves of characters, such as come of bytes that are not UTF-8."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def load_pem(data: bytes) -> Identity:
    """What `Identity.to_pem` wrote. Raises NotAKeyStore, UnusableKey."""
    try:
        key = load_pem_private_key(data, password=None)
        certificate, *chain = x509.load_pem_x509_certificates(data)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise NotAKeyStore(str(error)) from error
    return _identity(key, certificate, tuple(chain))


def _identity(key: object, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]) -> Identity:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UnusableKey("the key store holds no RSA key")
    if key.public_key() != certificate.public_key():
        raise UnusableKey("the key and the certificate do not belong together")
    token = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")
    return Identity(key=key, certificate=certificate, chain=chain, token=token)


def check_validity(certificate: x509.Certificate, *, at: datetime) -> None:
    """Raise CertificateNotYetValid or CertificateExpired for the given instant."""
    if at < certificate.not_valid_before_utc:
        raise CertificateNotYetValid(certificate.not_valid_before_utc)
    if at > certificate.not_valid_after_utc:
        raise CertificateExpired(certificate.not_valid_after_utc)


def environment_of(certificate: x509.Certificate) -> Environment:
    """By the policy the CA put into it; of the certificates of EET 1, by their issuer.

    The interface document names 1.2.203.19122063.10.4.102 for the playground; the published playground certificates
    carry 10.2.102. So whatever the CA issues outside the production branch counts as a test certificate.
    """
    found = _policies(certificate)
    if any(policy.startswith(_PRODUCTION_POLICIES) for policy in found):
        return Environment.PRODUCTION
    if any(policy.startswith(_CA_POLICIES) for policy in found):
        return Environment.PLAYGROUND
    return _EET_1_ISSUERS.get(issuer_name(certificate) or "", Environment.UNKNOWN)


def is_of_eet_2(certificate: x509.Certificate) -> bool:
    """Whether the authority of EET 2.0 has issued it, for any of its environments."""
    return any(policy.startswith(_CA_POLICIES) for policy in _policies(certificate))


def _policies(certificate: x509.Certificate) -> list[str]:
    try:
        value = certificate.extensions.get_extension_for_oid(ExtensionOID.CERTIFICATE_POLICIES).value
    except (x509.ExtensionNotFound, *ODD):
        return []
    assert isinstance(value, x509.CertificatePolicies)
    return [policy.policy_identifier.dotted_string for policy in value]


def load_anchors(files: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    """Certificates from files that are each PEM (one or several) or DER. Raises NotAKeyStore.

    One whose names cannot be read or that OpenSSL does not take is none: every later judgement would stumble over it.
    """
    found: list[x509.Certificate] = []
    for data in files:
        try:
            if b"-----BEGIN CERTIFICATE-----" in data:
                loaded = x509.load_pem_x509_certificates(data)
            else:
                loaded = [x509.load_der_x509_certificate(data)]
            for certificate in loaded:
                _take_apart(certificate)
        except (*ODD, crypto.Error) as error:
            raise NotAKeyStore(f"no certificate: {str(error)[:200]}") from error
        found += loaded
    return tuple(found)


def _take_apart(certificate: x509.Certificate) -> None:
    """The library looks at the pieces only when they are asked for, and OpenSSL takes less than it does."""
    crypto.X509.from_cryptography(certificate)
    for name in (certificate.subject, certificate.issuer):
        name.rfc4514_string()


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER form, 64 lower-case hex digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def common_name(certificate: x509.Certificate) -> str | None:
    """The one CN of the subject; None if there is none or several."""
    return _one_name(certificate, NameOID.COMMON_NAME)


def issuer_name(certificate: x509.Certificate) -> str | None:
    """The one CN of the issuer; None if there is none or several."""
    return _one_name(certificate, NameOID.COMMON_NAME, of_issuer=True)


def organisation(certificate: x509.Certificate) -> str | None:
    """The one O of the subject; None if there is none or several."""
    return _one_name(certificate, NameOID.ORGANIZATION_NAME)


def _one_name(certificate: x509.Certificate, oid: x509.ObjectIdentifier, *, of_issuer: bool = False) -> str | None:
    try:
        name = certificate.issuer if of_issuer else certificate.subject
        found = name.get_attributes_for_oid(oid)
    except ODD:
        return None
    return str(found[0].value) if len(found) == 1 else None


def check_chain(certificate: x509.Certificate, *, anchors: Iterable[x509.Certificate], at: datetime) -> None:
    """Raise UntrustedSigner unless a chain leads to one of the anchors at that instant.

    An anchor may be an issuing CA: the root above it is not needed. `at` must know its zone.
    """
    store = crypto.X509Store()
    # The issuing CA of interface v3 marks its key identifier as critical, which OpenSSL takes for an unknown extension.
    # What is critical in an anchor does not matter (RFC 5280, 6.1); in the signer's certificate `_may_sign` judges it.
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | crypto.X509StoreFlags.IGNORE_CRITICAL)
    # set_time reads the wall-clock fields and takes them for UTC, whatever the zone.
    store.set_time(at.astimezone(UTC).replace(tzinfo=None))
    known = False
    for anchor in anchors:
        store.add_cert(crypto.X509.from_cryptography(anchor))
        known = True
    if not known:
        raise UntrustedSigner("no_anchor", "no trust anchor is configured")
    try:
        crypto.X509StoreContext(store, crypto.X509.from_cryptography(certificate)).verify_certificate()
    except crypto.X509StoreContextError as error:
        raise UntrustedSigner("chain", str(error)) from error
    except crypto.Error as error:
        raise UntrustedSigner("chain", repr(error)[:200]) from error
    if not _is_well_signed(certificate):
        raise UntrustedSigner("weak_signature", "its issuer signed the certificate with a hash that can be forged")
    if not _may_sign(certificate):
        raise UntrustedSigner("key_usage", "the certificate is not one for signatures")


def check_answer_chain(certificate: x509.Certificate, *, anchors: Iterable[x509.Certificate], at: datetime) -> None:
    """Raise UntrustedSigner as `check_chain` does, and for a taxpayer's certificate whatever the anchors are.

    A till's certificate must never vouch for an answer, not even when somebody named its CA an anchor for answers.
    """
    check_chain(certificate, anchors=anchors, at=at)
    name = common_name(certificate)
    if environment_of(certificate) is not Environment.UNKNOWN or (name and _TAXPAYER.fullmatch(name)):
        raise UntrustedSigner("till_certificate", f"signed with the certificate of the taxpayer {name!r}")


def _is_well_signed(certificate: x509.Certificate) -> bool:
    """Not by MD5 or SHA-1: OpenSSL takes them unless it is told, and the binding has no word for that."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except (UnsupportedAlgorithm, *ODD):
        return False
    return algorithm is None or algorithm.digest_size >= HASH_BYTES_MIN


def _may_sign(certificate: x509.Certificate) -> bool:
    """A CA's own certificate, one without the signature usage or with an unknown duty never signs messages."""
    try:
        extensions = certificate.extensions
        for extension in extensions:
            value = extension.value
            if extension.critical and extension.oid not in _UNDERSTOOD:
                return False
            if isinstance(value, x509.BasicConstraints) and value.ca:
                return False
            if isinstance(value, x509.KeyUsage) and not (value.digital_signature or value.content_commitment):
                return False
    except ODD:
        return False
    return True
