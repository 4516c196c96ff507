"""`eet certificate import`: what is taken over, and every refusal in one line."""

import stat
from datetime import datetime
from pathlib import Path

import pytest

from appliance.eet.certificate import load_pem
from appliance.eet.sandbox.ca import make_sandbox_material
from tests.appliance.cli.conftest import Ended, Terminal
from tests.appliance.cli.test_status import EET_ON

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
