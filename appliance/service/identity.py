"""Who this till is: made by itself at first start, without asking anybody (sync.md §1)."""

from collections.abc import Callable

from appliance.store import journal, pull, sales
from appliance.store.db import Store


def ensure_identity(
    store: Store, *, new_id: Callable[[], str], new_epoch: Callable[[], str], prefix: str, board_serial: str, at: str
) -> None:
    """At first start an identity and the first epoch; on another board (a copied card) a new epoch.

    `board_serial` is '' where the machine has none, or does not say it yet; then a move cannot be seen. One that is
    read later is learned.
    """
    till = journal.load_till(store.tables)
    if till is not None and till.epoch and not _moved(till.board_serial, board_serial):
        if board_serial and not till.board_serial:
            with store.fact() as tables:
                journal.learn_board(tables, board_serial)
        return
    with store.fact() as tables:
        till = journal.load_till(tables)
        if till is None:
            journal.found_till(tables, till_id=new_id(), prefix=prefix, board_serial=board_serial)
            reason = "first_start"
        elif till.epoch and not _moved(till.board_serial, board_serial):
            return
        else:
            reason = "other_board" if till.epoch else "first_start"
            pull.pull_anew(tables)
        shift = sales.open_shift(tables)
        journal.open_epoch(
            tables,
            epoch=new_epoch(),
            reason=reason,
            doc_id=new_id(),
            at=at,
            board_serial=board_serial,
            open_shift=shift.shift_id if shift else "",
        )


def _moved(known: str, found: str) -> bool:
    return bool(known) and bool(found) and known != found
