"""How near the end of the EET certificate is (sync.md §3: alarms 30, 14 and 3 days before)."""

from datetime import datetime, timedelta
from enum import StrEnum


class ExpiryLevel(StrEnum):
    """From nothing to do to everything too late."""

    NONE = "none"  # there is no certificate
    NOT_YET_VALID = "not_yet_valid"  # often a wrong clock
    OK = "ok"
    NOTICE = "notice"
    WARNING = "warning"
    URGENT = "urgent"
    EXPIRED = "expired"


ALARMS = ((3, ExpiryLevel.URGENT), (14, ExpiryLevel.WARNING), (30, ExpiryLevel.NOTICE))
"""Days left and what that means, the most pressing first."""

_DAY = timedelta(days=1)


def expiry_level(*, valid_from: datetime, valid_to: datetime, now: datetime) -> ExpiryLevel:
    """A certificate is valid up to and including its last moment."""
    if now > valid_to:
        return ExpiryLevel.EXPIRED
    if now < valid_from:
        return ExpiryLevel.NOT_YET_VALID
    left = valid_to - now
    return next((level for days, level in ALARMS if left <= days * _DAY), ExpiryLevel.OK)


def days_left(*, valid_to: datetime, now: datetime) -> int:
    """Whole days until the end; below zero afterwards."""
    return (valid_to - now) // _DAY
