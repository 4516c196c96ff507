"""The datagram that says only "there is work", and the poll that forgives its loss.

Each process listens on a Unix socket named after it in one run directory; whoever has committed work for it sends
one byte. A missing or full socket is no error: the listener polls anyway.
"""

import contextlib
import fcntl
import select
import socket
from pathlib import Path


class Waker:
    """Wakes other processes of the same till, from any thread. Holds nothing open between two wake-ups."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir

    def wake(self, *names: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            for name in names:
                with contextlib.suppress(OSError):
                    out.sendto(b"!", str(self._run_dir / f"{name}.wake"))

    def is_heard(self, name: str) -> bool:
        """Whether the process `name` listens. Raises OSError when that is not ours to know."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            try:
                out.connect(str(self._run_dir / f"{name}.wake"))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            return True


class AlreadyRunning(Exception):
    """Another process of this name is at work; carries the name."""


class WakeListener:
    """The receiving end, owned by the process `name`. Raises AlreadyRunning when there is one of it."""

    def __init__(self, run_dir: Path, name: str) -> None:
        run_dir.mkdir(parents=True, exist_ok=True)
        self._lock = (run_dir / f"{name}.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go of it when the process ends
        except BlockingIOError as error:
            self._lock.close()
            raise AlreadyRunning(name) from error
        self._path = run_dir / f"{name}.wake"
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._path))
        self._socket.setblocking(False)

    def wait(self, timeout_s: float) -> bool:
        """Sleep until woken or the time is over; True when woken. Everything waiting is taken at once."""
        ready, _, _ = select.select([self._socket], [], [], max(0.0, timeout_s))
        if not ready:
            return False
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(64)
        return True

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)
        self._lock.close()
