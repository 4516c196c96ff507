"""Pokladny: what each till says of itself, pairing and revoking."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from backoffice.accounts import Session
from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn, check_form
from backoffice.pairing import CODE_LIFETIME, make_code, revoke, shown_code
from backoffice.reports import tills_of
from backoffice.site import CurrentSite, Site

router = APIRouter()


@router.get("/tills")
def tills(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "tills.html")


@router.get("/fragments/tills")
def tills_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "tills_live.html")


@router.post("/tills/code")
def new_code(request: Request, site: CurrentSite, session: SignedIn, csrf: Annotated[str, Form()] = "") -> Response:
    """The code is shown once, in the answer itself: it is a secret and stands in no address."""
    check_form(session, csrf)
    code = shown_code(make_code(site.tables, session.account_id, now=site.now()), site.key_mark)
    return _list(request, site, session, "tills.html", code=code)


@router.post("/tills/{till_id}/revoke")
def revoke_till(till_id: str, site: CurrentSite, session: SignedIn, csrf: Annotated[str, Form()] = "") -> Response:
    check_form(session, csrf)
    if revoke(site.tables, session.account_id, till_id.replace("\0", ""), now=site.now()):
        site.hub.publish(session.account_id)
    return RedirectResponse("/tills", status_code=303)


def _list(request: Request, site: Site, session: Session, template: str, *, code: str = "") -> Response:
    return render(
        request,
        site,
        template,
        session=session,
        tills=tills_of(site.tables, session.account_id, now=site.now()),
        code=code,
        code_minutes=int(CODE_LIFETIME.total_seconds()) // 60,
    )
