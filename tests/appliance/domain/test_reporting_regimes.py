from datetime import UTC, datetime, timedelta

import pytest

from appliance.domain.fiscal import Mode, Regime, reporting_regimes

NOW = datetime(2027, 2, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("regimes", "relevant"),
    [
        ([], []),
        ([(-9, Mode.OFF)], []),
        ([(-9, Mode.PLAYGROUND)], [0]),
        ([(-9, Mode.PLAYGROUND), (-3, Mode.LIVE)], [1]),
        ([(-9, Mode.PLAYGROUND), (-3, Mode.OFF)], []),
        ([(-9, Mode.PLAYGROUND), (5, Mode.LIVE)], [0, 1]),
        ([(5, Mode.LIVE), (9, Mode.OFF)], [0]),
    ],
)
def test_what_counts_is_the_regime_in_force_and_those_to_come(
    regimes: list[tuple[int, Mode]], relevant: list[int]
) -> None:
    given = tuple(Regime(NOW + timedelta(days=days), mode) for days, mode in regimes)
    assert reporting_regimes(given, NOW) == tuple(given[n] for n in relevant)
