"""A peer on TCP that is no good printer: it does only what a test tells it to."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

Behaviour = Callable[[socket.socket, bytearray], None]


class RawPrinter:
    """Runs `behaviour(socket, received)` for each connection in turn; `received` holds the bytes of each."""

    def __init__(self, behaviour: Behaviour, *, receive_buffer_bytes: int | None = None) -> None:
        self._behaviour = behaviour
        self._listener = socket.socket()
        if receive_buffer_bytes is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port = int(self._listener.getsockname()[1])
        self.received: list[bytearray] = []
        self._open: socket.socket | None = None
        self._ended = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "RawPrinter":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in (self._listener, self._open):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def wait_ended(self, *, connections: int) -> None:
        """Returns when that many connections were served to their end."""
        for _ in range(connections):
            assert self._ended.acquire(timeout=20), "the driver kept its connection"

    def _serve(self) -> None:
        while True:
            try:
                self._open, _ = self._listener.accept()
            except OSError:
                return
            self.received.append(bytearray())
            with self._open, contextlib.suppress(OSError):
                self._behaviour(self._open, self.received[-1])
            self._ended.release()


def swallow(peer: socket.socket, received: bytearray) -> None:
    """Takes everything, says nothing."""
    while data := peer.recv(4096):
        received += data


def confirm(peer: socket.socket, received: bytearray) -> None:
    """Takes everything, confirms each GS r."""
    while data := peer.recv(4096):
        received += data
        if b"\x1dr\x01" in data:
            peer.sendall(b"\x00")


def hang_up_after(byte_count: int) -> Behaviour:
    def behave(peer: socket.socket, received: bytearray) -> None:
        while len(received) < byte_count:
            received += peer.recv(byte_count - len(received))

    return behave


def take_nothing(peer: socket.socket, received: bytearray) -> None:
    """Reads not one byte, until the other side gives up."""
    while peer.fileno() >= 0 and not _other_side_gone(peer):
        time.sleep(0.02)


def take_slowly(peer: socket.socket, received: bytearray) -> None:
    """Some bytes, a pause, some bytes … and the confirmation at the end."""
    while b"\x1dr\x01" not in received[-5000:]:
        data = peer.recv(4096)
        if not data:
            return
        received += data
        time.sleep(0.05)
    peer.sendall(b"\x00")
    swallow(peer, received)


def _other_side_gone(peer: socket.socket) -> bool:
    """The state of the connection as the kernel sees it (1 is established), without reading from it."""
    return peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO) != 1
