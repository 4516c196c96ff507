"""TLS servers for the tests of pairing: the Backoffice's own certificate, somebody in between, one that drips."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from backoffice.trust import Trust, ensure_trust, machine_names

EXPIRED_SINCE = datetime(2001, 1, 1, tzinfo=UTC)
GOOD = datetime.now(UTC)  # TLS libraries judge a certificate by the machine's clock, which nobody can hand them


def trust_in(folder: Path, *, at: datetime = GOOD) -> Trust:
    return ensure_trust(folder, machine_names(host_name="obchod"), now=at)


@dataclass
class Heard:
    """What came over the finished TLS connections of one server."""

    connections: int = 0
    content: bytes = b""
    threads: list[threading.Thread] = field(default_factory=list)


@contextmanager
def listening_tls(trust: Trust) -> Iterator[tuple[str, Heard]]:
    """Accepts TLS with this certificate and keeps every byte of application data."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trust.certificate_file, trust.key_file)
    heard = Heard()

    def serve(plain: socket.socket) -> None:
        plain.settimeout(5)
        try:
            with context.wrap_socket(plain, server_side=True) as tls:
                heard.connections += 1
                while some := tls.recv(4096):
                    heard.content += some
        except OSError:
            plain.close()

    with _accepting(serve, heard) as address:
        yield address, heard


@contextmanager
def dripping() -> Iterator[str]:
    """Accepts and then says a byte now and then that never becomes a handshake."""
    stop = threading.Event()

    def serve(plain: socket.socket) -> None:
        with plain:
            plain.settimeout(5)
            try:
                plain.sendall(b"\x16\x03\x03\x40\x00")
                while not stop.wait(0.1):
                    plain.sendall(b"\x00")
            except OSError:
                return

    with _accepting(serve, Heard()) as address:
        yield address
        stop.set()


@contextmanager
def _accepting(serve: "object", heard: Heard) -> Iterator[str]:
    assert callable(serve)
    listening = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=serve, args=(plain,), daemon=True)
            heard.threads.append(thread)
            thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join(5)
        for thread in heard.threads:
            thread.join(5)
