"""Time in a shop: texts with the shop's own offset, and days."""

from datetime import datetime


def iso(at: datetime) -> str:
    """An aware moment as ISO 8601 to the second, with its offset."""
    assert at.tzinfo is not None
    return at.replace(microsecond=0).isoformat()


def parse_iso(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    assert at.tzinfo is not None
    return at


def age_text(seconds: int) -> str:
    """How long something waits, short: `40 s`, `12 min`, `3 h`, `2 d`."""
    whole = max(0, seconds)
    for limit, divisor, unit in ((60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h")):
        if whole < limit:
            return f"{whole // divisor} {unit}"
    return f"{whole // 86400} d"
