"""The daemon's care for the clock: true time is noticed and journalled, and the time is kept for the next start."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from appliance.service.clock import TillClock, correct_clock
from appliance.service.errors import StoreFailed
from appliance.service.shop import Shop

log = logging.getLogger(__name__)

LOOK_S = 5.0
SAVE_S = 60.0


class ClockKeeper:
    def __init__(self, shop: Shop, clock: TillClock, *, monotonic: Callable[[], float]) -> None:
        self._shop = shop
        self._clock = clock
        self._monotonic = monotonic
        self._save_at = monotonic() + SAVE_S

    def step(self) -> float:
        """Returns how long there is nothing to do, in seconds."""
        with self._told():
            if correct_clock(self._shop, self._clock) or self._monotonic() >= self._save_at:
                self._save()
        return LOOK_S

    def stop(self) -> None:
        """The last moment that is known before the machine may be switched off."""
        with self._told():
            self._save()

    def _save(self) -> None:
        self._save_at = self._monotonic() + SAVE_S
        self._clock.save()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A full disk stops nothing here: the next look tries again."""
        try:
            yield
        except (OSError, StoreFailed) as error:
            log.warning("the time cannot be kept: %s", error)
