"""Posting a message to EET."""

from pathlib import Path
from types import TracebackType
from typing import Self

from appliance.eet.document import ANSWER_BYTES_MAX
from appliance.eet.https import HttpsClient, is_https
from appliance.eet.message import DialectSpec
from appliance.eet.transport import HttpReply, TransportFailure


class EetClient:
    """One connection to one endpoint, for one thread at a time; what it can rely on is said at HttpsClient."""

    def __init__(
        self,
        endpoint: str,
        *,
        dialect: DialectSpec,
        ca_file: Path | None = None,
        connect_timeout_s: float,
        read_timeout_s: float,
    ) -> None:
        if not is_https(endpoint):
            raise ValueError(f"an EET endpoint must be an https address, not {endpoint!r}")
        self._endpoint = endpoint
        self._soap_action = dialect.soap_action
        self._https = HttpsClient(ca_file=ca_file, connect_timeout_s=connect_timeout_s, read_timeout_s=read_timeout_s)

    def post(self, envelope: bytes) -> HttpReply | TransportFailure:
        """Send one envelope; every way it can go wrong is a value, not an exception."""
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{self._soap_action}"',
            "Accept": "text/xml",
        }
        return self._https.exchange(
            "POST", self._endpoint, body=envelope, headers=headers, answer_bytes_max=ANSWER_BYTES_MAX
        )

    def close(self) -> None:
        """End the connection."""
        self._https.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
