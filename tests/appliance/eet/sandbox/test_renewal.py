import base64
import json
import re
import shutil
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from appliance.eet.certificate import Identity, check_chain, environment_of, fingerprint, load_anchors, load_p12
from appliance.eet.sandbox.ca import find_issued, issue_till
from appliance.eet.sandbox.https import Reply, Request
from appliance.eet.sandbox.renewal import RenewalDesk
from tests.appliance.eet.material import AT, Office
from tests.appliance.eet.sandbox.tokens import token


@dataclass
class Desk:
    """The desk of one directory, asked by one till; `restart` is what a kill leaves."""

    folder: Path
    till: Identity
    polls: int = 0
    rejects: bool = False
    at: datetime = AT

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.desk = RenewalDesk(self.folder, clock=lambda: self.at, polls=self.polls, rejects=self.rejects)

    def ask(self, method: str, path: str, *, till: Identity | None = None, authorization: str | None = None) -> Reply:
        if authorization is None:
            authorization = token(till or self.till)
        return self.desk.answer(Request(method, f"/api/request/{path}", {"authorization": authorization}, b""))

    def get(self, path: str) -> dict[str, Any]:
        reply = self.ask("GET", path)
        assert reply.status == 200
        return dict(json.loads(reply.body))

    def renew(self) -> str:
        reply = self.ask("POST", "renew")
        assert reply.status == 201
        return str(json.loads(reply.body)["reqId"])

    def state(self, req_id: str) -> str:
        return str(self.get(f"{req_id}/status")["state"])


@pytest.fixture
def desk(tmp_path: Path, material_dir: Path, office: Office) -> Desk:
    folder = tmp_path / "sandbox"
    shutil.copytree(material_dir, folder)
    shutil.rmtree(folder / "renewals", ignore_errors=True)
    return Desk(folder, office.till)


def _new_identity(claimed: bytes, *, at: datetime) -> Identity:
    store = json.loads(claimed)
    return load_p12(base64.b64decode(store["pkcs12"], validate=True), store["password"], at=at)


def test_a_certificate_is_renewed_step_by_step(desk: Desk) -> None:
    desk.polls = 2
    desk.restart()
    req_id = desk.renew()

    waiting = desk.ask("GET", f"{req_id}/status")
    assert json.loads(waiting.body) == {"reqId": req_id, "state": "INPROCESS", "pollAfterSeconds": 1}
    assert waiting.headers["Retry-After"] == "1"
    assert desk.ask("POST", f"{req_id}/claim-download").status == 409
    assert [desk.state(req_id) for _ in range(3)] == ["INPROCESS", "ISSUED", "ISSUED"]
    assert desk.ask("POST", f"{req_id}/ack-download").status == 409
    assert "Retry-After" not in desk.ask("GET", f"{req_id}/status").headers

    claimed = desk.ask("POST", f"{req_id}/claim-download")
    assert claimed.status == 200
    assert desk.state(req_id) == "DELIVERING"
    assert desk.ask("POST", f"{req_id}/claim-download").body == claimed.body

    acknowledged = desk.ask("POST", f"{req_id}/ack-download")
    assert (acknowledged.status, acknowledged.body) == (204, b"")
    assert desk.state(req_id) == "FINISHED"
    assert desk.ask("POST", f"{req_id}/claim-download").status == 409
    assert desk.ask("POST", f"{req_id}/ack-download").status == 409


def test_the_new_certificate_is_a_good_one_for_the_same_taxpayer_and_environment(desk: Desk) -> None:
    req_id = desk.renew()
    assert desk.state(req_id) == "ISSUED"

    claimed = desk.ask("POST", f"{req_id}/claim-download")
    store = json.loads(claimed.body)
    new = _new_identity(claimed.body, at=AT)

    assert set(store) == {"pkcs12", "password", "certificate"}
    assert re.fullmatch("[A-Za-z0-9]{8}", store["password"])
    assert new.eic == desk.till.eic
    assert environment_of(new.certificate) is environment_of(desk.till.certificate)
    assert new.certificate.not_valid_after_utc - new.certificate.not_valid_before_utc == timedelta(days=366)
    check_chain(new.certificate, anchors=load_anchors([(desk.folder / "till-ca.pem").read_bytes()]), at=AT)
    assert store["certificate"] == {
        "sn": str(new.certificate.serial_number),
        "validFrom": new.certificate.not_valid_before_utc.isoformat(),
        "validTo": new.certificate.not_valid_after_utc.isoformat(),
        "state": "VALID",
    }
    assert "no-store" in claimed.headers["Cache-Control"]
    assert (claimed.headers["Pragma"], claimed.headers["Expires"]) == ("no-cache", "0")


def test_a_production_certificate_is_renewed_as_one(desk: Desk) -> None:
    p12, password = issue_till(desk.folder, eic="CZ683555118", at=AT, playground=False)
    desk.till = load_p12(p12.read_bytes(), password.read_text().strip(), at=AT)
    req_id = desk.renew()
    desk.state(req_id)

    new = _new_identity(desk.ask("POST", f"{req_id}/claim-download").body, at=AT)

    assert environment_of(new.certificate) == "production"


def test_the_new_certificate_can_renew_itself_when_the_old_one_has_expired(desk: Desk) -> None:
    desk.at = AT + timedelta(days=360)
    req_id = desk.renew()
    desk.state(req_id)
    new = _new_identity(desk.ask("POST", f"{req_id}/claim-download").body, at=desk.at)

    desk.at = AT + timedelta(days=367)

    assert desk.ask("POST", "renew").status == 401
    assert desk.ask("POST", "renew", till=new).status == 201
    assert desk.ask("POST", f"{req_id}/ack-download", till=new).status == 204


@pytest.mark.parametrize("step", ["renew", "status", "claim", "ack"])
def test_a_kill_after_any_step_loses_nothing(desk: Desk, step: str) -> None:
    desk.polls = 1
    desk.restart()
    req_id = desk.renew()
    if step == "renew":
        desk.restart()
    assert desk.state(req_id) == "INPROCESS"
    if step == "status":
        desk.restart()
    assert desk.state(req_id) == "ISSUED"
    claimed = desk.ask("POST", f"{req_id}/claim-download").body
    if step == "claim":
        desk.restart()
        assert desk.ask("POST", f"{req_id}/claim-download").body == claimed
    assert desk.ask("POST", f"{req_id}/ack-download").status == 204
    if step == "ack":
        desk.restart()
    assert desk.state(req_id) == "FINISHED"
    assert desk.get("not-finished") == {"count": 0, "data": []}


def test_a_rejected_request_says_why_and_is_finished(desk: Desk) -> None:
    desk.rejects = True
    desk.restart()
    req_id = desk.renew()
    told = desk.get(f"{req_id}/status")

    assert told.keys() == {"reqId", "state", "rejectedReason"}
    assert told["state"] == "REJECTED"
    assert desk.state(req_id) == "REJECTED"
    assert desk.ask("POST", f"{req_id}/claim-download").status == 409
    assert desk.get("not-finished")["count"] == 0


def test_what_is_not_finished_is_listed_oldest_first(desk: Desk) -> None:
    first = desk.renew()
    desk.at += timedelta(minutes=1)
    second = desk.renew()
    desk.state(second)
    desk.at += timedelta(minutes=1)
    third = desk.renew()
    desk.state(third)
    desk.ask("POST", f"{third}/claim-download")
    finished = desk.renew()
    desk.state(finished)
    desk.ask("POST", f"{finished}/claim-download")
    desk.ask("POST", f"{finished}/ack-download")

    assert desk.get("not-finished") == {"count": 3, "data": [first, second, third]}


def test_another_taxpayer_neither_sees_nor_finds_a_request(desk: Desk) -> None:
    p12, password = issue_till(desk.folder, eic="CZ683555118", at=AT)
    stranger = load_p12(p12.read_bytes(), password.read_text().strip(), at=AT)
    req_id = desk.renew()

    for method, path in (("GET", "status"), ("POST", "claim-download"), ("POST", "ack-download")):
        assert desk.ask(method, f"{req_id}/{path}", till=stranger).status == 404
    assert json.loads(desk.ask("GET", "not-finished", till=stranger).body)["count"] == 0


def test_what_nobody_fetches_in_thirty_days_is_thrown_away(desk: Desk) -> None:
    kept, lapsed = desk.renew(), desk.renew()
    desk.state(lapsed)
    desk.ask("POST", f"{lapsed}/claim-download")
    desk.at += timedelta(days=30)
    assert desk.state(lapsed) == "DELIVERING"

    desk.at += timedelta(seconds=1)

    assert desk.get("not-finished")["data"] == [kept]
    assert desk.state(lapsed) == "FINISHED"
    assert desk.ask("POST", f"{lapsed}/claim-download").status == 409


def test_key_stores_lie_in_private_files_and_only_until_they_are_acknowledged(desk: Desk) -> None:
    req_id = desk.renew()
    desk.state(req_id)
    password = json.loads(desk.ask("POST", f"{req_id}/claim-download").body)["password"]
    (file,) = (desk.folder / "renewals").iterdir()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert password in file.read_text()
    desk.ask("POST", f"{req_id}/ack-download")
    assert password not in file.read_text()


def test_more_than_ten_requests_a_day_are_too_many(desk: Desk) -> None:
    for _ in range(10):
        desk.renew()

    assert desk.ask("POST", "renew").status == 429
    desk.at += timedelta(days=1)
    assert desk.ask("POST", "renew").status == 201


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "not-a-uuid/status", 400, 1),
        ("GET", f"{uuid4()}/status", 404, 4),
        ("POST", f"{uuid4()}/claim-download", 404, 4),
        ("POST", f"{uuid4()}/ack-download", 404, 4),
        ("GET", "renew", 404, 4),
        ("POST", "not-finished", 404, 4),
        ("GET", "nothing", 404, 4),
    ],
)
def test_an_error_is_told_as_the_api_tells_it(desk: Desk, method: str, path: str, status: int, code: int) -> None:
    reply = desk.ask(method, path)

    assert reply.status == status
    error = json.loads(reply.body)
    assert error.keys() == {"code", "message", "additionalInfo"}
    assert error["code"] == code


def test_without_a_good_token_nothing_is_told(desk: Desk, office: Office) -> None:
    known = desk.renew()
    for authorization in ("", "Bearer x.y.z", token(office.signer)):
        for method, path in (
            ("POST", "renew"),
            ("GET", "not-finished"),
            ("GET", f"{known}/status"),
            ("GET", "not-a-uuid/status"),
        ):
            reply = desk.ask(method, path, authorization=authorization)
            assert (reply.status, json.loads(reply.body)["code"]) == (401, 2)
    assert len(list((desk.folder / "renewals").iterdir())) == 1


def test_every_certificate_it_issues_is_known_afterwards(desk: Desk) -> None:
    req_id = desk.renew()
    desk.state(req_id)
    new = _new_identity(desk.ask("POST", f"{req_id}/claim-download").body, at=AT)

    assert find_issued(desk.folder, fingerprint(new.certificate)) == new.certificate
