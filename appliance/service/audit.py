"""The owner's and the technician's look at the journal: does the chain hold, and is it anchored (B5)."""

from dataclasses import dataclass

from appliance.domain.journal import FIRST_PREV_HASH, head_hex, row_verifies
from appliance.service.shop import Shop
from appliance.store import journal

BATCH_ROWS = 500


@dataclass(frozen=True)
class Verdict:
    """`broken_at` is the first bad row as `epoch/seq`, '' if none. `anchored`: None when no head was given."""

    rows: int
    head_seq: int
    head: str
    broken_at: str
    anchored: bool | None
    anchored_seq: int


def verify_journal(shop: Shop, *, head_seq: int = 0, head: str = "") -> Verdict:
    """Read every row of every epoch; look for one head from paper, if given."""
    place, rows, broken = 0, 0, ""
    epoch, seq, previous = "", 0, FIRST_PREV_HASH
    anchored = False if head else None
    while batch := journal.rows_after(shop.tables, place, limit=BATCH_ROWS):
        for stored in batch:
            row = stored.row
            if row.epoch != epoch:
                epoch, seq, previous = row.epoch, 0, FIRST_PREV_HASH
            if not broken and (row.seq != seq + 1 or row.prev_hash != previous or not row_verifies(row)):
                broken = f"{row.epoch}/{row.seq}"
            seq, previous = row.seq, row.hash
            rows += 1
            if head and row.seq == head_seq and head_hex(row.hash) == head:
                anchored = True
        place = batch[-1].place
    till = journal.the_till(shop.tables)
    return Verdict(rows, till.head_seq, head_hex(till.head_hash), broken, anchored, head_seq if anchored else 0)
