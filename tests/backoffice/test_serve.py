import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from backoffice.settings import BackofficeSettings
from tests.backoffice.house import EMAIL, PASSWORD, pair_request
from tests.journals import TillJournal, upload_of
from tests.shared import ROOT

START_S_MAX = 60


def command(data_dir: Path, *words: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "backoffice",
        *words,
        "--data-dir",
        str(data_dir),
        "--host",
        "127.0.0.1",
        "--port",
        "0",
    ]


def run(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(data_dir, *words), capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)


@contextmanager
def running(data_dir: Path, *words: str) -> Iterator[tuple[str, Path]]:
    """A real server process; its address and its CA. What it says goes to data_dir/log."""
    data_dir.mkdir(exist_ok=True)
    ready = data_dir / "ready"
    with (data_dir / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command(data_dir), *words, "--ready-file", str(ready)], cwd=ROOT, stderr=log, stdout=log
        )
    try:
        deadline = time.monotonic() + START_S_MAX
        while not ready.exists():
            assert process.poll() is None, (data_dir / "log").read_text()
            assert time.monotonic() < deadline, "the server did not become ready"
            time.sleep(0.1)
        yield ready.read_text().strip(), data_dir / "tls" / "ca.pem"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) in {0, -signal.SIGTERM}


def test_a_till_pairs_and_uploads_over_tls_with_nothing_but_the_command_line(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    assert run(tmp_path, "owner", "create", EMAIL, "--password-file", str(password)).returncode == 0
    printed = run(tmp_path, "pairing-code", "--account", EMAIL)
    assert printed.returncode == 0
    code = printed.stdout.strip()
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
    journal = TillJournal()
    with running(tmp_path) as (address, ca):
        answer = requests.post(f"{address}/api/v1/pair", json=pair_request(journal, code), verify=str(ca), timeout=20)
        assert answer.status_code == 200, answer.text
        page = requests.get(f"{address}/", verify=str(ca), timeout=20)
        assert page.url == f"{address}/sign-in"


def heard(lines: Iterator[str], count: int) -> list[str]:
    """The kinds of the first events of a stream, with their numbers."""
    found: list[str] = []
    number = ""
    for line in lines:
        name, _, value = line.partition(": ")
        number = value if name == "id" else number
        if name == "event":
            found.append(f"{value} {number}")
        if len(found) == count:
            break
    return found


def test_a_browser_that_comes_back_is_told_what_it_missed(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    run(tmp_path, "owner", "create", EMAIL, "--password-file", str(password))
    code = run(tmp_path, "pairing-code", "--account", EMAIL).stdout.strip()
    journal = TillJournal()
    journal.open_shift()
    journal.sell()
    with running(tmp_path) as (address, ca):
        token = requests.post(
            f"{address}/api/v1/pair", json=pair_request(journal, code), verify=str(ca), timeout=20
        ).json()["token"]
        body = upload_of(journal.rows, epoch=journal.epoch).model_dump_json().encode()
        till = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        requests.post(
            f"{address}/api/v1/tills/{journal.till_id}/journal", data=body, headers=till, verify=str(ca), timeout=20
        )
        with requests.Session() as owner:
            credentials = {"email": EMAIL, "password": PASSWORD}
            owner.post(f"{address}/api/v1/session", json=credentials, verify=str(ca), timeout=20)
            back = {"Last-Event-ID": "1"}
            with owner.get(f"{address}/events", headers=back, verify=str(ca), timeout=20, stream=True) as stream:
                assert stream.headers["content-type"].startswith("text/event-stream")
                lines = (str(line, "utf-8") for line in stream.iter_lines(chunk_size=1))
                assert heard(lines, 4) == ["hello 1", "shift 2", "receipt 3", "till 4"]


def test_a_server_without_an_account_prints_where_to_create_it(tmp_path: Path) -> None:
    with running(tmp_path) as (address, _ca):
        code = (tmp_path / "setup-code").read_text().strip()
        assert f"{address}/setup?code={code}" in (tmp_path / "log").read_text()


def test_wrong_settings_are_named_and_end_the_program(tmp_path: Path) -> None:
    refused = run(tmp_path, "serve", "--database-url", "mysql://somewhere")
    assert refused.returncode == 2
    assert "database_url" in refused.stderr


def test_an_account_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("short")
    refused = run(tmp_path, "owner", "create", EMAIL, "--password-file", str(password))
    assert (refused.returncode, refused.stderr) == (1, "refused: password_short\n")
    assert run(tmp_path, "pairing-code", "--account", EMAIL).returncode == 1


def test_settings_know_when_they_are_for_this_machine_only(tmp_path: Path) -> None:
    assert BackofficeSettings(data_dir=tmp_path, host="127.0.0.1").on_loopback
    assert not BackofficeSettings(data_dir=tmp_path).on_loopback
    assert os.fspath(BackofficeSettings(data_dir=tmp_path).data_dir) == os.fspath(tmp_path)
