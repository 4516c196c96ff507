"""An EET server to develop and test against: HTTPS, strict like the real one, with a ledger that survives a kill.

POST to SERVICE_PATH is the service; GET of /ledger tells what was accepted, as JSON.
"""

import json
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from appliance.eet.certificate import load_anchors, load_pem
from appliance.eet.sandbox.ca import make_server_material
from appliance.eet.sandbox.ledger import Ledger
from appliance.eet.sandbox.office import Office, OfficeReply, fault
from appliance.eet.v4 import V4

SERVICE_PATH = "/eet/services/EETServiceSOAP/v4"
LEDGER_PATH = "/ledger"

REQUEST_BYTES_MAX = 64 * 1024
"""Above the protocol's limit, so that a message somewhat too large gets its error 7."""

DRAINED_BYTES_MAX = 1024 * 1024

IDLE_S_MAX = 30.0


class Sandbox:
    """The server. `start` runs it in a thread, `serve_forever` in the caller's; both need `stop` at the end.

    Port 0 takes a free one. Material and ledger live in `directory` and are used again by the next run.
    """

    def __init__(
        self,
        directory: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], datetime],
        playground: bool = True,
    ) -> None:
        files = make_server_material(directory, host=host)
        self._host = host
        self._ledger = Ledger(directory / "ledger.jsonl")
        self._office = Office(
            signer=load_pem(files.answer.read_bytes()),
            till_anchors=load_anchors([files.till_ca.read_bytes()]),
            ledger=self._ledger,
            playground=playground,
            clock=clock,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(files.tls)
        self._server = _Server((host, port), _Handler, context=context, sandbox=self)
        self._thread: threading.Thread | None = None
        self._started = False

    @property
    def port(self) -> int:
        """The port it listens on, also when 0 was asked for."""
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        """What a till is configured with."""
        return f"https://{self._host}:{self.port}{SERVICE_PATH}"

    def reply_to(self, raw: bytes) -> OfficeReply:
        """The one place every message passes: here faults can be put in."""
        return self._office.answer(raw)

    def ledger(self) -> dict[str, Any]:
        """What GET /ledger answers; see `Ledger.report`."""
        return self._ledger.report()

    def start(self) -> None:
        """Serve in a thread."""
        self._started = True
        self._thread = threading.Thread(target=self.serve_forever, name="eet-sandbox", daemon=True)
        self._thread.start()

    def serve_forever(self) -> None:
        """Serve in this thread until `stop` is called from another, or an exception (KeyboardInterrupt) ends it."""
        self._started = True
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """End all connections, wait for their threads and close the ledger."""
        if self._started:
            self._server.shutdown()
        if self._thread is not None:
            self._thread.join()
        self._server.end_connections()
        self._server.server_close()
        self._ledger.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], handler: type["_Handler"], *, context: ssl.SSLContext, sandbox: Sandbox
    ) -> None:
        self.sandbox = sandbox
        self._context = context
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

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
        super().shutdown_request(request)

    def end_connections(self) -> None:
        with self._open_lock:
            for each in self._open:
                try:
                    socket.socket.shutdown(each, socket.SHUT_RDWR)
                except OSError:
                    continue  # the other side was faster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away or cannot do TLS is no event for a test server."""


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
        length = _length(self.headers.get("Content-Length", ""))
        if length is None or length > REQUEST_BYTES_MAX:
            self.close_connection = True
            # A client that is still writing would lose the answer if we closed on it.
            self.rfile.read(min(length or 0, DRAINED_BYTES_MAX))
            self._send(413, b"", content_type="text/plain")
            return
        raw = self.rfile.read(length)
        if self.path != SERVICE_PATH:
            self._send(404, b"", content_type="text/plain")
            return
        reply = self._header_fault() or self._sandbox.reply_to(raw)
        self._send(reply.status, reply.body, content_type="text/xml; charset=utf-8")

    def do_GET(self) -> None:
        if self.path != LEDGER_PATH:
            self._send(404, b"", content_type="text/plain")
            return
        body = json.dumps(self._sandbox.ledger(), indent=1).encode("ascii")
        self._send(200, body, content_type="application/json")

    @property
    def _sandbox(self) -> Sandbox:
        return cast("_Server", self.server).sandbox

    def _header_fault(self) -> OfficeReply | None:
        content_type = self.headers.get("Content-Type", "").replace(" ", "").lower()
        if content_type != "text/xml;charset=utf-8":
            return fault("Client", "Content-Type")
        if self.headers.get("SOAPAction", "").strip('"') != V4.soap_action:
            return fault("Client", "SOAPAction")
        return None

    def _send(self, status: int, body: bytes, *, content_type: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Global-Transaction-Id", uuid4().hex)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent: what counts is in the ledger."""
