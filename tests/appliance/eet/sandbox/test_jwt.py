from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from appliance.eet.certificate import fingerprint
from appliance.eet.sandbox.jwt import TokenInvalid, check_token
from tests.appliance.eet.material import AT, Office
from tests.appliance.eet.sandbox.tokens import encoded, thumbprint, token

NOW = int(AT.timestamp())


def _check(authorization: str, office: Office) -> x509.Certificate:
    known = {fingerprint(office.till.certificate): office.till.certificate}
    return check_token(authorization, find=known.get, at=AT)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"iat": NOW, "exp": NOW + 300},
        {"iat": NOW - 200, "exp": NOW + 1},
        {"exp": NOW + 10},
        {"iat": NOW + 30},
        {"iat": NOW - 1e6},
        {"anything": [1]},
    ],
)
def test_a_token_by_the_profile_tells_whose_certificate_it_is(office: Office, payload: dict[str, Any]) -> None:
    assert _check(token(office.till, payload), office) == office.till.certificate
    assert _check(token(office.till, payload, typ=None), office) == office.till.certificate


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"exp": NOW}, "expired"),
        ({"iat": NOW - 10, "exp": NOW + 291}, "exp - iat"),
        ({"iat": NOW + 20, "exp": NOW + 10}, "exp - iat"),
        ({"iat": NOW + 90}, "future"),
        ({"nbf": NOW + 90}, "future"),
        ({"exp": "tomorrow"}, "exp: must be a number"),
        ({"iat": True}, "iat: must be a number"),
        ([], "payload: not a JSON object"),
        (b"{", "payload: not JSON"),
        (b'{"exp": NaN}', "payload: not JSON"),
        (b"\xff", "payload: not JSON"),
    ],
)
def test_a_token_with_wrong_claims_is_refused(office: Office, payload: Any, words: str) -> None:
    with pytest.raises(TokenInvalid, match=words):
        _check(token(office.till, payload), office)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"alg": "none"}, "alg"),
        ({"alg": "HS256"}, "alg"),
        ({"alg": "RS512"}, "alg"),
        ({"alg": None}, "alg"),
        ({"typ": "JWE"}, "typ"),
        ({"crit": ["exp"]}, "crit"),
        ({"x5t#S256": None}, "x5t#S256"),
        ({"x5t#S256": 5}, "x5t#S256"),
        ({"x5t#S256": "abcd"}, "x5t#S256"),
        ({"x5t#S256": "!" * 43}, "base64url"),
        ({"x5t#S256": encoded(b"\0" * 32)}, "no certificate of this authority"),
    ],
)
def test_a_token_with_a_wrong_header_is_refused(office: Office, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(TokenInvalid, match=words):
        _check(token(office.till, {}, **changed), office)


def test_a_token_signed_by_another_key_is_refused(office: Office) -> None:
    forged = token(office.signer, {}, **{"x5t#S256": thumbprint(office.till)})

    with pytest.raises(TokenInvalid, match="not made with this certificate's key"):
        _check(forged, office)


def test_a_token_whose_payload_was_changed_is_refused(office: Office) -> None:
    head, _, signature = token(office.till, {"exp": NOW + 1}).split(".")

    with pytest.raises(TokenInvalid, match="not made with this certificate's key"):
        _check(f"{head}.{encoded({'exp': NOW + 2})}.{signature}", office)


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer a.b", "Basic a.b.c", "Bearer a.b.c.d", "Bearer ==.e.f"]
)
def test_what_is_no_token_is_refused(office: Office, authorization: str) -> None:
    with pytest.raises(TokenInvalid):
        _check(authorization, office)


def test_padding_is_not_base64url(office: Office) -> None:
    with pytest.raises(TokenInvalid, match="signature: not base64url"):
        _check(token(office.till) + "==", office)


def test_a_token_expires_by_the_clock_it_is_judged_with(office: Office) -> None:
    authorization = token(office.till, {"iat": NOW, "exp": NOW + 300})
    known = {fingerprint(office.till.certificate): office.till.certificate}

    with pytest.raises(TokenInvalid, match="expired"):
        check_token(authorization, find=known.get, at=AT + timedelta(minutes=5))
