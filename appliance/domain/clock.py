"""Time in a shop: texts with the shop's own offset, and which clock counts on a machine that may have none.

Sync.md §8. Nothing here asks a clock; what the machine says arrives as an argument.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START_OF_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)  # this program is no older
LATEST = datetime(2046, 11, 1, tzinfo=UTC)  # a device shows more than this only when its clock is wrong
RTC_AGREES = timedelta(seconds=5)
NTP = "ntp"
RTC = "rtc"
CASHIER = "cashier"


def iso(at: datetime) -> str:
    """An aware moment as ISO 8601 to the second, with its offset."""
    assert at.tzinfo is not None
    return at.isoformat(timespec="seconds")


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


@dataclass(frozen=True)
class Machine:
    """What the machine says: how long it has been up, its clock, whether NTP keeps that, and its RTC if it has one."""

    boot: str
    up_ms: int
    wall: datetime
    synchronised: bool
    rtc: datetime | None = None


@dataclass(frozen=True)
class BootClock:
    """What counts since one start of the machine, the same for all processes.

    Without a `true_source`, `up_ms` milliseconds after the start it was `at`. With one the machine's own clock counts,
    and it does so until the machine is switched off, also when NTP is lost again. `confirmed`: a person said what time
    it is.
    """

    boot: str
    at: datetime
    up_ms: int
    true_source: str = ""
    confirmed: bool = False


def is_plausible(at: datetime) -> bool:
    return EARLIEST <= at <= LATEST


def may_be_past(at: datetime) -> bool:
    """Whether a till can have kept this moment; what is beyond stems from a damaged file or a wrong clock."""
    return START_OF_UNIX <= at <= LATEST


def true_source(machine: Machine) -> str:
    """Why the machine's clock is true: NTP keeps it, or it was set from an RTC that kept time. '' when it is not."""
    if machine.synchronised:
        return NTP
    if machine.rtc is not None and is_plausible(machine.rtc) and abs(machine.rtc - machine.wall) <= RTC_AGREES:
        return RTC
    return ""


def clock_at_boot(machine: Machine, *, saved: datetime | None, last_document: datetime | None) -> BootClock:
    """True time if there is any, else the later of what was saved and the last document, from the machine's start on.

    A till with no past at all believes the machine's clock if it can be right at all.
    """
    source = true_source(machine)
    if source:
        return BootClock(machine.boot, machine.wall, machine.up_ms, true_source=source)
    past = [at for at in (saved, last_document) if at is not None and may_be_past(at)]
    if past:
        return BootClock(machine.boot, max(past), 0)
    if is_plausible(machine.wall):
        return BootClock(machine.boot, machine.wall, machine.up_ms)
    return BootClock(machine.boot, EARLIEST, 0)


def moment(kept: BootClock, machine: Machine) -> datetime:
    """What time it is."""
    if kept.true_source or machine.synchronised:
        return machine.wall
    return counted(kept, machine)


def counted(kept: BootClock, machine: Machine) -> datetime:
    """What time it is by the kept moment and the time that has passed since."""
    return kept.at + timedelta(milliseconds=machine.up_ms - kept.up_ms)


def is_verified(kept: BootClock, machine: Machine) -> bool:
    return bool(kept.true_source) or machine.synchronised
