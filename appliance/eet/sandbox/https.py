"""HTTPS for the sandbox: what arrives becomes a Request, what a Reply says is sent, or broken off on purpose."""

import math
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from uuid import uuid4

REQUEST_BYTES_MAX = 64 * 1024
"""Above the protocol's limit, so that a message somewhat too large gets its error 7."""

DRAINED_BYTES_MAX = 1024 * 1024

IDLE_S_MAX = 30.0

_DRIP_S = 0.05
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Ending(Enum):
    """How an exchange ends."""

    WHOLE = auto()
    HALF = auto()  # the connection ends in the middle of the body
    SILENT = auto()  # the connection ends without a word
    RESET = auto()  # the same, rudely


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the names of `headers` are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent; `slow_s` is how long the body takes."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = Ending.WHOLE
    slow_s: float = 0.0


Responder = Callable[[Request], Reply]


class HttpsServer(ThreadingHTTPServer):
    """One thread for each connection. `ended` is set when it is time to stop waiting for anything."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], *, context: ssl.SSLContext, respond: Responder) -> None:
        self.respond = respond
        self.ended = threading.Event()
        self._context = context
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks its name up, which can take seconds without a network.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def get_request(self) -> tuple[socket.socket, Any]:
        """The handshake waits for the handler's thread, so that a silent client holds nobody up."""
        raw, address = self.socket.accept()
        wrapped = self._context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        with self._open_lock:
            self._open.add(wrapped)
        return wrapped, address

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        if _resets(request):
            self.close_request(request)  # an orderly end of our side would come before the reset
        else:
            super().shutdown_request(request)

    def end_connections(self) -> None:
        """Nobody is waited for any longer."""
        self.ended.set()
        with self._open_lock:
            for each in self._open:
                try:
                    socket.socket.shutdown(each, socket.SHUT_RDWR)
                except OSError:
                    continue  # the other side was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away or cannot do TLS is no event for a test server."""


def _resets(connection: socket.socket) -> bool:
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET_ON_CLOSE)) == _RESET_ON_CLOSE


def _length(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S_MAX
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        self.request.settimeout(IDLE_S_MAX)
        self.request.do_handshake()
        super().setup()

    def do_POST(self) -> None:
        chunked = "Transfer-Encoding" in self.headers  # no client of EET does it, and no test needs it
        length = None if chunked else _length(self.headers.get("Content-Length", "0"))
        if length is None or length > REQUEST_BYTES_MAX:
            self.close_connection = True
            # A client that is still writing would lose the answer if we closed on it.
            self.rfile.read(min(length or 0, DRAINED_BYTES_MAX))
            self._send(Reply(413 if length else 411))
            return
        self._respond(self.rfile.read(length))

    def do_GET(self) -> None:
        self._respond(b"")

    @property
    def _server(self) -> HttpsServer:
        return cast("HttpsServer", self.server)

    def _respond(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self._server.respond(Request(str(self.command), self.path, headers, body))
        if reply.ending is not Ending.WHOLE:
            self.close_connection = True
        if reply.ending is Ending.RESET:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        elif reply.ending is not Ending.SILENT:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        if reply.status != 204:
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("X-Global-Transaction-Id", uuid4().hex)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        body = reply.body[: len(reply.body) // 2] if reply.ending is Ending.HALF else reply.body
        for piece in self._dripped(body, reply.slow_s):
            self.wfile.write(piece)
            self.wfile.flush()

    def _dripped(self, body: bytes, seconds: float) -> Iterator[bytes]:
        """The body in pieces, each after its part of the time."""
        pieces = max(1, math.ceil(seconds / _DRIP_S))
        size = max(1, math.ceil(len(body) / pieces))
        for at in range(0, len(body), size):
            self._server.ended.wait(seconds / pieces)
            yield body[at : at + size]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent: what counts is in the ledger."""
