"""The client of the renewal API: what it sends, and that every odd answer is a value."""

import base64
import json
import socket
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from appliance.eet.renewal import (
    ANSWER_BYTES_MAX,
    CallFailed,
    IssuedKeyStore,
    RenewalClient,
    RequestState,
    RequestStatus,
    bearer_token,
)
from tests.appliance.eet.material import AT, Office, clock
from tests.appliance.eet.scripted import ScriptedServer, reply, server_tls

REQ = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
OTHER = "0b0fd1f5-2f2c-4c52-ae51-7c86afa4bd8d"


def _client(url: str, office: Office) -> RenewalClient:
    return RenewalClient(
        url, ca_file=office.files.tls_ca, connect_timeout_s=20, read_timeout_s=20, now=clock
    )  # fmt: skip


@pytest.fixture
def ask(office: Office, material_dir: Path) -> Callable[..., tuple[object, bytes]]:
    """(call, answer) → what the client makes of that answer, and the request it came for."""

    def asking(call: str, answer: bytes, *arguments: str) -> tuple[object, bytes]:
        seen: list[bytes] = []

        def script(connection: socket.socket) -> None:
            seen.append(_read(connection))
            connection.sendall(answer)

        with ScriptedServer(script, tls=server_tls(material_dir)) as server:
            client = _client(server.url + "/api/", office)
            try:
                found = getattr(client, call)(*arguments, office.till)
            finally:
                client.close()
        return found, seen[0] if seen else b""

    return asking


def _read(connection: socket.socket) -> bytes:
    """A request with or without a body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    return data


def _answer(value: object, *, status: str = "200 OK", more: str = "") -> bytes:
    return reply(json.dumps(value).encode(), status=status, more=more)


Ask = Callable[..., tuple[object, bytes]]

CALLS = [
    ("renew", (), "POST /eet/api/request/renew", "201 Created", {"reqId": REQ}, REQ),
    (
        "status",
        (REQ,),
        f"GET /eet/api/request/{REQ}/status",
        "200 OK",
        {"reqId": REQ, "state": "INPROCESS", "pollAfterSeconds": 2},
        RequestStatus(RequestState.INPROCESS, poll_after_s=2),
    ),
    (
        "status",
        (REQ,),
        f"GET /eet/api/request/{REQ}/status",
        "200 OK",
        {"reqId": REQ, "state": "REJECTED", "rejectedReason": "a\nb\x07 c"},
        RequestStatus(RequestState.REJECTED, reason="a b c"),
    ),
    (
        "status",
        (REQ,),
        f"GET /eet/api/request/{REQ}/status",
        "200 OK",
        {"reqId": REQ, "state": "FINISHED"},
        RequestStatus(RequestState.FINISHED),
    ),
    (
        "claim",
        (REQ,),
        f"POST /eet/api/request/{REQ}/claim-download",
        "200 OK",
        {"pkcs12": base64.b64encode(b"store").decode(), "password": "ABcd1234", "certificate": {"sn": "1"}},
        IssuedKeyStore(b"store", "ABcd1234"),
    ),
    (
        "not_finished",
        (),
        "GET /eet/api/request/not-finished",
        "200 OK",
        {"count": 2, "data": [REQ, OTHER.upper()]},
        (REQ, OTHER),
    ),
    ("not_finished", (), "GET /eet/api/request/not-finished", "200 OK", {"count": 0}, ()),
]


@pytest.mark.parametrize(("call", "arguments", "line", "status", "answer", "expected"), CALLS)
def test_each_call_is_the_described_one(
    ask: Ask, call: str, arguments: tuple[str, ...], line: str, status: str, answer: object, expected: object
) -> None:
    found, request = ask(call, _answer(answer, status=status), *arguments)
    assert found == expected
    assert request.startswith(f"{line} HTTP/1.1\r\n".encode())
    assert b"\r\nAuthorization: Bearer " in request
    assert (b"\r\nContent-Length: 0\r\n" in request) is line.startswith("POST")


def test_an_acknowledgement_has_no_content(ask: Ask) -> None:
    found, request = ask("acknowledge", b"HTTP/1.1 204 No Content\r\n\r\n", REQ)
    assert found is True
    assert request.startswith(f"POST /eet/api/request/{REQ}/ack-download ".encode())


def test_the_token_names_the_certificate_by_its_fingerprint_and_lives_for_minutes(office: Office) -> None:
    def decoded(part: str) -> bytes:
        assert "=" not in part
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    head, claims, signature = bearer_token(office.till, at=AT).split(".")
    thumbprint = office.till.certificate.fingerprint(hashes.SHA256())
    assert json.loads(decoded(head)) == {
        "alg": "RS256",
        "typ": "JWT",
        "x5t#S256": base64.urlsafe_b64encode(thumbprint).decode().rstrip("="),
    }
    times = json.loads(decoded(claims))
    assert (times["iat"], 0 < times["exp"] - times["iat"] <= 300) == (int(AT.timestamp()), True)
    key = office.till.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("400 Bad Request", "bad_request"),
        ("401 Unauthorized", "unauthorized"),
        ("404 Not Found", "not_found"),
        ("409 Conflict", "conflict"),
        ("429 Too Many Requests", "too_many_requests"),
        ("500 Internal Server Error", "server_error"),
        ("503 Service Unavailable", "server_error"),
        ("204 No Content", "unexpected"),
        ("302 Found", "unexpected"),
        ("418 Teapot", "unexpected"),
    ],
)
def test_every_refusal_has_a_word_and_the_offices_own(ask: Ask, status: str, word: str) -> None:
    error = {"code": 1, "message": "Conflict.", "additionalInfo": "Some\nmore info."}
    more = "Retry-After: 120\r\nLocation: https://127.0.0.1:1/x\r\n"
    found, _ = ask("renew", _answer(error, status=status, more=more))
    assert isinstance(found, CallFailed)
    assert (found.word, found.retry_after_s) == (word, 120)
    if status[:3] != "204":
        assert found.detail == f"HTTP {status[:3]} Conflict. Some more info."


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"[" * 100_000, b'"x"'])
def test_a_refusal_in_other_words_is_its_status(ask: Ask, body: bytes) -> None:
    found, _ = ask("renew", reply(body, status="500 Oops"))
    assert found == CallFailed("server_error", "HTTP 500")


def test_a_time_to_wait_that_is_a_date_is_none(ask: Ask) -> None:
    found, _ = ask("renew", _answer({}, status="503 Busy", more="Retry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"))
    assert isinstance(found, CallFailed)
    assert found.retry_after_s == 0


ODD: list[tuple[str, tuple[str, ...], object]] = [
    ("renew", (), None),
    ("renew", (), {}),
    ("renew", (), {"reqId": "../../admin"}),
    ("renew", (), {"reqId": 7}),
    ("renew", (), []),
    ("status", (REQ,), {"state": "LOST"}),
    ("status", (REQ,), {"state": "INPROCESS"}),
    ("status", (REQ,), {"state": "INPROCESS", "pollAfterSeconds": 0}),
    ("status", (REQ,), {"state": "INPROCESS", "pollAfterSeconds": True}),
    ("status", (REQ,), {"state": "REJECTED"}),
    ("claim", (REQ,), {"pkcs12": "not base64!", "password": "ABcd1234"}),
    ("claim", (REQ,), {"pkcs12": "AAAA"}),
    ("claim", (REQ,), {"pkcs12": "AAAA", "password": 8}),
    ("claim", (REQ,), {"pkcs12": "AAAA", "password": "x" * 65}),
    ("claim", (REQ,), {"pkcs12": "AAAA" * 30_000, "password": "ABcd1234"}),
    ("not_finished", (), {"data": "x"}),
    ("not_finished", (), {"data": ["x"]}),
    ("not_finished", (), {"data": [None]}),
    ("not_finished", (), {"data": [REQ] * 1001}),
    ("not_finished", (), "x"),
]


@pytest.mark.parametrize(("call", "arguments", "answer"), ODD)
def test_an_answer_that_is_not_the_described_one_is_unreadable(
    ask: Ask, call: str, arguments: tuple[str, ...], answer: object
) -> None:
    found, _ = ask(call, _answer(answer, status="201 Created" if call == "renew" else "200 OK"), *arguments)
    assert isinstance(found, CallFailed)
    assert found.word == "unreadable"


def test_a_password_never_stands_in_a_text(ask: Ask) -> None:
    good, _ = ask("claim", _answer({"pkcs12": "c3RvcmU=", "password": "ABcd1234"}), REQ)
    bad, _ = ask("claim", _answer({"pkcs12": "ABcd1234!", "password": "ABcd1234"}), REQ)
    cut, _ = ask("claim", reply(b'{"password": "ABcd1234"'), REQ)
    assert "ABcd1234" not in f"{good!r} {bad!r} {cut!r}"
    assert "store" not in repr(good)


def test_too_much_is_not_read(ask: Ask) -> None:
    found, _ = ask("renew", reply(b" " * (ANSWER_BYTES_MAX + 1), status="201 Created"))
    assert isinstance(found, CallFailed)
    assert found.word == "too_large"


def test_nobody_there_is_a_value(office: Office) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = _client(f"https://127.0.0.1:{nobody.getsockname()[1]}", office)
        found = client.renew(office.till)
        client.close()
    assert isinstance(found, CallFailed)
    assert found.word == "connect"


def test_an_answer_that_breaks_off_is_a_value(ask: Ask) -> None:
    found, _ = ask("renew", b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
    assert isinstance(found, CallFailed)
    assert found.word == "broken"


def test_an_id_is_never_a_path(office: Office) -> None:
    client = _client("https://127.0.0.1:1", office)
    for odd in ("../renew", "", "x" * 36):
        with pytest.raises(ValueError, match="UUID"):
            client.status(odd, office.till)
    client.close()
    assert str(UUID(REQ)) == REQ


@pytest.mark.parametrize("url", ["http://127.0.0.1/api", "https:///api", "caeet.gov.cz"])
def test_the_api_is_reached_by_tls_only(url: str, office: Office) -> None:
    with pytest.raises(ValueError, match="https"):
        _client(url, office)
