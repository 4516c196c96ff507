"""Keys and certificates for bench/eet.py, made anew for each run."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from appliance.eet.certificate import Identity, SignerName, Trust

EIC = "CZ00000019"
_PEER_DEMANDS = "Česká Republika – Generální finanční ředitelství"
"""czech-eet refuses till certificates whose issuer bears another name."""

Name = Sequence[tuple[x509.ObjectIdentifier, str]]


@dataclass(frozen=True, slots=True)
class Material:
    """A till, the same as two files for the peers, who signs answers, and what makes the till believe it."""

    till: Identity
    key_file: Path
    certificate_file: Path
    signer: Identity
    trust: Trust


def make_material(folder: Path, *, answer_bits: int) -> Material:
    """`answer_bits`: the RSA size of the signer of answers and of its CA; the official ones have 4096."""
    till_ca = _ca("EET CA 1 Playground", bits=2048)
    till = _issue([(NameOID.COUNTRY_NAME, "CZ"), (NameOID.COMMON_NAME, EIC)], till_ca, bits=2048)
    answer_ca = _ca("bench answer CA", bits=answer_bits)
    signer = _issue(
        [(NameOID.ORGANIZATION_NAME, "bench office"), (NameOID.COMMON_NAME, "bench signer")],
        answer_ca,
        bits=answer_bits,
    )
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    key_file.write_bytes(till.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate_file.write_bytes(till.certificate.public_bytes(Encoding.PEM))
    trust = Trust(
        anchors=(answer_ca.certificate,), signer=SignerName(organisation="bench office", common_name="bench signer")
    )
    return Material(till, key_file, certificate_file, signer, trust)


def _ca(common_name: str, *, bits: int) -> Identity:
    return _issue([(NameOID.ORGANIZATION_NAME, _PEER_DEMANDS), (NameOID.COMMON_NAME, common_name)], None, bits=bits)


def _issue(subject: Name, issuer: Identity | None, *, bits: int) -> Identity:
    """A new key with a certificate by `issuer`; by itself, as a CA, when there is none."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
    begins = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    usage = {
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "crl_sign": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=366))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=issuer is not None, key_cert_sign=issuer is None, **usage), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    token = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")
    return Identity(key=key, certificate=certificate, chain=(), token=token)
