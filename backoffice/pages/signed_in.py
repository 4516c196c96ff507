"""Who asks: the session behind the cookie, and the token that proves a form is ours."""

import hmac
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from backoffice.accounts import SESSION_LIFETIME, Session, find_session, has_account
from backoffice.site import CurrentSite, site_of

# The prefix makes browsers insist on Secure, Path=/ and no Domain.
SESSION_COOKIE = "__Host-pokladna"
FORM_COOKIE = "__Host-pokladna-form"
QUIET_PATHS = ("/fragments/", "/events", "/api/")  # asked by scripts and tools, which want a status, not a page


class NotSignedIn(Exception):
    """Nobody is signed in."""


class FormRefused(Exception):
    """The form's token does not fit its session."""


def current_session(request: Request, site: CurrentSite) -> Session:
    secret = request.cookies.get(SESSION_COOKIE, "")
    session = find_session(site.tables, secret, now=site.now()) if secret else None
    if session is None:
        raise NotSignedIn
    return session


SignedIn = Annotated[Session, Depends(current_session)]


def check_form(session: Session, typed: str) -> None:
    if not hmac.compare_digest(session.csrf.encode(), typed.encode()):
        raise FormRefused


def check_open_form(request: Request, typed: str) -> None:
    """For forms before the sign-in: the hidden field must equal the cookie, which no other site can set."""
    cookie = request.cookies.get(FORM_COOKIE, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), typed.encode()):
        raise FormRefused


def set_cookie(response: Response, name: str, value: str) -> None:
    lifetime = int(SESSION_LIFETIME.total_seconds())
    response.set_cookie(name, value, max_age=lifetime, secure=True, httponly=True, samesite="lax", path="/")


async def answer_not_signed_in(request: Request, _error: Exception) -> Response:
    """Pages lead to the sign-in (or to the first account); scripts get a status."""
    if request.url.path.startswith(QUIET_PATHS):
        return JSONResponse({"code": "not_signed_in"}, status_code=401)
    first = not await run_in_threadpool(has_account, site_of(request).tables)
    return RedirectResponse("/setup" if first else "/sign-in", status_code=303)
