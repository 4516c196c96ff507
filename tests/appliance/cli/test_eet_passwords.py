"""`eet build --password-file`: whatever an editor makes of the password, and files that hold none."""

import json

import pytest

from tests.appliance.cli.conftest import Ended, Terminal
from tests.appliance.eet.material import DATA, Office, make_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return make_office(tmp_path_factory.mktemp("office"))


def _built(terminal: Terminal, office: Office, written: bytes) -> Ended:
    sale, password = terminal.folder / "sale.json", terminal.folder / "password"
    sale.write_text(json.dumps({"dialect": "v4", "Data": dict(DATA)}))
    password.write_bytes(written)
    return terminal.run("eet", "build", sale, "--p12", office.files.till_p12, "--password-file", password)


@pytest.mark.parametrize("written", [b"%s", b"%s\n", b"%s\r\n", b"\xef\xbb\xbf%s\r\n", b" %s \n\n"])
def test_a_password_is_read_as_any_editor_leaves_it(terminal: Terminal, office: Office, written: bytes) -> None:
    password = office.files.till_password.read_bytes().strip()

    assert _built(terminal, office, written % password).code == 0


@pytest.mark.parametrize("written", [b"\0", b"a\0b\0", b"\xff\xfea\0", b""])
def test_a_file_that_holds_no_password_is_one_line(terminal: Terminal, office: Office, written: bytes) -> None:
    ended = _built(terminal, office, written)

    assert (ended.code in {1, 2}, ended.out) == (True, "")
    assert ended.error_line
