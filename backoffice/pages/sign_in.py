"""The first account, signing in and out, and the language."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from backoffice.accounts import (
    EMAIL_CHARS_MAX,
    AccountRefused,
    check_password,
    close_session,
    create_account,
    forget_setup_code,
    has_account,
    normalised,
    open_session,
    setup_code_fits,
)
from backoffice.i18n import LANGUAGE_COOKIE
from backoffice.pages.render import language_of, render
from backoffice.pages.signed_in import (
    FORM_COOKIE,
    SESSION_COOKIE,
    SignedIn,
    check_form,
    check_open_form,
    set_cookie,
)
from backoffice.pages.words import REFUSED, mark
from backoffice.site import CurrentSite, Site, client_address

router = APIRouter()

WRONG = mark("E-mail nebo heslo nesouhlasí.")
TOO_MANY = mark("Příliš mnoho pokusů. Zkuste to za čtvrt hodiny.")
WRONG_CODE = mark("Kód pro založení nesouhlasí.")

Text = Annotated[str, Form()]


def _form(
    request: Request, site: Site, template: str, *, email: str, code: str = "", error: str = "", status: int = 200
) -> Response:
    """A form before the sign-in, with its token in a cookie and in the page."""
    token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    shown = language_of(request, site).text(error) if error else ""
    page = render(request, site, template, form_token=token, error=shown, status=status, email=email, code=code)
    set_cookie(page, FORM_COOKIE, token)
    return page


@router.get("/sign-in")
def sign_in_form(request: Request, site: CurrentSite) -> Response:
    if not has_account(site.tables):
        return RedirectResponse("/setup", status_code=303)
    return _form(request, site, "sign_in.html", email="")


def try_sign_in(site: Site, address: str, *, email: str, password: str) -> str | None:
    """The secret of a new session, or None; an empty text when there were too many tries."""
    limits = site.limits
    key = normalised(email)[:EMAIL_CHARS_MAX]
    if not (limits.sign_in_email.allows(key) and limits.sign_in_address.allows(address)):
        return ""
    account_id = check_password(site.tables, email=email, password=password)
    if account_id is None:
        limits.sign_in_email.count(key)
        limits.sign_in_address.count(address)
        return None
    limits.sign_in_email.forget(key)
    return open_session(site.tables, account_id, now=site.now())


@router.post("/sign-in")
def sign_in(request: Request, site: CurrentSite, *, email: Text = "", password: Text = "", csrf: Text = "") -> Response:
    check_open_form(request, csrf)
    secret = try_sign_in(site, client_address(request), email=email, password=password)
    if not secret:
        error, status = (WRONG, 403) if secret is None else (TOO_MANY, 429)
        return _form(request, site, "sign_in.html", error=error, status=status, email=email)
    return _entered(secret)


def _entered(secret: str) -> Response:
    answer = RedirectResponse("/", status_code=303)
    set_cookie(answer, SESSION_COOKIE, secret)
    return answer


@router.get("/setup")
def setup_form(request: Request, site: CurrentSite, code: str = "") -> Response:
    if has_account(site.tables):
        return RedirectResponse("/sign-in", status_code=303)
    return _form(request, site, "setup.html", email="", code=code)


@router.post("/setup")
def setup(
    request: Request, site: CurrentSite, *, email: Text = "", password: Text = "", code: Text = "", csrf: Text = ""
) -> Response:
    """The first account. Guessing the code is limited like guessing a password."""
    check_open_form(request, csrf)
    address = client_address(request)
    if not site.limits.sign_in_address.allows(address):
        return _form(request, site, "setup.html", error=TOO_MANY, status=429, email=email, code="")
    if not setup_code_fits(site.settings.data_dir, code):
        site.limits.sign_in_address.count(address)
        return _form(request, site, "setup.html", error=WRONG_CODE, status=403, email=email, code="")
    try:
        account_id = create_account(site.tables, email=email, password=password, now=site.now(), only_first=True)
    except AccountRefused as error:
        return _form(request, site, "setup.html", error=REFUSED[error.rule], status=400, email=email, code=code)
    forget_setup_code(site.settings.data_dir)
    return _entered(open_session(site.tables, account_id, now=site.now()))


@router.post("/sign-out")
def sign_out(site: CurrentSite, session: SignedIn, csrf: Text = "") -> Response:
    check_form(session, csrf)
    close_session(site.tables, session)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(SESSION_COOKIE, secure=True, httponly=True, path="/")
    return answer


@router.get("/language/{code}")
def choose(code: str, site: CurrentSite) -> Response:
    """Changes nothing but a cookie of taste, so a link is enough."""
    answer = RedirectResponse("/", status_code=303)
    if code in site.languages:
        answer.set_cookie(LANGUAGE_COOKIE, code, max_age=365 * 86400, secure=True, samesite="lax", path="/")
    return answer
