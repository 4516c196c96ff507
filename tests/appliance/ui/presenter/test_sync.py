import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from appliance.ui.presenter.sync import changes_lamp, key_hint, result_text, sync_error, sync_view, when_text


@dataclass(frozen=True)
class Run:
    phase: str = "waiting"
    done: int = 0
    total: int = 0
    finished: bool = False
    error: str = ""
    result: str = ""
    waits_s: int = 0


@pytest.mark.parametrize(
    ("run", "title", "detail", "fraction"),
    [
        (None, "Zatím žádná synchronizace", "Spusťte ji tlačítkem.", 0.0),
        (Run(), "Čeká na spuštění", "Prodávat lze dál.", 0.0),
        (Run("upload", 3, 12), "Odesílám do Backoffice", "3/12", 0.25),
        (Run("download", 12, 12), "Stahuji ceník", "12/12", 1.0),
        (Run("done", finished=True), "Synchronizace je hotová", "Vše je odeslané i stažené.", 1.0),
    ],
)
def test_a_synchronisation_tells_its_phase_and_count(run: Run | None, title: str, detail: str, fraction: float) -> None:
    view = sync_view(run)
    assert (view.title, view.detail, view.fraction) == (title, detail, fraction)


def test_a_synchronisation_nobody_takes_up_says_so_after_a_while() -> None:
    assert sync_view(Run(waits_s=19)).title == "Čeká na spuštění"
    view = sync_view(Run(waits_s=20))
    assert (view.title, view.tone, view.finished) == ("Synchronizace neodpovídá", "danger", False)


def test_a_failed_synchronisation_says_what_it_means() -> None:
    view = sync_view(Run(finished=True, error="unreachable"))
    assert (view.tone, view.finished) == ("danger", True)
    assert "odešlou se samy" in view.detail


def test_a_failure_nobody_has_words_for_is_told_to_the_technician() -> None:
    assert sync_error("strange_thing").endswith("strange_thing")
    assert sync_error("strange_thing").startswith("Data zůstala v pokladně")


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (
            {"changed": 12, "new": 3, "removed": 1, "sent": 48},
            "12 položek změněno, 3 nové, 1 odebrána; odesláno 48 dokladů",
        ),
        ({"changed": 1, "new": 1, "removed": 5, "sent": 1}, "1 položka změněna, 1 nová, 5 odebráno; odeslán 1 doklad"),
        ({"changed": 2, "new": 0, "removed": 0, "sent": 3}, "2 položky změněny; odeslány 3 doklady"),
        ({"changed": 0, "new": 0, "removed": 0, "sent": 7}, "v ceníku nic nového; odesláno 7 dokladů"),
        ({"changed": 0, "new": 0, "removed": 0, "sent": 0}, "Vše je odeslané i stažené."),
        ({"changed": "x"}, "Vše je odeslané i stažené."),
        ([], "Vše je odeslané i stažené."),
    ],
)
def test_the_result_is_counted_in_czech(counts: object, words: str) -> None:
    assert result_text(json.dumps(counts)) == words


@pytest.mark.parametrize("result", ["", "no JSON"])
def test_a_result_that_says_nothing_is_a_plain_end(result: str) -> None:
    assert result_text(result) == "Vše je odeslané i stažené."


@pytest.mark.parametrize(
    ("finished_at", "words"),
    [
        ("", ""),
        ("2027-01-04T14:05:00+00:00", "dnes v 14:05"),
        ("2027-01-03T14:05:00+00:00", "3. 1. 2027 14:05"),
    ],
)
def test_the_time_of_a_result_of_today_needs_no_date(finished_at: str, words: str) -> None:
    assert when_text(finished_at, datetime(2027, 1, 4, 18, 0, tzinfo=UTC)) == words


@pytest.mark.parametrize(
    ("waiting", "words"),
    [(0, ""), (1, "1 změna ceníku čeká"), (3, "3 změny ceníku čekají"), (12, "12 změn ceníku čeká")],
)
def test_changes_that_wait_are_counted_in_the_bar(waiting: int, words: str) -> None:
    assert changes_lamp(waiting).words == words


@pytest.mark.parametrize(
    ("run", "waiting", "hint"),
    [
        (None, 0, ""),
        (None, 12, "12"),
        (Run("upload", 3, 12), 12, "3/12"),
        (Run("waiting"), 12, "…"),
        (Run("done", 3, 3, finished=True), 0, ""),
    ],
)
def test_the_key_tells_how_far_it_is_or_how_much_waits(run: Run | None, waiting: int, hint: str) -> None:
    assert key_hint(run, waiting) == hint
