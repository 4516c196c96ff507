"""The drop box `<run>/import`: how a key store gets from a screen or a technician to the daemon (sync.md §3).

The daemon owns the folder. Everybody who gets to it may put a file in, and nobody but the daemon may look inside:
mode 3733, write-only for others, and the files belong to the folder's group, which is the daemon's own. A file holds
one key store and its password, is taken at most once and deleted before anybody looks at it: what a crash loses, the
one who waits for the answer sees and repeats. The folder lives in memory (/run), never on the card.
"""

import base64
import binascii
import contextlib
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

FOLDER = "import"
FOLDER_MODE = 0o3733
FILE_MODE = 0o440  # its owner and the folder's group; nobody may list the names
FILE_BYTES_MAX = 128 * 1024
PASSWORD_CHARS_MAX = 256
FILES_MAX = 64
"""How many files one look takes; a crowd beyond that waits for the next one."""

_READY = re.compile(r"[0-9a-zA-Z-]{1,64}\.import")
_SUFFIX = ".import"


@dataclass(frozen=True)
class Dropped:
    """One file that was found. `p12` is None when it could not be read as what it should be."""

    request_id: str
    p12: bytes | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)


class DropSlot:
    """The end of the one who gives: UI and CLI."""

    def __init__(self, run_dir: Path) -> None:
        self._folder = run_dir / FOLDER

    def put(self, request_id: str, *, p12: bytes, password: str) -> None:
        """All or nothing. Raises OSError, above all where there is no daemon to have made the folder."""
        assert _READY.fullmatch(request_id + _SUFFIX)
        content = json.dumps({"p12": base64.b64encode(p12).decode("ascii"), "password": password}).encode()
        draft = self._folder / f"{request_id}.part"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE_MODE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), FILE_MODE)  # whatever the umask took away
                file.write(content)
            draft.rename(self._folder / f"{request_id}{_SUFFIX}")
        except OSError:
            draft.unlink(missing_ok=True)
            raise


class DropBox:
    """The daemon's end. Making it makes the folder, and empties it of what an interrupted giver left."""

    def __init__(self, run_dir: Path) -> None:
        self._folder = run_dir / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        os.chown(self._folder, -1, os.getegid())
        self._folder.chmod(FOLDER_MODE)
        with os.scandir(self._folder) as entries:
            names = [entry.name for entry in entries if not _READY.fullmatch(entry.name)]
        for name in names:
            self._delete(name)

    def take(self) -> Iterator[Dropped]:
        """Each file that is ready, deleted already. What is no plain file of ours is deleted and not told."""
        with os.scandir(self._folder) as entries:
            ready = (entry for entry in entries if not entry.name.endswith(".part"))  # which is being written
            names = sorted(islice((entry.name for entry in ready if not self._is_folder(entry)), FILES_MAX))
        for name in names:
            content = self._read(name)
            self._delete(name)
            if content is not None and _READY.fullmatch(name):
                yield _dropped(name.removesuffix(_SUFFIX), content)

    def _is_folder(self, entry: os.DirEntry[str]) -> bool:
        """Whether it is one; it is deleted then. One that is not empty stays, and takes no file's turn."""
        if not entry.is_dir(follow_symlinks=False):
            return False
        self._delete(entry.name)
        return True

    def _read(self, name: str) -> bytes | None:
        """At most one byte more than allowed; None for a link, a pipe or whatever else is no file, or not ours to read.

        O_NONBLOCK: opening a pipe would wait for its other end.
        """
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(self._folder / name, flags), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return None
                return file.read(FILE_BYTES_MAX + 1)
        except PermissionError:
            return b""  # a file all the same: whoever waits for it is told that it is of no use
        except OSError:
            return None

    def _delete(self, name: str) -> None:
        path = self._folder / name
        with contextlib.suppress(OSError):  # a folder that is not empty stays; it does no harm
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink()


def _dropped(request_id: str, content: bytes) -> Dropped:
    if len(content) > FILE_BYTES_MAX:
        return Dropped(request_id)
    try:
        found: Any = json.loads(content)
        password = found["password"]
        p12 = base64.b64decode(found["p12"], validate=True)
    except (ValueError, LookupError, TypeError, RecursionError, binascii.Error):
        return Dropped(request_id)
    if not isinstance(password, str) or len(password) > PASSWORD_CHARS_MAX:
        return Dropped(request_id)
    return Dropped(request_id, p12, password)
