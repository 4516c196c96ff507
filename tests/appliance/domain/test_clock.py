from datetime import UTC, datetime, timedelta

import pytest

from appliance.domain.clock import (
    EARLIEST,
    LATEST,
    Machine,
    age_text,
    clock_at_boot,
    is_verified,
    iso,
    moment,
    parse_iso,
    true_source,
)
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


NOON = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("wall", "saved", "document", "expected"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), NOON, None, NOON),
        (datetime(1970, 1, 1, tzinfo=UTC), NOON, NOON + HOUR, NOON + HOUR),
        (datetime(1970, 1, 1, tzinfo=UTC), NOON, NOON - HOUR, NOON),
        (datetime(2099, 1, 1, tzinfo=UTC), NOON, None, NOON),
        (NOON + 5 * HOUR, NOON, None, NOON),  # not known to be true, so it does not count
        (datetime(1970, 1, 1, tzinfo=UTC), None, None, EARLIEST),
        (datetime(2099, 1, 1, tzinfo=UTC), None, None, EARLIEST),
        (NOON, None, None, NOON),
    ],
)
def test_without_a_true_clock_the_past_counts(
    wall: datetime, saved: datetime | None, document: datetime | None, expected: datetime
) -> None:
    machine = Machine("b", 0, wall, synchronised=False)
    kept = clock_at_boot(machine, saved=saved, last_document=document)
    assert moment(kept, machine) == expected
    assert not is_verified(kept, machine)


@pytest.mark.parametrize(
    ("machine", "source"),
    [
        (Machine("b", 0, NOON, synchronised=True), "ntp"),
        (Machine("b", 0, NOON, synchronised=False), ""),
        (Machine("b", 0, NOON, synchronised=False, rtc=NOON + timedelta(seconds=4)), "rtc"),
        (Machine("b", 0, NOON, synchronised=False, rtc=NOON - HOUR), ""),
        (Machine("b", 0, EARLIEST - HOUR, synchronised=False, rtc=EARLIEST - HOUR), ""),
        (Machine("b", 0, LATEST + HOUR, synchronised=False, rtc=LATEST + HOUR), ""),
    ],
)
def test_what_makes_a_clock_true(machine: Machine, source: str) -> None:
    assert true_source(machine) == source
    assert is_verified(clock_at_boot(machine, saved=NOON + HOUR, last_document=None), machine) == bool(source)
