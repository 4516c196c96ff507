"""The counter seen from the customer's side: a local page that shows each paper as it comes out.

GET  /                    the page
GET  /events?after=N      {"last": M, "events": […]}; waits up to WAIT_S for something newer than N
GET  /paper/0001.png      and .txt, likewise /uncut/…
GET  /faults, POST /faults  what is wrong with the printer, as JSON with the names of `Faults`
"""

import json
import re
import sys
import threading
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from drivers.virtual.printer import VirtualPrinter

WAIT_S = 20.0
SHOWN_MAX = 40
BODY_BYTES_MAX = 2000
_PAPER_PATH = re.compile(r"/(paper|uncut)/(\d{4,8})\.(png|txt)")
_TYPES = {"png": "image/png", "txt": "text/plain; charset=utf-8"}


class PaperPage:
    """Serves the page of one printer on a thread of its own."""

    def __init__(self, printer: VirtualPrinter, host: str = "127.0.0.1", port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"printer": printer})
        self._server = _Server((host, port), handler)
        self.host, self.port = host, int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="paper-page")

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Requests that still wait for events do not hold up the end: they are daemon threads."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves while it waits is no error worth a traceback; anything else is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    printer: VirtualPrinter
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/":
            self._send(_page(self.printer), "text/html; charset=utf-8")
        elif url.path == "/events":
            self._events(parse_qs(url.query).get("after", ["0"])[0])
        elif url.path == "/faults":
            self._json(asdict(self.printer.faults))
        elif match := _PAPER_PATH.fullmatch(url.path):
            self._paper(match)
        else:
            self._send(b"", "text/plain", HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Only JSON is taken: a foreign page open in the same browser cannot send it here unasked."""
        length = int(self.headers.get("Content-Length") or 0)
        wrong_kind = self.headers.get_content_type() != "application/json"
        if urlsplit(self.path).path != "/faults" or wrong_kind or not 0 < length <= BODY_BYTES_MAX:
            self.close_connection = True
            self._send(b"", "text/plain", HTTPStatus.BAD_REQUEST)
            return
        try:
            self.printer.set_faults(**_checked_faults(json.loads(self.rfile.read(length))))
        except ValueError as error:
            self._send(str(error).encode(), "text/plain; charset=utf-8", HTTPStatus.BAD_REQUEST)
            return
        self._json(asdict(self.printer.faults))

    def log_message(self, *_args: Any) -> None:
        """The terminal belongs to whoever started the printer."""

    def _events(self, after: str) -> None:
        number = int(after) if after.isascii() and after.isdigit() and len(after) < 12 else 0
        last, events = self.printer.events.after(number, wait_s=WAIT_S)
        self._json({"last": last, "events": events})

    def _paper(self, match: re.Match[str]) -> None:
        kind, number, suffix = match.groups()
        path = self.printer.folder / kind / f"{number}.{suffix}"
        try:
            self._send(path.read_bytes(), _TYPES[suffix])
        except FileNotFoundError:
            self._send(b"", "text/plain", HTTPStatus.NOT_FOUND)

    def _json(self, value: object) -> None:
        self._send(json.dumps(value, ensure_ascii=False).encode(), "application/json")

    def _send(self, body: bytes, content_type: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def _page(printer: VirtualPrinter) -> bytes:
    """The page with what it starts from: the newest pictures, the last event's number, the faults."""
    last = printer.events.last
    start = {"last": last, "pictures": printer.cabinet.pictures(most=SHOWN_MAX), "faults": asdict(printer.faults)}
    template = files("drivers.virtual").joinpath("page.html").read_text(encoding="utf-8")
    return template.replace("{{start}}", json.dumps(start).replace("<", "\\u003c")).encode()


def _checked_faults(asked: object) -> dict[str, Any]:
    """The asked changes, each of a known name and type; raises ValueError."""
    if not isinstance(asked, dict):
        raise ValueError("expected an object")
    for name, value in asked.items():
        if name == "slow_s":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 600:
                raise ValueError("slow_s: expected 0 to 600")
        elif name not in ("offline", "paper_out", "paper_near_end", "cover_open", "drawer_open"):
            raise ValueError(f"unknown fault {name}")
        elif not isinstance(value, bool):
            raise ValueError(f"{name}: expected true or false")
    return asked
