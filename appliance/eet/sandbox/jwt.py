"""The renewal API's token: a JWT signed with the very certificate that is to be renewed, by the OpenAPI's profile."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

LIFETIME_S_MAX = 5 * 60
CLOCK_AHEAD_S_MAX = 60
TOKEN_CHARS_MAX = 8 * 1024

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class TokenInvalid(Exception):
    """The request is not authorised; the message says why."""


def check_token(
    authorization: str, *, find: Callable[[str], x509.Certificate | None], at: datetime
) -> x509.Certificate:
    """The certificate that signed this Authorization header. Raises TokenInvalid.

    `find` knows certificates by the hex digits of their SHA-256; whether the one found is still valid is the caller's
    matter. Of the claims all are optional: the least payload is {}.
    """
    scheme, _, token = authorization.partition(" ")
    parts = token.split(".")
    if scheme.lower() != "bearer" or len(token) > TOKEN_CHARS_MAX or len(parts) != 3:
        raise TokenInvalid("expected: Authorization: Bearer <header>.<payload>.<signature>")
    header, payload = _json(parts[0], "header"), _json(parts[1], "payload")
    certificate = find(_thumbprint(header).hex())
    if certificate is None:
        raise TokenInvalid("x5t#S256: no certificate of this authority")
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey), "the authority issues RSA only"
    try:
        key.verify(
            _decoded(parts[2], "signature"),
            f"{parts[0]}.{parts[1]}".encode("ascii"),
            padding.PKCS1v15(),
            hashes.SHA256(),
        )
    except InvalidSignature as error:
        raise TokenInvalid("the signature was not made with this certificate's key") from error
    _check_claims(payload, now=at.timestamp())
    return certificate


def _thumbprint(header: Mapping[str, Any]) -> bytes:
    if header.get("alg") != "RS256":
        raise TokenInvalid("alg must be RS256")
    if header.get("typ", "JWT") != "JWT":
        raise TokenInvalid("typ must be JWT")
    if "crit" in header:
        raise TokenInvalid("crit: no extension is known here")
    value = header.get("x5t#S256")
    if not isinstance(value, str) or len(found := _decoded(value, "x5t#S256")) != 32:
        raise TokenInvalid("x5t#S256 must be base64url(SHA-256(DER))")
    return found


def _check_claims(payload: Mapping[str, Any], *, now: float) -> None:
    issued, expires, begins = (_time(payload, name) for name in ("iat", "exp", "nbf"))
    if expires is not None and now >= expires:
        raise TokenInvalid("exp: the token has expired")
    if any(each is not None and each > now + CLOCK_AHEAD_S_MAX for each in (issued, begins)):
        raise TokenInvalid("iat or nbf: the token is from the future")
    if issued is not None and expires is not None and not 0 <= expires - issued <= LIFETIME_S_MAX:
        raise TokenInvalid(f"exp - iat: at most {LIFETIME_S_MAX} s")


def _time(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise TokenInvalid(f"{name}: must be a number of seconds")
    return value


def _json(part: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(_decoded(part, name), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise TokenInvalid(f"{name}: not JSON") from error
    if not isinstance(value, dict):
        raise TokenInvalid(f"{name}: not a JSON object")
    return value


def _no_number(name: str) -> float:
    raise ValueError(name)


def _decoded(part: str, name: str) -> bytes:
    """base64url without padding, as JWS demands."""
    if not _BASE64URL.fullmatch(part) or len(part) % 4 == 1:
        raise TokenInvalid(f"{name}: not base64url")
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
