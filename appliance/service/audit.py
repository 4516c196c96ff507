"""The owner's and the technician's look at the journal: does the chain hold, and is it anchored (B5)."""

from dataclasses import dataclass

from appliance.domain.codec import CodecError
from appliance.domain.journal import FIRST_PREV_HASH, Deferred, EpochOpened, Row, head_hex, read_body, row_verifies
from appliance.service.shop import Shop
from appliance.store import journal

BATCH_ROWS = 500


@dataclass(frozen=True)
class Verdict:
    """`database` is SQLite's own verdict, `ok` or the first fault. `broken_at` is the first bad row as `epoch/seq`, ''
    if none. `anchored`: None when no head was given.
    """

    database: str
    rows: int
    head_seq: int
    head: str
    broken_at: str
    anchored: bool | None


def verify_journal(shop: Shop, *, head_seq: int = 0, head: str = "") -> Verdict:
    """Read every row of every epoch; look for one head from paper, if given.

    The till's own head must be among them: rows cut off at the end are missed too.
    """
    till = journal.the_till(shop.tables)
    place, rows, broken, whole = 0, 0, "", False
    before: Row | None = None
    anchored = False if head else None
    while batch := journal.rows_after(shop.tables, place, limit=BATCH_ROWS):
        for stored in batch:
            row = stored.row
            if not broken and not (_follows(row, before) and row_verifies(row)):
                broken = f"{row.epoch}/{row.seq}"
            whole = whole or (row.epoch, row.seq, row.hash) == (till.epoch, till.head_seq, till.head_hash)
            before = row
            rows += 1
            if head and row.seq == head_seq and head_hex(row.hash) == head:
                anchored = True
        place = batch[-1].place
    if not broken and not whole:
        broken = f"{till.epoch}/{till.head_seq}"
    return Verdict(
        database=shop.store.integrity(),
        rows=rows,
        head_seq=till.head_seq,
        head=head_hex(till.head_hash),
        broken_at=broken,
        anchored=anchored,
    )


def _follows(row: Row, before: Row | None) -> bool:
    """Whether a row continues the one before it, or opens an epoch that names it as its parent."""
    if before is not None and row.epoch == before.epoch:
        return row.seq == before.seq + 1 and row.prev_hash == before.hash
    if row.seq != 1 or row.prev_hash != FIRST_PREV_HASH:
        return False
    try:
        body = read_body(row.kind, row.v, row.body)
    except CodecError:
        return False
    if isinstance(body, Deferred):
        return True
    parent = (before.epoch, before.seq, before.hash.hex()) if before else ("", 0, "")
    return isinstance(body, EpochOpened) and (body.parent_epoch, body.parent_seq, body.parent_hash) == parent
