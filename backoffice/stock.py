"""Stock: movements are kept, a level is their sum, and every warehouse counts its changes (sync.md, section 5).

The counters of warehouses are locked in the order of their ids, after the till and before the account.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from appliance.domain.clock import iso
from appliance.domain.stock import StockMoved
from appliance.wire import CHANGES_WAITING_MAX, SEQ_MAX
from backoffice.contained import CursorAhead, contained
from backoffice.event_log import append_events
from backoffice.movements import Movements, movements_of_document
from backoffice.pricelist.pulling import page_text
from backoffice.projected import Event, Place
from backoffice.tables import Tables

ITEMS_READ_MAX = 500
LEVEL_KEY = ("account_id", "warehouse_id", "item_id")
STOCK_EVENT = "stock"


class OtherDocument(ValueError):
    """Under this doc_id another document is written already."""


def move_stock(
    tables: Tables, account_id: int, moved: StockMoved, *, user: str, now: datetime, doc_id: str = ""
) -> str:
    """A document of the Backoffice, by this user; returns its doc_id, a new one unless given. The same document once
    more, as when its form is sent again, changes nothing. Raises StockInvalid, MovementInvalid or OtherDocument."""
    doc_id = doc_id or str(uuid.uuid4())
    body = StockMoved(moved.kind, user, moved.moves, moved.note, moved.counted)
    movements = movements_of_document(doc_id, body, at=iso(now), at_utc=iso(now.astimezone(UTC)))
    with tables.writing():
        _lock_warehouses(tables, account_id, movements)
        written = _written(tables, account_id, doc_id)
        if written and written != _moves_of(movements):
            raise OtherDocument(doc_id)
        if not written:
            events = write_movements(tables, account_id, [movements], till_id="")
            append_events(tables, account_id, events, now=now)
    return doc_id


def _lock_warehouses(tables: Tables, account_id: int, movements: Movements) -> None:
    """So that the same document sent twice at once waits for itself."""
    for warehouse_id in sorted({move.warehouse_id for move in movements.moves}):
        _take_versions(tables, account_id, warehouse_id, 0)


def _moves_of(movements: Movements) -> list[tuple[str, str, str, int]]:
    return [
        (movements.kind.value, move.warehouse_id, move.item_id, move.quantity.thousandths) for move in movements.moves
    ]


def _written(tables: Tables, account_id: int, doc_id: str) -> list[tuple[str, str, str, int]]:
    move = tables.stock_movement
    query = move.select(move.c.kind, move.c.warehouse_id, move.c.item_id, move.c.quantity).where(
        (move.c.account_id == account_id) & (move.c.doc_id == doc_id)
    )
    return list(query.order_by(move.c.n).tuples())


def write_movements(tables: Tables, account_id: int, documents: Sequence[Movements], *, till_id: str) -> list[Event]:
    """Inside the caller's transaction. None of the documents has been written before. Returns what pages are told: one
    event for each warehouse."""
    sums: dict[str, dict[str, int]] = {}
    for document in documents:
        for move in document.moves:
            levels = sums.setdefault(move.warehouse_id, {})
            levels[move.item_id] = levels.get(move.item_id, 0) + move.quantity.thousandths
    moved = [row for document in documents for row in _movement_columns(account_id, document, till_id=till_id)]
    tables.insert_all(tables.stock_movement, moved)
    for warehouse_id in sorted(sums):
        _add_to_levels(tables, account_id, warehouse_id, sums[warehouse_id])
    return [Event(STOCK_EVENT, warehouse_id, {}) for warehouse_id in sorted(sums)]


def _movement_columns(account_id: int, document: Movements, *, till_id: str) -> list[dict[str, Any]]:
    return [
        {
            "account_id": account_id,
            "doc_id": document.doc_id,
            "n": n,
            "warehouse_id": move.warehouse_id,
            "item_id": move.item_id,
            "quantity": move.quantity.thousandths,
            "kind": document.kind.value,
            "till_id": till_id,
            "user_name": document.user,
            "note": document.note,
            "counted": document.counted[n] if document.counted else None,
            "at": document.at,
            "at_utc": document.at_utc,
        }
        for n, move in enumerate(document.moves)
    ]


def _add_to_levels(tables: Tables, account_id: int, warehouse_id: str, changes: dict[str, int]) -> None:
    """Each level that is touched gets the warehouse's next version, even by a movement of nothing. A level stays
    within what a till can read, whatever tills say."""
    version = _take_versions(tables, account_id, warehouse_id, len(changes))
    held = _levels(tables, account_id, warehouse_id, list(changes))
    levels = [
        {
            "account_id": account_id,
            "warehouse_id": warehouse_id,
            "item_id": item_id,
            "quantity": max(-SEQ_MAX, min(SEQ_MAX, held.get(item_id, 0) + change)),
            "version": version + n,
        }
        for n, (item_id, change) in enumerate(changes.items())
    ]
    tables.insert_all(tables.stock_level, levels, key=LEVEL_KEY)


def _take_versions(tables: Tables, account_id: int, warehouse_id: str, count: int) -> int:
    """The first of the next versions; the warehouse is locked from here to the commit."""
    counter = tables.stock_counter
    here = (counter.c.account_id == account_id) & (counter.c.warehouse_id == warehouse_id)
    counter.insert(account_id=account_id, warehouse_id=warehouse_id, version=0).on_conflict_ignore().execute()
    counter.update(version=counter.c.version + count).where(here).execute()
    held = tables.first(counter.select(counter.c.version).where(here))
    assert held is not None
    return int(held["version"]) - count + 1


def _levels(tables: Tables, account_id: int, warehouse_id: str, item_ids: Sequence[str]) -> dict[str, int]:
    level = tables.stock_level
    held: dict[str, int] = {}
    for start in range(0, len(item_ids), ITEMS_READ_MAX):
        some = list(item_ids[start : start + ITEMS_READ_MAX])
        query = level.select(level.c.item_id, level.c.quantity).where(
            (level.c.account_id == account_id) & (level.c.warehouse_id == warehouse_id) & level.c.item_id.in_(some)
        )
        held.update({row["item_id"]: row["quantity"] for row in tables.rows(query)})
    return held


def stock_page(
    tables: Tables, place: Place, *, warehouse_id: str, since: int, limit: int, epochs: Sequence[str]
) -> str:
    """`wire.StockPage` as JSON. Raises CursorAhead."""
    level = tables.stock_level
    with tables.snapshot():
        newest = _newest_version(tables, place.account_id, warehouse_id)
        if since > newest:
            raise CursorAhead
        here = _changed_since(tables, place.account_id, warehouse_id, since=since)
        query = level.select(level.c.version, level.c.item_id, level.c.quantity).where(here).order_by(level.c.version)
        rows = list(query.limit(limit + 1).tuples())
        as_of = contained(tables, place, epochs)
    more = len(rows) > limit
    sent = [f'{{"item_id":{json.dumps(item_id)},"quantity":{quantity}}}' for _, item_id, quantity in rows[:limit]]
    return page_text("levels", sent, version=rows[limit - 1][0] if more else newest, more=more, as_of=as_of)


def stock_waiting(tables: Tables, account_id: int, *, warehouse_id: str, since: int) -> int:
    """How many levels of a warehouse have changed since, at most CHANGES_WAITING_MAX."""
    newest = _newest_version(tables, account_id, warehouse_id)
    if since >= newest:
        return int(since > newest)  # of a restored database: the till finds out when it pulls
    level: Any = tables.stock_level
    query = level.select(level.c.version).where(_changed_since(tables, account_id, warehouse_id, since=since))
    return int(query.limit(CHANGES_WAITING_MAX).count())


def _changed_since(tables: Tables, account_id: int, warehouse_id: str, *, since: int) -> Any:
    level = tables.stock_level
    return (level.c.account_id == account_id) & (level.c.warehouse_id == warehouse_id) & (level.c.version > since)


def _newest_version(tables: Tables, account_id: int, warehouse_id: str) -> int:
    counter = tables.stock_counter
    here = (counter.c.account_id == account_id) & (counter.c.warehouse_id == warehouse_id)
    row = tables.first(counter.select(counter.c.version).where(here))
    return int(row["version"]) if row else 0
