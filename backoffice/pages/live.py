"""The stream of events and the few files browsers ask for at the root."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import FileResponse
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from backoffice.accounts import session_by_hash
from backoffice.event_log import last_event_id
from backoffice.events import event_stream
from backoffice.pages.render import STATIC_DIR, language_of
from backoffice.pages.signed_in import SignedIn
from backoffice.site import CurrentSite, Site

router = APIRouter()

PING_S = 15
NUMBER_DIGITS_MAX = 18


@router.get("/events")
async def events(
    request: Request,
    site: CurrentSite,
    session: SignedIn,
    after: str = "",
    last_event: Annotated[str, Header(alias="last-event-id")] = "",
) -> Response:
    """Everything after Last-Event-ID (a reconnect), else after `after` (where the page stood), else from now on."""
    if site.hub.full(session.account_id):
        return Response(status_code=429)
    place = await run_in_threadpool(_place, site, session.account_id, last_event or after)
    stream = event_stream(
        site.hub,
        site.tables,
        session.account_id,
        place,
        still_signed_in=lambda: session_by_hash(site.tables, session.token_hash, now=site.now()) is not None,
        text=language_of(request, site).text,
    )
    return EventSourceResponse(stream, ping=PING_S, headers={"Cache-Control": "no-store"})


@router.get("/events/signed-in", status_code=204)
def signed_in(_session: SignedIn) -> Response:
    """Whether the stream ended because the session did."""
    return Response(status_code=204)


def _place(site: Site, account_id: int, asked: str) -> int:
    with site.tables.reading():
        last = last_event_id(site.tables, account_id)
    if asked.isascii() and asked.isdigit() and len(asked) <= NUMBER_DIGITS_MAX:
        return min(int(asked), last)
    return last


@router.get("/sw.js")
def service_worker() -> Response:
    """At the root, because a service worker rules only over paths below its own."""
    return FileResponse(STATIC_DIR / "sw.js", media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/favicon.ico")
def favicon() -> Response:
    return FileResponse(STATIC_DIR / "icon.svg", media_type="image/svg+xml")
