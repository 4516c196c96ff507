"""Files of the sandbox that a kill leaves either old or new, never half."""

import os
from pathlib import Path


def write_file(path: Path, data: bytes, *, mode: int) -> None:
    """Write the whole file at once, readable by whom `mode` says from its first moment."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    temporary.replace(path)
