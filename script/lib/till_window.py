"""The till driven from outside, as a person drives it: keys and taps through XTEST, sight by inspect socket."""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from appliance.domain.fiscal import Mode
from tests.xvfb import Display, xvfb

START_TIMEOUT_S = 60
WAIT_S = 20
POLL_S = 0.05


class NotThere(AssertionError):
    """What was waited for did not come; the message says what is visible instead."""


class TillWindow:
    """`look` is the last thing seen; every action looks again."""

    def __init__(self, display: Display, inspect_socket: Path, *, pid: int) -> None:
        self.display, self._socket, self.pid = display, inspect_socket, pid

    def look(self) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(WAIT_S)
            link.connect(str(self._socket))
            parts = []
            while part := link.recv(65536):
                parts.append(part)
        return dict(json.loads(b"".join(parts)))

    def widgets(self) -> dict[str, dict[str, Any]]:
        return {widget["id"]: widget for widget in self.look()["widgets"]}

    def text(self, name: str) -> str:
        return str(self.wait_for(name)["text"])

    def wait_for(self, name: str, accept: Callable[[dict[str, Any]], bool] = lambda _widget: True) -> dict[str, Any]:
        """The widget of this id, as soon as it is there and acceptable. Raises NotThere."""
        found: dict[str, Any] = self.wait_until(
            lambda seen: next((w for w in seen["widgets"] if w["id"] == name and accept(w)), None), name
        )
        return found

    def wait_screen(self, name: str) -> None:
        self.wait_until(lambda seen: seen if seen["screen"] == name else None, f"screen {name}")

    def wait_until(self, find: Callable[[dict[str, Any]], Any], what: str) -> Any:
        deadline = time.monotonic() + WAIT_S
        while True:
            seen = self.look()
            found = find(seen)
            if found is not None:
                return found
            if time.monotonic() > deadline:
                names = [f"{w['id']}={w['text']!r}" for w in seen["widgets"]]
                raise NotThere(f"{what} on screen {seen['screen']}: {', '.join(names)}")
            time.sleep(POLL_S)

    def press(self, *keys: str) -> None:
        """Keys by their X names: `7`, `KP_Add`, `Return`, `F5`."""
        self._xdotool("key", "--delay", "15", *keys)

    def type(self, text: str) -> None:
        self._xdotool("type", "--delay", "15", text)

    def tap(self, name: str) -> None:
        left, top, width, height = self.wait_for(name, lambda w: bool(w["enabled"]))["rect"]
        x, y = str(left + width // 2), str(top + height // 2)
        self._xdotool("mousemove", x, y, "click", "1")

    def finger_down(self, name: str) -> None:
        """A touch that stays until `finger_up`."""
        left, top, width, height = self.wait_for(name, lambda w: bool(w["enabled"]))["rect"]
        self._xdotool("mousemove", str(left + width // 2), str(top + height // 2), "mousedown", "1")

    def finger_up(self) -> None:
        self._xdotool("mouseup", "1")

    def use_layout(self, layout: str) -> None:
        """Another keyboard layout from now on, as setxkbmap names it."""
        subprocess.run(["setxkbmap", layout], env=self.display.environment(), check=True, timeout=WAIT_S)

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self.display.environment(), check=True, timeout=WAIT_S)


@contextlib.contextmanager
def till_window(
    folder: Path, *, width: int = 1280, height: int = 800, theme: str = "light", mode: Mode = Mode.LIVE
) -> Iterator[TillWindow]:
    """The demo shop's till in its own display; ended with the block."""
    inspect_socket = folder / "ui.sock"
    with xvfb(width=width, height=height) as display:
        command = [sys.executable, "-m", "script.lib.demo_shop", str(folder), "--socket", str(inspect_socket)]
        command += ["--width", str(width), "--height", str(height), "--theme", theme, "--mode", mode]
        log = folder / "ui.log"
        folder.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            child = subprocess.Popen(
                command, env=display.environment() | {"PYTHONPATH": str(Path.cwd())}, stdout=output, stderr=output
            )
        try:
            wait_for_window(child, inspect_socket, log)
            yield TillWindow(display, inspect_socket, pid=child.pid)
        except (NotThere, OSError, ValueError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=1)
            sys.stderr.write(log.read_text(errors="replace")[-4000:])  # why it ended, if it did
            raise
        finally:
            child.terminate()
            child.wait(timeout=WAIT_S)
            inspect_socket.unlink(missing_ok=True)


def wait_for_window(child: subprocess.Popen[bytes], inspect_socket: Path, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not inspect_socket.exists():
        if child.poll() is not None or time.monotonic() > deadline:
            raise NotThere(f"the till did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(POLL_S)
