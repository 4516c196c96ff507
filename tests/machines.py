"""A machine whose clock, uptime, NTP and RTC are what a test says."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from appliance.domain.clock import Machine

START_OF_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class VirtualMachine:
    """Time passes when told. `wall` is what the machine's own clock shows, right or wrong."""

    wall: datetime = START_OF_UNIX
    up_s: float = 20.0
    boot: str = "boot-1"
    synchronised: bool = False
    rtc: datetime | None = None

    def __call__(self, *, rtc: bool) -> Machine:
        return Machine(self.boot, round(self.up_s * 1000), self.wall, self.synchronised, self.rtc if rtc else None)

    def wait(self, seconds: float) -> None:
        self.up_s += seconds
        self.wall += timedelta(seconds=seconds)
        if self.rtc is not None:
            self.rtc += timedelta(seconds=seconds)

    def reboot(self, boot: str, *, wall: datetime = START_OF_UNIX, up_s: float = 20.0) -> None:
        """Off and on again: without an RTC the clock has forgotten everything."""
        self.boot, self.up_s, self.wall, self.synchronised = boot, up_s, wall, False

    def ntp(self, true: datetime) -> None:
        self.wall, self.synchronised = true, True
