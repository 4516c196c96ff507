"""`pokladna sync now | status` with nobody or somebody at work on the other side."""

import json

import pytest

from appliance.bootstrap import open_shop
from appliance.cli import sync as command
from appliance.config import load_config
from appliance.service.sync import request_sync
from appliance.store import queues
from tests.appliance.cli.conftest import Terminal


def ended_run(terminal: Terminal, *, error: str, result: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon's part, done the moment the command asks."""

    def request(shop: object) -> str:
        run_id = request_sync(shop)  # type: ignore[arg-type]
        with shop.mark() as tables:  # type: ignore[attr-defined]
            queues.update_run(
                tables,
                run_id,
                phase="done",
                finished_at="2027-02-01T08:00:05+01:00",
                error=error,
                result=json.dumps(result),
            )
        return run_id

    monkeypatch.setattr(command, "request_sync", request)


def test_a_sync_that_succeeds_is_one_sentence(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    result = {"changed": 12, "new": 3, "removed": 1, "sent": 48}
    ended_run(terminal, error="", result=result, monkeypatch=monkeypatch)
    ended = terminal.run("sync", "now")
    assert (ended.code, ended.out.strip()) == (0, "12 items changed, 3 new, 1 removed; 48 documents sent")
    found = json.loads(terminal.run("sync", "now", "--json").out)
    assert (found["error"], found["result"]) == ("", result)


@pytest.mark.parametrize(("error", "words"), [("unreachable", "cannot be reached"), ("not_paired", "pokladna pair")])
def test_a_sync_that_fails_says_why(
    terminal: Terminal, error: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended_run(terminal, error=error, result={"sent": 0}, monkeypatch=monkeypatch)
    ended = terminal.run("sync", "now")
    assert ended.code == 1
    assert words in ended.error_line


def test_item_sync_off_and_rows_passed_over_are_said() -> None:
    assert "item sync is off" in command.result_words('{"sent": 2, "item_sync_off": 1}')
    assert "7 rows need a newer version" in command.result_words('{"skipped": 7}')


def test_a_daemon_that_does_not_run_is_found_out(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "TAKE_UP_S", 0.0)
    ended = terminal.run("sync", "now")
    assert ended.code == 1
    assert "is pokladna-sync running?" in ended.err


def test_status_tells_what_waits(terminal: Terminal) -> None:
    open_shop(load_config(terminal.settings)).store.close()
    ended = terminal.run("sync", "status")
    assert "1 epoch_opened" in ended.out
    assert "none yet" in ended.out
