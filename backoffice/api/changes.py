"""What a till pulls: changes of the price list, and levels of its warehouse."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

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


@router.get("/tills/{till_id}/changes")
def changes(
    *,
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
    return Response(page, media_type="application/json")


@router.get("/tills/{till_id}/stock")
def stock(
    *,
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
    return Response(page, media_type="application/json")
