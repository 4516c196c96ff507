"""How one endpoint of the tax office stands: whether records may go out, or one of them probes (sync.md §3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.domain.fiscal import Dialect, Mode
from appliance.eet.outcome import Reason
from appliance.service.status import channel_name

Key = tuple[Dialect, Mode]

SOMEBODY_ELSE_ANSWERS = frozenset(
    f"channel:{reason}" for reason in (Reason.CODE_4, Reason.UNKNOWN_SIGNER, Reason.TEST_ANSWER, Reason.LIVE_ANSWER)
)
"""Faults a person must end: who answers wrongly is told no more sales than the probe. All others are of the line."""


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
        """Whether a sale never tried may go out now. The newest one finds out whether the line is back."""
        return not self.fault or (self.fault not in SOMEBODY_ELSE_ANSWERS and made > self.tried)

    def still(self, reason: Reason) -> str:
        """The fault after a probe that proved nothing: what the line does now, or what only a person can end."""
        return self.fault if self.fault in SOMEBODY_ELSE_ANSWERS else f"channel:{reason}"

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


def faults_by_name(channels: Mapping[Key, Channel]) -> dict[str, str]:
    """Which channels are faulty, under the names the paper asks by."""
    return {channel_name(*key): channel.fault for key, channel in channels.items() if channel.fault}
