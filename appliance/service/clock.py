"""The till's clock as people and the daemon deal with it: confirmed once per start, corrected once (sync.md §8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from appliance.domain.clock import CASHIER, is_plausible, iso
from appliance.domain.journal import ClockCorrected, Kind
from appliance.service.errors import Refused, StoreFailed
from appliance.service.shop import Shop
from appliance.store import journal, queues

CORRECTED_NOTE = "clock_corrected"  # {"boot": …}: the start of the machine whose clock was corrected last
TOLD_FROM = timedelta(seconds=2)  # a smaller difference is no correction
SET_FROM = timedelta(seconds=60)  # a person says the minute, not the second


@dataclass(frozen=True)
class Correction:
    """True time has come: until now the till counted `before`. `source`: ntp, rtc."""

    before: datetime
    after: datetime
    source: str


class TillClock(Protocol):
    """The one clock of all processes of a till."""

    def unconfirmed(self) -> bool:
        """Whether nobody and nothing has said in this start of the machine what time it is."""
        ...

    def confirm(self, at: datetime) -> None:
        """From now on it is `at`, until true time comes. Raises OSError."""
        ...

    def correction(self) -> Correction | None:
        """True time that has come since the start and is not settled yet."""
        ...

    def settle(self, correction: Correction) -> None:
        """It is journalled: from now on the machine's own clock counts. Raises OSError."""
        ...

    def save(self) -> None:
        """Keep the time for the next start. Raises OSError."""
        ...


def clock_to_confirm(shop: Shop) -> datetime | None:
    """What to propose to the cashier, who sells meanwhile; None when there is nothing to ask."""
    return shop.now() if shop.till_clock and shop.till_clock.unconfirmed() else None


def confirm_clock(shop: Shop, at: datetime) -> None:
    """The cashier says what time it is; documents stay marked as unverified. Raises Refused("clock"), StoreFailed.

    An earlier time than that of the last document is taken too: the clock may have been ahead.
    """
    if shop.till_clock is None or at.tzinfo is None or not is_plausible(at):
        raise Refused("clock")
    before = shop.now()
    changed = abs(at - before) >= SET_FROM
    if changed:  # told before it counts, as true time is: the clock is never another one without a row that says so
        body = ClockCorrected(before=iso(before), after=iso(at), source=CASHIER)
        with shop.fact() as tables:
            journal.append(tables, Kind.CLOCK_CORRECTED, body, doc_id=shop.new_id(), at=iso(at))
    try:
        shop.till_clock.confirm(at if changed else before)
    except OSError as error:
        raise StoreFailed(str(error)) from error
    shop.wake("sync", "ui")


def correct_clock(shop: Shop, clock: TillClock) -> bool:
    """Journal the coming of true time, once per start. True when it has come just now. Raises OSError, StoreFailed."""
    found = clock.correction()
    if found is None:
        return False
    body = ClockCorrected(before=iso(found.before), after=iso(found.after), source=found.source)
    with shop.fact() as tables:
        told = (queues.note(tables, CORRECTED_NOTE) or {}).get("boot") == shop.boot
        if not told and abs(found.after - found.before) >= TOLD_FROM:
            journal.append(tables, Kind.CLOCK_CORRECTED, body, doc_id=shop.new_id(), at=iso(found.after))
        queues.set_note(tables, CORRECTED_NOTE, {"boot": shop.boot}, at=iso(found.after))
    clock.settle(found)
    shop.wake("ui", "print")
    return True
