"""When to try again: retry delays as pure functions of the attempt and a random number.

Delays are whole milliseconds, random numbers whole millionths: 0 to 999 999.
"""

from collections.abc import Sequence
from enum import StrEnum

MS_PER_S = 1000
RANDOM_LIMIT = 1_000_000
UPLOAD_DELAY_MS_MIN = 1 * MS_PER_S
UPLOAD_DELAY_MS_MAX = 15 * 60 * MS_PER_S
JITTER_PERCENT = 20


class FiscalState(StrEnum):
    """Where a fiscal record stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    VERIFIED_ONLY = "verified_only"
    PARKED = "parked"


class Lateness(StrEnum):
    """How late a live sale is reported; the law allows 48 hours."""

    NONE = "none"
    LATE = "late"
    URGENT = "urgent"
    OVERDUE = "overdue"


LATENESS_FROM_S = (
    (48 * 3600, Lateness.OVERDUE),
    (40 * 3600, Lateness.URGENT),
    (24 * 3600, Lateness.LATE),
)
"""The age of the oldest live sale without a code from which on it is so late."""


class PrintState(StrEnum):
    WAITING = "waiting"
    STARTED = "started"
    DONE = "done"
    ASK = "ask"  # was started and did not finish: the cashier decides
    DROPPED = "dropped"


def upload_delay_ms(attempt: int, *, random: int) -> int:
    """Exponential backoff with full jitter; `attempt` counts failures from 1."""
    assert attempt >= 1
    assert 0 <= random < RANDOM_LIMIT
    ceiling = min(UPLOAD_DELAY_MS_MAX, UPLOAD_DELAY_MS_MIN << min(attempt, 20))
    return max(UPLOAD_DELAY_MS_MIN, ceiling * random // RANDOM_LIMIT)


def lateness(age_s: int) -> Lateness:
    """Of the oldest live sale that is not reported."""
    return next((level for from_s, level in LATENESS_FROM_S if age_s >= from_s), Lateness.NONE)


def eet_delay_ms(attempt: int, schedule_ms: Sequence[int], *, random: int) -> int:
    """The wait after the n-th failed attempt: the schedule's entries, then its last one with ± 20 % jitter."""
    assert attempt >= 1
    assert schedule_ms
    assert 0 <= random < RANDOM_LIMIT
    if attempt < len(schedule_ms):
        return schedule_ms[attempt - 1]
    last_ms = schedule_ms[-1]
    jitter_ms_max = last_ms * JITTER_PERCENT // 100
    return last_ms - jitter_ms_max + 2 * jitter_ms_max * random // RANDOM_LIMIT
