"""Pages for what cannot go on: an address that is not there, a form that is out of date, a fault of ours."""

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from appliance.wire import Problem
from backoffice.guard import HEADERS
from backoffice.pages.render import language_of, render
from backoffice.pages.signed_in import QUIET_PATHS
from backoffice.pages.words import mark
from backoffice.problem import problem_response
from backoffice.site import site_of

NOT_FOUND = (mark("Nenalezeno"), mark("Na této adrese nic není."))
OUT_OF_DATE = (mark("Formulář už neplatí"), mark("Vraťte se, načtěte stránku znovu a odešlete ho ještě jednou."))
REFUSED = (
    mark("Uložit to nejde"),
    mark("Nic se nezměnilo: pod tímto označením je v ceníku záznam, který takovou změnu nepřijme."),
)
FAULT = (mark("Něco se pokazilo"), mark("Chyba je zapsána na serveru. Data pokladen jsou v pořádku; zkuste to znovu."))


def _stop(request: Request, status: int, texts: tuple[str, str]) -> Response:
    site = site_of(request)
    heading, explanation = (language_of(request, site).text(text) for text in texts)
    return render(request, site, "stop.html", status=status, heading=heading, explanation=explanation)


async def answer_form_refused(request: Request, _error: Exception) -> Response:
    return _stop(request, 403, OUT_OF_DATE)


async def answer_field_invalid(request: Request, _error: Exception) -> Response:
    """What no form of ours can ask for, unless a till has taken an id for something else."""
    return _stop(request, 409, REFUSED)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """What the router itself refuses: unknown addresses and methods."""
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(QUIET_PATHS):
        return problem_response(error.status_code, Problem(code="not_found", detail=str(error.detail)))
    return _stop(request, error.status_code, NOT_FOUND)


async def answer_fault(request: Request, _error: Exception) -> Response:
    """The traceback is in the server's log; a till simply tries again later.

    This answer is made outside of the guard, so it brings the guard's headers itself.
    """
    quiet = request.url.path.startswith(QUIET_PATHS)
    answer = problem_response(500, Problem(code="server_error")) if quiet else _stop(request, 500, FAULT)
    answer.headers.update(HEADERS)
    answer.headers["Cache-Control"] = "no-store"
    return answer
