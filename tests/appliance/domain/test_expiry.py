from datetime import UTC, datetime, timedelta

import pytest

from appliance.domain.expiry import ExpiryLevel, days_left, expiry_level

BEGINS = datetime(2026, 1, 4, 11, 13, 33, tzinfo=UTC)
ENDS = datetime(2027, 1, 5, 11, 13, 33, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (timedelta(days=365), ExpiryLevel.OK),
        (timedelta(days=30) + SECOND, ExpiryLevel.OK),
        (timedelta(days=30), ExpiryLevel.NOTICE),
        (timedelta(days=14) + SECOND, ExpiryLevel.NOTICE),
        (timedelta(days=14), ExpiryLevel.WARNING),
        (timedelta(days=3) + SECOND, ExpiryLevel.WARNING),
        (timedelta(days=3), ExpiryLevel.URGENT),
        (timedelta(0), ExpiryLevel.URGENT),
        (-SECOND, ExpiryLevel.EXPIRED),
        (-timedelta(days=400), ExpiryLevel.EXPIRED),
        (ENDS - BEGINS, ExpiryLevel.OK),
        (ENDS - BEGINS + SECOND, ExpiryLevel.NOT_YET_VALID),
    ],
)
def test_the_alarm_follows_the_time_that_is_left(left: timedelta, level: ExpiryLevel) -> None:
    assert expiry_level(valid_from=BEGINS, valid_to=ENDS, now=ENDS - left) is level


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=30), 30),
        (timedelta(days=30) - SECOND, 29),
        (SECOND, 0),
        (timedelta(0), 0),
        (-SECOND, -1),
    ],
)
def test_only_whole_days_are_counted(left: timedelta, days: int) -> None:
    assert days_left(valid_to=ENDS, now=ENDS - left) == days
