"""What can come back from a POST: a reply, or one of these failures."""

from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """What broke on the way."""

    DNS = "dns"
    TLS = "tls"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    BROKEN = "broken"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A whole reply. `trace_id`: the server's X-Global-Transaction-Id, for the log; empty when there is none.

    `retry_after_s`: how long the server asks to be left alone; None when it does not say.
    """

    status: int
    body: bytes
    trace_id: str
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class TransportFailure:
    """No whole reply. `request_was_sent`: at least its first byte left, so the sale may have been recorded."""

    kind: FailureKind
    request_was_sent: bool
    detail: str
