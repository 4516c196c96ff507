"""A backup becomes the till's database: it is looked at, and a new epoch goes on from it (decisions/0014)."""

from collections.abc import Callable

from appliance.service.errors import Refused
from appliance.service.incoming import OTHER_BOOT
from appliance.service.replacement import DOWNLOAD_NOTE
from appliance.store import identity, journal, pull, queues, sales
from appliance.store.db import Store

REASON = "restore"


def go_on(store: Store, *, new_id: Callable[[], str], epoch: str, at: str, letters: str = "") -> str:
    """A new epoch with a series of its own, in one step; what the Backoffice holds beyond the backup is fetched when it
    answers. Returns the series. Raises Refused("series_used")."""
    with store.fact() as tables:
        till = journal.the_till(tables)
        shift = sales.open_shift(tables)
        try:
            journal.open_epoch(
                tables,
                epoch=epoch,
                reason=REASON,
                doc_id=new_id(),
                at=at,
                board_serial="",  # whichever board it is: the next start writes it down
                open_shift=shift.shift_id if shift else "",
                letters=letters,
            )
        except journal.SeriesUsed as error:
            raise Refused("series_used") from error
        assert till.epoch, "a backup has been a till before"
        identity.came_from_elsewhere(tables, boot=OTHER_BOOT)
        pull.pull_anew(tables)
        queues.set_note(tables, DOWNLOAD_NOTE, {"mode": REASON}, at=at)
        return journal.the_till(tables).series
