"""What a batch of a till does to the price list and the stock, written at once after its rows.

Locks are taken in the order till, warehouses, account; the first is the caller's.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from appliance.domain.journal import Row
from backoffice.pricelist.writing import PRICE_LIST_EVENT, write_rows
from backoffice.projected import FAILED, REASON_CHARS_MAX, Event, Place, Projected
from backoffice.stock import write_movements
from backoffice.storing import held_row
from backoffice.tables import Tables

log = logging.getLogger(__name__)


def write_collected(
    tables: Tables, place: Place, taken: Sequence[tuple[Row, Projected]], *, now: datetime
) -> list[Event]:
    """Inside the caller's transaction; only `append_events` may follow. Edits that a row of the price list cannot take
    are flagged in the journal. Returns what open pages are told: each place that is to be looked at, once."""
    documents = [outcome.movements for _, outcome in taken if outcome.movements is not None]
    events = write_movements(tables, place.account_id, documents, till_id=place.till_id)
    edits = [(row, outcome.write) for row, outcome in taken if outcome.write is not None]
    refused = write_rows(tables, place.account_id, [write for _, write in edits], now=now)
    for index, reason in refused.items():
        _flag(tables, place, edits[index][0], reason)
    row_ids = {write.row_id for index, (_, write) in enumerate(edits) if index not in refused}
    if row_ids:
        events.append(Event(PRICE_LIST_EVENT, row_ids.pop() if len(row_ids) == 1 else "", {}))
    if refused:
        events.append(Event("till", place.till_id, {}))
    return events


def _flag(tables: Tables, place: Place, row: Row, reason: str) -> None:
    log.warning("till %s, epoch %s, row %d: %s", place.till_id, row.epoch, row.seq, reason)
    changed = tables.journal_row.update(state=FAILED, reason=reason[:REASON_CHARS_MAX])
    changed.where(held_row(tables, place, row)).execute()
