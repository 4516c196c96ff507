"""Files only the sync daemon may read: the private key and the Backoffice's token."""

import os
from pathlib import Path


def write_secret(path: Path, content: bytes) -> None:
    """All or nothing and on disk, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        if os.geteuid() == 0:  # a technician at work: the file belongs to the daemon, as its folder does
            folder = path.parent.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder_itself = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder_itself)
    finally:
        os.close(folder_itself)
