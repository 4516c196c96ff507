"""A TLS server that does to each connection whatever a test wants, however rude."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

Script = Callable[[socket.socket], None]


class ScriptedServer:
    """Runs `script` on each connection in turn; `requests` are the messages that `read_request` saw."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None, host: str = "127.0.0.1") -> None:
        self._script = script
        self._tls = tls
        self._listener = socket.create_server((host, 0))
        self.url = f"https://{host}:{self._listener.getsockname()[1]}/eet"
        self.connections = 0
        self._thread = threading.Thread(target=self._serve, name="scripted", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Closing alone does not wake a thread that waits in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=20)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(20)
            with connection:
                try:
                    if self._tls is None:
                        self._script(connection)
                    else:
                        with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                            self._script(wrapped)
                except OSError:
                    continue  # the client went away, which is what many tests are about


def server_tls(material_dir: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(material_dir / "private" / "tls.pem")
    return context


def read_request(connection: socket.socket) -> bytes:
    """One request: head and body. Empty when the client has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(body: bytes, *, status: str = "200 OK", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body
