"""The events of an account, numbered without a gap, so that a page can ask for what it missed (Last-Event-ID).

The account's counter is taken last, just before the commit: an event that commits late can then never have a lower
number than one already read.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from appliance.domain.clock import iso
from backoffice.projected import Event
from backoffice.tables import Tables

EVENTS_KEPT = 2000  # per account; a page that was away longer loads itself anew
EVENTS_READ_MAX = 500
RECEIPTS_TOLD_MAX = 20  # of one batch, each by itself
DATA = json.JSONEncoder(ensure_ascii=False)


def together(events: Sequence[Event]) -> list[Event]:
    """Of a backlog's many receipts only the last one is told, with how many `more` there are: no page shows one of them
    yet, and every list is read anew for the one as for all."""
    receipts = [event for event in events if event.kind == "receipt"]
    if len(receipts) <= RECEIPTS_TOLD_MAX:
        return list(events)
    last = receipts[-1]
    told = Event("receipt", last.subject, {**last.data, "more": len(receipts) - 1})
    return [*(event for event in events if event.kind != "receipt"), told]


def append_events(tables: Tables, account_id: int, events: Sequence[Event], *, now: datetime) -> None:
    """Inside the caller's transaction, as its last step."""
    if not events:
        return
    account, event = tables.account, tables.event
    account.update(last_event_id=account.c.last_event_id + len(events)).where(
        account.c.account_id == account_id
    ).execute()
    last = last_event_id(tables, account_id)
    at = iso(now.astimezone(UTC))
    rows = [
        {
            "account_id": account_id,
            "event_id": number,
            "kind": each.kind,
            "subject": each.subject,
            "data": DATA.encode(each.data),
            "at": at,
        }
        for number, each in enumerate(events, start=last - len(events) + 1)
    ]
    tables.insert_all(event, rows[-EVENTS_KEPT:])
    event.delete().where((event.c.account_id == account_id) & (event.c.event_id <= last - EVENTS_KEPT)).execute()


def last_event_id(tables: Tables, account_id: int) -> int:
    account = tables.account
    row = tables.first(account.select(account.c.last_event_id).where(account.c.account_id == account_id))
    return int(row["last_event_id"]) if row else 0


def events_after(tables: Tables, account_id: int, event_id: int) -> list[dict[str, Any]]:
    """At most EVENTS_READ_MAX events, oldest first; `data` as an object."""
    event = tables.event
    rows = tables.rows(
        event.select(event.c.event_id, event.c.kind, event.c.subject, event.c.data)
        .where((event.c.account_id == account_id) & (event.c.event_id > event_id))
        .order_by(event.c.event_id)
        .limit(EVENTS_READ_MAX)
    )
    return [{**row, "data": json.loads(row["data"])} for row in rows]
