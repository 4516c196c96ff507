import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import ServerSentEvent

from backoffice.accounts import create_account
from backoffice.event_log import (
    EVENTS_KEPT,
    RECEIPTS_TOLD_MAX,
    append_events,
    events_after,
    last_event_id,
    together,
)
from backoffice.events import event_stream, notice_text, with_notices
from backoffice.projected import Event
from backoffice.site import Site
from tests.backoffice.house import EMAIL, PASSWORD
from tests.journals import MORNING

DATA = {"number": "P1A-000012", "kind": "sale", "paid_haler": 14900, "till": "Pokladna 1"}


def receipt_event(n: int) -> Event:
    return Event("receipt", f"doc-{n}", DATA | {"number": f"P1A-{n:06d}"})


def account_of(site: Site) -> int:
    return create_account(site.tables, email=EMAIL, password=PASSWORD, now=MORNING)


def append(site: Site, account_id: int, *events: Event) -> None:
    with site.tables.writing():
        append_events(site.tables, account_id, events, now=MORNING)
    site.hub.publish(account_id)


def same(text: str) -> str:
    return text


def test_a_notice_says_which_receipt_how_much_and_where() -> None:
    text = notice_text(DATA, more=0, text=same).replace("\u00a0", " ")
    assert text == "Účtenka P1A-000012 · 149,00 Kč · Pokladna 1"
    assert notice_text(DATA | {"kind": "refund"}, more=0, text=same).startswith("Storno účtenky P1A-000012")


def test_of_many_receipts_at_once_only_the_last_one_speaks() -> None:
    rows = [{"event_id": n, "kind": "receipt", "subject": f"d{n}", "data": DATA} for n in range(1, 6)]
    notices = [row["notice"] for row in with_notices(rows, text=same)]
    assert notices[:4] == [None] * 4
    assert notices[4].endswith("a další: 4")
    assert all(row["notice"] for row in with_notices(rows[:3], text=same))


def test_a_backlog_is_told_by_its_last_receipt_which_speaks_for_all() -> None:
    few = [receipt_event(n) for n in range(RECEIPTS_TOLD_MAX)]
    assert together(few) == few
    fiscal = Event("fiscal", "doc-3", {})
    told = together([*few, fiscal, receipt_event(RECEIPTS_TOLD_MAX)])
    assert [(event.kind, event.subject) for event in told] == [
        ("fiscal", "doc-3"),
        ("receipt", f"doc-{RECEIPTS_TOLD_MAX}"),
    ]
    rows = [
        {"event_id": n, "kind": each.kind, "subject": each.subject, "data": each.data}
        for n, each in enumerate([receipt_event(500), *told])
    ]
    notices = [row["notice"] for row in with_notices(rows, text=same)]
    assert notices[:2] == [None, None]
    assert notices[2].endswith(f"a další: {RECEIPTS_TOLD_MAX + 1}")


def test_other_events_have_no_notice() -> None:
    (row,) = with_notices([{"event_id": 1, "kind": "till", "subject": "t", "data": {}}], text=same)
    assert row["notice"] is None


def test_events_are_numbered_without_a_gap_and_the_oldest_go(site: Site) -> None:
    account_id = account_of(site)
    append(site, account_id, *(receipt_event(n) for n in range(EVENTS_KEPT)))
    append(site, account_id, receipt_event(1), receipt_event(2))
    with site.tables.reading():
        assert last_event_id(site.tables, account_id) == EVENTS_KEPT + 2
        kept = events_after(site.tables, account_id, 0)
        assert kept[0]["event_id"] == 3
        assert [row["event_id"] for row in events_after(site.tables, account_id, EVENTS_KEPT)] == [
            EVENTS_KEPT + 1,
            EVENTS_KEPT + 2,
        ]


def stream_of(site: Site, account_id: int, *, after: int, signed_in: list[bool]) -> AsyncIterator[ServerSentEvent]:
    return event_stream(site.hub, site.tables, account_id, after, still_signed_in=lambda: signed_in[0], text=same)


def content(event: ServerSentEvent) -> tuple[Any, Any, Any]:
    return event.event, event.id, json.loads(str(event.data)).get("subject")


def test_a_stream_catches_up_and_then_tells_what_comes(site: Site) -> None:
    account_id = account_of(site)
    append(site, account_id, receipt_event(1), receipt_event(2))

    async def listen() -> list[tuple[Any, Any, Any]]:
        signed_in = [True]
        stream = stream_of(site, account_id, after=1, signed_in=signed_in)
        heard = [content(await anext(stream)) for _ in range(2)]
        await asyncio.to_thread(append, site, account_id, Event("shift", "s", {}))
        heard.append(content(await anext(stream)))
        signed_in[0] = False
        site.hub.publish(account_id)
        return heard + [content(event) async for event in stream]

    assert asyncio.run(listen()) == [
        ("hello", "1", None),
        ("receipt", "2", "doc-2"),
        ("shift", "3", "s"),
    ]


def test_a_stream_hears_nothing_of_another_account(site: Site) -> None:
    mine = account_of(site)
    other = create_account(site.tables, email="jiny@obchod.cz", password=PASSWORD, now=MORNING)

    async def listen() -> tuple[Any, Any, Any]:
        stream = stream_of(site, mine, after=0, signed_in=[True])
        await anext(stream)
        await asyncio.to_thread(append, site, other, receipt_event(1))
        await asyncio.to_thread(append, site, mine, receipt_event(7))
        heard = content(await anext(stream))
        await stream.aclose()  # type: ignore[attr-defined]
        return heard

    assert asyncio.run(listen()) == ("receipt", "1", "doc-7")
