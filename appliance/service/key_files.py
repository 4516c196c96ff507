"""Certificates on a USB stick: which files there are to choose from, and what is in the one chosen.

A stick is anybody's: few files are looked at, only plain ones, and never more of one than a key store may have.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.service.errors import ServiceError

SUFFIXES = (".p12", ".pfx")
KEY_STORE_BYTES_MAX = 64 * 1024
DEPTH = 2  # /media/STICK/FOLDER, /run/media/USER/STICK
ENTRIES_MAX = 5000
FILES_MAX = 50


class ImportFailed(ServiceError):
    """A key store did not get to the daemon. `word`: file_gone, file_too_large, file_unreadable, no_daemon."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class KeyFile:
    """`place` is the way to it as a person knows it: the stick's name, and the folder on it."""

    path: Path
    place: str

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class KeyFiles:
    """`any_stick`: something is mounted there at all."""

    found: tuple[KeyFile, ...]
    any_stick: bool


def find_key_files(folders: Iterable[Path]) -> KeyFiles:
    """By name. Folders that cannot be read are passed over."""
    entries = [entry for folder in folders for entry in _entries(folder)]
    files = [
        KeyFile(path, str(path.parent.relative_to(folder)))
        for folder, path in entries
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    ]
    return KeyFiles(tuple(sorted(files[:FILES_MAX], key=lambda file: (file.name, file.place))), bool(entries))


def read_key_file(path: Path) -> bytes:
    """Raises ImportFailed. O_NONBLOCK: opening a pipe would wait for its other end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ImportFailed("file_unreadable")
            content = file.read(KEY_STORE_BYTES_MAX + 1)
    except FileNotFoundError as error:
        raise ImportFailed("file_gone") from error
    except OSError as error:
        raise ImportFailed("file_unreadable") from error
    if len(content) > KEY_STORE_BYTES_MAX:
        raise ImportFailed("file_too_large")
    return content


def _entries(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Plain files below a folder, those nearest to it first; no links are followed."""
    level, looked = [folder], 0
    for _depth in range(DEPTH + 1):
        below: list[Path] = []
        for each in level:
            for entry in _listed(each):
                looked += 1
                if looked > ENTRIES_MAX:
                    return
                if entry.is_dir(follow_symlinks=False):
                    below.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    yield folder, Path(entry.path)
        level = below


def _listed(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return
