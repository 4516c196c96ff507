import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from appliance.domain.fiscal import Dialect, Mode
from appliance.eet.answer import Answer, Confirmed, Refused, SoapFault, read_answer
from appliance.eet.client import EetClient
from appliance.eet.message import DialectSpec, Header
from appliance.eet.outcome import ConfirmedOutcome, Replied, outcome_of
from appliance.eet.sandbox import Sandbox
from appliance.eet.sandbox.https import REQUEST_BYTES_MAX
from appliance.eet.sandbox.server import LEDGER_PATH, SERVICE_PATHS, SUMMARY_PATH
from appliance.eet.transport import HttpReply
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4
from tests.appliance.eet.material import AT, Office, clock, header, message
from tests.appliance.eet.sandbox.messages import read, v3_message
from tests.shared import ROOT

SERVICE_PATH = SERVICE_PATHS[Dialect.V4]


@pytest.fixture
def sandbox(material_dir: Path, office: Office) -> Iterator[Sandbox]:
    (material_dir / "ledger.jsonl").unlink(missing_ok=True)
    sandbox = Sandbox(material_dir, clock=clock)
    sandbox.start()
    yield sandbox
    sandbox.stop()


def _client(endpoint: str, office: Office) -> EetClient:
    return EetClient(endpoint, dialect=V4, ca_file=office.files.tls_ca, connect_timeout_s=10, read_timeout_s=10)


def _ask(client: EetClient, office: Office, head: Header, **changed: str) -> Confirmed | Refused | SoapFault:
    reply = client.post(message(office.till, head, **changed))
    assert isinstance(reply, HttpReply)
    assert reply.trace_id
    answer = read_answer(reply.body, dialect=V4, sent_uuid=head.uuid_zpravy, trust=office.trust, at=AT)
    assert isinstance(answer, (Confirmed, Refused, SoapFault))
    return answer


def _head(*, first: bool = True, verification: bool = False) -> Header:
    return header(uuid=str(uuid4()), first=first, verification=verification)


def _ledger(sandbox: Sandbox, office: Office) -> dict[str, Any]:
    url = sandbox.endpoint.replace(SERVICE_PATH, LEDGER_PATH)
    with requests.Session() as session:
        session.trust_env = False
        found: dict[str, Any] = session.get(url, verify=str(office.files.tls_ca), timeout=10).json()
        return found


def test_a_sale_goes_over_https_and_comes_back_confirmed(sandbox: Sandbox, office: Office) -> None:
    with _client(sandbox.endpoint, office) as client:
        answer = _ask(client, office, _head())

    assert isinstance(answer, Confirmed)
    assert outcome_of(Replied(200, answer), mode=Mode.PLAYGROUND, age=AT - AT) == ConfirmedOutcome(answer)


def test_the_ledger_tells_over_https_what_was_accepted_how_often_and_with_which_codes(
    sandbox: Sandbox, office: Office
) -> None:
    with _client(sandbox.endpoint, office) as client:
        once = _ask(client, office, _head())
        twice = _ask(client, office, _head(first=False))
        other = _ask(client, office, _head(), porad_cis="P1A-000102", celk_trzba="-0.50")
        _ask(client, office, _head(verification=True), porad_cis="P1A-000103")

    report = _ledger(sandbox, office)

    assert isinstance(once, Confirmed)
    assert isinstance(twice, Confirmed)
    assert isinstance(other, Confirmed)
    assert (report["count"], report["accepted"], report["sum_haler"]) == (2, 3, 18800)
    first, second = report["sales"]
    assert (first["codes"], first["times"], first["first_sends"]) == ([once.code, twice.code], 2, 1)
    assert (second["codes"], second["celk_trzba"]) == ([other.code], "-0.50")


def test_the_summary_is_there_for_who_asks_often(sandbox: Sandbox, office: Office) -> None:
    with _client(sandbox.endpoint, office) as client:
        _ask(client, office, _head())
    report = _ledger(sandbox, office)

    with requests.Session() as session:
        session.trust_env = False
        url = sandbox.endpoint.replace(SERVICE_PATH, SUMMARY_PATH)
        summary = session.get(url, verify=str(office.files.tls_ca), timeout=10).json()

    assert report.pop("sales")
    assert summary == report


def test_v3_is_served_beside_v4_and_each_path_takes_only_its_own(sandbox: Sandbox, office: Office) -> None:
    head = _head()

    def post(endpoint: str, raw: bytes, dialect: DialectSpec) -> Answer:
        with EetClient(
            endpoint, dialect=dialect, ca_file=office.files.tls_ca, connect_timeout_s=10, read_timeout_s=10
        ) as client:
            reply = client.post(raw)
        assert isinstance(reply, HttpReply)
        return read(reply.body, office, dialect=dialect, uuid=head.uuid_zpravy)

    assert isinstance(post(sandbox.v3_endpoint, v3_message(office.till, head), V3), Confirmed)
    assert isinstance(post(sandbox.endpoint, v3_message(office.till, head), V3), SoapFault)
    wrong_content = post(sandbox.v3_endpoint, message(office.till, head), V3)
    assert isinstance(wrong_content, Refused)
    assert wrong_content.code == 3
    assert [sale["dialect"] for sale in sandbox.ledger()["sales"]] == ["v3"]


def test_without_a_content_type_the_xml_declaration_must_say_it(sandbox: Sandbox, office: Office) -> None:
    head = _head()
    raw = message(office.till, head)
    answers = []
    with requests.Session() as session:
        session.trust_env = False
        for body in (raw, raw.partition(b"\n")[2]):
            reply = session.post(
                sandbox.endpoint,
                data=body,
                headers={"SOAPAction": V4.soap_action},
                verify=str(office.files.tls_ca),
                timeout=10,
            )
            answers.append(read(reply.content, office, uuid=head.uuid_zpravy))

    assert isinstance(answers[0], Confirmed)
    assert isinstance(answers[1], SoapFault)


def test_many_tills_are_served_at_once(sandbox: Sandbox, office: Office) -> None:
    def sell(number: int) -> bool:
        with _client(sandbox.endpoint, office) as client:
            return all(
                isinstance(_ask(client, office, _head(), porad_cis=f"{number}-{each}"), Confirmed) for each in range(3)
            )

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(sell, range(8)))

    assert results == [True] * 8
    assert sandbox.ledger()["count"] == 24


def test_a_client_that_connects_and_says_nothing_holds_nobody_up(sandbox: Sandbox, office: Office) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.port)), _client(sandbox.endpoint, office) as client:
        assert isinstance(_ask(client, office, _head()), Confirmed)


def test_a_live_sandbox_marks_nothing_as_a_test(material_dir: Path, office: Office) -> None:
    sandbox = Sandbox(material_dir, clock=clock, playground=False)
    sandbox.start()
    try:
        with _client(sandbox.endpoint, office) as client:
            answer = _ask(client, office, _head())
    finally:
        sandbox.stop()

    assert isinstance(answer, Confirmed)
    assert not answer.test


@pytest.mark.parametrize(
    ("path", "headers", "size", "status"),
    [
        (SERVICE_PATH, {"SOAPAction": V4.soap_action, "Content-Type": "application/json"}, 10, 500),
        (SERVICE_PATH, {"SOAPAction": "other", "Content-Type": "text/xml; charset=utf-8"}, 10, 500),
        (SERVICE_PATH, {}, REQUEST_BYTES_MAX + 1, 413),
        ("/elsewhere", {}, 10, 404),
    ],
)
def test_a_request_that_is_not_by_the_document_is_refused(
    sandbox: Sandbox, office: Office, path: str, headers: dict[str, str], size: int, status: int
) -> None:
    url = sandbox.endpoint.replace(SERVICE_PATH, path)
    with requests.Session() as session:
        session.trust_env = False
        reply = session.post(url, data=b"x" * size, headers=headers, verify=str(office.files.tls_ca), timeout=10)

        assert reply.status_code == status


def test_a_message_over_the_limit_gets_its_error_7(sandbox: Sandbox, office: Office) -> None:
    head = _head()
    padded = message(office.till, head).replace(b"</soapenv:Header>", b" " * 12_000 + b"</soapenv:Header>")

    with _client(sandbox.endpoint, office) as client:
        reply = client.post(padded)

    assert isinstance(reply, HttpReply)
    answer = read_answer(reply.body, dialect=V4, sent_uuid=head.uuid_zpravy, trust=office.trust, at=AT)
    assert isinstance(answer, Refused)
    assert answer.code == 7


_SERVER = """
import sys
from pathlib import Path
from appliance.eet.message import moment
from appliance.eet.sandbox import Sandbox
sandbox = Sandbox(Path(sys.argv[1]), clock=lambda: moment("2026-11-24T12:00:00Z"))
print(sandbox.endpoint, flush=True)
sandbox.serve_forever()
"""


def _start_process(directory: Path) -> tuple["subprocess.Popen[str]", str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(directory)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def _end(process: "subprocess.Popen[str]") -> int:
    process.kill()
    assert process.stdout is not None
    process.stdout.close()
    return process.wait(timeout=20)


def test_the_ledger_survives_kill_9_and_the_restarted_server_is_the_same_one(
    material_dir: Path, office: Office
) -> None:
    (material_dir / "ledger.jsonl").unlink(missing_ok=True)
    process, endpoint = _start_process(material_dir)
    with _client(endpoint, office) as client:
        codes = [_ask(client, office, _head(), porad_cis=str(number)) for number in range(5)]
        exit_code = _end(process)

    again = Sandbox(material_dir, clock=clock)
    report = again.ledger()
    again.stop()

    assert exit_code == -signal.SIGKILL
    assert [sale["codes"] for sale in report["sales"]] == [[each.code] for each in codes]
