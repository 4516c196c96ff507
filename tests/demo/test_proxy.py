"""The cable that can be pulled."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from demo.proxy import Line, Proxy


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server that says back what it hears."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    yield listener.getsockname()
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.fixture
def proxy(echo: tuple[str, int]) -> Iterator[Proxy]:
    cable = Proxy(echo)
    yield cable
    cable.stop()


def said_back(proxy: Proxy, text: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
        connection.sendall(text)
        return connection.recv(1024)


def test_a_working_cable_carries_both_ways(proxy: Proxy) -> None:
    assert said_back(proxy, b"hello") == b"hello"


def test_a_refusing_cable_has_nobody_listening_and_heals_on_the_same_port(proxy: Proxy) -> None:
    proxy.set_line(Line.REFUSING)
    with pytest.raises(ConnectionRefusedError):
        said_back(proxy, b"hello")
    proxy.set_line(Line.WORKING)
    assert said_back(proxy, b"again") == b"again"


def test_a_swallowing_cable_takes_everything_and_says_nothing(proxy: Proxy) -> None:
    proxy.set_line(Line.SWALLOWING)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
        connection.sendall(b"hello")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_healing_a_swallowing_cable_breaks_what_hung_on_it(proxy: Proxy) -> None:
    proxy.set_line(Line.SWALLOWING)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as connection:
        connection.sendall(b"hello")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(20)
        proxy.set_line(Line.WORKING)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    assert said_back(proxy, b"new") == b"new"
