"""The daemon's backups: once a day, and after each closing."""

import logging
from datetime import datetime, timedelta

from appliance.domain.clock import parse_iso
from appliance.service.backup import BACKUP_NOTE, BackupPlan, NoBackup, make_backup
from appliance.service.errors import StoreFailed
from appliance.service.shop import Shop
from appliance.store import queues, sales

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
LOOK_S = 60.0
AGAIN_S = 3600.0  # after a failure


class BackupKeeper:
    """One thread calls `step`."""

    def __init__(self, shop: Shop, plan: BackupPlan) -> None:
        self._shop = shop
        self._plan = plan
        self._failed_at: datetime | None = None

    def step(self) -> float:
        """Returns how long there is nothing to do, in seconds."""
        if self._failed_at and abs(self._shop.now() - self._failed_at).total_seconds() < AGAIN_S:
            return LOOK_S  # every sale wakes the daemon: a copy of the whole database is not tried with each
        self._failed_at = None
        if not self._is_due():
            return LOOK_S
        try:
            for made in make_backup(self._shop, self._plan):
                log.info("backup: %s, %d bytes", made.path, made.size_bytes)
        except (NoBackup, StoreFailed) as error:
            log.error("backup: none could be made: %s", error)
            self._failed_at = self._shop.now()
            return AGAIN_S
        return LOOK_S

    def _is_due(self) -> bool:
        last = queues.note(self._shop.tables, BACKUP_NOTE)
        if last is None:
            return True
        shift = sales.last_closed_shift(self._shop.tables)
        age = abs(self._shop.now() - parse_iso(last["at"]))  # a clock that went back makes no pause of years
        return age >= EVERY or last["shift"] != (shift.shift_id if shift else "")
