"""HTTPS exchanges: TLS 1.2 or newer, always verified, no proxies, no redirects, no cookies, everything bounded."""

import socket
import ssl
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import BaseHTTPError  # type: ignore[attr-defined]  # what requests lets through of its transport
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from appliance.eet.transport import FailureKind, HttpReply, TransportFailure

TRACE_ID_CHARS_MAX = 64
RETRY_AFTER_DIGITS_MAX = 9
_CHUNK_BYTES = 16 * 1024


class HttpsClient:
    """One connection to one server, for one thread at a time. Kept alive within a burst.

    A new connection looks the name up again. `ca_file` replaces the public CAs (for the sandbox); there is no way to
    leave verification out. The whole exchange after the connection stands takes at most `read_timeout_s`. Whoever
    builds an address for it must have checked it with `is_https`.
    """

    def __init__(self, *, ca_file: Path | None, connect_timeout_s: float, read_timeout_s: float) -> None:
        self._timeouts_s = (connect_timeout_s, read_timeout_s)
        self._exchange = _Exchange()
        self._session = _Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.adapters.clear()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount("https://", _Adapter(_tls_context(ca_file, self._exchange)))

    def exchange(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], answer_bytes_max: int
    ) -> HttpReply | TransportFailure:
        """One request and its reply; every way it can go wrong is a value, not an exception."""
        self._exchange.begin(limit_s=self._timeouts_s[1])
        try:
            with self._session.request(
                method,
                url,
                data=body,
                headers={"User-Agent": "pokladna", "Accept-Encoding": "identity", **headers},
                timeout=self._timeouts_s,
                allow_redirects=False,
                stream=True,
            ) as response:
                answer = _read(response, bytes_max=answer_bytes_max)
                if answer is None:
                    return self._failed(FailureKind.TOO_LARGE, f"more than {answer_bytes_max} bytes")
                return HttpReply(response.status_code, answer, _trace_id(response), _retry_after_s(response))
        except (requests.RequestException, BaseHTTPError, OSError) as error:
            return self._failed(_kind(error, sent=self._exchange.request_was_sent), _detail(error))

    def close(self) -> None:
        """End the connection."""
        self._session.close()

    def _failed(self, kind: FailureKind, detail: str) -> TransportFailure:
        return TransportFailure(kind=kind, request_was_sent=self._exchange.request_was_sent, detail=detail)


def is_https(url: str) -> bool:
    """Whether it names a host to be reached by TLS only."""
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname)


class _Exchange:
    """What the sockets of one client must know about the request in progress."""

    def __init__(self) -> None:
        self.request_was_sent = False
        self._limit_s = 0.0
        self._ends_at: float | None = None

    def begin(self, *, limit_s: float) -> None:
        self.request_was_sent = False
        self._limit_s = limit_s
        self._ends_at = None

    def sending(self) -> None:
        self.request_was_sent = True
        if self._ends_at is None:
            self._ends_at = time.monotonic() + self._limit_s

    def left_s(self) -> float:
        """Time left for this exchange. Raises TimeoutError when it is over."""
        if self._ends_at is None:
            return self._limit_s
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        return left


class _Socket(ssl.SSLSocket):
    """A TLS socket that notes when the request begins to leave, and gives the whole exchange one deadline.

    An ordinary read timeout starts anew with each byte, so a server that drips its answer could hold the till for ever.
    """

    exchange: _Exchange

    def send(self, data: Any, flags: int = 0) -> int:
        self.exchange.sending()
        self.settimeout(self.exchange.left_s())
        return super().send(data, flags)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(self.exchange.left_s())
        return super().recv_into(buffer, nbytes, flags)


def _tls_context(ca_file: Path | None, exchange: _Exchange) -> ssl.SSLContext:
    """The system's CAs and, since its store may be old, those of requests; or `ca_file` and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    else:
        context.load_default_certs()
        context.load_verify_locations(cafile=DEFAULT_CA_BUNDLE_PATH)
    context.sslsocket_class = type("_ClientSocket", (_Socket,), {"exchange": exchange})
    return context


class _Session(requests.Session):
    """One for which no answer is a redirect.

    The library prepares the next address also when it is not to follow it: it reads the whole body for that, however
    large, and stumbles over an address that is none.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


class _Adapter(HTTPAdapter):
    """requests with our TLS context in place of its own way to find CAs."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:  # noqa: FBT001, FBT002
        super().init_poolmanager(connections, maxsize, block=block, ssl_context=self._context, **kwargs)

    def close(self) -> None:
        """Close the connections now: the library leaves it to the garbage collector, which failures hold up."""
        for key in self.poolmanager.pools.keys():  # noqa: SIM118  # this container cannot be iterated
            self.poolmanager.pools[key].close()
        super().close()

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002
        """The context holds the CAs already, whatever the session says about `verify`."""
        conn.cert_reqs = "CERT_REQUIRED"


def _detail(error: BaseException) -> str:
    """The innermost words: the libraries wrap the cause in the address and in each other."""
    roots = [cause for cause in _causes(error) if isinstance(cause, OSError) and cause.args and cause.strerror]
    cause = roots[-1] if roots else error
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:200]


def _read(response: requests.Response, *, bytes_max: int) -> bytes | None:
    """The body, or None when it is larger than any answer can be (also after decompression nobody asked for)."""
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > bytes_max:
            return None
    return bytes(body)


def _kind(error: BaseException, *, sent: bool) -> FailureKind:
    causes = list(_causes(error))
    if any(isinstance(cause, (TimeoutError, requests.Timeout)) for cause in causes):
        return FailureKind.TIMEOUT if sent else FailureKind.CONNECT
    if sent:
        return FailureKind.BROKEN
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return FailureKind.DNS
    if any(isinstance(cause, (ssl.SSLError, requests.exceptions.SSLError)) for cause in causes):
        return FailureKind.TLS
    return FailureKind.CONNECT


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and everything it wraps: requests and urllib3 nest them in four different ways."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        each = queue.pop()
        if isinstance(each, BaseException) and all(each is not known for known in found):
            found.append(each)
            queue += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return found


def _trace_id(response: requests.Response) -> str:
    value = response.headers.get("X-Global-Transaction-Id", "")
    return "".join(char for char in value if char.isascii() and char.isprintable())[:TRACE_ID_CHARS_MAX]


def _retry_after_s(response: requests.Response) -> int | None:
    """The number of seconds the server asks us to wait; a date there is not understood."""
    value = response.headers.get("Retry-After", "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= RETRY_AFTER_DIGITS_MAX else None
