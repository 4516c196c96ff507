"""Whose key is at the other end: a connection is used only when the server has proven that it holds a known key.

TLS proves possession of the key in the leaf's certificate; nothing else of the certificate counts: neither its names
nor its dates. The till may find the server by address, and its own clock may be decades off. The check stands between
the handshake and the first byte of HTTP.
"""

import base64
import hashlib
import logging
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from appliance.wire import NEXT_KEY_HEADER

log = logging.getLogger(__name__)

KEY_MARK_CHARS = 8
KEY_HASH_CHARS = 52  # of a SHA-256 in base32, without the padding
KEYS_MAX = 4
LOOK_TIMEOUT_S = 5.0
BASE32 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


class WrongKey(ssl.SSLError):
    """Another key than the known ones; nothing was sent."""


class PinnedKeys:
    """The keys a till accepts, as SHA-256 in base32. A connection that one of them holds may announce the next one.

    `keep` is given all keys when one was added, before it is used.
    """

    def __init__(self, keys: Sequence[str], *, keep: Callable[[tuple[str, ...]], None]) -> None:
        assert keys
        self._keys = tuple(keys)
        self._proven = ""  # the key of the server that was last spoken to
        self._keep = keep

    @property
    def keys(self) -> tuple[str, ...]:
        return self._keys

    def check(self, certificate: bytes | None) -> None:
        """Raises WrongKey."""
        held = key_hash(certificate) if certificate is not None else ""
        if held not in self._keys:
            raise WrongKey("the server has another key than the one it was paired with; nothing was sent")
        self._proven = held

    def hear(self, announced: str) -> None:
        """A successor, announced by the server itself. The oldest go, but never the one in use."""
        if not is_key_hash(announced) or announced in self._keys:
            return
        others = [key for key in self._keys if key != self._proven]
        in_use = [self._proven] if self._proven else []
        keys = (*in_use, *others[-(KEYS_MAX - 1 - len(in_use)) :], announced)
        try:
            self._keep(keys)
        except OSError as error:  # a full disk: what was answered counts all the same, and the key is announced again
            log.warning("the server's next key cannot be kept: %s", error)
        else:
            self._keys = keys


def key_hash(certificate: bytes) -> str:
    """SHA-256 of the public key (SPKI) of a DER certificate, base32 without padding. Raises WrongKey for nonsense."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WrongKey("the server's certificate cannot be read; nothing was sent") from error
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b32encode(hashlib.sha256(spki).digest()).decode("ascii").rstrip("=")


def is_key_hash(text: str) -> bool:
    return len(text) == KEY_HASH_CHARS and BASE32.issuperset(text)


def is_wrong_key(error: BaseException) -> bool:
    """Whether this is the reason, however deep the libraries have wrapped it."""
    seen: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        each = queue.pop()
        if isinstance(each, WrongKey):
            return True
        if isinstance(each, BaseException) and all(each is not known for known in seen):
            seen.append(each)
            queue += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return False


def pin(session: requests.Session, keys: PinnedKeys) -> None:
    """From now on the session speaks only to the holder of one of these keys, and hears of the next one."""

    def listen(response: requests.Response, *_: object, **__: object) -> None:
        keys.hear(response.headers.get(NEXT_KEY_HEADER, ""))

    session.verify = False  # the key is compared instead, by each connection
    session.adapters.clear()
    session.mount("https://", _PinnedAdapter(keys))
    session.hooks["response"].append(listen)


class _PinnedConnection(HTTPSConnection):
    keys: PinnedKeys

    def connect(self) -> None:
        super().connect()
        assert isinstance(self.sock, ssl.SSLSocket)
        try:
            self.keys.check(self.sock.getpeercert(binary_form=True))
        except WrongKey:
            self.close()
            raise
        self.is_verified = True


class _PinnedAdapter(HTTPAdapter):
    def __init__(self, keys: PinnedKeys) -> None:
        self._keys = keys
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:  # noqa: FBT001, FBT002
        super().init_poolmanager(connections, maxsize, block=block, ssl_context=_open_context(), **kwargs)
        connection = type("_Connection", (_PinnedConnection,), {"keys": self._keys})
        pool = type("_Pool", (HTTPSConnectionPool,), {"ConnectionCls": connection})
        self.poolmanager.pool_classes_by_scheme = {"https": pool}


# ---- before pairing: whose key is there


@dataclass(frozen=True)
class Seen:
    """A server's key, and whether a known CA vouches for the name by which it was reached."""

    key: str
    vouched: bool


def look_at(host: str, port: int, *, ca_file: Path | None, timeout_s: float = LOOK_TIMEOUT_S) -> Seen:
    """Handshakes only: no byte of the till's goes over. Raises OSError (ssl.SSLError is one)."""
    with _handshake(host, port, _open_context(), timeout_s=timeout_s) as connection:
        certificate = connection.getpeercert(binary_form=True)
    if certificate is None:
        raise WrongKey("the server has no certificate; nothing was sent")
    key = key_hash(certificate)
    vouching = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    vouching.minimum_version = ssl.TLSVersion.TLSv1_2
    vouching.load_verify_locations(cafile=ca_file or DEFAULT_CA_BUNDLE_PATH)
    try:
        with _handshake(host, port, vouching, timeout_s=timeout_s) as connection:
            vouched = key_hash(connection.getpeercert(binary_form=True) or b"") == key
    except ssl.SSLCertVerificationError:
        vouched = False
    return Seen(key, vouched)


def _handshake(host: str, port: int, context: ssl.SSLContext, *, timeout_s: float) -> ssl.SSLSocket:
    """A handshake has one deadline, however slowly its bytes come."""
    begun = time.monotonic()
    plain = socket.create_connection((host, port), timeout=timeout_s)
    try:
        plain.settimeout(max(0.1, timeout_s - (time.monotonic() - begun)))
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _open_context() -> ssl.SSLContext:
    """TLS that believes any certificate: for looking at a key, and where the key itself is compared."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
