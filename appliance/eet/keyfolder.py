"""The folder only the daemon reads: the key in use, and during a renewal its successor."""

import logging
from collections.abc import Callable
from pathlib import Path

from appliance.eet.certificate import Identity, load_pem
from appliance.eet.errors import EetError

CURRENT_FILE = "eet.pem"
NEXT_FILE = "eet-next.pem"

log = logging.getLogger(__name__)

WriteFile = Callable[[Path, bytes], None]
"""Writes a file whole and durably (the folder's entry too), readable by those who may."""


class KeyFolder:
    """Keys are read again when their file changes. One that cannot be read is none: uploads must go on."""

    def __init__(self, folder: Path, *, write_secret: WriteFile) -> None:
        self._folder = folder
        self._write_secret = write_secret
        self._known: dict[str, tuple[tuple[int, int, int], Identity | None]] = {}

    def current(self) -> Identity | None:
        """The key to sign with."""
        return self._load(CURRENT_FILE)

    def current_is_damaged(self) -> bool:
        """Whether there is a file that holds no usable key."""
        return self.current() is None and (self._folder / CURRENT_FILE).exists()

    def keep(self, identity: Identity) -> None:
        """Sign with this one from now on. The one before is not kept: nothing needs it, what v3 signed is stored."""
        self._write_secret(self._folder / CURRENT_FILE, identity.to_pem())

    def successor(self) -> Identity | None:
        """The key a renewal has brought, which is not in use yet."""
        return self._load(NEXT_FILE)

    def keep_successor(self, identity: Identity) -> None:
        self._write_secret(self._folder / NEXT_FILE, identity.to_pem())

    def drop_successor(self) -> None:
        (self._folder / NEXT_FILE).unlink(missing_ok=True)

    def _load(self, name: str) -> Identity | None:
        path = self._folder / name
        try:
            found = path.stat()
        except OSError:
            return None
        version = (found.st_mtime_ns, found.st_ctime_ns, found.st_ino)  # ctime: who may read it counts too
        known = self._known.get(name)
        if known is None or known[0] != version:
            identity = None
            try:
                identity = load_pem(path.read_bytes())
            except (EetError, OSError) as error:
                log.error("%s cannot be used: %s", path, error)
            known = self._known[name] = (version, identity)
        return known[1]
