"""The owner's and the technician's look at the journal: does the chain hold, and is it anchored (B5)."""

from collections.abc import Iterator
from dataclasses import dataclass

from appliance.domain.codec import CodecError
from appliance.domain.journal import FIRST_PREV_HASH, Deferred, EpochOpened, Row, head_hex, read_body, row_verifies
from appliance.service.shop import Shop
from appliance.store import branches, journal
from appliance.store.tables import Tables

BATCH_ROWS = 500


@dataclass(frozen=True)
class Verdict:
    """`database` is SQLite's own verdict, `ok` or the first fault. `broken_at` is the first bad row as `epoch/seq`, ''
    if none. `anchored`: None when no head was given.

    `lost`: from which rows (`epoch/seq`) on another branch counts; their documents stand again in a later epoch.
    `partial`: epochs of another device of which only some rows were taken over; they are not checked for gaps, and the
    row that such an epoch goes on after may be missing.
    """

    database: str
    rows: int
    head_seq: int
    head: str
    broken_at: str
    anchored: bool | None
    lost: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()


def verify_journal(shop: Shop, *, head_seq: int = 0, head: str = "") -> Verdict:
    """Read every row of every epoch; look for one head from paper, if given.

    The till's own head must be among them: rows cut off at the end are missed too.
    """
    tables = shop.tables
    till = journal.the_till(tables)
    partial = branches.partial_epochs(tables)
    rows, broken, whole = 0, "", False
    anchored = False if head else None
    for epoch in journal.epochs(tables):
        before: Row | None = None
        for row in _rows_of(tables, epoch):
            if not broken and not (_follows(tables, row, before, partial=partial) and row_verifies(row)):
                broken = f"{row.epoch}/{row.seq}"
            whole = whole or (row.epoch, row.seq, row.hash) == (till.epoch, till.head_seq, till.head_hash)
            before = row
            rows += 1
            if head and row.seq == head_seq and head_hex(row.hash) == head:
                anchored = True
    if not broken and not whole:
        broken = f"{till.epoch}/{till.head_seq}"
    return Verdict(
        database=shop.store.integrity(),
        rows=rows,
        head_seq=till.head_seq,
        head=head_hex(till.head_hash),
        broken_at=broken,
        anchored=anchored,
        lost=tuple(f"{epoch}/{seq}" for epoch, seq in sorted(branches.lost_rows(tables).items())),
        partial=tuple(sorted(partial)),
    )


def _rows_of(tables: Tables, epoch: str) -> Iterator[Row]:
    seq = 0
    while batch := journal.rows_of_epoch(tables, epoch, after_seq=seq, limit=BATCH_ROWS):
        yield from (stored.row for stored in batch)
        seq = batch[-1].row.seq


def _follows(tables: Tables, row: Row, before: Row | None, *, partial: frozenset[str]) -> bool:
    """Whether a row continues the one before it in its epoch, or opens an epoch that names a row held as its parent."""
    if before is not None and row.seq == before.seq + 1:
        return row.prev_hash == before.hash
    if row.epoch in partial and row.seq > 1:
        return True
    if before is not None or row.seq != 1 or row.prev_hash != FIRST_PREV_HASH:
        return False
    try:
        body = read_body(row.kind, row.v, row.body)
    except CodecError:
        return False
    if isinstance(body, Deferred):
        return True
    return isinstance(body, EpochOpened) and _parent_is_known(tables, row.epoch, body, partial=partial)


def _parent_is_known(tables: Tables, epoch: str, body: EpochOpened, *, partial: frozenset[str]) -> bool:
    if not body.parent_epoch:
        return (body.parent_seq, body.parent_hash) == (0, "")
    lost_from = branches.lost_rows(tables).get(body.parent_epoch)
    if lost_from is not None and lost_from <= body.parent_seq:
        return True  # it went on after one of the two branches; only one of them is here
    parent = journal.row_at(tables, body.parent_epoch, body.parent_seq)
    if parent is None:
        # what came of another device's epochs is the rows of one shift: the epoch before may have none of them
        return body.parent_epoch in partial or epoch in partial
    return parent.row.hash.hex() == body.parent_hash
