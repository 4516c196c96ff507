"""A network with whatever services a test puts there."""

from collections.abc import Sequence

from drivers.ports import FoundService


class VirtualFinder:
    """Stands for the mDNS finder; `services` may be changed at any time."""

    def __init__(self, services: Sequence[FoundService] = ()) -> None:
        self.services = list(services)
        self.asked = 0

    def find(self, *, within_s: float, key_mark: str = "") -> list[FoundService]:
        """At once, whatever time is allowed."""
        assert within_s > 0
        self.asked += 1
        return sorted(self.services, key=lambda each: (each.key_mark != key_mark, each.name, each.host))
