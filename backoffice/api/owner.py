"""For the owner's own tools: sign in with JSON, ask for sums."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from appliance.wire import API_PREFIX
from backoffice.accounts import EMAIL_CHARS_MAX, PASSWORD_CHARS_MAX
from backoffice.history import ReceiptFilter, summary
from backoffice.pages.sign_in import try_sign_in
from backoffice.pages.signed_in import SESSION_COOKIE, SignedIn, set_cookie
from backoffice.problem import ApiError
from backoffice.site import CurrentSite, client_address

router = APIRouter(prefix=API_PREFIX)


class SignIn(BaseModel):
    email: str
    password: str


class Summary(BaseModel):
    """Documents including refunds (which are negative); `sum_haler` is what was really paid, after rounding."""

    count: int
    sum_haler: int


@router.post("/session", status_code=204)
def sign_in(body: SignIn, request: Request, site: CurrentSite) -> Response:
    """Sets the session cookie. JSON from another site needs a preflight, which is never granted."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ApiError(415, "bad_request", "application/json only")
    if len(body.email) > EMAIL_CHARS_MAX or len(body.password) > PASSWORD_CHARS_MAX:
        raise ApiError(403, "wrong_credentials")
    secret = try_sign_in(site, client_address(request), email=body.email, password=body.password)
    if secret == "":
        raise ApiError(429, "rate_limited")
    if secret is None:
        raise ApiError(403, "wrong_credentials")
    answer = Response(status_code=204)
    set_cookie(answer, SESSION_COOKIE, secret)
    return answer


@router.get("/receipts/summary")
def receipts_summary(request: Request, site: CurrentSite, session: SignedIn) -> Summary:
    """The same filters as the page Historie účtenek; `from` and `to` stand for day_from and day_to."""
    query = dict(request.query_params)
    for short, name in (("from", "day_from"), ("to", "day_to")):
        if short in query:
            query[name] = query.pop(short)
    total = summary(site.tables, session.account_id, ReceiptFilter.of_query(query))
    return Summary(count=total.count, sum_haler=total.paid.haler)
