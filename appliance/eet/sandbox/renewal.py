"""The sandbox's renewal of till certificates: the tax office's API, its states and its errors, with files for a memory.

    POST /api/request/renew → INPROCESS → (polled) ISSUED → claim-download → DELIVERING → ack-download → FINISHED
                                        ↘ REJECTED

Each request is a file in `renewals/`, written before the reply goes out.
"""

import base64
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography import x509

from appliance.eet.certificate import Environment, check_validity, common_name, environment_of
from appliance.eet.errors import CertificateProblem
from appliance.eet.sandbox.ca import find_issued, issue_certificate
from appliance.eet.sandbox.files import write_file
from appliance.eet.sandbox.https import Reply, Request
from appliance.eet.sandbox.jwt import TokenInvalid, check_token

API_PATH = "/api"
POLL_AFTER_S = 1
KEPT_FOR = timedelta(days=30)
RENEWALS_A_DAY_MAX = 10

_NO_STORE = {
    "Cache-Control": "no-store, no-cache, must-revalidate, max-age=0, private",
    "Pragma": "no-cache",
    "Expires": "0",
}
_ERRORS = {
    400: (1, "Invalid input data."),
    401: (2, "Unauthorized access."),
    404: (4, "Unknown object."),
    409: (5, "Conflict."),
    429: (6, "Too many requests."),
}
_OPEN_STATES = ("INPROCESS", "ISSUED", "DELIVERING")


@dataclass(frozen=True, slots=True)
class _Renewal:
    """One request; `store` is the reply to claim-download, there from the issue until it is acknowledged."""

    req_id: str
    eic: str
    playground: bool
    made_at: str
    state: str = "INPROCESS"
    polls: int = 0
    issued_at: str = ""
    store: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Caller:
    """Whose certificate signed the token, whether it is one of the playground, and when."""

    eic: str
    playground: bool
    at: datetime


class _Refused(Exception):
    def __init__(self, status: int, info: str) -> None:
        super().__init__(info)
        self.status = status
        self.info = info


class RenewalDesk:
    """`polls` INPROCESS answers come before the certificate, or before the rejection if it `rejects`."""

    def __init__(self, directory: Path, *, clock: Callable[[], datetime], polls: int, rejects: bool) -> None:
        self._directory = directory
        self._folder = directory / "renewals"
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self._clock = clock
        self._polls = polls
        self._rejects = rejects
        self._lock = threading.Lock()
        found = (json.loads(path.read_bytes()) for path in self._folder.glob("*.json"))
        self._renewals = {str(each["req_id"]): _Renewal(**each) for each in found}

    def answer(self, request: Request) -> Reply:
        """The reply to any request below API_PATH; what it changes is on disk when this returns."""
        at = self._clock().astimezone(UTC)
        try:
            with self._lock:
                action = self._action(request)
                return action(self._caller(request, at=at))
        except _Refused as refused:
            return error_reply(refused.status, refused.info)

    def _action(self, request: Request) -> Callable[[_Caller], Reply]:
        match request.method, request.path.removeprefix(API_PATH).split("/")[1:]:
            case "POST", ["request", "renew"]:
                return self._renew
            case "GET", ["request", "not-finished"]:
                return self._not_finished
            case "GET", ["request", req_id, "status"]:
                return lambda caller: self._status(self._find(req_id, caller), at=caller.at)
            case "POST", ["request", req_id, "claim-download"]:
                return lambda caller: self._claim(self._find(req_id, caller))
            case "POST", ["request", req_id, "ack-download"]:
                return lambda caller: self._acknowledge(self._find(req_id, caller))
        raise _Refused(404, f"{request.method} {request.path[:200]}")

    def _caller(self, request: Request, *, at: datetime) -> _Caller:
        try:
            certificate = check_token(
                request.headers.get("authorization", ""), find=lambda name: find_issued(self._directory, name), at=at
            )
            check_validity(certificate, at=at)
        except (TokenInvalid, CertificateProblem) as error:
            raise _Refused(401, str(error)) from error
        playground = environment_of(certificate) is not Environment.PRODUCTION
        return _Caller(common_name(certificate) or "", playground, at)

    def _find(self, req_id: str, caller: _Caller) -> _Renewal:
        try:
            name = str(UUID(req_id)) if len(req_id) == 36 else ""
        except ValueError:
            name = ""
        if not name:
            raise _Refused(400, "reqId is not a UUID")
        found = self._renewals.get(name)
        if found is None or found.eic != caller.eic:
            raise _Refused(404, name)
        return self._let_lapse(found, at=caller.at)

    def _let_lapse(self, renewal: _Renewal, *, at: datetime) -> _Renewal:
        """What nobody fetched in time is thrown away."""
        if renewal.store is None or at <= datetime.fromisoformat(renewal.issued_at) + KEPT_FOR:
            return renewal
        return self._keep(replace(renewal, state="FINISHED", store=None))

    def _renew(self, caller: _Caller) -> Reply:
        since = caller.at - timedelta(days=1)
        if sum(datetime.fromisoformat(each.made_at) > since for each in self._of(caller)) >= RENEWALS_A_DAY_MAX:
            raise _Refused(429, f"{RENEWALS_A_DAY_MAX} requests a day")
        made = _Renewal(str(uuid4()), eic=caller.eic, playground=caller.playground, made_at=caller.at.isoformat())
        return _json_reply(201, {"reqId": self._keep(made).req_id})

    def _not_finished(self, caller: _Caller) -> Reply:
        mine = sorted(self._of(caller), key=lambda each: each.made_at)
        names = [each.req_id for each in mine if self._let_lapse(each, at=caller.at).state in _OPEN_STATES]
        return _json_reply(200, {"count": len(names), "data": names})

    def _of(self, caller: _Caller) -> list[_Renewal]:
        return [each for each in self._renewals.values() if each.eic == caller.eic]

    def _status(self, renewal: _Renewal, *, at: datetime) -> Reply:
        told: dict[str, Any] = {"reqId": renewal.req_id}
        if renewal.state == "INPROCESS":
            if renewal.polls < self._polls:
                self._keep(replace(renewal, polls=renewal.polls + 1))
                told |= {"state": "INPROCESS", "pollAfterSeconds": POLL_AFTER_S}
                return _json_reply(200, told, {"Retry-After": str(POLL_AFTER_S)})
            renewal = self._keep(replace(renewal, state="REJECTED") if self._rejects else self._issued(renewal, at=at))
        if renewal.state == "REJECTED":
            told["rejectedReason"] = "The sandbox was told to reject."
        return _json_reply(200, {**told, "state": renewal.state})

    def _issued(self, renewal: _Renewal, *, at: datetime) -> _Renewal:
        issued = issue_certificate(self._directory, eic=renewal.eic, at=at, playground=renewal.playground)
        store = {
            "pkcs12": base64.b64encode(issued.p12).decode("ascii"),
            "password": issued.password,
            "certificate": _certificate_dto(issued.certificate),
        }
        return replace(renewal, state="ISSUED", issued_at=at.isoformat(), store=store)

    def _claim(self, renewal: _Renewal) -> Reply:
        if renewal.store is None:
            raise _Refused(409, f"the request is {renewal.state}")
        self._keep(replace(renewal, state="DELIVERING"))
        return _json_reply(200, renewal.store, _NO_STORE)

    def _acknowledge(self, renewal: _Renewal) -> Reply:
        if renewal.state != "DELIVERING":
            raise _Refused(409, f"the request is {renewal.state}")
        self._keep(replace(renewal, state="FINISHED", store=None))
        return Reply(204)

    def _keep(self, renewal: _Renewal) -> _Renewal:
        text = json.dumps(asdict(renewal), indent=1)
        write_file(self._folder / f"{renewal.req_id}.json", text.encode("ascii"), mode=0o600)
        self._renewals[renewal.req_id] = renewal
        return renewal


def error_reply(status: int, info: str) -> Reply:
    """An ErrorDTO; a status the API does not know is its internal error."""
    code, message = _ERRORS.get(status, (99, "Internal error."))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return _json_reply(status, {"code": code, "message": message, "additionalInfo": info}, headers)


def _json_reply(status: int, value: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    body = json.dumps(value).encode("ascii")
    return Reply(status, body, content_type="application/json", headers=headers or {})


def _certificate_dto(certificate: x509.Certificate) -> dict[str, str]:
    return {
        "sn": str(certificate.serial_number),
        "validFrom": certificate.not_valid_before_utc.isoformat(),
        "validTo": certificate.not_valid_after_utc.isoformat(),
        "state": "VALID",
    }
