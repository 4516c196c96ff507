"""Every word about a certificate, its import and its renewal is a sentence that says what to do."""

from dataclasses import dataclass, replace

import pytest

from appliance.domain.expiry import ExpiryLevel
from appliance.eet.errors import CertificateProblem
from appliance.service.certificates import ImportResult
from appliance.sync.certificates import NOT_KEPT
from appliance.ui.presenter.certificate import (
    certificate_text,
    certificate_trouble,
    hand_over_view,
    import_view,
    later_text,
    renewal_text,
)
from tests.appliance.ui.presenter.states import NO_CERTIFICATE, Certificate, Renewal

OF_THE_RENEWAL = {"not_newer", "other_environment"}  # words of a successor, never of a file a person brings


def subclasses(kind: type[CertificateProblem]) -> list[type[CertificateProblem]]:
    return [each for child in kind.__subclasses__() for each in (child, *subclasses(child))]


WORDS = sorted({kind.word for kind in subclasses(CertificateProblem)} - OF_THE_RENEWAL - {"unusable"} | {NOT_KEPT})
RESULT = ImportResult(
    "r", found="CZ11111111", expected="CZ22222222", moment="2026-03-05T00:00:00+00:00", eic="CZ22222222"
)


def test_the_words_are_those_of_the_import() -> None:
    assert set(WORDS) >= {"wrong_password", "not_a_key_store", "expired", "foreign_certificate", "not_kept"}


@pytest.mark.parametrize("word", WORDS)
def test_every_refusal_is_a_sentence_of_its_own_with_what_to_do(word: str) -> None:
    view = import_view(replace(RESULT, word=word))
    assert view.tone == "danger"
    assert word not in view.sentence
    assert view.advice
    assert "{" not in view.sentence + view.advice
    others = [import_view(replace(RESULT, word=other)).sentence for other in WORDS if other != word]
    assert view.sentence not in others


@pytest.mark.parametrize(
    ("word", "sentence", "retry"),
    [
        ("wrong_password", "Heslo k certifikátu nesouhlasí.", "password"),
        ("expired", "Platnost certifikátu skončila 5. 3. 2026.", "file"),
        ("not_yet_valid", "Certifikát platí až od 5. 3. 2026.", "file"),
        ("foreign_certificate", "Certifikát patří poplatníkovi CZ11111111, pokladna eviduje za CZ22222222.", "file"),
        ("from_the_moon", "from_the_moon", "file"),
    ],
)
def test_a_refusal_names_what_it_found(word: str, sentence: str, retry: str) -> None:
    view = import_view(replace(RESULT, word=word))
    assert (view.sentence, view.retry) == (sentence, retry)


def test_not_yet_valid_asks_for_the_clock() -> None:
    assert "Není špatně nastavený čas?" in import_view(replace(RESULT, word="not_yet_valid")).advice


def test_a_certificate_taken_over_says_whose_and_until_when() -> None:
    taken = replace(RESULT, valid_to="2027-12-02T00:00:00+00:00")
    view = import_view(taken)
    assert (view.tone, view.retry) == ("good", "")
    assert view.sentence == "Certifikát poplatníka CZ22222222 je nahraný, platí do 2. 12. 2027."
    warned = import_view(replace(taken, warning="test_certificate"))
    assert (warned.tone, warned.advice) == ("warning", "Pro nastavený ostrý provoz bude třeba jiný certifikát.")


@pytest.mark.parametrize("word", ["file_gone", "file_too_large", "file_unreadable", "no_daemon", "no_answer"])
def test_a_file_that_did_not_get_to_the_daemon_says_why(word: str) -> None:
    view = hand_over_view(word)
    assert view.tone == "danger"
    assert view.sentence.endswith(".")
    assert view.advice.endswith(".")


@pytest.mark.parametrize(
    ("certificate", "text"),
    [
        (NO_CERTIFICATE, "žádný"),
        (Certificate(), "CZ00000019, ostrý, platí do 2. 12. 2027 (zbývá 300 dní)"),
        (
            Certificate(environment="playground", days_left=1),
            "CZ00000019, zkušební, platí do 2. 12. 2027 (zbývá 1 den)",
        ),
        (Certificate(days_left=-1), "CZ00000019, ostrý, platí do 2. 12. 2027 (prošlý)"),
    ],
)
def test_whose_for_what_and_until_when(certificate: Certificate, text: str) -> None:
    assert certificate_text(certificate) == text


@pytest.mark.parametrize(
    ("certificate", "begins"),
    [
        (Certificate(), ""),
        (NO_CERTIFICATE, "Certifikát pro EET chybí."),
        (replace(NO_CERTIFICATE, needed=False), ""),
        (replace(NO_CERTIFICATE, problem="unreadable"), "Klíč v pokladně nejde přečíst."),
        (Certificate(problem="foreign_certificate"), "Certifikát patří poplatníkovi CZ00000019"),
        (Certificate(problem="test_certificate"), "Zkušební certifikát"),
        (Certificate(problem="production_certificate"), "Ostrý certifikát"),
        (Certificate(problem="moon"), "moon"),
        (Certificate(level=ExpiryLevel.EXPIRED), "Platnost certifikátu skončila 2. 12. 2027."),
        (Certificate(level=ExpiryLevel.NOT_YET_VALID), "Certifikát platí až od 1. 12. 2026. Není špatně"),
        (Certificate(level=ExpiryLevel.URGENT, days_left=0), "Certifikát platí už jen 0 dní. Obnoví se sám"),
        (
            Certificate(level=ExpiryLevel.WARNING, days_left=3, renewal=Renewal(fault="unauthorized")),
            "Certifikát platí už jen 3 dny. Finanční správa při obnově",
        ),
    ],
)
def test_what_is_wrong_with_the_certificate(certificate: Certificate, begins: str) -> None:
    trouble = certificate_trouble(certificate)
    assert trouble.startswith(begins)
    assert bool(trouble) == bool(begins)


@dataclass(frozen=True)
class Case:
    renewal: Renewal
    text: str


@pytest.mark.parametrize(
    "case",
    [
        Case(Renewal(), ""),
        Case(Renewal("requested"), "O nový certifikát je požádáno."),
        Case(Renewal("rejected"), "Finanční správa obnovu zamítla."),
        Case(Renewal("rejected", "rejected", "duplicate"), "Finanční správa obnovu zamítla: duplicate"),
        Case(
            Renewal("idle", "dns", next_at="2027-01-04T15:00:00+01:00"),
            "Služba obnovy je nedostupná, pokladna to zkusí 4. 1. 2027 15:00.",
        ),
        Case(Renewal("idle", "server_error"), "Služba obnovy hlásí poruchu (server_error)."),
        Case(Renewal("idle", "new_not_newer", "ends 2027"), "Nový certifikát nejde použít (ends 2027), zůstává starý."),
        Case(Renewal("idle", "not_kept", "no space"), "Nový klíč se nepodařilo uložit: no space"),
    ],
    ids=lambda case: f"{case.renewal.phase} {case.renewal.fault}",
)
def test_what_the_renewal_does(case: Case) -> None:
    assert renewal_text(case.renewal) == case.text


@pytest.mark.parametrize("word", ["test_certificate", "production_certificate", "foreign_certificate"])
def test_a_certificate_for_now_only_says_so(word: str) -> None:
    assert later_text(word).startswith("Pro ")
    assert later_text("") == ""
