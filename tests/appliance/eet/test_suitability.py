"""Which certificate this till may report with, as a table of regimes."""

from datetime import timedelta

import pytest

from appliance.domain.fiscal import Dialect, Mode, Regime
from appliance.eet.certificate import Environment, Identity, load_p12
from appliance.eet.errors import CertificateProblem, ForeignCertificate, ProductionCertificate, TestCertificate
from appliance.eet.sandbox.ca import issue_till
from appliance.eet.suitability import Suitability, suitability
from tests.appliance.eet.material import AT, Office

OURS = {Dialect.V4: "CZ00000019", Dialect.V3: ""}


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    folder = tmp_path_factory.mktemp("production")
    (folder / "private").mkdir()
    p12, password = issue_till(folder, eic="CZ00000019", at=AT, playground=False)
    return load_p12(p12.read_bytes(), password.read_text().strip(), at=AT)


def regime(days: int, mode: Mode, dialect: Dialect = Dialect.V4) -> Regime:
    return Regime(AT + timedelta(days=days), mode, dialect)


def words(found: Suitability) -> tuple[str, str, bool]:
    return found.problem.word if found.problem else "", found.later.word if found.later else "", found.useless


@pytest.mark.parametrize(
    ("modes", "playground", "production_"),
    [
        ([(-1, Mode.PLAYGROUND)], ("", "", False), ("production_certificate", "", True)),
        ([(-1, Mode.LIVE)], ("test_certificate", "", True), ("", "", False)),
        ([(-1, Mode.VERIFICATION)], ("test_certificate", "", True), ("", "", False)),
        ([(1, Mode.LIVE)], ("", "test_certificate", True), ("", "", False)),
        ([(-1, Mode.OFF)], ("", "", False), ("", "", False)),
        ([], ("", "", False), ("", "", False)),
        (
            [(-1, Mode.PLAYGROUND), (1, Mode.LIVE)],
            ("", "test_certificate", False),
            ("production_certificate", "", False),
        ),
        ([(-9, Mode.PLAYGROUND), (-1, Mode.LIVE)], ("test_certificate", "", True), ("", "", False)),
    ],
)
def test_a_certificate_serves_its_own_environment(
    office: Office,
    production: Identity,
    modes: list[tuple[int, Mode]],
    playground: tuple[str, str, bool],
    production_: tuple[str, str, bool],
) -> None:
    regimes = [regime(days, mode) for days, mode in modes]
    assert words(suitability(office.till, regimes=regimes, numbers=OURS, now=AT)) == playground
    assert words(suitability(production, regimes=regimes, numbers=OURS, now=AT)) == production_


def test_a_certificate_of_another_taxpayer_names_both(office: Office) -> None:
    found = suitability(
        office.till,
        regimes=[regime(-1, Mode.PLAYGROUND)],
        numbers={Dialect.V4: "CZ683555118", Dialect.V3: "CZ00000019"},
        now=AT,
    )
    with pytest.raises(ForeignCertificate, match="issued for CZ00000019, expected CZ683555118") as caught:
        found.refuse_if_useless()
    assert (caught.value.found, caught.value.expected) == ("CZ00000019", "CZ683555118")


def test_a_regime_of_eet_1_is_compared_with_its_own_number(office: Office) -> None:
    regimes = [regime(-1, Mode.PLAYGROUND, Dialect.V3)]
    numbers = {Dialect.V4: "CZ683555118", Dialect.V3: "CZ00000019"}
    assert words(suitability(office.till, regimes=regimes, numbers=numbers, now=AT)) == ("", "", False)
    numbers = {Dialect.V4: "CZ00000019", Dialect.V3: "CZ683555118"}
    assert words(suitability(office.till, regimes=regimes, numbers=numbers, now=AT))[0] == "foreign_certificate"


@pytest.mark.parametrize(
    ("numbers", "useless"),
    [
        ({Dialect.V4: "", Dialect.V3: ""}, False),
        ({Dialect.V4: "CZ00000019", Dialect.V3: ""}, False),
        ({Dialect.V4: "", Dialect.V3: "CZ00000019"}, False),
        ({Dialect.V4: "CZ683555118", Dialect.V3: ""}, True),
    ],
)
def test_while_nothing_is_reported_the_number_is_compared_as_far_as_it_is_set(
    office: Office, numbers: dict[Dialect, str], useless: bool
) -> None:
    assert suitability(office.till, regimes=[], numbers=numbers, now=AT).useless is useless


def test_one_that_fits_some_regime_is_not_refused(office: Office) -> None:
    regimes = [regime(-1, Mode.PLAYGROUND), regime(30, Mode.LIVE)]
    found = suitability(office.till, regimes=regimes, numbers=OURS, now=AT)
    found.refuse_if_useless()
    assert isinstance(found.later, TestCertificate)


def test_each_problem_says_its_environment() -> None:
    problems: list[CertificateProblem] = [TestCertificate(found=Environment.UNKNOWN), ProductionCertificate()]
    assert [(each.found, each.expected) for each in problems] == [
        ("unknown", "production"),
        ("production", "playground"),
    ]
