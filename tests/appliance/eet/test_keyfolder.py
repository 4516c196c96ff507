"""The folder only the daemon reads."""

import os
from pathlib import Path

import pytest

from appliance.eet.keyfolder import KeyFolder
from tests.appliance.eet.material import Office


def write(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".new")
    draft.write_bytes(content)
    draft.replace(path)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path, write_secret=write)


def test_a_key_is_seen_as_soon_as_it_is_kept_and_read_once(keys: KeyFolder, office: Office) -> None:
    assert keys.current() is None
    assert not keys.current_is_damaged()
    keys.keep(office.till)
    found = keys.current()
    assert found is not None
    assert found.token == office.till.token
    assert keys.current() is found


def test_a_replaced_key_is_read_anew_even_within_one_tick_of_the_clock(
    keys: KeyFolder, office: Office, tmp_path: Path
) -> None:
    keys.keep(office.till)
    assert keys.current() is not None
    changed = (tmp_path / "eet.pem").stat().st_mtime_ns
    keys.keep(office.signer)
    os.utime(tmp_path / "eet.pem", ns=(changed, changed))
    found = keys.current()
    assert found is not None
    assert found.token == office.signer.token


@pytest.mark.parametrize("damage", ["half a file", "folder"])
def test_a_key_that_cannot_be_read_is_none_and_the_daemon_lives(keys: KeyFolder, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "eet.pem"
    path.mkdir() if damage == "folder" else path.write_text(damage)
    assert keys.current() is None
    assert keys.current_is_damaged()


def test_a_key_that_becomes_readable_is_read_without_a_restart(
    keys: KeyFolder, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.keep(office.till)
    with monkeypatch.context() as forbidden:
        forbidden.setattr(Path, "read_bytes", _not_allowed)
        assert keys.current() is None
    (tmp_path / "eet.pem").chmod(0o400)  # the file's content and its time stay
    assert keys.current() is not None


def _not_allowed(path: Path) -> bytes:
    raise PermissionError(13, "Permission denied", str(path))


def test_a_successor_lies_beside_the_key_in_use_and_can_be_dropped(
    keys: KeyFolder, office: Office, tmp_path: Path
) -> None:
    keys.keep(office.till)
    keys.keep_successor(office.signer)
    found = keys.successor()
    assert found is not None
    assert found.token == office.signer.token
    current = keys.current()
    assert current is not None
    assert current.token == office.till.token
    keys.drop_successor()
    keys.drop_successor()
    assert keys.successor() is None
    assert [path.name for path in tmp_path.iterdir()] == ["eet.pem"]
