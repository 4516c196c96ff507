"""A wire one can read: an HTTPS server with the Backoffice's own certificate that forwards, writes down, and may drop.

It stands between a till and its Backoffice, so what it saw is what really travelled.
"""

import contextlib
import gzip
import hashlib
import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FORWARD_TIMEOUT_S = 60.0
HOP_HEADERS = frozenset({"host", "connection", "content-length", "transfer-encoding"})


@dataclass(frozen=True)
class Seen:
    """One exchange. `at` is monotonic seconds when the request was read; `rows` are (kind, epoch, seq) of an upload;
    `status` is 0 when the answer was dropped."""

    at: float
    method: str
    path: str
    rows: tuple[tuple[str, str, int], ...]
    status: int

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(kind for kind, _, _ in self.rows)


Drops = Callable[[str], bool]
"""Whether the answer to this request (a digest of it) is to get lost after the server has done its work."""


class Recorder:
    """Listens on its own port of 127.0.0.1 and forwards to `target_port` there."""

    def __init__(self, target_port: int, *, certificate: Path, key: Path, drops: Drops | None = None) -> None:
        self.drops = drops
        self._target_port = target_port
        self._seen: list[Seen] = []
        self._lock = threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name=f"recorder-{self.port}", daemon=True).start()

    def seen(self) -> list[Seen]:
        """So far, in order."""
        with self._lock:
            return list(self._seen)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def exchange(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any, bytes] | None:
        """Forward one request; the answer's status, headers and body, None if it is to be dropped."""
        at = time.monotonic()
        # the target is this machine itself, and its certificate is the one we show
        context = ssl._create_unverified_context()  # noqa: S323
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self._target_port, timeout=FORWARD_TIMEOUT_S, context=context
        )
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        dropped = self.drops is not None and self.drops(_digest(method, path, headers, body))
        seen = Seen(at, method, path, _rows(headers, body), 0 if dropped else answer.status)
        with self._lock:
            self._seen.append(seen)
        return None if dropped else (answer.status, answer.headers, content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A till that was killed in the middle is no fault of the wire."""


def _handler(recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_HEADERS}
            try:
                answer = recorder.exchange(self.command, self.path, headers, body)
            except OSError:
                answer = None  # the server is down: the till sees a broken connection
            if answer is None:
                self.close_connection = True
                return
            status, answered, content = answer
            self.send_response(status)
            for name, value in answered.items():
                if name.lower() not in HOP_HEADERS:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """The record is in memory."""

    return Handler


def _plain(headers: dict[str, str], body: bytes) -> bytes:
    packed = any(name.lower() == "content-encoding" and value == "gzip" for name, value in headers.items())
    return gzip.decompress(body) if packed else body


def _rows(headers: dict[str, str], body: bytes) -> tuple[tuple[str, str, int], ...]:
    try:
        upload = json.loads(_plain(headers, body) or b"{}")
    except (ValueError, OSError):
        return ()
    return tuple((row["kind"], upload["epoch"], row["seq"]) for row in upload.get("rows", ()))


def _digest(method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    """The same rows are the same request, whatever status travels with them."""
    said = json.dumps(_rows(headers, body)) or path
    return hashlib.sha256(f"{method} {path} {said}".encode()).hexdigest()
