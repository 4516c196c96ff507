"""Portál: how is today?"""

from fastapi import APIRouter, Request, Response

from backoffice.accounts import Session
from backoffice.pages.chart import hours_chart
from backoffice.pages.render import language_of, render
from backoffice.pages.signed_in import SignedIn
from backoffice.reports import day_report, tills_of
from backoffice.site import CurrentSite, Site

router = APIRouter()


@router.get("/")
def portal(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _rendered(request, site, session, "portal.html")


@router.get("/fragments/portal")
def portal_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _rendered(request, site, session, "portal_live.html")


def _rendered(request: Request, site: Site, session: Session, template: str) -> Response:
    now = site.now()
    day = day_report(site.tables, session.account_id, now=now)
    tills = [till for till in tills_of(site.tables, session.account_id, now=now) if not till.revoked]
    return render(
        request,
        site,
        template,
        session=session,
        day=day,
        now=now,
        chart=hours_chart(day, text=language_of(request, site).text),
        tills=tills,
    )
