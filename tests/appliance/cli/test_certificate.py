"""`eet certificate`: what is taken over, by whom, each refusal in one line; what is shown; a real daemon renews."""

import json
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from appliance.eet.certificate import fingerprint, load_pem, open_p12
from appliance.eet.sandbox import Sandbox
from appliance.eet.sandbox.ca import SandboxFiles, make_sandbox_material
from tests.appliance.cli.conftest import Ended, Terminal
from tests.appliance.cli.test_status import EET_ON
from tests.shared import ROOT


@dataclass(frozen=True)
class Daemon:
    """The office's folder, and the certificate it issued long ago, which ends in eleven days."""

    folder: Path
    files: SandboxFiles


LIVE = EET_ON.replace("playground", "live")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of the playground, valid from now on, as the tax office would hand it out."""
    folder = tmp_path_factory.mktemp("office")
    make_sandbox_material(folder, eic="CZ00000019", host="127.0.0.1", at=datetime.now().astimezone())
    return folder


def import_(terminal: Terminal, p12: Path, password: Path) -> Ended:
    return terminal.run("eet", "certificate", "import", p12, "--password-file", password)


def test_a_certificate_is_taken_over_for_the_daemon_only(terminal: Terminal, office: Path) -> None:
    terminal.write_settings(EET_ON)
    ended = import_(terminal, office / "till-CZ00000019.p12", office / "till-CZ00000019.password")
    assert (ended.code, ended.err) == (0, "")
    assert "certificate of CZ00000019 imported, valid until" in ended.out
    kept = terminal.folder / "secret" / "eet.pem"
    assert load_pem(kept.read_bytes()).eic == "CZ00000019"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o400
    assert "KEY" not in ended.out


def test_a_certificate_can_be_replaced(terminal: Terminal, office: Path) -> None:
    terminal.write_settings(EET_ON)
    for _ in range(2):
        ended = import_(terminal, office / "till-CZ00000019.p12", office / "till-CZ00000019.password")
        assert ended.code == 0


@pytest.mark.parametrize(
    ("settings", "p12", "password", "word"),
    [
        (EET_ON, "till-CZ00000019.p12", b"wrong", "password"),
        (EET_ON, "till-CZ00000019.p12", b"", "password"),
        (EET_ON, "till-CZ00000019.p12", b"\xff\xfe\x80", "not a text file"),
        (EET_ON, "till-CZ00000019.password", None, ""),
        (EET_ON, "nothing.p12", None, "nothing.p12"),
        (EET_ON.replace("CZ00000019", "CZ683555118"), "till-CZ00000019.p12", None, "CZ683555118"),
        (LIVE, "till-CZ00000019.p12", None, "live"),
    ],
)
def test_a_refused_certificate_is_one_line_and_nothing_is_kept(
    terminal: Terminal, office: Path, settings: str, p12: str, password: bytes | None, word: str
) -> None:
    terminal.write_settings(settings)
    password_file = office / "till-CZ00000019.password"
    if password is not None:
        password_file = terminal.folder / "password"
        password_file.write_bytes(password)
    ended = import_(terminal, office / p12, password_file)
    assert (ended.code, ended.out) == (1, "")
    assert word in ended.error_line
    assert not (terminal.folder / "secret" / "eet.pem").exists()


# ---- without a daemon, and with one


def test_where_neither_the_daemon_runs_nor_the_secret_may_be_written_it_says_what_to_do(
    terminal: Terminal, office: Path
) -> None:
    terminal.write_settings(EET_ON)
    (terminal.folder / "secret").write_text("a file stands here, which not even root can write into")
    ended = import_(terminal, office / "till-CZ00000019.p12", office / "till-CZ00000019.password")
    assert ended.code == 1
    assert "start pokladna-sync" in ended.error_line


def test_the_password_is_asked_for_only_where_somebody_can_answer(terminal: Terminal, office: Path) -> None:
    terminal.write_settings(EET_ON)
    ended = terminal.run("eet", "certificate", "import", office / "till-CZ00000019.p12")
    assert (ended.code, "--password-file" in ended.error_line) == (2, True)


def test_the_warning_before_going_live_is_told_and_the_certificate_taken_over(terminal: Terminal, office: Path) -> None:
    terminal.write_settings(EET_ON + '[[eet.regimes]]\nvalid_from = 2099-01-01T00:00:00+01:00\nmode = "live"\n')
    ended = import_(terminal, office / "till-CZ00000019.p12", office / "till-CZ00000019.password")
    assert (ended.code, "live regime" in ended.error_line) == (0, True)


def test_without_a_certificate_there_is_nothing_to_show(terminal: Terminal) -> None:
    ended = terminal.run("eet", "certificate", "show")
    assert (ended.code, ended.out.split()) == (0, ["certificate", "none"])


def test_what_is_public_of_the_certificate_is_shown(terminal: Terminal, office: Path) -> None:
    terminal.write_settings(EET_ON)
    import_(terminal, office / "till-CZ00000019.p12", office / "till-CZ00000019.password")
    ended = terminal.run("eet", "certificate", "show", "--json")
    found = json.loads(ended.out)
    kept = load_pem((terminal.folder / "secret" / "eet.pem").read_bytes())
    assert (ended.code, ended.err) == (0, "")
    assert (found["eic"], found["environment"], found["level"]) == ("CZ00000019", "playground", "ok")
    assert found["serial"] == str(kept.certificate.serial_number)
    assert found["days_left"] in {364, 365}
    text = terminal.run("eet", "certificate", "show").out
    assert fingerprint(kept.certificate) in text
    assert "CZ00000019" in text


def test_a_password_file_may_begin_with_the_mark_of_utf_8(terminal: Terminal, office: Path) -> None:
    terminal.write_settings(EET_ON)
    password = terminal.folder / "password"
    password.write_bytes(b"\xef\xbb\xbf" + (office / "till-CZ00000019.password").read_bytes().strip() + b"\r\n")
    assert import_(terminal, office / "till-CZ00000019.p12", password).code == 0


def test_the_name_in_a_certificate_is_shown_as_it_is(terminal: Terminal) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "[/x]")])
    now = datetime.now().astimezone()
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=300))
    certificate = builder.public_key(key.public_key()).sign(key, SHA256())
    p12, password = terminal.folder / "till.p12", terminal.folder / "password"
    p12.write_bytes(
        pkcs12.serialize_key_and_certificates(None, key, certificate, None, BestAvailableEncryption(b"secret"))
    )
    password.write_text("secret")
    for ended in (
        import_(terminal, p12, password),
        terminal.run("eet", "certificate", "show"),
        terminal.run("eet", "status"),
        terminal.run("status"),
    ):
        assert "[/x]" in ended.out


def test_renewing_needs_the_daemon(terminal: Terminal) -> None:
    ended = terminal.run("eet", "certificate", "renew")
    assert (ended.code, "start pokladna-sync" in ended.error_line) == (1, True)


@pytest.fixture
def daemon(terminal: Terminal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """`pokladna sync` as systemd runs it, and a tax office that renews."""
    folder = tmp_path_factory.mktemp("sandbox")
    files = make_sandbox_material(
        folder, eic="CZ00000019", host="127.0.0.1", at=datetime.now().astimezone() - timedelta(days=355)
    )
    sandbox = Sandbox(folder, clock=lambda: datetime.now().astimezone())
    sandbox.start()
    settings = EET_ON.replace(
        "[[eet.regimes]]",
        f'tls_ca_file = "{files.tls_ca}"\nrenewal_playground_url = "{sandbox.renewal_url}"\n[[eet.regimes]]',
    )
    terminal.write_settings(settings)
    command = [sys.executable, "-m", "appliance", "--config", str(terminal.settings), "sync"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("sync ready" in line for line in process.stderr)
        yield Daemon(folder, files)
        process.terminate()
        log = process.stderr.read()
        assert process.wait(20) == 0
    sandbox.stop()
    assert files.till_password.read_text().strip() not in log


def test_with_the_daemon_the_key_store_goes_through_the_import_folder_and_is_renewed_before_its_end(
    terminal: Terminal, daemon: Daemon
) -> None:
    wrong = terminal.folder / "wrong"
    wrong.write_text("wrong")
    assert "password" in import_(terminal, daemon.files.till_p12, wrong).error_line
    ended = import_(terminal, daemon.files.till_p12, daemon.files.till_password)
    assert (ended.code, ended.err) == (0, "")
    old = daemon.files.till_p12.read_bytes()
    assert list((terminal.folder / "run" / "import").iterdir()) == []

    def renewed() -> bool:
        found = json.loads(terminal.run("eet", "certificate", "show", "--json").out)
        return bool(found["renewal"]["phase"] == "done" and found["days_left"] > 300)

    assert eventually(renewed)
    kept = load_pem((terminal.folder / "secret" / "eet.pem").read_bytes())
    assert kept.certificate != open_p12(old, daemon.files.till_password.read_text().strip()).certificate
    states = [json.loads(path.read_text())["state"] for path in (daemon.folder / "renewals").glob("*.json")]
    assert states == ["FINISHED"]

    ended = terminal.run("eet", "certificate", "renew")
    assert (ended.code, ended.err) == (0, "")
    assert "certificate renewed, valid until" in ended.out
    again = load_pem((terminal.folder / "secret" / "eet.pem").read_bytes())
    assert again.certificate != kept.certificate


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes true; the time it takes does not matter."""
    pause = threading.Event()
    for _ in range(300):
        if holds():
            return True
        pause.wait(0.1)
    return False
