"""Both ends of the drop box, and everything unfriendly that can lie in it."""

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import dropbox
from appliance.dropbox import FILE_BYTES_MAX, FILES_MAX, DropBox, Dropped, DropSlot

ID = "0b0fd1f5-2f2c-4c52-ae51-7c86afa4bd8d"


@pytest.fixture
def box(tmp_path: Path) -> DropBox:
    return DropBox(tmp_path)


@pytest.fixture
def folder(box: DropBox, tmp_path: Path) -> Path:
    return tmp_path / "import"


def taken(box: DropBox) -> list[Dropped]:
    return list(box.take())


def test_what_is_put_in_is_taken_once_and_gone(box: DropBox, folder: Path) -> None:
    DropSlot(folder.parent).put(ID, p12=b"\x00\xff key", password="žluťoučký")
    (found,) = taken(box)
    assert found == Dropped(ID, b"\x00\xff key", "žluťoučký")
    assert list(folder.iterdir()) == []
    assert taken(box) == []


def test_nobody_but_the_daemon_may_look_inside(box: DropBox, folder: Path) -> None:
    umask = os.umask(0o077)
    try:
        DropSlot(folder.parent).put(ID, p12=b"k", password="p")
    finally:
        os.umask(umask)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o3733
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o440
    assert file.stat().st_gid == folder.stat().st_gid == os.getegid()


def test_key_and_password_stand_in_no_text_of_the_object(box: DropBox, folder: Path) -> None:
    DropSlot(folder.parent).put(ID, p12=b"secret-key", password="secret-word")
    assert "secret" not in repr(taken(box))


def test_without_a_daemon_there_is_no_folder_to_put_it_in(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DropSlot(tmp_path).put(ID, p12=b"k", password="p")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'"text"',
        b"\xff\xfe",
        b'{"p12": "AAAA"}',
        b'{"password": "x"}',
        b'{"p12": "not base64!", "password": "x"}',
        b'{"p12": 5, "password": "x"}',
        b'{"p12": "AAAA", "password": 5}',
        json.dumps({"p12": "AAAA", "password": "x" * 300}).encode(),
        b"[" * 100_000,
        b" " * (FILE_BYTES_MAX + 1),
    ],
)
def test_a_broken_file_is_told_without_content_and_gone(box: DropBox, folder: Path, content: bytes) -> None:
    (folder / f"{ID}.import").write_bytes(content)
    assert taken(box) == [Dropped(ID, None)]
    assert list(folder.iterdir()) == []


def test_a_link_is_never_followed(box: DropBox, folder: Path, tmp_path: Path) -> None:
    DropSlot(folder.parent).put(ID, p12=b"k", password="p")
    real = tmp_path / "elsewhere"
    (folder / f"{ID}.import").rename(real)
    (folder / f"{ID}.import").symlink_to(real)
    assert taken(box) == []
    assert (list(folder.iterdir()), real.exists()) == ([], True)


def test_pipes_folders_and_foreign_names_are_cleared_away(box: DropBox, folder: Path) -> None:
    os.mkfifo(folder / f"{ID}.import")
    (folder / "a-folder.import").mkdir()
    (folder / ".hidden").write_bytes(b"x")
    (folder / "ž.import").write_bytes(b"x")
    DropSlot(folder.parent).put("f-last", p12=b"k", password="p")
    assert taken(box) == [Dropped("f-last", b"k", "p")]
    assert list(folder.iterdir()) == []


def test_what_an_interrupted_giver_left_is_gone_at_the_next_start(box: DropBox, folder: Path) -> None:
    (folder / "half.part").write_bytes(b"half")
    DropSlot(folder.parent).put(ID, p12=b"k", password="p")
    assert taken(box) == [Dropped(ID, b"k", "p")]
    assert [path.name for path in folder.iterdir()] == ["half.part"]
    again = DropBox(folder.parent)
    assert list(folder.iterdir()) == []
    assert taken(again) == []


def test_a_file_left_by_a_crash_is_taken_at_the_next_start(box: DropBox, folder: Path) -> None:
    DropSlot(folder.parent).put(ID, p12=b"k", password="p")
    assert taken(DropBox(folder.parent)) == [Dropped(ID, b"k", "p")]


def test_a_crowd_is_taken_in_turns(box: DropBox, folder: Path) -> None:
    for n in range(FILES_MAX + 5):
        DropSlot(folder.parent).put(f"{n}", p12=b"k", password="p")
    assert (len(taken(box)), len(taken(box)), len(taken(box))) == (FILES_MAX, 5, 0)


def test_folders_that_cannot_be_cleared_away_take_no_files_turn(box: DropBox, folder: Path) -> None:
    for n in range(FILES_MAX):
        (folder / f"{n}.import" / "full").mkdir(parents=True)
    DropSlot(folder.parent).put(ID, p12=b"k", password="p")
    assert taken(box) == [Dropped(ID, b"k", "p")]


def test_a_write_that_fails_leaves_nothing(box: DropBox, folder: Path) -> None:
    (folder / f"{ID}.import").mkdir()
    with pytest.raises(OSError, match="directory"):
        DropSlot(folder.parent).put(ID, p12=b"k", password="p")
    assert [path.name for path in folder.iterdir()] == [f"{ID}.import"]


# ---- with the users of a real till: one for the daemon, one for the screen, one for the printer, in one group

GROUP, DAEMON, SCREEN, PRINTER = 61000, 61001, 61002, 61003


def _others_may_run_this() -> bool:
    """Whether another user can start this Python and import this project: not from a folder only root may enter."""
    return all(
        folder.stat().st_mode & 0o001 for place in (Path(sys.executable), Path(__file__)) for folder in place.parents
    )


needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not _others_may_run_this(),
    reason="only root can be several users, and they must be able to run this Python",
)


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """The run folder as the image makes it, and a copy of the module where all may read it."""
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        base.chmod(0o755)
        (base / "the_box.py").write_text(Path(dropbox.__file__).read_text("utf-8"), "utf-8")
        (base / "the_box.py").chmod(0o644)
        (base / "run").mkdir()
        os.chown(base / "run", DAEMON, GROUP)
        (base / "run").chmod(0o2770)
        yield base / "run"


def as_user(user: int, run_dir: Path, code: str) -> str:
    """What it prints; the name of what was raised, if anything was."""
    wrapped = "import sys\nsys.path.insert(0, sys.argv[1])\nfrom pathlib import Path\nimport os, the_box\n"
    wrapped += (
        f"run = Path(sys.argv[1]) / 'run'\ntry:\n    {code}\nexcept OSError as error:\n    print(type(error).__name__)"
    )
    command = [sys.executable, "-I", "-c", wrapped, str(run_dir.parent)]
    ended = subprocess.run(
        command, user=user, group=user, extra_groups=[GROUP], capture_output=True, text=True, check=True, umask=0o077
    )
    return ended.stdout.strip()


@needs_root
def test_only_the_daemon_can_take_what_the_screen_puts_in(run_dir: Path) -> None:
    assert as_user(DAEMON, run_dir, "the_box.DropBox(run); print('made')") == "made"
    put = "the_box.DropSlot(run).put('abc', p12=b'key', password='word'); print('put')"
    assert as_user(SCREEN, run_dir, put) == "put"
    file = "run / 'import' / 'abc.import'"
    assert as_user(SCREEN, run_dir, "print(list((run / 'import').iterdir()))") == "PermissionError"
    assert as_user(PRINTER, run_dir, "print(list((run / 'import').iterdir()))") == "PermissionError"
    assert as_user(PRINTER, run_dir, f"print(({file}).read_bytes())") == "PermissionError"
    assert as_user(PRINTER, run_dir, f"print(({file}).unlink())") == "PermissionError"
    assert as_user(PRINTER, run_dir, f"print(({file}).write_bytes(b'x'))") == "PermissionError"
    take = "print([(each.request_id, each.p12, each.password) for each in the_box.DropBox(run).take()])"
    assert as_user(DAEMON, run_dir, take) == "[('abc', b'key', 'word')]"
    assert as_user(DAEMON, run_dir, take) == "[]"


@needs_root
def test_a_file_the_daemon_may_not_read_is_told_and_gone(run_dir: Path) -> None:
    as_user(DAEMON, run_dir, "the_box.DropBox(run)")
    assert as_user(SCREEN, run_dir, "os.open(run / 'import' / 'abc.import', os.O_WRONLY | os.O_CREAT, 0o600)") == ""
    take = "print([(each.request_id, each.p12) for each in the_box.DropBox(run).take()], os.listdir(run / 'import'))"
    assert as_user(DAEMON, run_dir, take) == "[('abc', None)] []"
