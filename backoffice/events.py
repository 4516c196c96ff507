"""From a commit to the open pages: "look, there is news", within one process and without waiting.

`Hub.publish` is the one place where news leaves a transaction. The events themselves are rows (`event_log.py`); the hub
only wakes the streams of an account, which then read what they have not sent yet. A stream also looks by itself every
LOOK_S seconds, so several server processes on one database are at most that late.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from typing import Any

from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from appliance.domain.money import Money, format_czk
from appliance.domain.receipt import ReceiptKind
from backoffice.event_log import EVENTS_READ_MAX, events_after
from backoffice.tables import Tables

LOOK_S = 2.0
STREAMS_PER_ACCOUNT_MAX = 50
NOTICES_AT_ONCE_MAX = 3  # after an outage a till sends many receipts: one notice then speaks for all


class Hub:
    """Wakes the event streams of an account. `publish` may be called from any thread."""

    def __init__(self) -> None:
        self._streams: dict[int, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def publish(self, account_id: int) -> None:
        """After the commit."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake, account_id)

    def _wake(self, account_id: int) -> None:
        for stream in self._streams.get(account_id, ()):
            stream.set()

    def full(self, account_id: int) -> bool:
        return len(self._streams.get(account_id, ())) >= STREAMS_PER_ACCOUNT_MAX

    @contextmanager
    def stream(self, account_id: int) -> Any:
        """A wake-up flag for one open stream, on the loop that serves it."""
        self._loop = asyncio.get_running_loop()
        flag = asyncio.Event()
        self._streams.setdefault(account_id, set()).add(flag)
        try:
            yield flag
        finally:
            self._streams[account_id].discard(flag)


async def event_stream(
    hub: Hub,
    tables: Tables,
    account_id: int,
    after: int,
    *,
    still_signed_in: Callable[[], bool],
    text: Callable[[str], str],
) -> AsyncIterator[ServerSentEvent]:
    """All events of the account after this id, for as long as the browser's session lasts."""
    last = after
    with hub.stream(account_id) as flag:
        yield ServerSentEvent(event="hello", id=str(last), data="{}")
        while await run_in_threadpool(still_signed_in):
            flag.clear()
            rows = await run_in_threadpool(_read, tables, account_id, last)
            for row in with_notices(rows, text=text):
                last = row["event_id"]
                data = json.dumps({"subject": row["subject"], "notice": row["notice"]}, ensure_ascii=False)
                yield ServerSentEvent(event=row["kind"], id=str(last), data=data)
            if len(rows) == EVENTS_READ_MAX:
                continue
            try:
                await asyncio.wait_for(flag.wait(), LOOK_S)
            except TimeoutError:
                continue


def _read(tables: Tables, account_id: int, after: int) -> list[dict[str, Any]]:
    with tables.reading():
        return events_after(tables, account_id, after)


def with_notices(rows: list[dict[str, Any]], *, text: Callable[[str], str]) -> list[dict[str, Any]]:
    """Each event with the text of its browser notification, or None. Of many receipts only the last one speaks."""
    receipts = [row["event_id"] for row in rows if row["kind"] == "receipt"]
    count = sum(1 + row["data"].get("more", 0) for row in rows if row["kind"] == "receipt")
    many = count > NOTICES_AT_ONCE_MAX
    speaking = {receipts[-1]} if many else set(receipts)
    return [
        {
            **row,
            "notice": notice_text(row["data"], more=count - 1 if many else 0, text=text)
            if row["event_id"] in speaking
            else None,
        }
        for row in rows
    ]


def notice_text(data: dict[str, Any], *, more: int, text: Callable[[str], str]) -> str:
    """`Účtenka P1A-000012 · 149,00 Kč · Pokladna 1`."""
    word = text("Storno účtenky") if data["kind"] == ReceiptKind.REFUND else text("Účtenka")
    parts = [f"{word} {data['number']}", format_czk(Money(data["paid_haler"])), data["till"]]
    if more:
        parts.append(text("a další: {n}").format(n=more))
    return " · ".join(parts)
