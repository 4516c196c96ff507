"""Certificates on a stick that is anybody's."""

import os
from pathlib import Path

import pytest

from appliance.service.key_files import (
    ENTRIES_MAX,
    FILES_MAX,
    KEY_STORE_BYTES_MAX,
    ImportFailed,
    find_key_files,
    read_key_file,
)


def put(path: Path, content: bytes = b"key store") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def names(*folders: Path) -> list[str]:
    return [file.name for file in find_key_files(folders).found]


def test_files_are_found_by_their_ending_at_most_two_folders_deep(tmp_path: Path) -> None:
    for name in ("here.p12", "STICK/one.P12", "STICK/eet/two.pfx", "STICK/eet/deep/three.p12", "STICK/readme.txt"):
        put(tmp_path / name)
    found = find_key_files([tmp_path, tmp_path / "missing"])
    assert [(file.name, file.place) for file in found.found] == [
        ("here.p12", "."),
        ("one.P12", "STICK"),
        ("two.pfx", "STICK/eet"),
    ]
    assert found.any_stick


def test_no_stick_and_a_stick_without_a_certificate_are_two_things(tmp_path: Path) -> None:
    (tmp_path / "cdrom").mkdir()
    assert not find_key_files([tmp_path]).any_stick
    put(tmp_path / "STICK" / "photo.jpg")
    found = find_key_files([tmp_path])
    assert (found.found, found.any_stick) == ((), True)


def test_links_pipes_folders_and_hidden_files_are_no_key_stores(tmp_path: Path) -> None:
    secret = put(tmp_path / "elsewhere" / "secret.p12")
    stick = tmp_path / "media" / "STICK"
    put(stick / "._shadow.p12")
    (stick / "link.p12").symlink_to(secret)
    (stick / "folder").symlink_to(secret.parent)
    (stick / "dir.p12").mkdir()
    os.mkfifo(stick / "pipe.p12")
    put(stick / "good.p12")
    assert names(tmp_path / "media") == ["good.p12"]
    for name in ("link.p12", "dir.p12", "pipe.p12"):
        with pytest.raises(ImportFailed, match="file_unreadable"):
            read_key_file(stick / name)


def test_a_stick_full_of_files_is_not_read_to_its_end(tmp_path: Path) -> None:
    for n in range(FILES_MAX + 20):
        put(tmp_path / f"{n:04d}.p12")
    assert len(names(tmp_path)) == FILES_MAX
    crowd = tmp_path / "crowd"
    for n in range(ENTRIES_MAX):
        put(crowd / f"{n:05d}.txt", b"")
    put(crowd / "below" / "last.p12")
    assert "last.p12" not in names(crowd)


@pytest.mark.parametrize(("size", "read"), [(1, True), (KEY_STORE_BYTES_MAX, True), (KEY_STORE_BYTES_MAX + 1, False)])
def test_a_file_is_read_whole_or_refused(tmp_path: Path, size: int, read: bool) -> None:
    path = put(tmp_path / "a.p12", bytes(size))
    if read:
        assert read_key_file(path) == bytes(size)
    else:
        with pytest.raises(ImportFailed, match="file_too_large"):
            read_key_file(path)


def test_a_stick_pulled_out_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="file_gone"):
        read_key_file(tmp_path / "gone.p12")
