"""HTTP to the Backoffice: one session, bounded, TLS always verified; every failure is a value with a word for it."""

import gzip
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import requests

from appliance.service.replacement import Download
from appliance.sync.deadline import Deadline
from appliance.sync.pinning import PinnedKeys, is_wrong_key, pin
from appliance.wire import (
    API_PREFIX,
    PAGE_ROWS_MAX,
    Changes,
    PairReply,
    PairRequest,
    Problem,
    ShiftProof,
    StockPage,
    TakeoverPage,
    UploadReply,
    Wire,
)

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 20.0  # between two bytes
EXCHANGE_TIMEOUT_S = 60.0  # from the first byte sent to the last one read
REPLY_BYTES_MAX = 4 * 1024 * 1024
RETRY_AFTER_S_MAX = 15 * 60
GZIP_FROM_BYTES = 1024

Reply = TypeVar("Reply", bound=Wire)


@dataclass(frozen=True)
class Failed:
    """No usable reply. `word`: unreachable, tls, wrong_key, server_error, refused, unreadable."""

    word: str
    detail: str
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Refusal:
    """Our own JSON error came back, or a 413 of anybody on the way: a proxy may be stricter than our own server."""

    status: int
    problem: Problem
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Packed:
    """A body as it travels."""

    data: bytes
    headers: dict[str, str]


def packed(body: Wire) -> Packed:
    data, headers = body.to_bytes(), {"Content-Type": "application/json"}
    if len(data) > GZIP_FROM_BYTES:
        data, headers["Content-Encoding"] = gzip.compress(data, compresslevel=1), "gzip"
    return Packed(data, headers)


class BackofficeLink:
    """One connection, one exchange at a time. With `keys` only their holder is spoken to, whatever a CA says."""

    def __init__(self, url: str, *, token: str, ca_file: Path | None, keys: PinnedKeys | None = None) -> None:
        self._url = url.rstrip("/") + API_PREFIX
        self._session = _Session()
        self._session.trust_env = False
        self._session.verify = str(ca_file) if ca_file else True
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        if keys:
            pin(self._session, keys)
        self._deadline = Deadline(self._session)
        self._thread: ThreadPoolExecutor | None = None

    def upload(
        self, till_id: str, batch: Packed, *, meanwhile: Callable[[], None] | None = None
    ) -> UploadReply | Refusal | Failed:
        """`meanwhile` is done while the server works on the batch; what it raises comes after the answer."""
        path = f"/tills/{till_id}/journal"
        if meanwhile is None:
            return self._call("POST", path, UploadReply, batch)
        answer = self._begin("POST", path, UploadReply, batch)
        try:
            meanwhile()
        finally:
            reply = answer()
        return reply

    def proof(self, till_id: str, shift_id: str, *, closing: str) -> ShiftProof | Refusal | Failed:
        """`closing` is the doc_id of the closing that is meant: a shift may have several."""
        return self._call("GET", f"/tills/{till_id}/shifts/{shift_id}?closing={closing}", ShiftProof)

    def takeover(self, till_id: str, download: Download) -> TakeoverPage | Refusal | Failed:
        return self._call("GET", f"/tills/{till_id}/takeover?{urlencode(download.query)}", TakeoverPage)

    def changes(
        self, till_id: str, *, since: int, label: str, epochs: Sequence[str], count: bool
    ) -> Changes | Refusal | Failed:
        """A page of the price list; `count` asks how many rows are left after it."""
        query = urlencode(
            {"since": since, "limit": PAGE_ROWS_MAX, "label": label, "epochs": ",".join(epochs), "count": int(count)}
        )
        return self._call("GET", f"/tills/{till_id}/changes?{query}", Changes)

    def stock(
        self, till_id: str, *, warehouse_id: str, since: int, epochs: Sequence[str]
    ) -> StockPage | Refusal | Failed:
        """A page of one warehouse's levels."""
        query = urlencode(
            {"warehouse": warehouse_id, "since": since, "limit": PAGE_ROWS_MAX, "epochs": ",".join(epochs)}
        )
        return self._call("GET", f"/tills/{till_id}/stock?{query}", StockPage)

    def pair(self, request: PairRequest) -> PairReply | Refusal | Failed:
        return self._call("POST", "/pair", PairReply, packed(request))

    def close(self) -> None:
        self._session.close()
        if self._thread:
            self._thread.shutdown()
            self._thread = None

    def _begin(
        self, method: str, path: str, reply_type: type[Reply], body: Packed
    ) -> Callable[[], Reply | Refusal | Failed]:
        """An exchange on a thread of its own; what is returned waits for its end."""
        self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="upload")
        return self._thread.submit(self._call, method, path, reply_type, body).result

    def _call(
        self, method: str, path: str, reply_type: type[Reply], body: Packed | None = None
    ) -> Reply | Refusal | Failed:
        data, headers = (body.data, body.headers) if body else (None, {})
        try:
            with (
                self._deadline.within(EXCHANGE_TIMEOUT_S),
                self._session.request(
                    method,
                    self._url + path,
                    data=data,
                    headers=headers,
                    timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                content = _bounded(response)
        except requests.exceptions.SSLError as error:
            if self._deadline.expired:
                return Failed("unreachable", "the answer took too long")
            return Failed("wrong_key" if is_wrong_key(error) else "tls", str(error)[:200])
        except (requests.RequestException, OSError) as error:
            return Failed("unreachable", f"{type(error).__name__}: {error}"[:200])
        return _understand(response, content, reply_type)


class _Session(requests.Session):
    """One for which no answer is a redirect: to prepare the next address the library reads a whole body first."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        return None


def _bounded(response: requests.Response) -> bytes:
    """The body, read only a little further than it may be long."""
    content = b""
    for chunk in response.iter_content(64 * 1024):
        content += chunk
        if len(content) > REPLY_BYTES_MAX:
            break
    return content


def _understand(response: requests.Response, content: bytes, reply_type: type[Reply]) -> Reply | Refusal | Failed:
    retry_after_s = _retry_after(response)
    if len(content) > REPLY_BYTES_MAX:
        return Failed("unreadable", "the reply is too large")
    try:
        if response.status_code == requests.codes.ok:
            return reply_type.model_validate_json(content)
        if "json" in response.headers.get("Content-Type", ""):
            return Refusal(response.status_code, Problem.model_validate_json(content), retry_after_s)
    except ValueError as error:  # pydantic's own is one
        if response.status_code == requests.codes.ok:
            return Failed("unreadable", str(error).replace("\n", " ")[:200])
    if response.status_code == requests.codes.request_entity_too_large:
        return Refusal(response.status_code, Problem(code="too_large"), retry_after_s)
    word = "server_error" if response.status_code >= 500 else "refused"
    return Failed(word, f"HTTP {response.status_code}", retry_after_s)


def _retry_after(response: requests.Response) -> float | None:
    """Seconds the server asks for, bounded; a date or nonsense counts as nothing."""
    text = response.headers.get("Retry-After", "")
    return float(min(int(text), RETRY_AFTER_S_MAX)) if text.isascii() and text.isdigit() else None
