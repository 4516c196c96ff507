"""When to try again: retry delays as pure functions of the attempt and a random number."""

from collections.abc import Sequence
from enum import StrEnum

UPLOAD_DELAY_S_MIN = 1
UPLOAD_DELAY_S_MAX = 15 * 60
JITTER_PERCENT = 20


class FiscalState(StrEnum):
    """Where a fiscal record stands."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    VERIFIED_ONLY = "verified_only"
    PARKED = "parked"


class PrintState(StrEnum):
    WAITING = "waiting"
    STARTED = "started"
    DONE = "done"
    ASK = "ask"  # was started and did not finish: the cashier decides
    DROPPED = "dropped"


def upload_delay_s(attempt: int, *, random: float) -> float:
    """Exponential backoff with full jitter; `attempt` counts failures from 1, `random` is in [0, 1)."""
    assert attempt >= 1
    ceiling = min(UPLOAD_DELAY_S_MAX, UPLOAD_DELAY_S_MIN << min(attempt, 20))
    return max(float(UPLOAD_DELAY_S_MIN), ceiling * random)


def eet_delay_s(attempt: int, schedule_s: Sequence[int], *, random: float) -> float:
    """The wait after the n-th failed attempt: the schedule's entries, then its last one with ± 20 % jitter."""
    assert attempt >= 1
    assert schedule_s
    if attempt < len(schedule_s):
        return float(schedule_s[attempt - 1])
    spread = schedule_s[-1] * JITTER_PERCENT * (2 * random - 1)
    return schedule_s[-1] + spread * 0.01
