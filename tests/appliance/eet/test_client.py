import gzip
import socket
import ssl
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.eet.client import EetClient
from appliance.eet.document import ANSWER_BYTES_MAX
from appliance.eet.transport import FailureKind, HttpReply, TransportFailure
from appliance.eet.v4 import V4
from tests.appliance.eet.material import Office
from tests.appliance.eet.scripted import ScriptedServer, read_request, reply, server_tls

MESSAGE = b"<x>message</x>"


def _client(url: str, office: Office, *, read_timeout_s: float = 10.0) -> EetClient:
    return EetClient(url, dialect=V4, ca_file=office.files.tls_ca, connect_timeout_s=5.0, read_timeout_s=read_timeout_s)


def _post(
    script: Callable[[socket.socket], None], office: Office, material_dir: Path, *, read_timeout_s: float = 10.0
) -> HttpReply | TransportFailure:
    with (
        ScriptedServer(script, tls=server_tls(material_dir)) as server,
        _client(server.url, office, read_timeout_s=read_timeout_s) as client,
    ):
        return client.post(MESSAGE)


def _answering(answer: bytes) -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(answer)

    return script


def test_a_reply_comes_with_its_status_body_and_trace_id(office: Office, material_dir: Path) -> None:
    answer = reply(b"<a/>", more=f"X-Global-Transaction-Id: {'abc' * 30}\r\n")

    assert _post(_answering(answer), office, material_dir) == HttpReply(200, b"<a/>", ("abc" * 30)[:64])


@pytest.mark.parametrize("status", ["500 Internal Server Error", "404 Not Found"])
def test_an_error_status_is_a_reply_too(office: Office, material_dir: Path, status: str) -> None:
    outcome = _post(_answering(reply(b"oops", status=status)), office, material_dir)

    assert outcome == HttpReply(int(status[:3]), b"oops", "")


def test_the_request_is_as_the_interface_document_wants_it(office: Office, material_dir: Path) -> None:
    seen: list[bytes] = []

    def script(connection: socket.socket) -> None:
        seen.append(read_request(connection))
        connection.sendall(reply(b""))

    _post(script, office, material_dir)

    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /eet HTTP/1.1\r\n")
    assert b'\r\nSOAPAction: "http://fs.gov.cz/eet/OdeslaniTrzby"\r\n' in head + b"\r\n"
    assert b"\r\nContent-Type: text/xml; charset=utf-8\r\n" in head + b"\r\n"
    assert body == MESSAGE


def test_a_burst_uses_one_connection(office: Office, material_dir: Path) -> None:
    with (
        ScriptedServer(_answering(reply(b"a")), tls=server_tls(material_dir)) as server,
        _client(server.url, office) as client,
    ):
        answers = [client.post(MESSAGE) for _ in range(3)]

        assert [answer for answer in answers if isinstance(answer, HttpReply)] == answers
        assert server.connections == 1


def test_a_connection_the_server_has_closed_is_opened_anew(office: Office, material_dir: Path) -> None:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(reply(b"a", more="Connection: close\r\n"))

    with ScriptedServer(script, tls=server_tls(material_dir)) as server, _client(server.url, office) as client:
        assert [client.post(MESSAGE), client.post(MESSAGE)] == [HttpReply(200, b"a", "")] * 2
        assert server.connections == 2


def test_a_redirect_is_not_followed(office: Office, material_dir: Path) -> None:
    with ScriptedServer(_answering(reply(b"stolen")), tls=server_tls(material_dir)) as thief:
        moved = reply(b"", status="307 Temporary Redirect", more=f"Location: {thief.url}\r\n")

        outcome = _post(_answering(moved), office, material_dir)

        assert outcome == HttpReply(307, b"", "")
        assert thief.connections == 0


@pytest.mark.parametrize("address", [b"\xff\xfe", b"https://[", b"https://[::1", b"", b"//", b"mailto:x"])
def test_a_redirect_to_no_address_is_a_reply_like_any_other(office: Office, material_dir: Path, address: bytes) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: " + address + b"\r\nContent-Length: 4\r\n\r\ngone"

    assert _post(_answering(moved), office, material_dir) == HttpReply(302, b"gone", "")


def test_proxies_of_the_environment_are_ignored(
    office: Office, material_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/dev/null")

    assert isinstance(_post(_answering(reply(b"a")), office, material_dir), HttpReply)


def test_a_name_nobody_knows_is_a_dns_failure_before_sending(office: Office) -> None:
    with _client("https://no-such-host.invalid/eet", office) as client:
        outcome = client.post(MESSAGE)

    assert isinstance(outcome, TransportFailure)
    assert (outcome.kind, outcome.request_was_sent) == (FailureKind.DNS, False)


def test_a_refused_connection_failed_before_sending(office: Office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with _client(f"https://127.0.0.1:{port}/eet", office) as client:
        outcome = client.post(MESSAGE)

    assert isinstance(outcome, TransportFailure)
    assert (outcome.kind, outcome.request_was_sent) == (FailureKind.CONNECT, False)


def test_a_server_that_never_finishes_the_handshake_got_nothing(office: Office) -> None:
    def script(connection: socket.socket) -> None:
        while connection.recv(65536):
            continue

    with (
        ScriptedServer(script, tls=None) as server,
        EetClient(
            server.url, dialect=V4, ca_file=office.files.tls_ca, connect_timeout_s=0.2, read_timeout_s=0.2
        ) as client,
    ):
        outcome = client.post(MESSAGE)

    assert isinstance(outcome, TransportFailure)
    assert (outcome.kind, outcome.request_was_sent) == (FailureKind.CONNECT, False)


def _tls_failure(url: str, ca_file: Path | None) -> TransportFailure:
    with EetClient(url, dialect=V4, ca_file=ca_file, connect_timeout_s=5.0, read_timeout_s=5.0) as client:
        outcome = client.post(MESSAGE)
    assert isinstance(outcome, TransportFailure)
    assert (outcome.kind, outcome.request_was_sent) == (FailureKind.TLS, False)
    return outcome


def test_a_server_no_public_ca_vouches_for_gets_nothing(material_dir: Path, office: Office) -> None:
    seen: list[bytes] = []
    with ScriptedServer(lambda each: seen.append(each.recv(1)), tls=server_tls(material_dir)) as server:
        outcome = _tls_failure(server.url, None)

    assert "certificate verify failed" in outcome.detail
    assert b"".join(seen) == b""


def test_a_server_under_another_ca_gets_nothing(material_dir: Path, office: Office) -> None:
    with ScriptedServer(_answering(reply(b"a")), tls=server_tls(material_dir)) as server:
        outcome = _tls_failure(server.url, office.files.answer_ca)

    assert "certificate verify failed" in outcome.detail


def test_a_server_with_the_certificate_of_another_address_gets_nothing(material_dir: Path, office: Office) -> None:
    with ScriptedServer(_answering(reply(b"a")), tls=server_tls(material_dir), host="127.0.0.2") as server:
        outcome = _tls_failure(server.url, office.files.tls_ca)

    assert "certificate verify failed" in outcome.detail


def test_a_server_that_only_knows_old_tls_gets_nothing(material_dir: Path, office: Office) -> None:
    old = server_tls(material_dir)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with ScriptedServer(_answering(reply(b"a")), tls=old) as server:
        assert _tls_failure(server.url, office.files.tls_ca).detail


def test_a_server_that_speaks_plain_http_gets_nothing(office: Office) -> None:
    def script(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(reply(b"hello"))

    with ScriptedServer(script, tls=None) as server:
        assert _tls_failure(server.url, office.files.tls_ca).detail


def _hang_up(connection: socket.socket) -> None:
    connection.recv(10)


def _hang_up_after_reading(connection: socket.socket) -> None:
    read_request(connection)


def _half_an_answer(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(reply(b"x" * 1000)[:-500])


def _half_a_head(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-")


def test_a_head_that_breaks_off_leaves_nothing_to_read(office: Office, material_dir: Path) -> None:
    assert _post(_half_a_head, office, material_dir) == HttpReply(200, b"", "")


def _no_http(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"220 smtp ready\r\n")


@pytest.mark.parametrize("script", [_hang_up, _hang_up_after_reading, _half_an_answer, _no_http])
def test_an_answer_that_breaks_off_may_hide_a_record(
    office: Office, material_dir: Path, script: Callable[[socket.socket], None]
) -> None:
    outcome = _post(script, office, material_dir)

    assert isinstance(outcome, TransportFailure)
    assert (outcome.kind, outcome.request_was_sent) == (FailureKind.BROKEN, True)


def _silent(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def _drip(connection: socket.socket, data: bytes) -> None:
    for at in range(len(data)):
        connection.sendall(data[at : at + 1])
        time.sleep(0.02)


def _dripping_body(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    _drip(connection, b"x" * 10000)


def _dripping_head(connection: socket.socket) -> None:
    read_request(connection)
    _drip(connection, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10000)


@pytest.mark.parametrize("script", [_silent, _dripping_body, _dripping_head])
def test_a_server_cannot_hold_the_till_longer_than_the_limit(
    office: Office, material_dir: Path, script: Callable[[socket.socket], None]
) -> None:
    outcome = _post(script, office, material_dir, read_timeout_s=0.4)

    assert isinstance(outcome, TransportFailure)
    assert (outcome.kind, outcome.request_was_sent) == (FailureKind.TIMEOUT, True)


def _endless(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
    for _ in range(1600):
        connection.sendall(b"x" * 65536)


def _zip_bomb(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(reply(gzip.compress(b"\0" * 50_000_000), more="Content-Encoding: gzip\r\n"))


@pytest.mark.parametrize("script", [_endless, _zip_bomb])
def test_a_body_of_a_hundred_megabytes_is_not_read_to_its_end(
    office: Office, material_dir: Path, script: Callable[[socket.socket], None]
) -> None:
    outcome = _post(script, office, material_dir)

    assert isinstance(outcome, TransportFailure)
    assert (outcome.kind, outcome.request_was_sent) == (FailureKind.TOO_LARGE, True)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
    ],
)
def test_an_answer_that_is_no_http_is_a_value_and_not_an_exception(
    office: Office, material_dir: Path, answer: bytes
) -> None:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    outcome = _post(script, office, material_dir)

    assert isinstance(outcome, TransportFailure)
    assert (outcome.kind, outcome.request_was_sent) == (FailureKind.BROKEN, True)


_HEADS = [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nSet-Cookie: "]


@settings(max_examples=50, deadline=None)
@given(answer=st.binary(max_size=60), head=st.sampled_from(_HEADS))
def test_no_bytes_whatever_raise_an_exception(office: Office, material_dir: Path, answer: bytes, head: bytes) -> None:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(head + answer)

    assert isinstance(_post(script, office, material_dir), (TransportFailure, HttpReply))


def test_cookies_are_not_kept(office: Office, material_dir: Path) -> None:
    seen: list[bytes] = []

    def script(connection: socket.socket) -> None:
        while request := read_request(connection):
            seen.append(request)
            connection.sendall(reply(b"", more="Set-Cookie: a=b; Secure\r\n"))

    with ScriptedServer(script, tls=server_tls(material_dir)) as server, _client(server.url, office) as client:
        client.post(MESSAGE)
        client.post(MESSAGE)

    assert [b"cookie" in each.lower() for each in seen] == [False, False]


def test_the_largest_body_allowed_is_read(office: Office, material_dir: Path) -> None:
    body = b"x" * ANSWER_BYTES_MAX

    assert _post(_answering(reply(body)), office, material_dir) == HttpReply(200, body, "")


def test_a_client_that_failed_works_again_when_the_server_does(office: Office, material_dir: Path) -> None:
    scripts = iter([_half_an_answer, _hang_up, _answering(reply(b"a"))])

    def script(connection: socket.socket) -> None:
        next(scripts)(connection)

    with (
        ScriptedServer(script, tls=server_tls(material_dir)) as server,
        _client(server.url, office) as client,
    ):
        kinds = [type(client.post(MESSAGE)) for _ in range(3)]

    assert kinds == [TransportFailure, TransportFailure, HttpReply]


@pytest.mark.parametrize("url", ["http://127.0.0.1/eet", "127.0.0.1/eet", "https://", "ftp://x/"])
def test_an_address_without_tls_is_refused(url: str, office: Office) -> None:
    with pytest.raises(ValueError, match="https"):
        _client(url, office)
