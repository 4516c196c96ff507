"""The till's side of the API: its journal comes up, the proof of a closed shift goes back."""

import zlib
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from appliance.wire import API_PREFIX, REQUEST_BYTES_MAX, ShiftProof, Upload, UploadReply
from backoffice.closings import closing_proof
from backoffice.intake import Taken, take_batch
from backoffice.pairing import TOKEN_MARK, till_of_token
from backoffice.problem import ApiError
from backoffice.projected import Place
from backoffice.site import CurrentSite, Site
from backoffice.waiting import waiting

router = APIRouter(prefix=API_PREFIX)


def paired_till(till_id: str, request: Request, site: CurrentSite) -> Place:
    """The till this token belongs to. Only a token of ours that is unknown or revoked says `pairing_revoked`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.startswith(TOKEN_MARK):
        raise ApiError(401, "bad_request", "a bearer token is missing")
    place = till_of_token(site.tables, token.strip())
    if place is None:
        raise ApiError(401, "pairing_revoked")
    if place.till_id != till_id:
        raise ApiError(403, "bad_request", "the token belongs to another till")
    return place


PairedTill = Annotated[Place, Depends(paired_till)]


@router.post("/tills/{till_id}/journal")
async def take_journal(request: Request, place: PairedTill, site: CurrentSite) -> UploadReply:
    packed = await request.body()
    encoding = request.headers.get("content-encoding", "")
    taken, (changes, levels) = await run_in_threadpool(_take, site, place, packed, encoding)
    if taken.fork is not None:
        raise ApiError(409, "fork", seq=taken.fork)
    if taken.gap is not None:
        raise ApiError(409, "gap", seq=taken.gap)
    return UploadReply(acked=taken.acked, changes_waiting=changes, stock_waiting=levels)


def _take(site: Site, place: Place, packed: bytes, encoding: str) -> tuple[Taken, tuple[int, int]]:
    upload = read_upload(unpacked(packed, encoding=encoding))
    with site.tables.reading():  # one connection for all of it
        taken = take_batch(site.tables, place, upload, now=site.now())
        if taken.news:
            site.hub.publish(place.account_id)
        return taken, waiting(site.tables, place, upload.pull)


def unpacked(packed: bytes, *, encoding: str) -> bytes:
    """The body as JSON, never more than REQUEST_BYTES_MAX of it. Raises ApiError."""
    if encoding.lower() in {"", "identity"}:
        return packed
    if encoding.lower() != "gzip":
        raise ApiError(415, "bad_request", "gzip or nothing")
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(packed, REQUEST_BYTES_MAX + 1)
    except zlib.error as error:
        raise ApiError(400, "bad_request", "broken gzip") from error
    if len(plain) > REQUEST_BYTES_MAX:
        raise ApiError(413, "too_large")
    if not unpacker.eof:
        raise ApiError(400, "bad_request", "broken gzip")
    return plain


def read_upload(plain: bytes) -> Upload:
    try:
        upload = Upload.model_validate_json(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ApiError(400, "bad_request", f"{where}: {first['msg']}"[:300]) from error
    # PostgreSQL keeps no NUL in a text; a JSON body cannot hold one either.
    if any("\0" in part for row in upload.rows for part in (row.body, row.kind, row.at, row.doc_id)):
        raise ApiError(400, "bad_request", "a row holds a NUL character")
    return upload


@router.get("/tills/{till_id}/shifts/{shift_id}")
def shift_proof(shift_id: str, place: PairedTill, site: CurrentSite, closing: str = "") -> ShiftProof:
    """`closing` is the doc_id of the closing the till means: a shift that two devices went on with has several."""
    row = closing_proof(
        site.tables,
        place,
        shift_id.replace("\0", ""),
        closing=closing.replace("\0", ""),
    )
    if row is None:
        raise ApiError(404, "not_found", "no closing of this shift is held")
    return ShiftProof(
        shift_id=shift_id,
        complete=bool(row["complete"]),
        receipts_held=row["receipts_held"],
        receipts_expected=row["receipts_expected"],
        sum_held_haler=row["sum_held_haler"],
        sum_expected_haler=row["sum_expected_haler"],
    )
