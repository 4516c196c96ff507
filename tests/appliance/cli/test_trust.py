"""`eet trust`: at once when it is pinned, else only with the right fingerprint."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from appliance.bootstrap.certificates import AnswerTrust
from appliance.config import load_config
from appliance.domain.fiscal import Dialect
from appliance.eet.certificate import fingerprint, load_anchors
from appliance.eet.sandbox.ca import make_server_material
from tests.appliance.cli.conftest import Terminal
from tests.shared import ROOT
from tests.shops import OPENING


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    make_server_material(folder, host="127.0.0.1")
    return folder


@pytest.fixture
def digits(office: Path) -> str:
    return fingerprint(load_anchors([(office / "answer-ca.pem").read_bytes()])[0])


def pinned(terminal: Terminal, *digits: str) -> None:
    terminal.write_settings(f"[eet]\npinned_anchors = {json.dumps(digits)}\n")


def listed(terminal: Terminal) -> list[dict[str, object]]:
    found = json.loads(terminal.run("eet", "trust", "show", "--json").out)
    assert isinstance(found, list)
    return found


def test_a_pinned_authority_is_believed_at_once(terminal: Terminal, office: Path, digits: str) -> None:
    pinned(terminal, digits)
    ended = terminal.run("eet", "trust", "add", office / "answer-ca.pem")
    assert (ended.code, ended.err) == (0, "")
    assert digits in ended.out
    assert "added for answers" in ended.out
    (found,) = listed(terminal)
    assert (found["kind"], found["fingerprint"], found["pinned"]) == ("answers", digits, True)
    trust = AnswerTrust(load_config(terminal.settings))
    assert [fingerprint(each) for each in trust.of(Dialect.V4).anchors] == [digits]
    assert trust.of(Dialect.V3).anchors == trust.of(Dialect.V4).anchors


def test_another_is_believed_only_with_its_fingerprint(terminal: Terminal, office: Path, digits: str) -> None:
    file = office / "answer-ca.pem"
    ended = terminal.run("eet", "trust", "add", file)
    assert (ended.code, "--fingerprint" in ended.error_line) == (2, True)
    assert digits in ended.out
    ended = terminal.run("eet", "trust", "add", file, "--fingerprint", "00" * 32)
    assert (ended.code, "nothing was added" in ended.error_line) == (1, True)
    assert listed(terminal) == []
    written = ":".join(digits[n : n + 2] for n in range(0, 64, 2)).upper()
    ended = terminal.run("eet", "trust", "add", file, "--for", "tills", "--fingerprint", written)
    assert (ended.code, "added for tills" in ended.out) == (0, True)
    (found,) = listed(terminal)
    assert (found["kind"], found["pinned"]) == ("tills", False)


def test_of_several_all_must_be_known(terminal: Terminal, office: Path, digits: str) -> None:
    both = terminal.folder / "both.pem"
    both.write_bytes((office / "answer-ca.pem").read_bytes() + (office / "till-ca.pem").read_bytes())
    pinned(terminal, digits)
    assert terminal.run("eet", "trust", "add", both).code == 2
    assert listed(terminal) == []
    other = fingerprint(load_anchors([(office / "till-ca.pem").read_bytes()])[0])
    assert terminal.run("eet", "trust", "add", both, "--fingerprint", other).code == 0
    assert {each["fingerprint"] for each in listed(terminal)} == {digits, other}


@pytest.mark.parametrize(
    ("name", "word"),
    [("private/answer.pem", "private key"), ("private/answer-ca.pem", "private key"), ("nothing.pem", "nothing.pem")],
)
def test_what_cannot_be_an_anchor_is_one_line(terminal: Terminal, office: Path, name: str, word: str) -> None:
    ended = terminal.run("eet", "trust", "add", office / name)
    assert (ended.code, word in ended.error_line) == (1, True)
    assert not (terminal.folder / "data" / "trust").exists()


def test_trust_is_taken_back_by_the_first_digits(terminal: Terminal, office: Path, digits: str) -> None:
    terminal.run("eet", "trust", "add", office / "answer-ca.pem", "--fingerprint", digits)
    assert terminal.run("eet", "trust", "remove", digits[:7]).code == 2
    assert terminal.run("eet", "trust", "remove", "0" * 8).code == 1
    ended = terminal.run("eet", "trust", "remove", digits[:8])
    assert (ended.code, "removed from answers" in ended.out) == (0, True)
    assert listed(terminal) == []


@pytest.mark.parametrize("name", ["[/x]", "[link=http://a]b[/link]", ":bomb:", "Česká"])
def test_a_name_is_shown_as_it_is_whatever_it_contains(terminal: Terminal, name: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(names).issuer_name(names).serial_number(1)
    builder = builder.public_key(key.public_key()).not_valid_before(OPENING).not_valid_after(OPENING)
    ca = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, SHA256())
    file = terminal.folder / "ca.pem"
    file.write_bytes(ca.public_bytes(Encoding.PEM))
    for arguments in (("add", file, "--fingerprint", fingerprint(ca)), ("show",), ("remove", fingerprint(ca))):
        ended = terminal.run("eet", "trust", *arguments)
        assert (ended.code, f"CN={name}" in ended.out) == (0, True)


def test_a_terminal_that_does_not_know_a_letter_ends_no_command(terminal: Terminal) -> None:
    terminal.write_settings('[eet]\nanswer_trust_files = ["č.pem"]\n')
    command = [sys.executable, "-m", "appliance", "--config", str(terminal.settings), "eet", "trust", "show"]
    ended = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.startswith(b"\\u010d.pem")


def test_a_till_that_believes_nobody_says_so(terminal: Terminal, office: Path) -> None:
    assert "none" in terminal.run("eet", "trust", "show").out
    terminal.write_settings(f'[eet]\nanswer_trust_files = ["{office / "answer-ca.pem"}"]\n')
    assert str(office / "answer-ca.pem") in terminal.run("eet", "trust", "show").out
