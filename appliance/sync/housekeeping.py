"""What the daemon forgets: answers of sales that are done, after as many days as are set (decisions/0011)."""

import logging
from datetime import timedelta

from appliance.domain.clock import iso
from appliance.service.shop import Shop
from appliance.store import fiscal

log = logging.getLogger(__name__)

BATCH = 100
REST_S = 1.0
LOOK_S = 6 * 3600.0


class AnswerShelf:
    """One thread calls `step`."""

    def __init__(self, shop: Shop, *, kept: timedelta) -> None:
        self._shop = shop
        self._kept = kept

    def step(self) -> float:
        """Forget a few. Returns how long there is nothing to do, in seconds."""
        before = iso(self._shop.now() - self._kept)
        with self._shop.mark() as tables:
            forgotten = fiscal.forget_answers(tables, before=before, limit=BATCH)
        if forgotten:
            log.info("EET: %d kept answers older than %s forgotten", forgotten, before)
        return REST_S if forgotten == BATCH else LOOK_S
