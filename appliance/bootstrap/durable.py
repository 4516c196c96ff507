"""Files that are whole and on disk when they are written, or not there at all."""

import os
from pathlib import Path

SECRET_MODE = 0o400
PUBLIC_MODE = 0o644


def write_secret(path: Path, content: bytes) -> None:
    """Readable by its owner only: the private key, the Backoffice's token. Makes the folder."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_whole(path, content, mode=SECRET_MODE)


def write_public(path: Path, content: bytes) -> None:
    """Readable by all: a trust anchor."""
    _write_whole(path, content, mode=PUBLIC_MODE)


def _write_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Never through a link that lies where the draft goes."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask took away
        if os.geteuid() == 0:  # a technician at work: the file belongs to whom its folder belongs
            folder = path.parent.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)
    folder_itself = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder_itself)
    finally:
        os.close(folder_itself)
