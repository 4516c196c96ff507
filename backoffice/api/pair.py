"""A till asks for its token with a pairing code."""

from uuid import UUID

from fastapi import APIRouter, Request

from appliance.wire import API_PREFIX, PairReply, PairRequest
from backoffice.pairing import PairingRefused, pair
from backoffice.problem import ApiError
from backoffice.site import CurrentSite, client_address

router = APIRouter(prefix=API_PREFIX)

IN_ALL = "all"


@router.post("/pair")
def pair_till(body: PairRequest, request: Request, site: CurrentSite) -> PairReply:
    if not all(text.isprintable() for text in (body.prefix, body.id_pokl, body.name)):
        raise ApiError(400, "bad_request", "control characters")
    try:
        UUID(body.till_id)
    except ValueError as error:
        raise ApiError(400, "bad_request", "till_id is no UUID") from error
    address = client_address(request)
    if not (site.limits.pair_address.allows(address) and site.limits.pair_all.allows(IN_ALL)):
        raise ApiError(429, "rate_limited", "too many wrong codes; wait a quarter of an hour")
    try:
        paired = pair(site.tables, body, now=site.now())
    except PairingRefused as error:
        if error.code == "code_invalid":
            site.limits.pair_address.count(address)
            site.limits.pair_all.count(IN_ALL)
            raise ApiError(403, error.code, "wrong, used or older than ten minutes") from error
        raise ApiError(409, error.code) from error
    site.hub.publish(paired.account_id)
    return PairReply(token=paired.token, account=paired.account, takeover=paired.takeover)
