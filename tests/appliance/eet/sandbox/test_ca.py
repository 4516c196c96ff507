import stat
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.eet.certificate import check_chain, load_anchors, load_p12
from appliance.eet.errors import MessageInvalid
from appliance.eet.sandbox.ca import issue_till, make_sandbox_material, make_server_material
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
