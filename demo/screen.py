"""A person at the till: eyes (what the screen says it shows) and hands (X key presses and clicks, by XTEST).

The eyes read the till's inspection socket (docs/ui-inspect.md), which only shows; the hands are xdotool.
"""

import json
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.processes import DemoFailed

LOOK_TIMEOUT_S = 10.0
WAIT_S = 30.0
KEYS = {"enter": "KP_Enter", "esc": "Escape", "+": "KP_Add", "-": "KP_Subtract", "*": "KP_Multiply", "/": "KP_Divide"}
KEYS |= {",": "KP_Decimal", "backspace": "BackSpace", "pagedown": "Next", "pageup": "Prior"}
KEYS |= {str(digit): f"KP_{digit}" for digit in range(10)}


def haler(text: str) -> int:
    """`-1 234,50 Kč` as haléře."""
    digits = "".join(char for char in text if char.isdigit())
    return -int(digits) if text.strip().startswith(("-", "−")) else int(digits)


@dataclass(frozen=True)
class View:
    """One look at the screen; widgets by id."""

    screen: str
    dialog: bool
    keyboard: bool
    widgets: Mapping[str, Mapping[str, Any]]

    def has(self, wanted: str) -> bool:
        return wanted in self.widgets

    def text(self, wanted: str) -> str:
        """What stands there; '' when it is not on the screen."""
        return str(self.widgets[wanted]["text"]) if wanted in self.widgets else ""

    def summary(self) -> str:
        """What a message about this screen says: everything with words but tiles and keys."""
        words = [
            f"{name}={widget['text']!r}"
            for name, widget in self.widgets.items()
            if widget["text"] and not name.startswith(("tile:", "key:", "pad:", "tab:", "last:"))
        ]
        return f"the screen {self.screen}: {', '.join(words)}"

    def ids(self, prefix: str) -> list[str]:
        return [name for name in self.widgets if name.startswith(prefix)]


class TillRestarted(Exception):
    """The till died and came up again; what was being done has to be looked at anew."""


class Screen:
    """The till's screen, seen and touched from outside. `starts` counts how often the till was started."""

    def __init__(
        self, inspect_socket: Path, environment: Mapping[str, str], starts: Callable[[], int] = lambda: 1
    ) -> None:
        self._socket = inspect_socket
        self._starts = starts
        self._known_start = starts()
        self._environment = dict(environment)
        self._hands = subprocess.Popen(["xdotool", "-"], stdin=subprocess.PIPE, env=self._environment, text=True)

    def close(self) -> None:
        assert self._hands.stdin is not None
        self._hands.stdin.close()
        self._hands.wait()

    def renew(self) -> None:
        """From here on the till as it runs now."""
        self._known_start = self._starts()

    def look(self) -> View | None:
        """None while the till is down."""
        content = b""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(LOOK_TIMEOUT_S)
                connection.connect(str(self._socket))
                while chunk := connection.recv(64 * 1024):
                    content += chunk
            seen = json.loads(content)
        except (OSError, ValueError):
            return None
        if "widgets" not in seen:
            return None
        return View(
            seen["screen"], seen["dialog"], seen["keyboard"], {widget["id"]: widget for widget in seen["widgets"]}
        )

    def see(self, condition: Callable[[View], bool], what: str, *, timeout_s: float = WAIT_S) -> View:
        """Look until the condition holds. Raises DemoFailed, TillRestarted."""
        deadline = time.monotonic() + timeout_s
        view: View | None = None
        while time.monotonic() < deadline:
            view = self.look()
            if self._starts() != self._known_start:
                raise TillRestarted
            if view is not None and condition(view):
                return view
            time.sleep(0.01)
        shown = view.summary() if view else "nothing"
        raise DemoFailed(f"waited {timeout_s:.0f} s to see {what}, but saw {shown}")

    def picture(self, path: Path) -> None:
        """The whole display as a PNG, taken from the X server; with few colours, so that it stays small."""
        grab = (
            "from PIL import ImageGrab; "
            f"ImageGrab.grab(xdisplay=None).convert('RGB').quantize(200, dither=0).save({str(path)!r}, optimize=True)"
        )
        subprocess.run([sys.executable, "-c", grab], env=self._environment, check=True)

    def press(self, *keys: str) -> None:
        """Keys of the numeric keypad, named as on ui.md: digits, `enter`, `+`, `esc`, `F5` …"""
        self._do("key --delay 0 " + " ".join(KEYS.get(key, key) for key in keys))

    def type(self, text: str) -> None:
        self.press(*text)

    def write(self, text: str) -> None:
        """Words, by the letters of a keyboard."""
        self._do(f"type --delay 30 {shlex.quote(text)}")

    def tap(self, wanted: str, *, timeout_s: float = WAIT_S) -> None:
        """Touch the middle of a widget once it is there and can be touched."""
        view = self.see(
            lambda v: v.has(wanted) and bool(v.widgets[wanted]["enabled"]), f"{wanted} to touch", timeout_s=timeout_s
        )
        x, y, width, height = view.widgets[wanted]["rect"]
        self._do(f"mousemove {round(x + width / 2)} {round(y + height / 2)} click 1")

    def _do(self, command: str) -> None:
        assert self._hands.stdin is not None
        self._hands.stdin.write(command + "\n")
        self._hands.stdin.flush()
