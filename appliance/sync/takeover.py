"""What a device that goes on with a till's journal still lacks of it comes from the Backoffice, page by page."""

import logging
import time
from collections.abc import Callable
from typing import Protocol

from appliance.service import replacement
from appliance.service.errors import Refused, StoreFailed
from appliance.service.incoming import TakenIn, rest
from appliance.service.replacement import Download, Forerunner
from appliance.service.shop import Shop
from appliance.store import journal
from appliance.store.journal import Head
from appliance.sync.link import Failed, Refusal
from appliance.wire import Takeover, TakeoverPage

log = logging.getLogger(__name__)

IDLE_S = 60.0
RETRY_S = 15.0


class TakeoverLink(Protocol):
    def takeover(self, till_id: str, download: Download) -> TakeoverPage | Refusal | Failed: ...
    def close(self) -> None: ...


def begin(shop: Shop, given: Takeover, *, new_epoch: Callable[[], str]) -> None:
    """This device becomes the till it is given. Raises Refused: not_fresh."""
    shift = given.open_shift
    replacement.begin(
        shop,
        Forerunner(
            till_id=given.till_id,
            prefix=given.prefix,
            id_pokl=given.id_pokl,
            parent=Head(given.parent_epoch, given.parent_seq, given.parent_hash),
            used_letters=given.used_letters,
            letters=given.letters,
            open_shift=replacement.open_shift_row(**shift.model_dump()) if shift else None,
        ),
        new_epoch=new_epoch,
    )


class TakeoverWorker:
    """One thread calls `step`; `link` gives a connection to the Backoffice, None while the till is not paired."""

    def __init__(self, shop: Shop, *, link: Callable[[], TakeoverLink | None]) -> None:
        self._shop = shop
        self._link = link

    def step(self) -> float:
        """One page. Returns how long there is nothing to do, in seconds."""
        download = replacement.download_under_way(self._shop)
        link = self._link() if download else None
        if download is None or link is None:
            return IDLE_S
        if not download.ready:
            return RETRY_S
        reply = link.takeover(journal.the_till(self._shop.tables).till_id, download)
        link.close()
        if not isinstance(reply, TakeoverPage):
            said = reply.problem.code if isinstance(reply, Refusal) else reply.word
            log.warning("takeover: the Backoffice gives nothing: %s", said)
            return reply.retry_after_s or RETRY_S
        try:
            taken = self._take(reply)
        except Refused as error:
            log.error("takeover: the Backoffice gave a row that is no row of this till: %s", error.rule)
            return IDLE_S
        except StoreFailed as error:  # whatever is wrong with a row, sales go on being reported
            log.error("takeover: a page could not be kept: %s", error)
            return IDLE_S
        more = bool(reply.next) if "have" not in download.query else bool(reply.rows or reply.next)
        replacement.page_taken(self._shop, after=reply.next, more=more)
        if not more:
            log.info("takeover: everything is here")
        return 0.0 if more and self._goes_on(download, reply, taken) else IDLE_S

    @staticmethod
    def _goes_on(download: Download, page: TakeoverPage, taken: TakenIn) -> bool:
        """Whether the next question is another one: to the same one the same answer would come for ever."""
        forward = page.next != download.query["after"] or ("have" in download.query and bool(taken.new))
        if not forward:
            log.error("takeover: the Backoffice gives the same page again")
        return forward

    def _take(self, page: TakeoverPage) -> TakenIn:
        till_id = journal.the_till(self._shop.tables).till_id
        rows = [row.row(till_id=till_id, epoch=row.epoch) for row in page.rows]
        taken = TakenIn()
        begun = time.monotonic()
        for step in replacement.take_page(self._shop, rows, whole=page.whole):
            taken += step
            rest(begun)
            begun = time.monotonic()
        return taken
