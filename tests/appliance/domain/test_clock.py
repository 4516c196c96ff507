from datetime import UTC, datetime

import pytest

from appliance.domain.clock import age_text, iso, parse_iso
from tests.shops import PRAGUE


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2027, 2, 1, 8, 0, 0, 999_999, tzinfo=PRAGUE), "2027-02-01T08:00:00+01:00"),
        (datetime(2027, 7, 1, 8, 0, 0, tzinfo=PRAGUE), "2027-07-01T08:00:00+02:00"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=PRAGUE, fold=0), "2026-10-25T02:30:00+02:00"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=PRAGUE, fold=1), "2026-10-25T02:30:00+01:00"),
    ],
)
def test_a_moment_is_written_with_the_shops_own_offset(at: datetime, text: str) -> None:
    assert iso(at) == text
    assert parse_iso(text) == at.astimezone(UTC).replace(microsecond=0)
    assert iso(parse_iso(text)) == text


def test_the_hour_that_comes_twice_in_autumn_is_told_apart() -> None:
    first, second = parse_iso("2026-10-25T02:30:00+02:00"), parse_iso("2026-10-25T02:30:00+01:00")
    assert (second - first).total_seconds() == 3600


def test_a_moment_without_an_offset_is_a_mistake_of_the_program() -> None:
    with pytest.raises(AssertionError):
        iso(datetime(2027, 2, 1))  # noqa: DTZ001 -- what must not be taken
    with pytest.raises(AssertionError):
        parse_iso("2027-02-01T08:00:00")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (172_799, "47 h"),
     (172_800, "2 d")],
)  # fmt: skip
def test_an_age_is_told_in_the_largest_fitting_unit(seconds: int, text: str) -> None:
    assert age_text(seconds) == text
