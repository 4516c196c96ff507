"""Přehledy uzávěrek: the list of shifts and one closing."""

from fastapi import APIRouter, Request, Response

from appliance.domain.codec import from_json
from appliance.domain.journal import ShiftClosed
from backoffice.accounts import Session
from backoffice.closings import closings_of_shift, shift_page, shift_row
from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn
from backoffice.site import CurrentSite, Site

router = APIRouter()


@router.get("/closings")
def closings(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "closings.html")


@router.get("/fragments/closings")
def closings_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "closings_live.html")


def _list(request: Request, site: Site, session: Session, template: str) -> Response:
    before = request.query_params.get("before", "")
    rows, older = shift_page(site.tables, session.account_id, before=before)
    return render(request, site, template, session=session, rows=rows, older=older, before=before)


@router.get("/closings/{shift_id}")
def closing(shift_id: str, request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _detail(shift_id, request, site, session, "closing.html")


@router.get("/fragments/closings/{shift_id}")
def closing_fragment(shift_id: str, request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _detail(shift_id, request, site, session, "closing_live.html")


def _detail(shift_id: str, request: Request, site: Site, session: Session, template: str) -> Response:
    closing = request.query_params.get("closing", "").replace("\0", "")
    row = shift_row(site.tables, session.account_id, shift_id.replace("\0", ""), closing=closing)
    if row is None:
        return render(request, site, "missing.html", session=session, status=404)
    document = from_json(ShiftClosed, row["body"]) if row["body"] else None
    closings = closings_of_shift(site.tables, session.account_id, row["shift_id"])
    return render(request, site, template, session=session, row=row, document=document, closings=closings)
