"""A stranger who drips a head or a body is not waited for without end; an honest keep-alive is."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from backoffice.guard import Guard
from backoffice.patience import PatientProtocol
from backoffice.problem import PROBLEM_TYPE

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


class Hasty(PatientProtocol):
    head_s_max = 0.5


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)} bytes")(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    app = Guard(echo, next_key="K" * 52, body_s_max=0.5)
    server = uvicorn.Server(uvicorn.Config(app, http=Hasty, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield int(listening.getsockname()[1])
    server.should_exit = True
    thread.join(20)


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        yield connection


def drip(connection: socket.socket, *, seconds: float) -> None:
    begun = time.monotonic()
    while time.monotonic() < begun + seconds:
        try:
            connection.sendall(b"X")
        except OSError:
            return
        time.sleep(0.05)


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionError:
        return True


def test_a_connection_that_says_nothing_is_ended(port: int) -> None:
    with connected(port) as connection:
        assert ended(connection)


def test_a_head_that_drips_is_ended_though_it_goes_on(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(GET + b"X-More: ")
        drip(connection, seconds=1.5)
        assert ended(connection)


def test_the_second_head_of_a_connection_has_its_deadline_too(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(GET + b"\r\n")
        assert b"0 bytes" in connection.recv(4096)
        connection.sendall(GET + b"X-More: ")
        drip(connection, seconds=1.5)
        assert ended(connection)


def test_an_idle_connection_is_kept_for_the_next_request(port: int) -> None:
    with connected(port) as connection:
        for _ in range(2):
            connection.sendall(GET + b"\r\n")
            assert b"0 bytes" in connection.recv(4096)
            time.sleep(0.8)


def test_a_body_that_drips_is_told_so(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"POST /api/v1/pair HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        drip(connection, seconds=1.0)
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert PROBLEM_TYPE.encode() in answer


def test_every_answer_of_the_api_announces_the_next_key_and_no_page_does(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET /api/v1/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"\r\npokladna-next-key: " + b"K" * 52 in connection.recv(4096).lower().replace(b"k" * 52, b"K" * 52)
        connection.sendall(GET + b"\r\n")
        assert b"next-key" not in connection.recv(4096).lower()
