from datetime import timedelta

from appliance.domain.fiscal import Mode
from appliance.eet import errors
from appliance.eet.answer import Refused, Unreadable
from appliance.eet.errors import CertificateProblem, WrongPassword
from appliance.eet.outcome import Reason, Replied, outcome_of
from appliance.eet.sentences import CERTIFICATE_PROBLEMS, REASONS, certificate_sentence, sentence


def test_every_reason_has_a_sentence_of_its_own() -> None:
    assert set(REASONS) == set(Reason)
    assert len(set(REASONS.values())) == len(Reason)


def test_every_certificate_problem_has_a_sentence_of_its_own() -> None:
    problems = {
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, CertificateProblem)
    } - {CertificateProblem}

    assert set(CERTIFICATE_PROBLEMS) == problems
    assert certificate_sentence(WrongPassword("x")) == "Heslo k certifikátu nesouhlasí."


def test_an_outcome_is_told_in_one_sentence() -> None:
    passed = outcome_of(
        Replied(200, Refused(code=0, text="", test=False, warnings=())), mode=Mode.VERIFICATION, age=timedelta(0)
    )
    ill = outcome_of(Replied(503, Unreadable("not_well_formed")), mode=Mode.LIVE, age=timedelta(0))

    assert sentence(passed).startswith("Zpráva je v pořádku")
    assert sentence(ill) == REASONS[Reason.HTTP_STATUS]
