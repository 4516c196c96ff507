"""A till's own journal comes back: to the device that takes its place, or beyond the backup it was restored from."""

import re
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from appliance.wire import API_PREFIX, SEQ_MAX, TakeoverPage
from backoffice.api.journal import PairedTill
from backoffice.problem import ApiError
from backoffice.site import CurrentSite
from backoffice.takeover import replacement_page, rows_beyond

router = APIRouter(prefix=API_PREFIX)

HAVE = re.compile(r"([0-9a-f]{16}):([0-9]{1,16})")


class Question(BaseModel):
    """`have` is asked by a restored till, the rest by a replacement (appliance.wire.TakeoverPage)."""

    have: str | None = Field(default=None, max_length=16_000)
    epoch: str = Field(default="", pattern="^([0-9a-f]{16})?$")
    seq: int = Field(default=0, ge=0, le=SEQ_MAX)
    shift: str = Field(default="", max_length=64)
    after: str | None = Field(default=None, pattern="^((shift:[0-9]{1,6}|waiting:[0-9a-f]{0,16}):[0-9]{1,16})?$")


@router.get("/tills/{till_id}/takeover")
def takeover(place: PairedTill, site: CurrentSite, asked: Annotated[Question, Query()]) -> TakeoverPage:
    if asked.have is not None:
        have = read_have(asked.have)
        try:
            return rows_beyond(site.tables, place, have, after=asked.after)
        except ValueError as error:
            raise ApiError(400, "bad_request", "after is of a replacement") from error
    return replacement_page(
        site.tables,
        place,
        epoch=asked.epoch,
        seq=asked.seq,
        shift_id=asked.shift.replace("\0", ""),
        after=asked.after or "",
    )


def read_have(text: str) -> dict[str, int]:
    """By epoch the last row the till has, from `E1:n1,E2:n2`. Raises ApiError."""
    parts = [HAVE.fullmatch(part) for part in text.split(",") if part]
    if not all(parts):
        raise ApiError(400, "bad_request", "have is EPOCH:SEQ,…")
    return {part.group(1): min(int(part.group(2)), SEQ_MAX) for part in parts if part}
