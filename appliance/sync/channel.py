"""How one endpoint of the tax office stands: whether records may go out, or one of them probes (sync.md §3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.domain.fiscal import Dialect, Mode

Key = tuple[Dialect, Mode]

NOBODY_ANSWERS = frozenset({"channel:connect", "channel:dns", "channel:tls"})
"""Faults of the line: nothing was sent. The next sale finds out whether the line is back, it waits for no probe."""


@dataclass
class Channel:
    """`fault` is '' or a machine word. While there is one, only `probe_at` lets a record through, one at a time.

    `tried` is the newest record that failed here: when it was made, and its number.
    """

    fault: str = ""
    probe_at: float = 0.0  # monotonic seconds
    probes: int = 0
    tried: tuple[str, str] = ("", "")

    def fails(self, fault: str, made: tuple[str, str], *, now: float, delay_s: Callable[[int], float]) -> None:
        """A record did not get through, and none would have."""
        self.probes += 1
        self.fault = fault
        self.probe_at = now + delay_s(self.probes)
        self.tried = max(self.tried, made)

    def takes(self, made: tuple[str, str]) -> bool:
        """Whether a sale never tried may go out now: not while somebody answers who should not be told more."""
        return not self.fault or (self.fault in NOBODY_ANSWERS and made > self.tried)

    def works(self) -> bool:
        """A record got through. Returns whether that is news."""
        news = bool(self.fault)
        self.fault, self.probes, self.probe_at, self.tried = "", 0, 0.0, ("", "")
        return news

    def hurry(self) -> None:
        """The next record is tried at once."""
        self.probe_at = 0.0


def worst_fault(channels: Mapping[Key, Channel]) -> str:
    """The fault a person is told first: that of live sales before any other; '' when nothing is wrong."""
    faulty = [key for key, channel in channels.items() if channel.fault]
    return channels[min(faulty, key=lambda key: (key[1] is not Mode.LIVE, key))].fault if faulty else ""
