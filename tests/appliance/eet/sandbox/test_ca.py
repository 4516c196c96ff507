import stat
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.eet.certificate import Trust, check_chain, fingerprint, load_anchors, load_p12, load_pem
from appliance.eet.errors import MessageInvalid, UntrustedSigner
from appliance.eet.sandbox.ca import (
    SANDBOX_SIGNER,
    find_issued,
    issue_till,
    make_sandbox_material,
    make_server_material,
    make_stranger,
)
from tests.appliance.eet.material import AT


def _files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_making_it_twice_changes_nothing(tmp_path: Path) -> None:
    first = make_sandbox_material(tmp_path, eic="CZ12345678", host="127.0.0.1", at=AT)
    before = _files(tmp_path)

    assert make_sandbox_material(tmp_path, eic="CZ12345678", host="127.0.0.1", at=AT) == first
    assert _files(tmp_path) == before
    assert first.till_p12.name == "till-CZ12345678.p12"


def test_another_host_gets_a_new_tls_certificate_under_the_same_authority(tmp_path: Path) -> None:
    make_server_material(tmp_path, host="127.0.0.1")
    before = _files(tmp_path)

    make_server_material(tmp_path, host="sandbox.local")

    after = _files(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"private/tls.pem"}


def test_an_expired_till_certificate_is_issued_anew_by_the_same_authority(tmp_path: Path) -> None:
    make_server_material(tmp_path, host="127.0.0.1")
    authority = load_anchors([(tmp_path / "till-ca.pem").read_bytes()])
    old = issue_till(tmp_path, eic="CZ12345678", at=AT)[0].read_bytes()
    later = AT + timedelta(days=400)

    p12, password = issue_till(tmp_path, eic="CZ12345678", at=later)
    renewed = load_p12(p12.read_bytes(), password.read_text().strip(), at=later)

    assert p12.read_bytes() != old
    check_chain(renewed.certificate, anchors=authority, at=later)


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    files = make_sandbox_material(tmp_path, eic="CZ12345678", host="127.0.0.1", at=AT)

    secret = [files.till_p12, files.till_password, *(tmp_path / "private").iterdir()]

    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}


def test_a_till_is_issued_only_to_a_well_formed_number(tmp_path: Path) -> None:
    with pytest.raises(MessageInvalid, match="eic_popl"):
        issue_till(tmp_path, eic="../x", at=AT)


def test_issued_certificates_are_kept_by_their_fingerprint(tmp_path: Path) -> None:
    make_server_material(tmp_path, host="127.0.0.1")
    p12, password = issue_till(tmp_path, eic="CZ12345678", at=AT)
    till = load_p12(p12.read_bytes(), password.read_text().strip(), at=AT)
    name = fingerprint(till.certificate)

    assert find_issued(tmp_path, name) == till.certificate
    assert find_issued(tmp_path, "0" * 64) is None
    assert b"KEY" not in (tmp_path / "issued" / f"{name}.pem").read_bytes()


def test_a_directory_made_before_certificates_were_kept_learns_of_its_till(tmp_path: Path) -> None:
    make_server_material(tmp_path, host="127.0.0.1")
    issue_till(tmp_path, eic="CZ12345678", at=AT)
    (kept,) = (tmp_path / "issued").iterdir()
    kept.unlink()

    issue_till(tmp_path, eic="CZ12345678", at=AT)

    assert kept.exists()


def test_the_stranger_bears_the_signers_name_and_only_its_own_authority_vouches_for_it(tmp_path: Path) -> None:
    files = make_server_material(tmp_path, host="127.0.0.1")
    path = make_stranger(tmp_path)
    stranger = load_pem(path.read_bytes()).certificate
    ours = load_anchors([files.answer_ca.read_bytes()])
    its_own = load_anchors([(tmp_path / "stranger-ca.pem").read_bytes()])

    assert make_stranger(tmp_path).read_bytes() == path.read_bytes()
    Trust(its_own, SANDBOX_SIGNER).check(stranger, at=AT)
    with pytest.raises(UntrustedSigner, match="chain"):
        Trust(ours, SANDBOX_SIGNER).check(stranger, at=AT)
