"""What a till pulls: changes of the price list, and levels of its warehouse."""

import gzip
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from appliance.domain.pricelist import ROW_ID_CHARS_MAX, is_label
from appliance.wire import API_PREFIX, EPOCHS_MAX, PAGE_ROWS_MAX, SEQ_MAX
from backoffice.api.journal import PairedTill
from backoffice.contained import CursorAhead
from backoffice.pricelist.pulling import changes_page
from backoffice.problem import ApiError
from backoffice.site import CurrentSite
from backoffice.stock import stock_page

router = APIRouter(prefix=API_PREFIX)

Since = Annotated[int, Query(ge=0, le=SEQ_MAX)]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)]
Epochs = Annotated[str, Query(pattern=f"^([0-9a-f]{{16}}(,[0-9a-f]{{16}}){{0,{EPOCHS_MAX - 1}}})?$")]
PLAIN_BYTES_MAX = 4096


@router.get("/tills/{till_id}/changes")
def changes(
    *,
    request: Request,
    place: PairedTill,
    site: CurrentSite,
    since: Since,
    limit: Limit = PAGE_ROWS_MAX,
    label: str = "",
    epochs: Epochs = "",
    count: bool = False,
) -> Response:
    if label and not is_label(label):
        raise ApiError(400, "bad_request", "no label can be this")
    asked = [epoch for epoch in epochs.split(",") if epoch]
    try:
        page = changes_page(site.tables, place, since=since, limit=limit, label=label, epochs=asked, count=count)
    except CursorAhead as error:
        raise ApiError(409, "cursor_ahead") from error
    return _answer(page, request)


@router.get("/tills/{till_id}/stock")
def stock(
    *,
    request: Request,
    place: PairedTill,
    site: CurrentSite,
    warehouse: Annotated[str, Query(min_length=1, max_length=ROW_ID_CHARS_MAX)],
    since: Since,
    limit: Limit = PAGE_ROWS_MAX,
    epochs: Epochs = "",
) -> Response:
    if not warehouse.isprintable():
        raise ApiError(400, "bad_request", "no warehouse has such an id")
    asked = [epoch for epoch in epochs.split(",") if epoch]
    try:
        page = stock_page(site.tables, place, warehouse_id=warehouse, since=since, limit=limit, epochs=asked)
    except CursorAhead as error:
        raise ApiError(409, "cursor_ahead") from error
    return _answer(page, request)


def _answer(page: str, request: Request) -> Response:
    """A large page is packed, fast rather than small: a snapshot over a slow line is a fifth of its size."""
    content, headers = page.encode(), {}
    if len(content) > PLAIN_BYTES_MAX and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers = gzip.compress(content, compresslevel=1), {"Content-Encoding": "gzip"}
    return Response(content, media_type="application/json", headers=headers)
