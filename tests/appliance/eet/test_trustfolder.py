"""Anchors a technician adds: what may become one, how it is kept, and that changes are seen."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from appliance.bootstrap.durable import write_public
from appliance.config import EetConfig
from appliance.eet.certificate import fingerprint, load_anchors
from appliance.eet.errors import NotAKeyStore, NotAnAuthority, PrivateKeyInside
from appliance.eet.trustfolder import Anchor, AnchorFiles, TrustFolder, TrustKind, read_authorities
from tests.appliance.eet.material import AT, Office
from tests.shared import shared


@pytest.fixture
def authority(office: Office) -> x509.Certificate:
    return load_anchors([office.files.answer_ca.read_bytes()])[0]


@pytest.fixture
def other(material_dir: Path) -> x509.Certificate:
    return load_anchors([(material_dir / "till-ca.pem").read_bytes()])[0]


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def test_authorities_are_read_from_pem_and_der_each_once(authority: x509.Certificate, other: x509.Certificate) -> None:
    assert read_authorities(pem(authority, other, authority)) == (authority, other)
    assert read_authorities(authority.public_bytes(Encoding.DER)) == (authority,)


def test_what_is_no_authority_is_refused_with_all_that_comes_with_it(
    office: Office, authority: x509.Certificate
) -> None:
    for certificate in (office.till.certificate, office.signer.certificate):
        with pytest.raises(NotAnAuthority, match="no certification authority"):
            read_authorities(pem(authority, certificate))


def test_a_file_with_a_key_is_refused(office: Office, authority: x509.Certificate) -> None:
    for content in (office.till.to_pem(), pem(authority) + office.till.to_pem()):
        with pytest.raises(PrivateKeyInside):
            read_authorities(content)
    with pytest.raises(NotAKeyStore):
        read_authorities(office.files.till_p12.read_bytes())


def test_a_file_too_large_or_of_nothing_is_refused(authority: x509.Certificate) -> None:
    with pytest.raises(NotAnAuthority, match="at most"):
        read_authorities(b" " * 300_000)
    for content in (b"", b"nothing", b"-----BEGIN CERTIFICATE-----"):
        with pytest.raises(NotAKeyStore):
            read_authorities(content)
    assert read_authorities(pem(*[authority] * 100)) == (authority,)


def test_an_added_anchor_is_a_file_all_may_read(tmp_path: Path, authority: x509.Certificate) -> None:
    folder = TrustFolder(tmp_path / "trust", write=write_public)
    for _ in range(2):
        folder.add(authority, TrustKind.ANSWERS)
    (path,) = (tmp_path / "trust" / "answers").iterdir()
    assert path.name == f"{fingerprint(authority)[:16]}.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert x509.load_pem_x509_certificate(path.read_bytes()) == authority


def test_an_anchor_is_never_written_through_a_link(tmp_path: Path, authority: x509.Certificate) -> None:
    folder = TrustFolder(tmp_path / "trust", write=write_public)
    path = tmp_path / "trust" / "answers" / f"{fingerprint(authority)[:16]}.pem"
    path.parent.mkdir(parents=True)
    precious = tmp_path / "precious"
    precious.write_text("mine")
    for link in (path, path.with_suffix(".new")):
        link.symlink_to(precious)

    folder.add(authority, TrustKind.ANSWERS)

    assert precious.read_text() == "mine"
    assert list(path.parent.iterdir()) == [path]
    assert not path.is_symlink()
    assert load_anchors([path.read_bytes()]) == (authority,)


def test_a_name_cannot_forge_a_line_of_what_a_person_is_shown(office: Office) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\nSHA-256 0000\x1b[2J")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.public_key(office.signer.key.public_key()).not_valid_before(AT).not_valid_after(AT)
    anchor = Anchor(TrustKind.ANSWERS, builder.sign(office.signer.key, SHA256()))

    assert anchor.subject == anchor.issuer == "CN=a?SHA-256 0000?[2J"


def test_anchors_are_listed_by_kind_and_taken_back_by_their_digits(
    tmp_path: Path, authority: x509.Certificate, other: x509.Certificate
) -> None:
    folder = TrustFolder(tmp_path, write=write_public)
    assert folder.anchors() == []
    folder.add(authority, TrustKind.ANSWERS)
    folder.add(other, TrustKind.TILLS)
    folder.add(authority, TrustKind.TILLS)
    (tmp_path / "tills" / "broken.pem").write_text("nothing")
    listed = [(each.kind.value, each.fingerprint) for each in folder.anchors()]
    assert sorted(listed) == sorted(
        [("answers", fingerprint(authority)), ("tills", fingerprint(other)), ("tills", fingerprint(authority))]
    )
    assert [kind for kind, _ in listed] == ["answers", "tills", "tills"]
    gone = folder.remove(fingerprint(authority)[:12])
    assert [each.kind.value for each in gone] == ["answers", "tills"]
    assert [each.fingerprint for each in folder.anchors()] == [fingerprint(other)]
    assert folder.remove("00000000") == []


def test_the_daemon_sees_anchors_that_are_added_and_removed_while_it_runs(
    tmp_path: Path, authority: x509.Certificate, other: x509.Certificate
) -> None:
    named = tmp_path / "named.pem"
    files = AnchorFiles(tmp_path / "trust", [named])
    assert files.load() == ()
    named.write_bytes(pem(other))
    assert files.load() == (other,)
    folder = TrustFolder(tmp_path / "trust", write=write_public)
    folder.add(authority, TrustKind.ANSWERS)
    folder.add(other, TrustKind.TILLS)
    assert files.load() == (other, authority)
    assert files.load() is files.load()
    (tmp_path / "trust" / "answers" / "broken.pem").write_text("nothing")
    assert files.load() == (other, authority)
    folder.remove(fingerprint(authority))
    named.unlink()
    assert files.load() == ()


def test_an_anchor_that_becomes_readable_counts_without_a_restart(
    tmp_path: Path, authority: x509.Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "named.pem"
    named.write_bytes(pem(authority))
    files = AnchorFiles(tmp_path / "trust", [named])

    def not_allowed(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as forbidden:
        forbidden.setattr(Path, "read_bytes", not_allowed)
        assert files.load() == ()
    named.chmod(0o640)
    assert files.load() == (authority,)


@pytest.mark.official
def test_the_pinned_fingerprints_are_those_of_the_published_authorities() -> None:
    files = (
        "v4/certs/ica-public-rsa-06-2022.pem",
        "v3/certs/2qca16_rsa.der",
        "v4/certs/ca_eet-root_prod.pem",
        "v4/certs/ca_eet-sub_prod.pem",
        "v4/certs/ca_eet-root_cert-playground.crt",
        "v4/certs/ca_eet-sub_cert-playground.crt",
    )
    found = [read_authorities(shared(f"eet/{name}").read_bytes()) for name in files]
    assert tuple(fingerprint(each) for (each,) in found) == EetConfig().pinned_anchors
