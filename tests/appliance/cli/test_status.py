"""`status`, `config`, and settings that are wrong."""

import json
from datetime import datetime, timedelta

import pytest

from appliance.bootstrap import open_shop
from appliance.config import load_config
from appliance.domain.clock import iso
from appliance.service.certificates import CERTIFICATE_NOTE, RENEWAL_NOTE
from appliance.store import queues
from tests.appliance.cli.conftest import Terminal

EET_ON = """
[eet]
eic = "CZ00000019"
id_jednotky = "141"
[[eet.regimes]]
valid_from = 2026-01-01T00:00:00+01:00
mode = "playground"
"""


def test_a_new_till_is_well(terminal: Terminal) -> None:
    ended = terminal.run("status")
    assert (ended.code, ended.err) == (0, "")
    assert "not paired, 1 unsent" in ended.out


def test_status_for_scripts_is_json_and_nothing_else(terminal: Terminal) -> None:
    ended = terminal.run("status", "--json")
    found = json.loads(ended.out)
    assert ended.code == 0
    assert found["shift"] is None
    assert (found["eet"]["mode"], found["eet"]["waiting"]) == ("off", 0)
    assert found["backoffice"]["unsent"] == 1


def test_config_prints_the_settings_in_force(terminal: Terminal) -> None:
    terminal.write_settings(EET_ON)
    found = json.loads(terminal.run("config").out)
    assert found["eet"]["eic"] == "CZ00000019"
    assert found["eet"]["retry_schedule_s"] == [5, 15, 60, 300, 900]
    assert found["paths"]["data"] == str(terminal.folder / "data")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("[printer]\nport = 123456\n", ("printer.port", "123456", "65535")),
        ("[printer]\nwidth_chars = 40\n", ("printer.width_chars", "40", "32", "48")),
        ('[shop]\ncolour = "red"\n', ("shop.colour", "red")),
        ('[backoffice]\nurl = "http://plain"\n', ("backoffice.url", "http://plain", "https")),
        ('[eet]\nlive_url = "http://plain"\n', ("eet.live_url", "http://plain", "https")),
        ("[eet]\nretry_schedule_s = []\n", ("eet.retry_schedule_s", "[]")),
        (EET_ON.replace("+01:00", ""), ("eet.regimes", "offset")),
        (EET_ON.replace('eic = "CZ00000019"\n', ""), ("playground", "eet.eic")),
        ('[eet]\nanswer_signer = ""\n', ("eet.answer_signer", "1 character")),
        ("[till\n", ("not a TOML file",)),
    ],
)
@pytest.mark.parametrize("command", ["config", "status", "sync", "print"])
def test_a_bad_setting_is_one_line_and_exit_code_2(
    terminal: Terminal, more: str, words: tuple[str, ...], command: str
) -> None:
    terminal.write_settings(more)
    ended = terminal.run(command)
    assert (ended.code, ended.out) == (2, "")
    assert str(terminal.settings) in ended.error_line
    assert [word for word in words if word not in ended.error_line] == []


def test_a_settings_file_that_is_not_there_is_named(terminal: Terminal) -> None:
    terminal.settings.unlink()
    ended = terminal.run("status")
    assert (ended.code, str(terminal.settings) in ended.error_line) == (2, True)


@pytest.mark.parametrize("command", [("status",), ("journal", "verify"), ("items", "import", "x.csv"), ("sync",)])
def test_a_database_that_is_none_is_one_line(terminal: Terminal, command: tuple[str, ...]) -> None:
    (terminal.folder / "data").mkdir()
    (terminal.folder / "data" / "till.db").write_bytes(b"this is not a database" * 1000)
    ended = terminal.run(*command)
    assert ended.code == 1
    assert "till.db" in ended.error_line


def test_a_data_folder_that_cannot_be_made_is_one_line(terminal: Terminal) -> None:
    (terminal.folder / "data").write_text("a file stands here")
    ended = terminal.run("status")
    assert ended.code == 1
    assert str(terminal.folder / "data") in ended.error_line


def note_certificate(
    terminal: Terminal, *, days: float, problem: str = "", renewal: dict[str, str] | None = None
) -> None:
    """What the daemon would have published of a certificate that ends in so many days."""
    now = datetime.now().astimezone()
    facts = {
        "eic": "CZ00000019",
        "environment": "playground",
        "valid_from": iso(now - timedelta(days=300)),
        "valid_to": iso(now + timedelta(days=days)),
        "problem": problem,
    }
    shop = open_shop(load_config(terminal.settings))
    with shop.mark() as tables:
        queues.set_note(tables, CERTIFICATE_NOTE, facts, at=iso(now))
        queues.set_note(tables, RENEWAL_NOTE, renewal or {}, at=iso(now))
    shop.store.close()


REJECTED = {"phase": "rejected", "fault": "rejected", "detail": "too many", "next_at": "2027-02-02T08:00:00+01:00"}


@pytest.mark.parametrize(
    ("days", "problem", "renewal", "words"),
    [
        (31, "", None, ()),
        (29.5, "", None, ("(29 days)", "renews itself", "certificate renew")),
        (13.5, "", {"phase": "starting", "fault": "timeout"}, ("(13 days)", "its renewal fails", "timeout", "import")),
        (2.5, "", None, ("(2 days)",)),
        (-1.5, "", None, ("expired on", "certificate import")),
        (200, "", REJECTED, ("the tax office refuses too many", "2027-02-02 08:00:00")),
        (200, "test_certificate", None, ("cannot report live sales",)),
        (200, "foreign_certificate", None, ("CZ00000019",)),
    ],
)
def test_the_end_of_the_certificate_is_told_in_time_with_what_to_do(
    terminal: Terminal, days: float, problem: str, renewal: dict[str, str] | None, words: tuple[str, ...]
) -> None:
    terminal.write_settings(EET_ON)
    note_certificate(terminal, days=days, problem=problem, renewal=renewal)
    ended = terminal.run("status")
    assert ended.code == (1 if words else 0)
    assert [word for word in words if word not in ended.err] == []
    assert "CZ00000019 playground, to " in ended.out


def test_where_nothing_is_reported_the_certificate_alarms_nobody(terminal: Terminal) -> None:
    note_certificate(terminal, days=-5)
    ended = terminal.run("status")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(terminal.run("status", "--json").out)["eet"]["certificate"]["level"] == "expired"
