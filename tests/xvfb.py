"""A private X display for the tests and the demo: `with xvfb(width=1280, height=800) as display: …`.

The server picks a free number itself, admits only those who hold its cookie, and is gone at the end of the block; if
this process is killed, the kernel kills the server with it.
"""

import contextlib
import os
import secrets
import select
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10


@dataclass(frozen=True, kw_only=True)
class Display:
    """`name` is like ":7"; `authority` is the file that holds the cookie."""

    name: str
    authority: Path
    width: int
    height: int

    def environment(self) -> dict[str, str]:
        """This process's environment with what a program needs to open a window here (GL is drawn by the CPU)."""
        own = {"DISPLAY": self.name, "XAUTHORITY": str(self.authority), "LIBGL_ALWAYS_SOFTWARE": "1"}
        return {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"} | own


@contextlib.contextmanager
def xvfb(*, width: int = 1280, height: int = 800) -> Iterator[Display]:
    """Raises RuntimeError with the server's own words if it does not start."""
    with tempfile.TemporaryDirectory(prefix="xvfb-") as folder:
        authority = Path(folder, "authority")
        authority.touch(mode=0o600)
        cookie = secrets.token_hex(16)
        give_cookie(authority, ":0", cookie)  # the server looks at the cookie only, its clients at the number too
        log = Path(folder, "log")
        server, name = start(authority, log, width=width, height=height)
        try:
            give_cookie(authority, name, cookie)
            yield Display(name=name, authority=authority, width=width, height=height)
        finally:
            stop(server)


def start(authority: Path, log: Path, *, width: int, height: int) -> tuple[subprocess.Popen[bytes], str]:
    reader, writer = os.pipe()
    command = ["setpriv", "--pdeathsig", "KILL", "Xvfb", "-displayfd", str(writer)]
    command += ["-screen", "0", f"{width}x{height}x24", "-auth", str(authority), "-nolisten", "tcp", "-noreset"]
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, pass_fds=[writer], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    os.close(writer)
    with os.fdopen(reader, "rb") as numbers:
        ready, _, _ = select.select([numbers], [], [], START_TIMEOUT_S)
        number = numbers.readline().strip().decode() if ready else ""
    if not number:
        stop(server)
        raise RuntimeError(f"Xvfb did not start: {log.read_text(errors='replace').strip()}")
    return server, f":{number}"


def stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def give_cookie(authority: Path, name: str, cookie: str) -> None:
    subprocess.run(
        ["xauth", "-q", "-f", str(authority), "add", name, "MIT-MAGIC-COOKIE-1", cookie],
        check=True,
        capture_output=True,
    )
