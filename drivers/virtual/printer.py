"""A receipt printer on TCP that exists only as files: papers, their pictures, and what happened (events.py).

Like the real ones it reads into a buffer of a few kilobytes and prints from it. Questions in real time (DLE EOT) are
answered on arrival, questions in order (GS r) when everything before them is printed; when the buffer is full it
stops reading.
"""

import contextlib
import socket
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from drivers.virtual.cabinet import Cabinet
from drivers.virtual.connection import Connection
from drivers.virtual.events import EventLog

CONNECTIONS_MAX = 8


@dataclass(frozen=True)
class Faults:
    """What is wrong with the printer now. `slow_s` is the time one line takes."""

    offline: bool = False
    paper_out: bool = False
    paper_near_end: bool = False
    cover_open: bool = False
    drawer_open: bool = False
    slow_s: float = 0.0

    @property
    def stopped(self) -> bool:
        return self.paper_out or self.cover_open or self.offline


class VirtualPrinter:
    """Listens from `start` to `close`. `folder` is made when missing; port 0 takes a free one, see `port`."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0, *, width_chars: int = 48) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.host, self.port = host, port
        self.width_dots = width_chars * 12
        self.events = EventLog(folder / "events.jsonl")
        self.cabinet = Cabinet(folder, self.events)
        self.faults = Faults()
        self.changed = threading.Condition()  # of faults, and of every connection's buffer
        self._listener: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._acceptor: threading.Thread | None = None

    def start(self) -> None:
        """Listens; raises OSError when the address is taken."""
        listener = socket.create_server((self.host, self.port), backlog=CONNECTIONS_MAX)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._acceptor = threading.Thread(target=self._accept, args=(listener,), name="virtual-printer")
        self._acceptor.start()

    def set_faults(
        self,
        *,
        offline: bool | None = None,
        paper_out: bool | None = None,
        paper_near_end: bool | None = None,
        cover_open: bool | None = None,
        drawer_open: bool | None = None,
        slow_s: float | None = None,
    ) -> None:
        """Changes what is given. `offline` is a pulled plug: refuses, drops connections, forgets its buffer."""
        given: dict[str, Any] = {
            "offline": offline,
            "paper_out": paper_out,
            "paper_near_end": paper_near_end,
            "cover_open": cover_open,
            "drawer_open": drawer_open,
            "slow_s": slow_s,
        }
        before = self.faults
        with self.changed:
            self.faults = replace(self.faults, **{name: value for name, value in given.items() if value is not None})
            self.changed.notify_all()
        self.events.add("fault", **asdict(self.faults))
        if self.faults.offline and not before.offline:
            self._hang_up()
        elif before.offline and not self.faults.offline:
            self.start()

    def close(self) -> None:
        """Hangs up, keeps what stands uncut, finishes the pictures."""
        self._hang_up()
        self.cabinet.close()
        self.events.close()

    def forget(self, connection: Connection) -> None:
        """Called by a connection that has ended and printed its last."""
        with self.changed:
            self._connections.discard(connection)
            self.changed.notify_all()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer_socket, peer = listener.accept()
            except OSError:
                return  # the listener was closed
            with self.changed:
                if len(self._connections) >= CONNECTIONS_MAX or self._listener is not listener:
                    peer_socket.close()
                    continue
                connection = Connection(self, peer_socket, f"{peer[0]}:{peer[1]}")
                self._connections.add(connection)
            connection.start()

    def _hang_up(self) -> None:
        if self._listener is not None:
            listener, self._listener = self._listener, None
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        if self._acceptor is not None:
            self._acceptor.join()
            self._acceptor = None
        with self.changed:
            connections = list(self._connections)
        for connection in connections:
            connection.hang_up()
        for connection in connections:
            connection.join()
