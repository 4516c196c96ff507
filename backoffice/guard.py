"""What stands before every page and API call: security headers, bounded bodies, no form from elsewhere."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from appliance.wire import API_PREFIX, REQUEST_BYTES_MAX, Problem
from backoffice.problem import problem_response

FORM_BYTES_MAX = 64 * 1024

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


class Guard:
    """ASGI middleware. A body over its bound ends in 413, before it is in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_api = scope["path"].startswith(API_PREFIX)
        bound = REQUEST_BYTES_MAX if is_api else FORM_BYTES_MAX
        answer = _with_headers(send, cached=scope["path"].startswith("/static/"))
        site = headers.get("sec-fetch-site", "none")
        if scope["method"] not in SAFE_METHODS and site not in OWN_SITES:
            await PlainTextResponse("a form of another site", status_code=403)(scope, receive, answer)
            return
        if _declared(headers) > bound:
            await _too_large(scope, receive, answer)
            return
        try:
            await self.app(scope, _bounded(receive, bound), answer)
        except TooLarge:
            await _too_large(scope, receive, answer)


def _declared(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() else 0


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    await problem_response(413, Problem(code="too_large"))(scope, receive, send)


def _bounded(receive: Receive, bound: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > bound:
                raise TooLarge
        return message

    return counted


def _with_headers(send: Send, *, cached: bool) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            kept = cached and message["status"] in KEPT_STATUSES
            headers.setdefault("Cache-Control", "public, max-age=31536000, immutable" if kept else "no-store")
        await send(message)

    return answer
