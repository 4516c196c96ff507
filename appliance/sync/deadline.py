"""One deadline for a whole exchange: an ordinary read timeout starts anew with each byte, so a server that drips its
answer could hold the thread for ever."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import requests


class Deadline:
    """For a session whose exchanges follow one another. `expired`: the last one was ended here."""

    def __init__(self, session: requests.Session) -> None:
        self.expired = False
        self._socket: socket.socket | None = None
        for adapter in session.adapters.values():
            manager: Any = adapter
            pools = manager.poolmanager
            pools.pool_classes_by_scheme = {
                scheme: _watched(pool, self._connected) for scheme, pool in pools.pool_classes_by_scheme.items()
            }

    @contextmanager
    def within(self, limit_s: float) -> Iterator[None]:
        self.expired = False
        timer = threading.Timer(limit_s, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _connected(self, connection: socket.socket) -> None:
        self._socket = connection

    def _end(self) -> None:
        """Whoever reads from the connection finds its end."""
        self.expired = True
        if self._socket is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # of TLS too: the bytes below end


def _watched(pool: Any, connected: Any) -> Any:
    """The same kind of pool, whose connections say which socket they have."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]
        def connect(self) -> None:
            super().connect()
            connected(self.sock)

    return type("WatchedPool", (pool,), {"ConnectionCls": Connection})
