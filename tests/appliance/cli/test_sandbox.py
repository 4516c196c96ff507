"""`eet sandbox` and `eet ledger`: what is said of a wrong script, and what was accepted."""

import json

import pytest

from appliance.eet.sandbox.ledger import LEDGER_FILE, Ledger
from appliance.eet.v4 import V4
from tests.appliance.cli.conftest import Terminal
from tests.appliance.eet.material import AT, DATA, header


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("drop-everything=0.2", "'drop-everything=0.2': the names are delay,"),
        ("drop-reply=2", "'2' is not a probability from 0 to 1"),
        ("error=busy:0.2", "'busy' is not an EET code"),
    ],
)
def test_a_wrong_fault_script_is_one_line_and_makes_nothing(terminal: Terminal, script: str, words: str) -> None:
    folder = terminal.folder / "sandbox"

    ended = terminal.run("eet", "sandbox", "--dir", folder, "--port", 0, "--fault", script)

    assert (ended.code, ended.out) == (2, "")
    assert words in ended.error_line
    assert not folder.exists()


def _accept(terminal: Terminal) -> None:
    ledger = Ledger(terminal.folder / LEDGER_FILE)
    for code, first in (("a", True), ("b", False)):
        ledger.accept(DATA, dialect=V4, header=header(first=first), code=code, at=AT)
    ledger.count_refused("-1")
    ledger.close()


def test_the_ledger_tells_people_which_sales_were_accepted_how_often_and_with_which_codes(terminal: Terminal) -> None:
    _accept(terminal)

    ended = terminal.run("eet", "ledger", "--dir", terminal.folder)

    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "v4 CZ00000019|11|P1|P1A-000101|2026-11-24T13:00:00+01:00|188.50 times=2 first_sends=1 a b"
    assert "repeats: 1" in lines
    assert 'refused: {"-1": 1}' in lines


def test_the_ledger_tells_scripts_the_same_as_json(terminal: Terminal) -> None:
    _accept(terminal)

    ended = terminal.run("eet", "ledger", "--dir", terminal.folder, "--json")

    found = json.loads(ended.out)
    assert (ended.code, found["count"], found["accepted"]) == (0, 1, 2)
    assert found["sales"][0]["codes"] == ["a", "b"]


def test_where_there_is_no_ledger_there_is_one_line(terminal: Terminal) -> None:
    ended = terminal.run("eet", "ledger", "--dir", terminal.folder)

    assert (ended.code, ended.out) == (1, "")
    assert LEDGER_FILE in ended.error_line
