"""What is visible now, for people who drive the till from outside: one JSON document per connection, read only.

docs/ui-inspect.md lists the ids.
"""

import json
import socketserver
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

from kivy.clock import Clock

from appliance.ui.focus import seen, window_rect

ANSWER_TIMEOUT_S = 5.0

_seq = 0


def picture_of(app: Any, window: Any) -> dict[str, Any]:
    """The document. Call on the Kivy thread. What lies under a dialog or keyboard is there, but not enabled."""
    global _seq  # noqa: PLW0603 -- counts the answers of this process
    _seq += 1
    width, height = int(window.width), int(window.height)
    keyboard = app.keys.keyboard
    on_top = {widget.tag: widget for widget in seen(app.layer)}
    on_top |= {widget.tag: widget for widget in seen(keyboard)} if keyboard is not None else {}
    # what lies on top takes the id of what it covers: a question's keypad over the screen's own
    shown = [widget for widget in seen(app.frame) if on_top.get(widget.tag, widget) is widget]
    return {
        "screen": app.screen.name if app.screen is not None else "",
        "dialog": bool(app.dialogs),
        "keyboard": keyboard is not None,
        "window": [width, height],
        "widgets": [
            {
                "id": widget.tag,
                "role": widget.role,
                "text": widget.said(),
                "rect": list(window_rect(widget, height)),
                "enabled": widget.enabled and widget.tag in on_top,
                "focused": widget.focused or getattr(widget, "editing", False),
            }
            for widget in shown
        ],
        "seq": _seq,
    }


class InspectServer:
    """Answers on a Unix stream socket; the picture is made on the Kivy thread."""

    def __init__(self, path: Path, picture: Callable[[], dict[str, Any]]) -> None:
        self._path, self._picture = path, picture
        self._server: socketserver.BaseServer | None = None

    def start(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        picture = self._on_kivy_thread
        unready = self._path.with_name(self._path.name + ".new")
        unready.unlink(missing_ok=True)

        class Answer(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(json.dumps(picture(), ensure_ascii=False).encode())

        self._server = socketserver.UnixStreamServer(str(unready), Answer)
        unready.replace(self._path)  # who sees the path can connect: it listens already
        Thread(target=self._server.serve_forever, name="ui-inspect", daemon=True).start()

    def _on_kivy_thread(self) -> dict[str, Any]:
        done = Event()
        made: list[dict[str, Any]] = []

        def make(_dt: float) -> None:
            made.append(self._picture())
            done.set()

        # two frames on, so that what a key changed is laid out
        Clock.schedule_once(lambda _dt: Clock.schedule_once(make, 0), 0)
        if not done.wait(ANSWER_TIMEOUT_S):
            return {"error": "the screen does not answer"}
        return made[0]

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._path.unlink(missing_ok=True)
