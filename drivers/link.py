"""The byte pipe to a printer. `Link` is all the printer driver needs of one; the network is the first."""

import contextlib
import fcntl
import select
import socket
import struct
import termios
import time
from typing import Protocol

from escpos.printer import Network

from drivers.ports import PrinterFailure

# Small on purpose: what lies in the kernel's send buffer has not reached the printer, so it hides whether bytes move.
SEND_BUFFER_BYTES = 16_384
RECEIVE_BYTES = 256
INBOX_BYTES_MAX = 4096  # more than this unread means a peer that is no printer
KEEPALIVE_IDLE_S, KEEPALIVE_EVERY_S, KEEPALIVE_COUNT = 10, 5, 3


class Link(Protocol):
    """A connection to a printer: opened, closed and opened again. Raises PrinterFailure, and nothing else."""

    @property
    def is_open(self) -> bool: ...

    def open(self) -> None:
        """Opens the connection, which must be closed; fails as `offline`."""
        ...

    def still_there(self) -> bool:
        """Whether the open connection has not ended, as far as can be told at once and without sending."""
        ...

    def send(self, data: bytes) -> None:
        """Hands over all the bytes. Fails as `stalled` when none was accepted for the stall time, or `broken`."""
        ...

    def unsent_bytes(self) -> int:
        """How many bytes handed over wait on this side still; when they become fewer, the printer is taking them."""
        ...

    def receive(self, timeout_s: float) -> bytes:
        """What the printer has said; b"" when it said nothing in time. Fails as `broken`."""
        ...

    def close(self) -> None:
        """Ends the connection; never fails."""
        ...


class NetworkLink(Network):  # type: ignore[misc]
    """TCP through python-escpos, without its blocking `sendall`: here each accepted byte restarts the stall clock."""

    def __init__(self, host: str, port: int, *, connect_timeout_s: float, stall_timeout_s: float) -> None:
        super().__init__(host, port, timeout=connect_timeout_s)
        self._stall_timeout_s = stall_timeout_s
        self._inbox = bytearray()

    @property
    def is_open(self) -> bool:
        return bool(self._device)

    def open(self) -> None:
        self.close()
        self._inbox.clear()
        try:
            connection = socket.create_connection((self.host, self.port), timeout=self.timeout)
        except OSError as error:
            self._device = None
            raise PrinterFailure("offline", f"{self.host}:{self.port}: {error}") from error
        try:
            _tune(connection, user_timeout_s=2 * self._stall_timeout_s)
        except OSError as error:
            connection.close()
            raise PrinterFailure("offline", f"{self.host}:{self.port}: {error}") from error
        self._device = connection

    def still_there(self) -> bool:
        try:
            self._fetch()
        except PrinterFailure:
            return False
        return True

    def send(self, data: bytes) -> None:
        connection = self._socket()
        rest = memoryview(data)
        deadline = time.monotonic() + self._stall_timeout_s
        while rest:
            try:
                rest = rest[connection.send(rest) :]
                deadline = time.monotonic() + self._stall_timeout_s
            except BlockingIOError:
                self._wait_for_room(connection, deadline)
            except OSError as error:
                raise PrinterFailure("broken", str(error)) from error

    def unsent_bytes(self) -> int:
        """The kernel's queue, in which TCP keeps a byte until the other side has acknowledged it (tcp(7), SIOCOUTQ)."""
        try:
            queue = fcntl.ioctl(self._socket(), termios.TIOCOUTQ, struct.pack("i", 0))
        except OSError as error:
            raise PrinterFailure("broken", str(error)) from error
        return int(struct.unpack("i", queue)[0])

    def receive(self, timeout_s: float) -> bytes:
        if not self._inbox:
            _poll(self._socket(), select.POLLIN, timeout_s)
            self._fetch()
        answer = bytes(self._inbox)
        self._inbox.clear()
        return answer

    def _raw(self, msg: bytes) -> None:
        """python-escpos sends through this."""
        self.send(msg)

    def _read(self) -> bytes:
        """python-escpos reads through this."""
        return self.receive(self._stall_timeout_s)

    def _wait_for_room(self, connection: socket.socket, deadline: float) -> None:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise PrinterFailure("stalled", f"no byte accepted for {self._stall_timeout_s:g} s")
        if _poll(connection, select.POLLIN | select.POLLOUT, left_s) & ~select.POLLOUT:
            self._fetch()

    def _fetch(self) -> None:
        """Moves what has arrived into the inbox, without waiting."""
        try:
            while len(self._inbox) <= INBOX_BYTES_MAX:
                arrived = self._socket().recv(RECEIVE_BYTES)
                if not arrived:
                    raise PrinterFailure("broken", "the printer ended the connection")
                self._inbox += arrived
        except BlockingIOError:
            return
        except OSError as error:
            raise PrinterFailure("broken", str(error)) from error
        raise PrinterFailure("broken", "the peer talks like no printer")

    def _socket(self) -> socket.socket:
        if not isinstance(self._device, socket.socket):
            raise PrinterFailure("broken", "there is no connection")
        return self._device


def _tune(connection: socket.socket, *, user_timeout_s: float) -> None:
    """Sends small packets at once, never blocks, and lets the kernel notice a peer that vanished silently."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    linux_only = {
        "TCP_KEEPIDLE": KEEPALIVE_IDLE_S,
        "TCP_KEEPINTVL": KEEPALIVE_EVERY_S,
        "TCP_KEEPCNT": KEEPALIVE_COUNT,
        "TCP_USER_TIMEOUT": int(user_timeout_s * 1000),
    }
    for name, value in linux_only.items():
        option = getattr(socket, name, None)
        if option is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, option, value)
    connection.settimeout(0)


def _poll(connection: socket.socket, events: int, timeout_s: float) -> int:
    poller = select.poll()
    poller.register(connection, events)
    happened = poller.poll(max(0.0, timeout_s) * 1000)
    return happened[0][1] if happened else 0
