"""The way down (sync.md §5): the price list page by page, then the levels of the till's warehouse.

It has a thread and a connection of its own: a snapshot of a large price list takes many pages, and a receipt must not
wait behind a slow one of them.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from appliance.domain.pricelist import ApplyWhen
from appliance.service import pricelist
from appliance.service.checkout import OPEN_CART
from appliance.service.levels import apply_levels
from appliance.service.pricelist import Sweep
from appliance.service.settings import settings_in
from appliance.service.sharing import share_some, something_is_unshared
from appliance.service.shop import Shop
from appliance.store import journal, queues, sales, settings
from appliance.store.pull import Pull, epochs_to_ask, leaving_place, load_pull, place_upto, update_pull
from appliance.store.queues import SyncRunRow
from appliance.sync import runs
from appliance.sync.link import BackofficeLink, Failed, Refusal
from appliance.sync.runs import Runs
from appliance.sync.triggers import DownloadState, PullAction, after_failure, after_success, decide_pull, hurried
from appliance.wire import EPOCHS_MAX, Changes, StockPage

log = logging.getLogger(__name__)

STOCK_EVERY_S = 30.0
REST_S = 0.005  # after a transaction that is not fsynced; as long as it held the lock, if that is longer
FACT_REST_S = 0.05
TRIES_MAX = 3
PAGES_MAX = 4000
"""Of one pull: two million rows. A server that still has more is not believed, and waited for like any that fails."""
CHECKPOINT_PAGES = 16
"""A snapshot would fill the log up to the fuse of `store.db`, and a sale would then have to empty it."""


class Stage(Enum):
    PAGES = auto()
    SWEEP = auto()
    FORGET = auto()


@dataclass
class _Pulling:
    """A pull under way. `run_id`: whose manual sync asked before its last page was. `place`: of the page's `as_of`.
    `leaving`: of the newest own edit that the server had when asked, and whose row only waits for that."""

    stage: Stage = Stage.PAGES
    counted: bool = False
    pages: int = 0
    place: int = 0
    leaving: int = 0
    run_id: str = ""
    sweep: Sweep | None = None


class Downloader:
    """`step` is called by one thread; `link` is None while the till is not paired."""

    def __init__(
        self,
        shop: Shop,
        *,
        poll_s: float,
        link: BackofficeLink | None,
        monotonic: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._shop = shop
        self._poll_s = poll_s
        self._link = link
        self._monotonic = monotonic
        self._random = random
        self._runs = Runs(shop)
        self._hurry = threading.Event()
        self._new_link: BackofficeLink | None = None
        self._pulling: _Pulling | None = None
        self._levels_due = False  # after a pull, also when nothing is known to wait
        self._seen_run = ""  # a run that has ended every wait
        self._served_run = ""  # a run whose price list is in
        self._left_at = 0  # up to which own edit was pulled for rows that wait to leave: never twice for the same
        self._rest_until = 0.0
        self._word = ""  # what a run is told when nothing can be pulled
        self._state = DownloadState(
            sync_on=True,
            unshared=False,
            asked=False,
            wanted=False,
            scope_changed=False,
            apply_when=ApplyWhen.MANUAL,
            changes_waiting=0,
            cart_open=False,
            new_shift=False,
            levels_wait=False,
            stock_at=0.0,
            failures=0,
            retry_at=0.0,
            stopped=link is None,
        )

    def step(self) -> float:
        """Do the one thing that is due. Returns how long there is nothing to do, in seconds."""
        if self._new_link:
            self._take_link()
        now = self._monotonic()
        if now < self._rest_until:
            return self._rest_until - now
        run = self._runs.in_phase(runs.DOWNLOAD)
        self._look(run)
        action, sleep_s = decide_pull(self._state, now)
        match action:
            case PullAction.SHARE:
                self._share()
            case PullAction.SNAPSHOT:
                self._begin_snapshot()
            case PullAction.PULL:
                self._pull(run)
            case PullAction.STOCK:
                self._pull_levels(run)
            case PullAction.NOTHING:
                self._pulling = self._pulling if self._state.sync_on and not self._state.stopped else None
                if run is not None:
                    self._end(run)
                return min(sleep_s, self._poll_s)
        return max(0.0, self._rest_until - self._monotonic())

    def hurry(self) -> None:
        """Try now, whatever the backoff says. Any thread may ask."""
        self._hurry.set()

    def use_link(self, link: BackofficeLink) -> None:
        """From the next step on: the till was paired, or its Backoffice has moved. Any thread may tell."""
        self._new_link = link
        self.hurry()

    def close(self) -> None:
        if self._link:
            self._link.close()

    def _take_link(self) -> None:
        self.close()
        self._link, self._new_link = self._new_link, None
        self._state, self._word = replace(self._state, stopped=False), ""

    # ---- what is due

    def _look(self, run: SyncRunRow | None) -> None:
        if self._hurry.is_set() or (run is not None and run.run_id != self._seen_run):
            self._hurry.clear()
            self._seen_run = run.run_id if run else self._seen_run
            self._state = hurried(self._state)
        with self._shop.snapshot() as tables:
            pull, wanted = load_pull(tables), settings_in(tables)
            shift = sales.open_shift(tables)
            # rows that have left the list but for own edits: as these arrive, the pull that met them is completed
            leaving = leaving_place(tables, upto=journal.the_till(tables).acked_row)
            levels_wait = self._levels_due or pull.stock_waiting > 0 or pull.warehouse_id != wanted.warehouse_id
            self._state = replace(
                self._state,
                sync_on=settings.item_sync_is_on(tables),
                unshared=something_is_unshared(tables),
                asked=run is not None and run.run_id != self._served_run,
                wanted=pull.wanted or self._pulling is not None or leaving > self._left_at,
                scope_changed=pull.label != wanted.scope,
                apply_when=wanted.apply_when,
                changes_waiting=pull.changes_waiting,
                cart_open=queues.note(tables, OPEN_CART) is not None,
                new_shift=shift is not None and shift.shift_id != pull.shift_id,
                levels_wait=levels_wait and bool(wanted.warehouse_id),
            )

    def _end(self, run: SyncRunRow) -> None:
        """Nothing is due any more: all is in, or nothing can be."""
        if not self._state.sync_on:
            self._runs.finish(run, notes={"item_sync_off": 1})
        elif self._state.stopped:
            self._runs.finish(run, error=self._word or "not_paired")
        elif not self._state.asked:
            self._runs.finish(run)

    # ---- the price list

    def _share(self) -> None:
        begun = self._monotonic()
        share_some(self._shop)
        self._rest(begun, at_least_s=FACT_REST_S)
        self._shop.wake("sync")

    def _begin_snapshot(self) -> None:
        begun = self._monotonic()
        self._pulling = None
        pricelist.begin_snapshot(self._shop, label=settings_in(self._shop.tables).scope)
        self._rest(begun)

    def _pull(self, run: SyncRunRow | None) -> None:
        if self._pulling is None:
            if pricelist.is_first_pull(self._shop.tables):
                self._begin_snapshot()
                return
            self._pulling = _Pulling()
        pulling = self._pulling
        match pulling.stage:
            case Stage.PAGES:
                self._next_page(pulling, run)
            case Stage.SWEEP:
                assert pulling.sweep is not None
                begun = self._monotonic()
                pulling.sweep, removed = pricelist.sweep_some(self._shop, pulling.sweep, place=pulling.place)
                self._rest(begun)
                self._count(run, 0, None, pricelist.Counts(removed=removed))
                pulling.stage = Stage.SWEEP if pulling.sweep else Stage.FORGET
            case Stage.FORGET:
                begun = self._monotonic()
                if not pricelist.forget_contained(self._shop, place=pulling.place):
                    pricelist.finish_pull(self._shop)
                    self._served_run = pulling.run_id or self._served_run
                    self._pulling, self._levels_due = None, True
                    self._state = replace(self._state, stock_at=0.0)
                self._rest(begun)

    def _next_page(self, pulling: _Pulling, run: SyncRunRow | None) -> None:
        assert self._link is not None
        pulling.run_id = run.run_id if run else ""
        with self._shop.snapshot() as tables:
            till, pull = journal.the_till(tables), load_pull(tables)
            pulling.leaving = leaving_place(tables, upto=till.acked_row)
            epochs = epochs_to_ask(tables, limit=EPOCHS_MAX)
        reply = self._link.changes(
            till.till_id, since=pull.since, label=pull.label, epochs=epochs, count=not pulling.counted
        )
        match reply:
            case Changes() if reply.version < pull.since or (reply.more and reply.version == pull.since):
                self._failed(run, "unreadable", f"version {reply.version} follows {pull.since}")
            case Changes() if reply.more and (not reply.rows or pulling.pages + 1 >= PAGES_MAX):
                pulling.pages = 0
                self._failed(run, "unreadable", "the price list has no end")
            case Changes():
                self._take(pulling, pull, reply, run)
            case Refusal(problem=problem) if problem.code == "cursor_ahead" and pull.since > 0:
                log.warning("price list: the Backoffice has never given version %s; all is pulled anew", pull.since)
                self._begin_snapshot()
            case Refusal() | Failed():
                self._not_answered(run, reply)

    def _take(self, pulling: _Pulling, pull: Pull, page: Changes, run: SyncRunRow | None) -> None:
        as_of = (page.as_of.epoch, page.as_of.seq) if page.as_of else None
        for _ in range(TRIES_MAX):
            prepared = pricelist.prepare_page(self._shop, page, asked=pull.asked, as_of=as_of)
            if prepared is None:
                self._pulling = None
                return
            begun = self._monotonic()
            written = pricelist.write_page(self._shop, prepared)
            self._rest(begun)
            if written:
                break
        else:
            return  # somebody edits one item after the other: ask again
        self._answered()
        self._left_at = max(self._left_at, pulling.leaving)
        pulling.place, pulling.counted, pulling.pages = prepared.place, True, pulling.pages + 1
        if prepared.counts.skipped:
            log.warning("price list: %s rows of a newer version were passed over", prepared.counts.skipped)
        self._count(run, len(page.rows), page.left, prepared.counts)
        if pulling.pages % CHECKPOINT_PAGES == 0:
            self._shop.store.checkpoint()
        if not page.more:
            pulling.stage = Stage.SWEEP if pull.snapshot else Stage.FORGET
            pulling.sweep = Sweep()
        if page.rows:
            self._shop.wake("ui")

    # ---- levels

    def _pull_levels(self, run: SyncRunRow | None) -> None:
        assert self._link is not None
        with self._shop.snapshot() as tables:
            till, pull, warehouse_id = journal.the_till(tables), load_pull(tables), settings_in(tables).warehouse_id
            epochs = epochs_to_ask(tables, limit=EPOCHS_MAX)
        since = pull.stock_since if pull.warehouse_id == warehouse_id else 0
        reply = self._link.stock(till.till_id, warehouse_id=warehouse_id, since=since, epochs=epochs)
        match reply:
            case StockPage() if reply.version < since or (reply.more and reply.version == since):
                self._failed(run, "unreadable", f"version {reply.version} of the stock follows {since}")
            case StockPage() if reply.more and not reply.levels:
                self._failed(run, "unreadable", "the stock has no end")
            case StockPage():
                self._take_levels(reply, warehouse_id, since)
            case Refusal(problem=problem) if problem.code == "cursor_ahead" and since > 0:
                with self._shop.mark() as tables:
                    update_pull(tables, stock_since=0)
            case Refusal() | Failed():
                self._not_answered(run, reply)

    def _take_levels(self, page: StockPage, warehouse_id: str, since: int) -> None:
        place = place_upto(self._shop.tables, page.as_of.epoch, page.as_of.seq) if page.as_of else 0
        begun = self._monotonic()
        taken = apply_levels(self._shop, page, warehouse_id=warehouse_id, since=since, place=place)
        self._rest(begun)
        self._answered()
        if taken:
            self._levels_due = page.more
            next_s = 0.0 if page.more else STOCK_EVERY_S
            self._state = replace(self._state, stock_at=self._monotonic() + next_s)
            self._shop.wake("ui")

    # ---- what comes of it

    def _not_answered(self, run: SyncRunRow | None, reply: Refusal | Failed) -> None:
        if isinstance(reply, Failed):
            self._failed(run, reply.word, reply.detail, reply.retry_after_s)
        elif reply.problem.code == "pairing_revoked":
            self._state, self._word = replace(self._state, stopped=True), reply.problem.code
        else:
            self._failed(run, reply.problem.code, reply.problem.detail, reply.retry_after_s)

    def _failed(self, run: SyncRunRow | None, word: str, detail: str, retry_after_s: float | None = None) -> None:
        log.warning("price list: %s %s", word, detail)
        self._state = after_failure(self._state, self._monotonic(), retry_after_s=retry_after_s, random=self._random())
        if run is not None:
            self._runs.finish(run, error=word)

    def _answered(self) -> None:
        self._state = after_success(self._state)

    def _count(self, run: SyncRunRow | None, rows: int, left: int | None, counts: pricelist.Counts) -> None:
        if run is not None:
            named = {"changed": counts.changed, "new": counts.new, "removed": counts.removed, "skipped": counts.skipped}
            self._runs.count(run, rows=rows, left=left, counts={name: n for name, n in named.items() if n})

    def _rest(self, begun: float, *, at_least_s: float = REST_S) -> None:
        now = self._monotonic()
        self._rest_until = now + max(at_least_s, now - begun)
