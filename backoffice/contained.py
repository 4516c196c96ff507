"""How much of a till's journal a page that it pulls already contains (`as_of`, sync.md, section 5)."""

from collections.abc import Sequence

from appliance.wire import Position
from backoffice.projected import FORKED, Place
from backoffice.tables import Tables


class CursorAhead(ValueError):
    """The till has a version that was never given here: this database was restored from an older backup."""


def contained(tables: Tables, place: Place, epochs: Sequence[str]) -> Position | None:
    """The last row held of the first epoch of which any is held; in the snapshot that the page itself is read in."""
    held = tables.journal_row
    for epoch in epochs:
        here = (held.c.account_id == place.account_id) & (held.c.till_id == place.till_id) & (held.c.epoch == epoch)
        row = tables.first(held.select(held.c.seq).where(here & (held.c.state != FORKED)).order_by(held.c.seq.desc()))
        if row is not None:
            return Position(epoch=epoch, seq=row["seq"])
    return None
