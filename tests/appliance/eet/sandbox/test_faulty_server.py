"""The server under a fault script: what a till sees, what is recorded nevertheless, and the renewal API."""

import base64
import json
import shutil
import ssl
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPSConnection
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from appliance.domain.fiscal import Mode
from appliance.eet.certificate import load_p12
from appliance.eet.client import EetClient
from appliance.eet.message import Header
from appliance.eet.outcome import ChannelFault, ConfirmedOutcome, Outcome, Parked, Reason, Replied, Waiting, outcome_of
from appliance.eet.sandbox import Faults, Sandbox, parse_script
from appliance.eet.transport import TransportFailure
from appliance.eet.v4 import V4
from tests.appliance.eet.material import AT, Office, clock, header, message
from tests.appliance.eet.sandbox.messages import read
from tests.appliance.eet.sandbox.tokens import token


class Server:
    """One sandbox at a time in one folder, each start with a script of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: Sandbox | None = None

    def __call__(self, script: str) -> Sandbox:
        self.stop()
        self._running = Sandbox(self._folder, clock=clock, faults=Faults(parse_script(script), seed=1))
        self._running.start()
        return self._running

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None


@pytest.fixture
def serve(tmp_path: Path, material_dir: Path) -> Iterator[Server]:
    folder = tmp_path / "sandbox"
    shutil.copytree(material_dir, folder, ignore=shutil.ignore_patterns("ledger.jsonl", "renewals"))
    server = Server(folder)
    yield server
    server.stop()


def _send(sandbox: Sandbox, office: Office, head: Header, *, read_timeout_s: float = 10) -> Outcome:
    with EetClient(
        sandbox.endpoint,
        dialect=V4,
        ca_file=office.files.tls_ca,
        connect_timeout_s=10,
        read_timeout_s=read_timeout_s,
    ) as client:
        reply = client.post(message(office.till, head))
    if isinstance(reply, TransportFailure):
        return outcome_of(reply, mode=Mode.PLAYGROUND, age=timedelta())
    answer = read(reply.body, office, uuid=head.uuid_zpravy)
    return outcome_of(Replied(reply.status, answer), mode=Mode.PLAYGROUND, age=timedelta())


@pytest.mark.parametrize(
    ("script", "kind", "reason", "recorded"),
    [
        ("drop-request=1", Waiting, Reason.BROKEN, 0),
        ("reset=1", Waiting, Reason.BROKEN, 0),
        ("status=503", Waiting, Reason.HTTP_STATUS, 0),
        ("fault=1", Waiting, Reason.SERVER_FAULT, 0),
        ("client-fault=1", Parked, Reason.SOAP_FAULT, 0),
        ("error=-1", Waiting, Reason.SERVER_BUSY, 0),
        ("error=4", ChannelFault, Reason.CODE_4, 0),
        ("error=8", Waiting, Reason.CODE_8, 0),
        ("error=3", Parked, Reason.CODE_3, 0),
        ("drop-reply=1", Waiting, Reason.BROKEN, 1),
        ("late-status=502", Waiting, Reason.HTTP_STATUS, 1),
        ("truncate=1", Waiting, Reason.BROKEN, 1),
        ("garbage=1", Waiting, Reason.UNREADABLE, 1),
        ("unsigned=1", Waiting, Reason.BADLY_SIGNED, 1),
        ("altered=1", Waiting, Reason.BADLY_SIGNED, 1),
        ("wrong-uuid=1", Waiting, Reason.UNREADABLE, 1),
        ("foreign-signer=1", ChannelFault, Reason.UNKNOWN_SIGNER, 1),
    ],
)
def test_a_fault_is_what_it_says_and_the_ledger_tells_what_was_recorded_before_it(
    serve: Server, office: Office, script: str, kind: type[Waiting], reason: Reason, recorded: int
) -> None:
    sandbox = serve(script)

    outcome = _send(sandbox, office, header(uuid=str(uuid4())))

    assert isinstance(outcome, kind)
    assert outcome.reason is reason
    assert outcome.maybe_recorded or not recorded
    report = sandbox.ledger()
    assert report["accepted"] == recorded
    assert report["faults"] == {parse_script(script)[0].label: 1}


@pytest.mark.parametrize("script", ["delay=0.01", "slow=0.12", "delay=0.01,slow=0.12"])
def test_slowness_alone_ends_in_a_confirmation(serve: Server, office: Office, script: str) -> None:
    sandbox = serve(script)

    assert isinstance(_send(sandbox, office, header(uuid=str(uuid4()))), ConfirmedOutcome)
    assert sandbox.ledger()["faults"] == dict.fromkeys(script.split(","), 1)


def test_a_message_is_judged_also_when_the_till_has_given_up(serve: Server, office: Office) -> None:
    sandbox = serve("delay=3600")

    outcome = _send(sandbox, office, header(uuid=str(uuid4())), read_timeout_s=0.2)
    serve.stop()

    assert isinstance(outcome, Waiting)
    assert outcome.reason is Reason.TIMEOUT
    assert sandbox.ledger()["accepted"] == 1


def test_a_fault_that_finds_nothing_to_spoil_is_not_counted(serve: Server, office: Office) -> None:
    sandbox = serve("unsigned=1")

    _send(sandbox, office, header(uuid=str(uuid4()), verification=True))

    report = sandbox.ledger()
    assert (report["verified"], report["faults"]) == (1, {})


def test_with_every_fault_at_a_fifth_a_till_that_repeats_is_confirmed_in_the_end(serve: Server, office: Office) -> None:
    sandbox = serve(
        "delay=0.001:0.2,slow=0.01:0.2,drop-request=0.2,reset=0.2,status=503:0.2,error=-1:0.2,drop-reply=0.2,"
        "truncate=0.2,garbage=0.2,unsigned=0.2,altered=0.2,wrong-uuid=0.2,foreign-signer=0.2,late-status=502:0.2"
    )
    outcomes = [_send(sandbox, office, header(uuid=str(uuid4())))]
    while not isinstance(outcomes[-1], ConfirmedOutcome) and len(outcomes) < 500:
        outcomes.append(_send(sandbox, office, header(uuid=str(uuid4()), first=False)))

    report = sandbox.ledger()
    assert isinstance(outcomes[-1], ConfirmedOutcome)
    assert outcomes[-1].answer.code == report["sales"][0]["codes"][-1]
    assert (report["count"], report["unmarked_repeats"]) == (1, 0)
    ends = sum(count for name, count in report["faults"].items() if not name.startswith(("delay", "slow")))
    assert ends == len(outcomes) - 1


# ---- renewal


@pytest.fixture
def session(office: Office) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(office.files.tls_ca)
        session.headers["Authorization"] = token(office.till)
        yield session


def test_a_certificate_is_renewed_over_https_and_sells(
    serve: Server, office: Office, session: requests.Session
) -> None:
    sandbox = serve("")
    url = f"{sandbox.renewal_url}/request"
    made = session.post(f"{url}/renew", timeout=10)
    req_id = made.json()["reqId"]
    waiting = session.get(f"{url}/{req_id}/status", timeout=10)
    issued = session.get(f"{url}/{req_id}/status", timeout=10)
    claimed = session.post(f"{url}/{req_id}/claim-download", timeout=10)
    acknowledged = session.post(f"{url}/{req_id}/ack-download", timeout=10)

    assert [each.status_code for each in (made, waiting, issued, claimed, acknowledged)] == [201, 200, 200, 200, 204]
    assert (waiting.json()["state"], waiting.headers["Retry-After"]) == ("INPROCESS", "1")
    assert claimed.headers["Content-Type"] == "application/json"
    assert "no-store" in claimed.headers["Cache-Control"]
    assert "Content-Length" not in acknowledged.headers
    new = load_p12(base64.b64decode(claimed.json()["pkcs12"]), claimed.json()["password"], at=AT)
    head = header(uuid=str(uuid4()))
    with EetClient(
        sandbox.endpoint, dialect=V4, ca_file=office.files.tls_ca, connect_timeout_s=10, read_timeout_s=10
    ) as client:
        client.post(message(new, head))
    assert sandbox.ledger()["count"] == 1


def test_a_post_without_a_body_needs_no_length(serve: Server, office: Office) -> None:
    sandbox = serve("")
    context = ssl.create_default_context(cafile=office.files.tls_ca)
    connection = HTTPSConnection("127.0.0.1", sandbox.port, timeout=10, context=context)
    connection.putrequest("POST", "/api/request/renew")
    connection.putheader("Authorization", token(office.till))
    connection.endheaders()
    made = connection.getresponse()
    made.read()
    connection.putrequest("POST", "/api/request/renew")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders(b"0\r\n\r\n")
    refused = connection.getresponse()
    connection.close()

    assert (made.status, refused.status) == (201, 411)


def test_a_lost_reply_of_the_renewal_leaves_a_request_that_can_be_found(
    serve: Server, office: Office, session: requests.Session
) -> None:
    sandbox = serve("renewal-drop-reply=1")
    with pytest.raises(requests.ConnectionError):
        session.post(f"{sandbox.renewal_url}/request/renew", timeout=10)
    serve.stop()

    assert sandbox.ledger()["faults"] == {"renewal-drop-reply": 1}
    found = session.get(f"{serve('').renewal_url}/request/not-finished", timeout=10).json()
    assert found["count"] == 1


@pytest.mark.parametrize(("status", "code"), [(500, 99), (429, 6), (503, 99)])
def test_the_renewal_can_be_told_to_fail_without_having_done_anything(
    serve: Server, session: requests.Session, status: int, code: int
) -> None:
    sandbox = serve(f"renewal-error={status}:1")
    reply = session.post(f"{sandbox.renewal_url}/request/renew", timeout=10)
    serve.stop()

    assert (reply.status_code, json.loads(reply.content)["code"]) == (status, code)
    found = session.get(f"{serve('renewal-drop-request=0').renewal_url}/request/not-finished", timeout=10).json()
    assert found == {"count": 0, "data": []}
