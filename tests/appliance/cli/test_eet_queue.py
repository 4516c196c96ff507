"""`pokladna eet status | queue | send-now | release | correct | test` as a technician sees them."""

import json
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from appliance.bootstrap import open_shop
from appliance.cli import eet_queue
from appliance.config import load_config
from appliance.domain.clock import iso
from appliance.domain.money import crowns
from appliance.service import fiscal as service
from appliance.service.shift import open_shift
from appliance.service.shop import Shop
from appliance.service.status import EET_NOTE, EET_WARNING_NOTE
from appliance.store import fiscal, queues
from appliance.wake import WakeListener
from tests.appliance.cli.conftest import Terminal
from tests.shops import sell

LIVE = """
[eet]
eic = "{eic}"
id_jednotky = "141"
[[eet.regimes]]
valid_from = 2026-01-01T00:00:00+01:00
mode = "live"
"""


@pytest.fixture
def shop(terminal: Terminal) -> Shop:
    """A till that reports live, open for sale, whose daemon does not run."""
    terminal.write_settings(LIVE.format(eic="CZ00000019"))
    shop = open_shop(load_config(terminal.settings))
    open_shift(shop, crowns(0))
    return shop


def refused(shop: Shop, reason: str = "code_6 6: EIC ma chybnou strukturu", *, unknown: bool = False) -> str:
    receipt = sell(shop)
    with shop.fact() as tables:
        record = fiscal.load_record(tables, receipt.doc_id)
        assert record is not None
        fiscal.add_attempt(tables, uuid=receipt.doc_id, record=record, at=receipt.issued_at)
        fiscal.finish_attempt(
            tables, receipt.doc_id, outcome="Parked", reason="", detail="", unknown=unknown, trace_id="", answer=None
        )
        fiscal.update_record(tables, receipt.doc_id, state="parked", attempts=1, reason=reason)
    return receipt.number


def note(shop: Shop, key: str, value: object) -> None:
    with shop.mark() as tables:
        queues.set_note(tables, key, value, at=iso(shop.now()))


def test_the_status_names_regime_channel_queue_and_warnings(terminal: Terminal, shop: Shop) -> None:
    sell(shop)
    note(shop, EET_NOTE, {"fault": "channel:dns", "since": iso(shop.now() - timedelta(minutes=12))})
    note(shop, EET_WARNING_NOTE, {"number": "1", "warnings": ["6: unit"]})
    ended = terminal.run("eet", "status")
    lines = [line.strip().split(None, 1) for line in ended.out.splitlines()]
    assert ["channel", "channel:dns for 12 min"] in lines
    assert ["mode", "live"] in lines
    assert any(line[0] == "waiting" and line[1].startswith("1, the oldest for ") for line in lines)
    assert ["warning", "6: unit"] in lines
    assert ["regime", "v4 live from 2026-01-01T00:00:00+01:00"] in lines
    assert ended.code == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("no_certificate", "certificate import"),
        ("channel:code_4", "certificate show"),
        ("channel:unknown_signer", "trust show"),
        ("channel:test_answer", "eet.live_url"),
        ("channel:live_answer", "eet.playground_url"),
    ],
)
@pytest.mark.parametrize("command", [("eet", "status"), ("status",)])
def test_a_fault_only_a_person_can_end_is_a_red_line_that_says_what_to_do(
    terminal: Terminal, shop: Shop, fault: str, words: str, command: tuple[str, ...]
) -> None:
    note(shop, EET_NOTE, {"fault": fault})
    ended = terminal.run(*command)
    assert ended.code == 1
    assert words in ended.error_line


def test_a_sale_unreported_for_more_than_a_day_is_a_red_line(terminal: Terminal, shop: Shop) -> None:
    sell(shop)
    with shop.fact() as tables:
        day_ago = iso(datetime.now().astimezone() - timedelta(hours=41))
        tables.fiscal_record.update(created_at=day_ago).execute()
    ended = terminal.run("eet", "status")
    assert ended.code == 1
    assert "41 h" in ended.error_line
    assert json.loads(terminal.run("eet", "status", "--json").out)["lateness"] == "urgent"


def test_the_queue_tells_each_sale_and_why(terminal: Terminal, shop: Shop) -> None:
    number = refused(shop)
    assert "nothing waits" not in terminal.run("eet", "queue").out
    words = terminal.run("eet", "queue").out.split()
    row = words[words.index(number) :]
    assert (row[:3], row[6:8]) == ([number, "parked", "53.00"], ["s", "1"])
    assert row[8:] == ["code_6", "6:", "EIC", "ma", "chybnou", "strukturu", "(correctable)"]
    (found,) = json.loads(terminal.run("eet", "queue", "--json").out)
    assert (found["number"], found["state"], found["correctable"]) == (number, "parked", True)


def test_one_sale_is_shown_with_every_attempt_and_its_answers_are_saved(terminal: Terminal, shop: Shop) -> None:
    number = refused(shop)
    with shop.mark() as tables:
        tables.fiscal_attempt.update(answer=b"<a/>", trace_id="trace-7", detail="[6]").execute()
    ended = terminal.run("eet", "show", number, "--answers", terminal.folder / "answers")
    assert ended.code == 0
    assert "celk_trzba" in ended.out
    assert "Parked [6] trace-7" in ended.out
    (saved,) = (terminal.folder / "answers").iterdir()
    assert saved.read_bytes() == b"<a/>"
    found = json.loads(terminal.run("eet", "show", number, "--json").out)
    assert (found["sale"]["number"], found["data"]["id_jednotky"]) == (number, "141")
    assert [each["answer"] for each in found["attempts"]] == ["<a/>"]
    assert terminal.run("eet", "show", "P9Z-000009").code == 1


def test_an_empty_queue_says_so(terminal: Terminal, shop: Shop) -> None:
    assert terminal.run("eet", "queue").out == "nothing waits\n"
    assert terminal.run("eet", "queue", "--json").out == "[]\n"


def test_release_by_number_or_all(terminal: Terminal, shop: Shop) -> None:
    first, *others = (refused(shop) for _ in range(3))
    ended = terminal.run("eet", "release", first)
    assert (ended.code, ended.out) == (0, f"{first} waits again\n")
    assert "only a parked sale" in terminal.run("eet", "release", first).error_line
    assert terminal.run("eet", "release", "all").out == f"{len(others)} sales wait again\n"
    assert terminal.run("eet", "release", "P9Z-000009").code == 1


def test_a_correction_shows_what_it_changes_and_asks(terminal: Terminal, shop: Shop) -> None:
    number = refused(shop)
    terminal.write_settings(LIVE.format(eic="CZ1212121218"))
    asked = terminal.run("eet", "correct", number)
    assert asked.code == 1
    assert "eic_popl: CZ00000019 → CZ1212121218" in asked.out
    assert service.queue(shop)[0].state == "parked"
    ended = terminal.run("eet", "correct", number, "--yes")
    assert ended.code == 0
    assert service.queue(shop)[0].state == "waiting"


def test_a_correction_that_must_not_be_is_one_line(terminal: Terminal, shop: Shop) -> None:
    number = refused(shop)
    assert "are the same" in terminal.run("eet", "correct", number, "--yes").error_line
    terminal.write_settings(LIVE.format(eic="CZ1212121218"))
    maybe = refused(shop, "soap_fault Client", unknown=True)
    assert "may have it" in terminal.run("eet", "correct", maybe, "--yes").error_line


def test_without_the_daemon_test_and_send_now_say_so(
    terminal: Terminal, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eet_queue, "TEST_WAIT_S", 0.3)
    monkeypatch.setattr(eet_queue, "DAEMON_WAIT_S", -1.0)
    sell(shop)
    for command in ("test", "send-now"):
        ended = terminal.run("eet", command)
        assert ended.code == 1
        assert "sync daemon" in ended.error_line


def test_an_upload_that_hangs_is_not_taken_for_a_dead_daemon(
    terminal: Terminal, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eet_queue, "DAEMON_WAIT_S", -1.0)
    monkeypatch.setattr(eet_queue, "STILL_S", 0.3)
    sell(shop)
    with closing(WakeListener(load_config(terminal.settings).paths.run, "sync")):
        ended = terminal.run("eet", "send-now")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines()[-1] == "0 of 1 sent, 0 refused, 1 waiting"


def test_the_result_of_a_test_is_told_with_its_warnings(
    terminal: Terminal, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = service.ChannelTest("t1", "passed", "", ("6: unit",), "v4", "live", 12)
    monkeypatch.setattr(service, "request_test", lambda _shop: _answered(shop, done))
    ended = terminal.run("eet", "test")
    assert ended.code == 0
    assert ended.out.splitlines()[-2:] == [
        "passed: v4 live answered in 12 ms, verification mode: nothing recorded",
        "warning 6: unit",
    ]


def _answered(shop: Shop, done: service.ChannelTest) -> str:
    note(shop, service.TEST_NOTE, {"test_id": done.test_id})
    service.finish_test(shop, done)
    return done.test_id


@pytest.mark.parametrize("command", ["status", "queue", "show", "release", "correct", "test", "send-now"])
def test_every_command_explains_itself(terminal: Terminal, command: str, tmp_path: Path) -> None:
    ended = terminal.run("eet", command, "--help")
    assert (ended.code, "Usage" in ended.out) == (0, True)
