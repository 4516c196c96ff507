"""The lamp, the banner and the page: what is told first, and that nothing is told without need."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from appliance.domain.delivery import Lateness
from appliance.domain.expiry import ExpiryLevel
from appliance.domain.fiscal import Dialect, Mode, Regime
from appliance.ui.presenter.eet import blocks, channel_text, eet_alert, eet_lamp, queue_text, regime_text
from tests.appliance.ui.presenter.states import NO_CERTIFICATE, Certificate, Eet, Renewal

NOW = datetime(2027, 1, 4, 14, 5, tzinfo=UTC)
LIVE = Regime(datetime(2027, 1, 1, tzinfo=UTC), Mode.LIVE)
EXPIRED = Certificate(level=ExpiryLevel.EXPIRED, days_left=-2)
NOTICE = Certificate(level=ExpiryLevel.NOTICE, days_left=29)
WARNING = Certificate(level=ExpiryLevel.WARNING, days_left=12)
URGENT = Certificate(level=ExpiryLevel.URGENT, days_left=2)
LATE = Eet(waiting=3, oldest_age_s=93_700, lateness=Lateness.LATE, late_age_s=93_700)


@pytest.mark.parametrize(
    ("eet", "tone", "words"),
    [
        (Eet(), "good", ""),
        (Eet(Mode.OFF), "quiet", ""),
        (Eet(Mode.OFF, certificate=NO_CERTIFICATE), "quiet", ""),
        (Eet(waiting=1, oldest_age_s=2), "good", ""),
        (Eet(waiting=1, oldest_age_s=60), "warning", "EET: 1 čeká, 1 min"),
        (Eet(waiting=3, oldest_age_s=720), "warning", "EET: 3 čekají, 12 min"),
        (Eet(waiting=5, oldest_age_s=7200), "warning", "EET: 5 čeká, 2 h"),
        (Eet(Mode.OFF, waiting=5, oldest_age_s=7200), "warning", "EET: 5 čeká, 2 h"),
        (Eet(waiting=1, oldest_age_s=1, fault="channel:tls"), "danger", "EET: 1 čeká, 1 s"),
        (Eet(fault="channel:connect"), "danger", "EET: nedostupná"),
        (Eet(fault="channel:code_4"), "danger", "EET: podpis neuznán"),
        (Eet(fault="something new"), "danger", "EET: porucha something new"),
        (Eet(fault="no_certificate", certificate=NO_CERTIFICATE), "danger", "EET: chybí certifikát"),
        (Eet(certificate=NO_CERTIFICATE), "good", ""),  # the daemon has not looked yet
        (Eet(certificate=EXPIRED), "danger", "EET: certifikát vypršel"),
        (Eet(certificate=Certificate(level=ExpiryLevel.NOT_YET_VALID)), "danger", "EET: certifikát ještě neplatí"),
        (Eet(certificate=Certificate(problem="test_certificate")), "danger", "EET: certifikát nevyhovuje"),
        (Eet(certificate=URGENT), "danger", "EET: certifikát: 2 dny"),
        (Eet(certificate=WARNING), "warning", "EET: certifikát: 12 dní"),
        (Eet(certificate=NOTICE), "warning", "EET: certifikát: 29 dní"),
        (Eet(parked=2), "danger", "EET: 2 odmítnuto"),
        (replace(LATE, parked=2), "danger", "EET: 3 čekají, 26 h"),
    ],
)
def test_the_bar_speaks_when_something_waits_or_is_wrong(eet: Eet, tone: str, words: str) -> None:
    lamp = eet_lamp(eet)
    assert (lamp.tone, lamp.words) == (tone, words)
    assert lamp.sentence


@pytest.mark.parametrize(
    ("eet", "tone", "begins"),
    [
        (LATE, "warning", "EET: tržba čeká 26 h, zákon dovoluje 48 h."),
        (replace(LATE, lateness=Lateness.URGENT, late_age_s=144_000), "danger", "EET: tržba čeká 40 h"),
        (replace(LATE, lateness=Lateness.OVERDUE, late_age_s=180_000), "danger", "EET: tržba čeká 50 h"),
        (Eet(parked=1), "danger", "EET: 1 tržba odmítnuta. Prodej běží dál"),
        (Eet(parked=2), "danger", "EET: 2 tržby odmítnuty."),
        (Eet(parked=5), "danger", "EET: 5 tržeb odmítnuto."),
        (Eet(fault="no_certificate", certificate=NO_CERTIFICATE), "danger", "Certifikát pro EET chybí."),
        (Eet(certificate=EXPIRED), "danger", "Platnost certifikátu skončila 2. 12. 2027."),
        (Eet(certificate=URGENT), "danger", "Certifikát platí už jen 2 dny."),
        (Eet(fault="channel:code_4"), "danger", "EET: Finanční správa neuznala podpis"),
        (Eet(fault="channel:unknown_signer"), "danger", "EET: Odpověď podepsal někdo"),
        (Eet(fault="channel:test_answer"), "danger", "EET: Na ostré adrese"),
        (Eet(fault="channel:live_answer"), "danger", "EET: Na zkušební adrese"),
        (Eet(fault="channel:tls"), "danger", "EET: Spojení se serverem není důvěryhodné."),
        (Eet(certificate=WARNING), "warning", "Certifikát platí už jen 12 dní."),
        (
            Eet(certificate=replace(NOTICE, renewal=Renewal(fault="no_service"))),
            "warning",
            "Certifikát platí už jen 29",
        ),
    ],
)
def test_the_banner_says_what_a_person_has_to_know(eet: Eet, tone: str, begins: str) -> None:
    alert = eet_alert(eet)
    assert alert is not None
    assert alert.tone == tone
    assert alert.text.startswith(begins), alert.text


@pytest.mark.parametrize(
    "eet",
    [
        Eet(),
        Eet(waiting=400, oldest_age_s=80_000, fault="channel:connect"),
        Eet(fault="channel:dns"),
        Eet(Mode.OFF, fault="no_certificate", certificate=NO_CERTIFICATE),
        Eet(certificate=NOTICE),  # it renews itself
    ],
)
def test_what_ends_by_itself_is_no_banner(eet: Eet) -> None:
    assert eet_alert(eet) is None


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (LATE, Eet(parked=1)),
        (Eet(parked=1), Eet(certificate=EXPIRED)),
        (Eet(certificate=EXPIRED), Eet(fault="channel:code_4")),
        (Eet(fault="channel:code_4"), Eet(certificate=WARNING)),
    ],
)
def test_the_most_urgent_comes_first(worse: Eet, better: Eet) -> None:
    default = Eet()
    both = replace(
        better, **{name: getattr(worse, name) for name in vars(worse) if getattr(worse, name) != getattr(default, name)}
    )
    assert eet_alert(both) == eet_alert(worse) != eet_alert(better)


def test_a_till_whose_eet_is_still_to_begin_says_on_its_page_what_is_missing() -> None:
    lamp = eet_lamp(Eet(Mode.OFF, fault="no_certificate", certificate=NO_CERTIFICATE))
    assert "Pro EET, které teprve začne: Certifikát pro EET chybí." in lamp.sentence
    nobody_needs_it = replace(NO_CERTIFICATE, needed=False)
    assert eet_lamp(Eet(Mode.OFF, fault="no_certificate", certificate=nobody_needs_it)).sentence == "EET: vypnuto."


@pytest.mark.parametrize(
    ("current", "coming", "text"),
    [
        (None, None, "EET je vypnuté"),
        (None, LIVE, "EET je vypnuté, potom ostrý provoz (EET 2.0) od 1. 1. 2027"),
        (LIVE, None, "ostrý provoz (EET 2.0) od 1. 1. 2027"),
        (
            Regime(datetime(2026, 11, 2, 9, 30, tzinfo=UTC), Mode.PLAYGROUND, Dialect.V3),
            Regime(datetime(2027, 1, 1, tzinfo=UTC), Mode.OFF),
            "zkušební prostředí (EET 1) od 2. 11. 2026 09:30, potom vypnuto od 1. 1. 2027",
        ),
    ],
)
def test_the_regime_and_the_next_one_are_told_with_their_days(
    current: Regime | None, coming: Regime | None, text: str
) -> None:
    assert regime_text(current, coming) == text


def test_the_channel_says_since_when_it_fails() -> None:
    assert channel_text(Eet(), NOW) == "funguje"
    today = channel_text(Eet(fault="channel:connect", fault_age_s=3600), NOW)
    assert today == "Server finanční správy je nedostupný. Zkontrolujte internet. Od 13:05 (1\u00a0h)."
    assert "Od 2. 1. 2027 14:05 (2\u00a0d)." in channel_text(Eet(fault="channel:dns", fault_age_s=172_800), NOW)


def test_the_queue_says_how_many_wait_how_long_and_how_late_that_is() -> None:
    assert queue_text(Eet()) == "Vše je odeslané."
    assert queue_text(Eet(Mode.OFF)) == ""
    whole = queue_text(replace(LATE, parked=2))
    assert "Neodeslané tržby: 3, nejstarší 26 h." in whole
    assert "Odmítnuté tržby: 2." in whole
    assert "Nejstarší čeká 26 h, zákon dovoluje 48 h." in whole


def shown(eet: Eet) -> dict[str, tuple[str, str]]:
    return {block.name: (block.tone, block.text) for block in blocks(eet, now=NOW, current=LIVE, coming=None)}


def test_the_page_of_a_till_where_all_is_well_is_quiet() -> None:
    page = shown(Eet())
    assert list(page) == ["regime", "channel", "queue", "certificate"]
    assert {tone for tone, _ in page.values()} == {"good"}
    assert page["certificate"][1] == "CZ00000019, ostrý, platí do 2. 12. 2027 (zbývá 300 dní)"


def test_the_page_shows_the_servers_warnings_and_what_is_wrong_in_its_colour() -> None:
    page = shown(replace(LATE, parked=1, fault="channel:code_4", warnings=("4: a", "7: b"), certificate=WARNING))
    assert page["warnings"] == ("warning", "4: a; 7: b")
    assert [page[name][0] for name in ("channel", "queue", "certificate")] == ["danger", "danger", "warning"]
    assert page["certificate"][1].endswith("(zbývá 12 dní). Obnoví se sám, pokladna musí být zapnutá.")
    assert shown(Eet(fault="channel:connect", certificate=NO_CERTIFICATE))["certificate"] == (
        "danger",
        "Certifikát pro EET chybí. Nahrajte ho.",
    )
    assert shown(Eet(fault="channel:connect"))["channel"][0] == "warning"
    assert shown(Eet(certificate=replace(NO_CERTIFICATE, needed=False)))["certificate"] == ("quiet", "žádný")
