import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from appliance.eet.certificate import (
    Environment,
    Identity,
    SignerName,
    Trust,
    check_chain,
    environment_of,
    fingerprint,
    issuer_name,
    load_anchors,
    load_p12,
    load_pem,
    organisation,
)
from appliance.eet.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    NotAKeyStore,
    UntrustedSigner,
    UnusableKey,
    WrongPassword,
)
from appliance.eet.message import moment
from tests.appliance.eet.material import AT, Office
from tests.shared import shared

OFFICIAL = ["CZ00000019", "CZ683555118", "CZ8551015704"]


def _load(office: Office, *, password: str | None = None, at: datetime = AT) -> Identity:
    secret = office.files.till_password.read_text().strip() if password is None else password
    return load_p12(office.files.till_p12.read_bytes(), secret, at=at)


def test_a_key_store_gives_the_taxpayer_it_was_issued_for(office: Office) -> None:
    identity = _load(office)

    assert identity.eic == "CZ00000019"
    assert identity.environment is Environment.PLAYGROUND
    assert len(identity.chain) == 1


def test_a_wrong_password_is_told_apart_from_a_damaged_file(office: Office) -> None:
    data = office.files.till_p12.read_bytes()

    with pytest.raises(WrongPassword):
        _load(office, password="wrong")
    for damaged in (b"", b"PK\x03\x04", data[:-60], b"\x30\x82" + data):
        with pytest.raises(NotAKeyStore):
            load_p12(damaged, "x", at=AT)
    with pytest.raises(NotAKeyStore, match="at most"):
        load_p12(data + b"\x00" * 100_000, "x", at=AT)


@pytest.mark.parametrize("password", ["", "a\0b", "\0", "\udcff", "a" * 100_000, "\U0001f600"])
def test_no_password_whatever_does_more_than_not_to_open(office: Office, password: str) -> None:
    with pytest.raises(WrongPassword):
        _load(office, password=password)


def test_validity_is_judged_at_the_given_time(office: Office) -> None:
    with pytest.raises(CertificateExpired):
        _load(office, at=AT + timedelta(days=367))
    with pytest.raises(CertificateNotYetValid):
        _load(office, at=AT - timedelta(days=1))


def test_a_store_without_an_rsa_key_is_unusable(office: Office) -> None:
    certificate = office.till.certificate
    lock = BestAvailableEncryption(b"x")

    with pytest.raises(UnusableKey):
        load_p12(pkcs12.serialize_key_and_certificates(b"n", None, certificate, None, lock), "x", at=AT)
    with pytest.raises(UnusableKey):
        load_p12(pkcs12.serialize_key_and_certificates(b"n", office.till.key, None, None, lock), "x", at=AT)


def test_a_key_that_is_not_the_certificates_is_unusable(office: Office) -> None:
    foreign = office.signer.key
    pem = Identity(key=foreign, certificate=office.till.certificate, chain=(), token="").to_pem()

    with pytest.raises(UnusableKey, match="belong together"):
        load_pem(pem)


def test_what_is_kept_as_pem_is_the_same_identity(office: Office) -> None:
    kept = load_pem(office.till.to_pem())

    assert (kept.certificate, kept.chain, kept.token) == (
        office.till.certificate,
        office.till.chain,
        office.till.token,
    )
    assert kept.key.private_numbers() == office.till.key.private_numbers()


def test_pem_that_holds_no_identity_is_refused(office: Office) -> None:
    with pytest.raises(NotAKeyStore):
        load_pem(office.files.answer_ca.read_bytes())


def test_a_certificate_without_a_policy_belongs_to_no_environment(office: Office) -> None:
    assert environment_of(office.signer.certificate) is Environment.UNKNOWN


@pytest.mark.parametrize(
    ("issuer", "environment"),
    [
        ("EET CA 1", Environment.PRODUCTION),
        ("EET CA 1 Playground", Environment.PLAYGROUND),
        ("EET CA 2", Environment.UNKNOWN),
    ],
)
def test_a_certificate_of_eet_1_is_known_by_its_issuer(office: Office, issuer: str, environment: Environment) -> None:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("CZ00000019", issuer)]
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).serial_number(1)
    builder = builder.public_key(office.till.key.public_key()).not_valid_before(AT).not_valid_after(AT)
    certificate = builder.sign(office.signer.key, SHA256())

    assert environment_of(certificate) is environment
    assert issuer_name(certificate) == issuer


def test_anchors_are_read_from_pem_and_der(office: Office) -> None:
    pem = office.files.answer_ca.read_bytes()
    (certificate,) = load_anchors([pem])
    der = certificate.public_bytes(Encoding.DER)

    assert load_anchors([pem + pem, der]) == (certificate, certificate, certificate)
    with pytest.raises(NotAKeyStore):
        load_anchors([b"nothing"])


@pytest.mark.parametrize("name", [b"\xff" * 4, b"ok\xc3("])
def test_an_anchor_whose_name_cannot_be_read_is_none(office: Office, name: bytes) -> None:
    key = office.signer.key
    names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ABCD")])
    builder = x509.CertificateBuilder().subject_name(names).issuer_name(names).serial_number(1)
    builder = builder.public_key(key.public_key()).not_valid_before(AT).not_valid_after(AT)
    der = builder.sign(key, SHA256()).public_bytes(Encoding.DER)
    assert len(load_anchors([der])) == 1
    x509.load_der_x509_certificate(odd := der.replace(b"ABCD", name))

    with pytest.raises(NotAKeyStore):
        load_anchors([odd])


def test_a_fingerprint_is_the_sha_256_of_the_der_form(office: Office) -> None:
    certificate = office.till.certificate

    assert fingerprint(certificate) == hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def test_the_chain_is_judged_in_utc_whatever_the_zone_of_the_instant(office: Office) -> None:
    anchors = office.till.chain
    begins = office.till.certificate.not_valid_before_utc
    west = timezone(-timedelta(hours=10))

    check_chain(office.till.certificate, anchors=anchors, at=begins.astimezone(west))
    with pytest.raises(UntrustedSigner, match="not yet valid"):
        check_chain(office.till.certificate, anchors=anchors, at=(begins - timedelta(seconds=1)).astimezone(west))


def test_a_ca_may_not_sign_messages_itself(office: Office) -> None:
    (authority,) = office.till.chain

    with pytest.raises(UntrustedSigner, match="key_usage"):
        check_chain(authority, anchors=[authority], at=AT)


def test_a_signer_must_be_named_somehow() -> None:
    with pytest.raises(ValueError, match="organisation or a common name"):
        SignerName()


@pytest.mark.parametrize(
    ("name", "trusted"),
    [
        (SignerName(organisation="Pokladna Pi"), True),
        (SignerName(common_name="EET sandbox"), True),
        (SignerName(organisation="Pokladna Pi", common_name="EET sandbox"), True),
        (SignerName(organisation="Pokladna Pi", common_name="EET"), False),
        (SignerName(organisation="pokladna pi"), False),
    ],
)
def test_the_signers_name_must_be_exactly_the_configured_one(office: Office, name: SignerName, trusted: bool) -> None:
    trust = Trust(office.trust.anchors, name)
    if trusted:
        trust.check(office.signer.certificate, at=AT)
        assert organisation(office.signer.certificate) == "Pokladna Pi"
    else:
        with pytest.raises(UntrustedSigner, match="name"):
            trust.check(office.signer.certificate, at=AT)


def test_an_elliptic_key_store_is_unusable(office: Office) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = office.till.to_pem()
    other = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    with pytest.raises(UnusableKey):
        load_pem(other + pem[pem.index(b"-----BEGIN CERTIFICATE") :])


@pytest.mark.official
@pytest.mark.parametrize("eic", OFFICIAL)
def test_the_official_key_stores_load_and_chain_to_their_authority(eic: str) -> None:
    identity = load_p12(shared(f"eet/v4/certs/CA_EET-Playground-{eic}.p12").read_bytes(), "aaaa1111", at=AT)
    (issuer,) = load_anchors([shared("eet/v4/certs/ca_eet-sub_cert-playground.crt").read_bytes()])

    check_chain(identity.certificate, anchors=[issuer], at=AT)

    assert identity.eic == eic
    assert identity.environment is Environment.PLAYGROUND
    assert issuer in identity.chain


@pytest.mark.official
def test_the_official_key_store_is_expired_in_the_summer_of_2027() -> None:
    data = shared("eet/v4/certs/CA_EET-Playground-CZ00000019.p12").read_bytes()

    with pytest.raises(CertificateExpired):
        load_p12(data, "aaaa1111", at=moment("2027-06-01T00:00:00Z"))
    with pytest.raises(WrongPassword):
        load_p12(data, "aaaa1112", at=AT)


@pytest.mark.official
def test_the_official_production_authorities_chain() -> None:
    root, sub = (load_anchors([shared(f"eet/v4/certs/ca_eet-{n}_prod.pem").read_bytes()])[0] for n in ("root", "sub"))

    with pytest.raises(UntrustedSigner, match="key_usage"):
        check_chain(sub, anchors=[root], at=AT)
