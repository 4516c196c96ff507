"""A network one can pull: a TCP proxy that forwards, refuses, or swallows."""

import contextlib
import selectors
import socket
import threading
from enum import Enum

BUFFER_BYTES = 64 * 1024
TICK_S = 0.05


class Line(Enum):
    """What the cable does. REFUSING: nobody listens. SWALLOWING: connections open and bytes vanish."""

    WORKING = "working"
    REFUSING = "refusing"
    SWALLOWING = "swallowing"


class Proxy:
    """Forwards connections from its own port to `target`; `set_line` may be called at any moment."""

    def __init__(self, target: tuple[str, int], *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._target = target
        self._host = host
        self._line = Line.WORKING
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._stopped = threading.Event()
        self._listener: socket.socket | None = self._listening(port)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept_forever, name=f"proxy-{self.port}", daemon=True).start()

    def set_line(self, line: Line) -> None:
        """Change the cable; going from or to a cut breaks what is open, as pulling it would."""
        with self._lock:
            self._line = line
            if line is Line.REFUSING:
                self._close_listener()
            elif self._listener is None:
                self._listener = self._listening(self.port)
            if line is not Line.SWALLOWING:
                self._drop_connections()

    def stop(self) -> None:
        self._stopped.set()
        with self._lock:
            self._close_listener()
            self._drop_connections()

    def _listening(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, port))
        listener.listen(64)
        listener.settimeout(TICK_S)
        return listener

    def _close_listener(self) -> None:
        if self._listener is not None:
            # a close alone would leave the kernel listening while the other thread waits in accept
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _drop_connections(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept_forever(self) -> None:
        while not self._stopped.is_set():
            listener = self._listener
            if listener is None:
                self._stopped.wait(TICK_S)
                continue
            try:
                connection, _ = listener.accept()
            except OSError:  # the listener was closed, or nobody came
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        far: socket.socket | None = None
        with self._lock:
            self._open.add(near)
        try:
            if self._line is Line.WORKING:
                far = socket.create_connection(self._target, timeout=5)
                with self._lock:
                    self._open.add(far)
            self._pump(near, far)
        except OSError:
            pass  # either end went away, which is what a cable does
        finally:
            with self._lock:
                self._open.discard(near)
                if far is not None:
                    self._open.discard(far)
            near.close()
            if far is not None:
                far.close()

    def _pump(self, near: socket.socket, far: socket.socket | None) -> None:
        """Carry bytes both ways until an end closes; while swallowing they are read and forgotten."""
        with selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            if far is not None:
                selector.register(far, selectors.EVENT_READ, near)
            while not self._stopped.is_set():
                for key, _ in selector.select(TICK_S):
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    data = source.recv(BUFFER_BYTES)
                    if not data:
                        return
                    if self._line is Line.WORKING and key.data is not None:
                        key.data.sendall(data)
