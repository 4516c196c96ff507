"""Our own JSON errors (`wire.Problem`), told from those of a captive portal by their `code`."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from appliance.wire import Problem

PROBLEM_TYPE = "application/problem+json"


class ApiError(Exception):
    """Ends an API request with this status and problem."""

    def __init__(self, status: int, code: str, detail: str = "", *, seq: int | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.problem = Problem(code=code, detail=detail, seq=seq)


def problem_response(status: int, problem: Problem) -> JSONResponse:
    return JSONResponse(problem.model_dump(exclude_none=True), status_code=status, media_type=PROBLEM_TYPE)


async def answer_api_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return problem_response(error.status, error.problem)


async def answer_invalid(_request: Request, error: Exception) -> JSONResponse:
    """What pydantic refuses; names the place, not the value."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return problem_response(400, Problem(code="bad_request", detail=f"{where}: {first['msg']}"[:300]))
