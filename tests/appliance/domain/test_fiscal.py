from datetime import datetime, timedelta

import pytest

from appliance.domain.fiscal import TAXPAYER_NUMBER, Mode, Regime, Taxpayer, regime_at
from tests.shops import PRAGUE

OFF = Regime(datetime(2026, 11, 1, tzinfo=PRAGUE), Mode.OFF)
CHECKING = Regime(datetime(2026, 12, 1, tzinfo=PRAGUE), Mode.VERIFICATION)
LIVE = Regime(datetime(2027, 1, 1, tzinfo=PRAGUE), Mode.LIVE)


@pytest.mark.parametrize(
    ("at", "regime"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=PRAGUE), None),
        (datetime(2026, 11, 1, tzinfo=PRAGUE), OFF),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=PRAGUE), CHECKING),
        (datetime(2027, 1, 1, tzinfo=PRAGUE), LIVE),
        (datetime(2027, 1, 1, tzinfo=PRAGUE) - timedelta(microseconds=1), CHECKING),
        (datetime(2030, 6, 1, tzinfo=PRAGUE), LIVE),
    ],
)
def test_the_regime_is_the_last_one_that_has_begun(at: datetime, regime: Regime | None) -> None:
    assert regime_at((LIVE, OFF, CHECKING), at) == regime


@pytest.mark.parametrize(
    ("number", "own"),
    [("CZ00000019", True), ("CZ00000027", True), ("CZ00000035", False), ("", False)],
)
def test_a_taxpayer_knows_its_own_number_under_either_name(number: str, own: bool) -> None:
    assert Taxpayer("CZ00000019", "141", "1", dic_popl="CZ00000027").is_own(number) is own
    assert not Taxpayer("CZ00000035", "141", "1").is_own("")


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("CZ12345678", True), ("CZ1234567890", True), ("CZ1234567", False), ("CZ12345678901", False),
        ("cz12345678", False), ("SK12345678", False), ("CZ1234567x", False), ("CZ12345678\n", False),
        ("CZ１２３４５６７８", False),
    ],
)  # fmt: skip
def test_a_taxpayers_number_has_the_official_form(number: str, fits: bool) -> None:
    assert bool(TAXPAYER_NUMBER.fullmatch(number)) is fits
