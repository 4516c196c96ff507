"""What the daemon says in the log when sales stay unreported for too long; the screen reads the same from status."""

import logging

from appliance.domain.delivery import Lateness
from appliance.service.shop import Shop
from appliance.service.status import till_status

log = logging.getLogger(__name__)


class LatenessAlarm:
    """Speaks when the level changes, not each time it looks."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._said = Lateness.NONE

    def check(self) -> None:
        eet = till_status(self._shop).eet
        if eet.lateness == self._said:
            return
        self._said = eet.lateness
        if eet.lateness == Lateness.NONE:
            log.info("EET: no live sale waits for longer than a day any more")
        else:
            log.error(
                "EET: a live sale is unreported for %d h (%s; the law allows 48): %d wait, %d parked",
                eet.late_age_s // 3600,
                eet.lateness,
                eet.waiting,
                eet.parked,
            )
