"""A fork: the Backoffice holds other rows where ours want to stand, because two devices went on with one journal.

Both branches are kept. Our documents go on in a new epoch, whose parent is the last row both branches have; those made
after it stand there again under their own doc_ids. That takes many short transactions, sales coming in between; a note
says how far it is, so it goes on after a crash at any of them.
"""

import logging
import time
from collections.abc import Callable

from appliance.domain.clock import iso
from appliance.service.shop import Shop
from appliance.store import branches, journal, pull, sales

log = logging.getLogger(__name__)

COPIED_AT_ONCE = 50  # a step holds the write lock for well under 50 ms, also on a slow card
REST_S = 0.05  # SQLite's waiting is not fair: a sale gets its turn between two steps


class NotHere(LookupError):
    """The Backoffice speaks of a row this till does not have."""


def branch_off(shop: Shop, epoch: str, seq: int, *, new_epoch: Callable[[], str]) -> None:
    """A new epoch for what stands at (epoch, seq) and after it. Raises NotHere."""
    at = iso(shop.now())
    if journal.place_of(shop.tables, epoch, seq) is None:
        raise NotHere(f"row {seq} is not here")
    lost = branches.losing(shop.tables, epoch, seq)
    with shop.fact() as tables:
        till = journal.the_till(tables)
        shift = sales.open_shift(tables)
        journal.open_epoch(
            tables,
            epoch=new_epoch(),
            reason="fork",
            doc_id=shop.new_id(),
            at=at,
            board_serial=till.board_serial,
            open_shift=shift.shift_id if shift else "",
            # an old branch that was brought in may fork too; then the till's own line goes on where it is
            parent=branches.last_common(tables, epoch, seq) if till.epoch in lost else None,
        )
        branches.begin_copy(tables, lost, at=at)
        journal.ack(tables, min(till.acked_row, branches.first_lost(tables, lost) - 1))  # shown again, as lost
        pull.pull_anew(tables)
    log.error("upload: the journal forked at row %s; a new epoch goes on", seq)
    finish_copy(shop)


def finish_copy(shop: Shop) -> None:
    """Whatever of lost rows does not stand in the new epoch yet."""
    while copy := branches.copy_under_way(shop.tables):
        rows = branches.rows_to_copy(shop.tables, copy, limit=COPIED_AT_ONCE)
        begun = time.monotonic()
        with shop.fact() as tables:
            if rows:
                branches.copy_rows(tables, rows, copy, at=iso(shop.now()))
            else:
                branches.end_copy(tables)
        if len(rows) == COPIED_AT_ONCE:
            time.sleep(max(REST_S, time.monotonic() - begun))
