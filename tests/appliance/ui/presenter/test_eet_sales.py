"""One sale, and a test of the channel, in words: every machine word there is has its sentence."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Dialect, Mode
from appliance.eet.outcome import Reason
from appliance.service.status import CERTIFICATE_MISSING
from appliance.ui.presenter.eet_reasons import CORRECTABLE, PASSING, fault_text, reason_sentence, reason_text
from appliance.ui.presenter.eet_sales import outcome_text, sale_row, sale_view, sold_text

PARKED_REASONS = {
    "code_2", "code_3", "code_6", "code_7", "code_8_too_long", "code_other", "not_recorded", "soap_fault",
    "message_invalid",
}  # fmt: skip
CHANNEL_REASONS = {"connect", "code_4", "dns", "tls", "unknown_signer", "test_answer", "live_answer"}


@dataclass(frozen=True)
class Sale:
    doc_id: str = "d1"
    number: str = "P1A-000012"
    state: FiscalState = FiscalState.PARKED
    dialect: Dialect = Dialect.V4
    mode: Mode = Mode.LIVE
    amount: str = "15990.50"
    sold_at: datetime = datetime(2027, 1, 4, 8, 31, tzinfo=UTC)
    attempts: int = 3
    reason: str = "code_6"
    detail: str = "6: Chybna struktura EIC"
    correctable: bool = True


@dataclass(frozen=True)
class Reported:
    sale: Sale = Sale()
    code: str = ""
    bkp: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Test:
    __test__ = False

    outcome: str = "passed"
    detail: str = ""
    warnings: tuple[str, ...] = ()
    mode: str = "playground"
    took_ms: int = 812


@pytest.mark.parametrize("word", [*map(str, Reason), "message_invalid", CERTIFICATE_MISSING])
def test_every_reason_there_is_has_a_sentence_of_its_own(word: str) -> None:
    sentence = reason_text(word)
    assert sentence.endswith(".")
    assert word not in sentence
    others = {reason_text(str(other)) for other in Reason if other != word}
    assert sentence not in others


@pytest.mark.parametrize("word", sorted(PARKED_REASONS | CHANNEL_REASONS))
def test_what_does_not_end_by_itself_says_what_to_do(word: str) -> None:
    advised = reason_sentence(word, number="P1A-000012").removeprefix(reason_text(word)).strip()
    assert advised, word


def test_an_unknown_word_is_shown_as_it_is_and_a_technician_called() -> None:
    assert reason_sentence("moon_phase", number="P1A-1") == "moon_phase Zavolejte technika."
    assert reason_sentence("") == ""


@pytest.mark.parametrize("word", sorted(PASSING))
def test_what_passes_goes_on_by_itself(word: str) -> None:
    assert "Odešle se sama znovu." in reason_sentence(word, number="P1A-000012")
    assert "sama" not in reason_sentence(word), "the channel is not a sale"


@pytest.mark.parametrize("word", sorted(CORRECTABLE))
def test_a_correction_is_named_only_where_it_is_allowed(word: str) -> None:
    command = "pokladna eet correct P1A-000012"
    assert command in reason_sentence(word, number="P1A-000012", correctable=True)
    assert "correct" not in reason_sentence(word, number="P1A-000012")


@pytest.mark.parametrize("word", sorted(CHANNEL_REASONS))
def test_every_fault_of_the_channel_has_words_for_the_bar(word: str) -> None:
    assert "porucha" not in fault_text(f"channel:{word}")
    assert fault_text("channel:new") == "porucha channel:new"
    assert fault_text("") == ""


def test_a_line_of_the_list_tells_number_time_tries_reason_amount_and_state() -> None:
    row = sale_row(Sale())
    assert (row.number, row.amount, row.state, row.tone) == ("P1A-000012", "15\u00a0990,50", "odmítnuta", "danger")
    assert row.detail == "4. 1. 08:31 · 3 pokusy · Číslo poplatníka má chybnou podobu (kód 6)"
    fresh = sale_row(Sale(state=FiscalState.WAITING, reason="", attempts=0))
    assert (fresh.detail, fresh.state, fresh.tone) == ("4. 1. 08:31", "čeká", "warning")
    assert sold_text(Sale()) == "4. 1. 2027 08:31 · 15\u00a0990,50 Kč"


@pytest.mark.parametrize(("n", "words"), [(1, "1 pokus"), (2, "2 pokusy"), (5, "5 pokusů")])
def test_tries_are_counted_in_czech(n: int, words: str) -> None:
    assert f" · {words} · " in sale_row(Sale(attempts=n)).detail


def test_a_refused_sale_says_why_what_to_do_and_what_the_server_said() -> None:
    view = sale_view(Reported())
    assert view.parked
    assert (view.state, view.tone) == ("EET: odmítnuta · 3 pokusy", "danger")
    assert view.reason == "Číslo poplatníka má chybnou podobu (kód 6)."
    assert view.advice == "Opraví technik: pokladna eet correct P1A-000012"
    assert view.said == "6: Chybna struktura EIC"


@pytest.mark.parametrize(("dialect", "code"), [(Dialect.V4, "POK 7b-ff"), (Dialect.V3, "FIK 7b-ff")])
def test_a_confirmed_sale_shows_its_code_by_its_name_and_no_old_reason(dialect: Dialect, code: str) -> None:
    sale = Sale(state=FiscalState.CONFIRMED, dialect=dialect, attempts=0)
    view = sale_view(Reported(sale, code="7b-ff", warnings=("4: x", "5: y")))
    assert (view.code, view.state, view.tone, view.parked) == (code, "EET: potvrzena", "good", False)
    assert (view.reason, view.advice, view.said) == ("", "", "")
    assert view.warnings == "4: x; 5: y"


def test_the_security_code_of_eet_1_is_shown() -> None:
    assert sale_view(Reported(Sale(dialect=Dialect.V3), bkp="AB-CD")).bkp == "BKP AB-CD"


@pytest.mark.parametrize(
    ("mode", "word"),
    [(Mode.LIVE, None), (Mode.PLAYGROUND, "zkušební prostředí"), (Mode.VERIFICATION, "ověřovací režim")],
)
def test_a_sale_that_is_not_for_real_says_so(mode: Mode, word: str | None) -> None:
    state = sale_view(Reported(replace(Sale(), mode=mode))).state
    assert (word or "prostředí") in state or word is None
    assert state.startswith("EET: odmítnuta")
    assert ("prostředí" in state or "režim" in state) == (word is not None)


@pytest.mark.parametrize(
    ("test", "tone", "sentence"),
    [
        (
            Test(detail="7b-ff"),
            "good",
            "Spojení funguje (zkušební prostředí), odpověď přišla za 812 ms. Kód 7b-ff.",
        ),
        (
            Test(mode="live", warnings=("4: x",)),
            "good",
            "Spojení funguje (ostrý provoz), odpověď přišla za 812 ms. Nic se neevidovalo."
            " Finanční správa upozorňuje: 4: x",
        ),
        (Test("off", mode=""), "quiet", "EET je vypnuté a žádný režim nezačne, není co zkoušet."),
        (
            Test("dns", "name not known"),
            "danger",
            "Spojení nefunguje. Adresu serveru finanční správy nejde najít. Zkontrolujte internet. (name not known)",
        ),
        (
            Test("no_certificate"),
            "danger",
            "Spojení nefunguje. V pokladně není certifikát pro EET. Nahrajte ho tlačítkem Nahrát certifikát.",
        ),
    ],
)
def test_a_test_of_the_channel_ends_in_a_sentence(test: Test, tone: str, sentence: str) -> None:
    assert outcome_text(test) == (tone, sentence)
