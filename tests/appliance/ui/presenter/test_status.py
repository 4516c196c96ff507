from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from appliance.domain.fiscal import Mode
from appliance.ui.presenter.lamp import tone_word
from appliance.ui.presenter.status import backoffice_lamp, printer_lamp, status_view
from tests.appliance.ui.presenter.states import Eet


@dataclass(frozen=True)
class Printer:
    word: str = "ok"
    waiting: int = 0
    asking: int = 0


@dataclass(frozen=True)
class Backoffice:
    paired: bool = True
    unsent: int = 0
    oldest_age_s: int = 0
    fault: str = ""
    changes_waiting: int = 0


@dataclass(frozen=True)
class Shift:
    number: int = 7
    opened_at: str = "2027-01-04T08:30:00+01:00"
    user: str = "Jana"


@dataclass(frozen=True)
class Till:
    now: datetime = datetime(2027, 1, 4, 14, 5, tzinfo=UTC)
    shift: Shift | None = Shift()
    printer: Printer = Printer()
    eet: Eet = field(default_factory=Eet)
    backoffice: Backoffice = Backoffice()


@pytest.mark.parametrize(
    ("printer", "tone", "words"),
    [
        (Printer(), "good", ""),
        (Printer(waiting=2), "good", ""),
        (Printer("unknown"), "quiet", ""),
        (Printer("none"), "quiet", ""),
        (Printer("unknown", waiting=2), "warning", "Tiskárna: čeká 2"),
        (Printer(asking=1), "warning", "Tiskárna: dotaz"),
        (Printer("paper_out", waiting=3), "danger", "Tiskárna: není papír, čekají 3"),
        (Printer("offline"), "danger", "Tiskárna: neodpovídá"),
        (Printer("something new"), "danger", "Tiskárna: porucha"),
    ],
)
def test_the_printer_speaks_only_when_something_is_wrong(printer: Printer, tone: str, words: str) -> None:
    lamp = printer_lamp(printer)
    assert (lamp.tone, lamp.words) == (tone, words)


def test_a_dead_printer_says_what_it_means_for_the_sale() -> None:
    sentence = printer_lamp(Printer("offline", waiting=3)).sentence
    assert sentence == ("Tiskárna: neodpovídá. Prodej běží dál, účtenky čekají (3). Zkontrolujte napájení a kabel.")


@pytest.mark.parametrize(
    ("backoffice", "tone", "words"),
    [
        (Backoffice(), "good", ""),
        (Backoffice(paired=False, unsent=9, oldest_age_s=999), "quiet", ""),
        (Backoffice(unsent=2, oldest_age_s=5), "good", ""),
        (Backoffice(unsent=2, oldest_age_s=50), "warning", "Backoffice: 2 čekají, 50 s"),
        (Backoffice(unsent=2, oldest_age_s=5, fault="unreachable"), "danger", "Backoffice: 2 čekají, 5 s"),
        (Backoffice(fault="pairing_revoked"), "danger", "Backoffice: párování zrušeno"),
    ],
)
def test_the_backoffice_speaks_when_something_waits(backoffice: Backoffice, tone: str, words: str) -> None:
    lamp = backoffice_lamp(backoffice)
    assert (lamp.tone, lamp.words) == (tone, words)


@pytest.mark.parametrize("tone", ["good", "warning", "danger"])
def test_every_colour_has_a_word(tone: str) -> None:
    assert tone_word(tone)


def test_the_bar_tells_shift_user_and_time() -> None:
    view = status_view(Till(), "Petr")
    assert (view.clock, view.date, view.shift, view.shift_open) == ("14:05", "4. 1. 2027", "Směna 7 · Petr", True)
    assert view.shift_sentence.endswith("obsluha Jana.")  # who opened it


@pytest.mark.parametrize(
    ("mode", "mark"),
    [(Mode.OFF, ""), (Mode.LIVE, ""), (Mode.PLAYGROUND, "TEST"), (Mode.VERIFICATION, "OVĚŘOVACÍ REŽIM")],
)
def test_a_till_that_does_not_record_for_real_is_marked(mode: Mode, mark: str) -> None:
    assert status_view(replace(Till(), eet=Eet(mode=mode)), "Petr").mark == mark


def test_changes_of_the_price_list_that_wait_are_counted() -> None:
    assert status_view(Till(), "Petr").changes.words == ""
    view = status_view(replace(Till(), backoffice=Backoffice(changes_waiting=12)), "Petr")
    assert (view.changes.words, view.changes.count) == ("12 změn ceníku čeká", "12")


def test_a_closed_till_says_so() -> None:
    view = status_view(replace(Till(), shift=None), "Petr")
    assert (view.shift, view.shift_open) == ("Zavřeno · Petr", False)
    assert "otevření" in view.shift_sentence
