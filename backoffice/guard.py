"""What stands before every page and API call: security headers, bounded bodies, no form from elsewhere."""

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.wire import API_PREFIX, NEXT_KEY_HEADER, REQUEST_BYTES_MAX, Problem
from backoffice.problem import problem_response

FORM_BYTES_MAX = 64 * 1024
BODY_S_MAX = 60.0  # for a whole body: a till's largest batch over a poor line

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITES = frozenset({"same-origin", "none"})
KEPT_STATUSES = frozenset({200, 206, 304})  # a file missing during an upgrade must not stay missing for a year


class TooLarge(Exception):
    """A body went over its bound while it was read."""


class TooSlow(Exception):
    """A body was not there in time."""


class Guard:
    """ASGI middleware. A body over its bound ends in 413, before it is in memory; one that drips ends in 408.

    `next_key` is told to tills by every answer of the API: the hash of the key that will follow this server's.
    """

    def __init__(self, app: ASGIApp, *, next_key: str = "", body_s_max: float = BODY_S_MAX) -> None:
        self.app = app
        self._api_headers = {NEXT_KEY_HEADER: next_key} if next_key else {}
        self._body_s_max = body_s_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_api = scope["path"].startswith(API_PREFIX)
        bound = REQUEST_BYTES_MAX if is_api else FORM_BYTES_MAX
        more = self._api_headers if is_api else {}
        answer = _with_headers(send, more, cached=scope["path"].startswith("/static/"))
        site = headers.get("sec-fetch-site", "none")
        if scope["method"] not in SAFE_METHODS and site not in OWN_SITES:
            await PlainTextResponse("a form of another site", status_code=403)(scope, receive, answer)
            return
        if _declared(headers) > bound:
            await _too_large(scope, receive, answer)
            return
        try:
            await self.app(scope, _bounded(receive, bound, within_s=self._body_s_max), answer)
        except TooLarge:
            await _too_large(scope, receive, answer)
        except TooSlow:
            problem = Problem(code="bad_request", detail="the request took too long to come")
            await problem_response(408, problem)(scope, receive, answer)


def _declared(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    await problem_response(413, Problem(code="too_large"))(scope, receive, send)


def _bounded(receive: Receive, bound: int, *, within_s: float) -> Receive:
    """One deadline for the whole body. What is received after it (the end of the connection) may take any time."""
    seen = 0
    begun: float | None = None
    whole = False

    async def counted() -> Message:
        nonlocal seen, begun, whole
        loop = asyncio.get_running_loop()
        begun = loop.time() if begun is None else begun
        try:
            async with asyncio.timeout_at(None if whole else begun + within_s):
                message = await receive()
        except TimeoutError as error:
            raise TooSlow from error
        whole = not message.get("more_body", False)
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > bound:
                raise TooLarge
        return message

    return counted


def _with_headers(send: Send, more: Mapping[str, str], *, cached: bool) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in (*HEADERS.items(), *more.items()):
                headers.setdefault(name, value)
            kept = cached and message["status"] in KEPT_STATUSES
            headers.setdefault("Cache-Control", "public, max-age=31536000, immutable" if kept else "no-store")
        await send(message)

    return answer
