"""The server's own certificate authority: browsers need a secure context, and a shop has no public name.

Files in `data_dir/tls`: `ca.pem`, `ca.key`, `leaf.pem` (leaf and CA), `leaf.key`; keys readable by the server only.
The CA may vouch only for names of a local network (name constraints), so importing it does not put anything else at
risk. The leaf is renewed at a start when it ends soon or the machine's names changed; its key stays, because tills pin
it (sync.md, section 7).
"""

import base64
import hashlib
import ipaddress
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFETIME = timedelta(days=3653)
LEAF_LIFETIME = timedelta(days=397)  # browsers accept no longer one
RENEW_BEFORE = timedelta(days=30)
CLOCK_SLACK = timedelta(days=1)
KEY_MARK_CHARS = 8
LEAF_KEY_FILE = "leaf.key"
NEXT_KEY_FILE = "next.key"
LOCAL_NAMES = ("local", "localhost", "home.arpa", "internal")
LOCAL_NETWORKS = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Names:
    """What the leaf vouches for: DNS names and addresses."""

    dns: tuple[str, ...]
    addresses: tuple[Address, ...] = ()


@dataclass(frozen=True)
class Trust:
    """`key_mark`: 8 characters of the SHA-256 of the leaf's public key, for pairing codes.

    `left_out`: names that the CA may not vouch for. `next_key`: the whole hash of the key that is prepared to follow,
    '' while there is none; paired tills are told it by every answer.
    """

    ca_file: Path
    certificate_file: Path
    key_file: Path
    key_mark: str
    names: Names
    left_out: tuple[str, ...]
    next_key: str = ""

    @property
    def ca_pem(self) -> bytes:
        return self.ca_file.read_bytes()


def machine_names(*, host_name: str = "", public_name: str = "", addresses: Sequence[str] = ()) -> Names:
    """The names of this machine: `<host>.local`, host, localhost, the public name and the given addresses."""
    host = (host_name or socket.gethostname().split(".")[0]).lower()
    dns = dict.fromkeys(name for name in (f"{host}.local", host, "localhost", public_name.lower()) if name)
    fixed = ("127.0.0.1", "::1")
    found = dict.fromkeys(ipaddress.ip_address(text.split("%")[0]) for text in (*fixed, *sorted(addresses)))
    return Names(tuple(dns), tuple(found))


def ensure_trust(data_dir: Path, names: Names, *, now: datetime) -> Trust:
    """The CA and a leaf for these names; made or renewed when needed. A CA whose time has not come yet stays: it is the
    clock that is wrong, and browsers trust the CA."""
    folder = data_dir / "tls"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ca_file, leaf_file, leaf_key_file = folder / "ca.pem", folder / "leaf.pem", folder / LEAF_KEY_FILE
    ca_key = _key(folder / "ca.key")
    ca = x509.load_pem_x509_certificate(ca_file.read_bytes()) if ca_file.exists() else None
    if ca is None or ca.public_key() != ca_key.public_key() or ca.not_valid_after_utc < now + RENEW_BEFORE:
        ca = _make_ca(ca_key, names, now=now)
        _write(ca_file, _pem(ca), mode=0o644)
    leaf_key = _key(leaf_key_file)
    good, left_out = _within(ca, names)
    if not _leaf_serves(leaf_file, ca, leaf_key, good, now=now):
        leaf = _make_leaf(leaf_key, ca, ca_key, good, now=now)
        _write(leaf_file, _pem(leaf) + _pem(ca), mode=0o644)
    next_file = folder / NEXT_KEY_FILE
    next_key = key_hash(_key(next_file).public_key()) if next_file.exists() else ""
    return Trust(ca_file, leaf_file, leaf_key_file, key_mark(leaf_key.public_key()), good, left_out, next_key)


def stored_key_mark(data_dir: Path) -> str:
    """The mark of the server's key, which is made now if the server has never run; the certificate is left alone."""
    folder = data_dir / "tls"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return key_mark(_key(folder / LEAF_KEY_FILE).public_key())


def prepare_next_key(data_dir: Path) -> str:
    """Make the key that will follow, if there is none yet. Returns its mark."""
    folder = data_dir / "tls"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return key_mark(_key(folder / NEXT_KEY_FILE).public_key())


def use_next_key(data_dir: Path) -> bool:
    """Put the prepared key into use, from the next start on, with a new leaf. False when none is prepared."""
    folder = data_dir / "tls"
    if not (folder / NEXT_KEY_FILE).exists():
        return False
    (folder / NEXT_KEY_FILE).rename(folder / LEAF_KEY_FILE)
    return True


def key_mark(key: ec.EllipticCurvePublicKey) -> str:
    """The part of a pairing code by which the till recognises this server's key before it sends anything."""
    return key_hash(key)[:KEY_MARK_CHARS]


def key_hash(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of the public key (SPKI), base32 without padding: what a paired till has pinned."""
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b32encode(hashlib.sha256(spki).digest()).decode().rstrip("=")


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key
    made = ec.generate_private_key(ec.SECP256R1())
    text = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(path, text, mode=0o600)
    return made


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Whole or not at all, and never readable by others for a moment."""
    draft = path.with_suffix(path.suffix + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _make_ca(key: ec.EllipticCurvePrivateKey, names: Names, *, now: datetime) -> x509.Certificate:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"Pokladna Backoffice CA ({names.dns[0]})"[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Pokladna Pi"),
        ]
    )
    allowed: list[x509.GeneralName] = [x509.DNSName(name) for name in dict.fromkeys((*LOCAL_NAMES, *names.dns))]
    allowed += [x509.IPAddress(ipaddress.ip_network(network)) for network in LOCAL_NETWORKS]
    builder = _certificate(subject, subject, key.public_key(), now=now, lifetime=CA_LIFETIME)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=allowed, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _make_leaf(
    key: ec.EllipticCurvePrivateKey,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    names: Names,
    *,
    now: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names.dns[0][:64])])
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names.dns]
    alternatives += [x509.IPAddress(address) for address in names.addresses]
    builder = _certificate(subject, ca.subject, key.public_key(), now=now, lifetime=LEAF_LIFETIME)
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + lifetime)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _within(ca: x509.Certificate, names: Names) -> tuple[Names, tuple[str, ...]]:
    """The names the CA may vouch for, and the rest."""
    permitted = ca.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    domains = [entry.value for entry in permitted if isinstance(entry, x509.DNSName)]
    networks = [entry.value for entry in permitted if isinstance(entry, x509.IPAddress)]
    dns = tuple(n for n in names.dns if any(n == domain or n.endswith("." + domain) for domain in domains))
    addresses = tuple(
        address
        for address in names.addresses
        if any(not isinstance(net, Address) and net.version == address.version and address in net for net in networks)
    )
    missing = [n for n in names.dns if n not in dns] + [str(a) for a in names.addresses if a not in addresses]
    return Names(dns, addresses), tuple(missing)


def _leaf_serves(
    path: Path, ca: x509.Certificate, key: ec.EllipticCurvePrivateKey, names: Names, *, now: datetime
) -> bool:
    """Whether the leaf on disk is still the right one."""
    if not path.exists():
        return False
    leaf = x509.load_pem_x509_certificate(path.read_bytes())
    if leaf.public_key() != key.public_key():
        return False
    try:
        leaf.verify_directly_issued_by(ca)
    except (InvalidSignature, ValueError):
        return False
    vouched = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    held = {*vouched.get_values_for_type(x509.DNSName), *vouched.get_values_for_type(x509.IPAddress)}
    same = held == {*names.dns, *names.addresses}
    return same and now + RENEW_BEFORE < leaf.not_valid_after_utc
