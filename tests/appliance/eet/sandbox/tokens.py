"""Tokens for the renewal API, right and wrong ones, made by other code than the product's."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

from appliance.eet.certificate import Identity


def encoded(value: bytes | dict[str, Any] | list[Any]) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def thumbprint(identity: Identity) -> str:
    return encoded(hashlib.sha256(identity.certificate.public_bytes(Encoding.DER)).digest())


def token(identity: Identity, payload: Any = None, **changed: Any) -> str:
    """An Authorization header; a header value None leaves the name out."""
    header = {"alg": "RS256", "typ": "JWT", "x5t#S256": thumbprint(identity), **changed}
    header = {name: value for name, value in header.items() if value is not None}
    head_and_payload = f"{encoded(header)}.{encoded({} if payload is None else payload)}"
    signature = identity.key.sign(head_and_payload.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"Bearer {head_and_payload}.{encoded(signature)}"
