"""The tax office's API that renews a till's certificate (CAEET API 1.0.0): five calls, each signed with the old one.

Every way a call can go wrong is a value. Key store and password travel in objects that do not show them.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from appliance.eet.certificate import KEY_STORE_BYTES_MAX, Identity
from appliance.eet.https import HttpsClient, is_https
from appliance.eet.transport import TransportFailure

ANSWER_BYTES_MAX = 256 * 1024
TOKEN_VALID_S = 240  # the office takes at most five minutes
PASSWORD_CHARS_MAX = 64
REQUESTS_MAX = 1000
REASON_CHARS_MAX = 500

_STATUS_WORDS = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.CONFLICT: "conflict",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
}


class RequestState(StrEnum):
    """Where a request for a certificate stands at the office."""

    INPROCESS = "INPROCESS"
    ISSUED = "ISSUED"
    DELIVERING = "DELIVERING"
    FINISHED = "FINISHED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class RequestStatus:
    """`poll_after_s` belongs to INPROCESS, `reason` to REJECTED."""

    state: RequestState
    poll_after_s: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IssuedKeyStore:
    """The new certificate with its key; its password opens it."""

    p12: bytes = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallFailed:
    """`word`: dns, tls, connect, timeout, broken, too_large, bad_request, unauthorized, not_found, conflict,
    too_many_requests, server_error, unexpected (another status), unreadable (not the answer the description names).

    Whatever went wrong, the office may have done what was asked. `retry_after_s` is 0 when it does not say.
    """

    word: str
    detail: str = ""
    retry_after_s: int = 0


Value = TypeVar("Value")


class RenewalClient:
    """The API at one address, for one thread at a time; what it can rely on is said at HttpsClient."""

    def __init__(
        self,
        url: str,
        *,
        ca_file: Path | None,
        connect_timeout_s: float,
        read_timeout_s: float,
        now: Callable[[], datetime],
    ) -> None:
        if not is_https(url):
            raise ValueError(f"the renewal API must be at an https address, not {url!r}")
        self._url = url.rstrip("/")
        self._now = now
        self._https = HttpsClient(ca_file=ca_file, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s)

    def renew(self, signer: Identity) -> str | CallFailed:
        """Ask for a successor of the signer's certificate. The id of the request."""
        return self._call("POST", "request/renew", signer, HTTPStatus.CREATED, _req_id)

    def status(self, req_id: str, signer: Identity) -> RequestStatus | CallFailed:
        return self._call("GET", f"request/{_segment(req_id)}/status", signer, HTTPStatus.OK, _status)

    def claim(self, req_id: str, signer: Identity) -> IssuedKeyStore | CallFailed:
        """The new key store. May be claimed again until it is acknowledged."""
        return self._call("POST", f"request/{_segment(req_id)}/claim-download", signer, HTTPStatus.OK, _key_store)

    def acknowledge(self, req_id: str, signer: Identity) -> bool | CallFailed:
        """Tell the office that the key store is kept: it deletes its own copy."""
        path = f"request/{_segment(req_id)}/ack-download"
        return self._call("POST", path, signer, HTTPStatus.NO_CONTENT, lambda _: True)

    def not_finished(self, signer: Identity) -> tuple[str, ...] | CallFailed:
        """All requests of this taxpayer that are under way, also those of his other tills."""
        return self._call("GET", "request/not-finished", signer, HTTPStatus.OK, _req_ids)

    def close(self) -> None:
        self._https.close()

    def _call(
        self, method: str, path: str, signer: Identity, expected: HTTPStatus, read: Callable[[Any], Value]
    ) -> Value | CallFailed:
        headers = {"Authorization": f"Bearer {bearer_token(signer, at=self._now())}", "Accept": "application/json"}
        url = f"{self._url}/{path}"
        body = b"" if method == "POST" else None
        reply = self._https.exchange(method, url, body=body, headers=headers, answer_bytes_max=ANSWER_BYTES_MAX)
        if isinstance(reply, TransportFailure):
            return CallFailed(str(reply.kind), reply.detail)
        if reply.status != expected:
            detail = _detail(reply.status, reply.body)
            return CallFailed(_word(reply.status), detail, retry_after_s=reply.retry_after_s or 0)
        try:
            return read(json.loads(reply.body) if reply.body else None)
        except (ValueError, LookupError, TypeError, RecursionError, binascii.Error) as error:
            # Neither the answer nor its pieces go into the detail: they may hold a password.
            return CallFailed("unreadable", type(error).__name__)


def bearer_token(signer: Identity, *, at: datetime) -> str:
    """A JSON Web Token (RS256) that names the certificate by its fingerprint only."""
    thumbprint = signer.certificate.fingerprint(hashes.SHA256())
    head = {"alg": "RS256", "typ": "JWT", "x5t#S256": _base64url(thumbprint)}
    issued = int(at.timestamp())
    claims = {"iat": issued, "exp": issued + TOKEN_VALID_S}
    signed = ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    signature = signer.key.sign(signed.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64url(signature)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _segment(req_id: str) -> str:
    """An id as part of an address: an UUID and nothing else."""
    return str(UUID(req_id))


def _req_id(answer: Any) -> str:
    return _uuid(answer["reqId"])


def _req_ids(answer: Any) -> tuple[str, ...]:
    found = answer.get("data", []) if isinstance(answer, Mapping) else None
    if not isinstance(found, list) or len(found) > REQUESTS_MAX:
        raise ValueError("no list of requests")
    return tuple(_uuid(each) for each in found)


def _status(answer: Any) -> RequestStatus:
    state = RequestState(answer["state"])
    if state is RequestState.INPROCESS:
        wait_s = answer["pollAfterSeconds"]
        if type(wait_s) is not int or wait_s < 1:
            raise ValueError("no time to wait")
        return RequestStatus(state, poll_after_s=wait_s)
    reason = _plain(str(answer["rejectedReason"])) if state is RequestState.REJECTED else ""
    return RequestStatus(state, reason=reason)


def _key_store(answer: Any) -> IssuedKeyStore:
    p12 = base64.b64decode(answer["pkcs12"], validate=True)
    password = answer["password"]
    if not isinstance(password, str) or len(password) > PASSWORD_CHARS_MAX or len(p12) > KEY_STORE_BYTES_MAX:
        raise ValueError("no key store")
    return IssuedKeyStore(p12, password)


def _uuid(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no id")
    return str(UUID(value))


def _word(status: int) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server_error"
    return {int(known): word for known, word in _STATUS_WORDS.items()}.get(status, "unexpected")


def _detail(status: int, body: bytes) -> str:
    """The office's own words for an error, if it has any (ErrorDTO)."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, Mapping):
        return f"HTTP {status}"
    words = (str(answer[key]) for key in ("message", "additionalInfo") if answer.get(key))
    return _plain(f"HTTP {status} {' '.join(words)}")


def _plain(text: str) -> str:
    """A stranger's text on one bounded line."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:REASON_CHARS_MAX]
