"""Shipping the journal (sync.md §2): batches, what the server answers, the proof after a closing, manual sync runs."""

import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from appliance.domain.clock import iso
from appliance.domain.delivery import Lateness
from appliance.domain.receipt import ClockState
from appliance.service.shop import Shop
from appliance.service.status import BACKOFFICE_NOTE, till_status
from appliance.store import branches, journal, queues, sales
from appliance.store.journal import Stored
from appliance.sync import fork, runs
from appliance.sync.batch import Batch, Sent
from appliance.sync.link import BackofficeLink, Failed, Refusal, packed
from appliance.sync.runs import Runs
from appliance.sync.triggers import (
    COMPARE_S,
    Action,
    UploadState,
    after_failure,
    after_success,
    decide,
    hurried,
    next_compare,
)
from appliance.sync.waiting import note_waiting, pull_state
from appliance.wire import (
    BATCH_BYTES_MAX,
    BATCH_ROWS_MAX,
    Position,
    ShiftProof,
    TillStatus,
    Upload,
    UploadReply,
    WireRow,
)

log = logging.getLogger(__name__)

IDLE_S = 15.0
FRAME_BYTES = 400  # what a row weighs besides its body


@dataclass(frozen=True)
class UploadOptions:
    poll_s: float
    status_s: float
    version: str
    compare_s: tuple[float, float] = COMPARE_S
    rows_max: int = BATCH_ROWS_MAX


class Uploader:
    """The journal's way up. `step` is called by one thread; `link` is None while the till is not paired."""

    def __init__(
        self,
        shop: Shop,
        options: UploadOptions,
        *,
        link: BackofficeLink | None,
        new_epoch: Callable[[], str],
        monotonic: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._shop = shop
        self._options = options
        self._link = link
        self._new_epoch = new_epoch
        self._monotonic = monotonic
        self._random = random
        self._runs = Runs(shop)
        self._forks = 0  # in a row, without any row acked between them
        self._sent = 0  # rows of the journal acked for the first time in this step
        self._rows_max = options.rows_max
        self._fault: str | None = None
        self.recoveries = 0
        self._hurry = threading.Event()
        self._new_link: BackofficeLink | None = None
        self._ready: Batch | None = None
        now = monotonic()
        self._state = UploadState(
            unsent=0,
            unproven_shifts=0,
            failures=0,
            retry_at=0.0,
            compare_at=next_compare(now, random=random(), within_s=options.compare_s),
            report_at=now,
            stopped=link is None,
        )
        self._note_fault("")

    def step(self) -> float:
        """Do the one thing that is due. Returns how long there is nothing to do, in seconds."""
        if self._new_link:
            self._take_link()
        if self._hurry.is_set():
            self._hurry.clear()
            self._state = hurried(self._state)
        self._begin_run()
        self._sent = 0
        unsent, _ = journal.unsent(self._shop.tables)
        unproven = sales.shifts_without_proof(self._shop.tables)
        self._state = replace(self._state, unsent=unsent, unproven_shifts=len(unproven))
        action, sleep_s = decide(self._state, self._monotonic())
        match action:
            case Action.UPLOAD:
                self._upload()
            case Action.PROVE:
                self._prove(unproven[0])
            case Action.COMPARE:
                self._compare()
            case Action.REPORT:
                self._send([])
            case Action.NOTHING:
                self._end_run()
                return min(sleep_s, self._options.poll_s)
        self._progress_run(self._sent)
        return 0.0

    def hurry(self) -> None:
        """Try now, whatever the backoff says. Any thread may ask."""
        self._hurry.set()

    def use_link(self, link: BackofficeLink) -> None:
        """From the next step on: the till was paired, or its Backoffice has moved. Any thread may tell."""
        self._new_link = link
        self.hurry()

    def _take_link(self) -> None:
        self.close()
        self._link, self._new_link, self._ready = self._new_link, None, None
        self._state = replace(self._state, stopped=False, report_at=self._monotonic())
        self._fault = None
        self._note_fault("")

    def close(self) -> None:
        if self._link:
            self._link.close()

    # ---- one exchange

    def _upload(self) -> None:
        """The next batch of what is not acked."""
        after = journal.the_till(self._shop.tables).acked_row
        ready, self._ready = self._ready, None
        batch = ready if ready and ready.after == after else self._batch(after)
        self._exchange(batch, meanwhile=lambda: self._make_ready(batch))

    def _batch(self, after: int, *, last: int | None = None) -> Batch:
        """What follows a place of the journal, up to the place `last`."""
        rows = self._fitting(journal.rows_after(self._shop.tables, after, limit=self._rows_max, last=last))
        fork.finish_copy(self._shop)  # before any lost row goes out, all of them stand in the epoch that goes on
        lost_from = branches.lost_rows(self._shop.tables)
        lost = branches.is_lost(lost_from, rows[0])
        rows = list(takewhile(lambda each: branches.is_lost(lost_from, each) == lost, rows))
        return self._worded(rows, lost=lost, after=after)

    def _make_ready(self, sent: Batch) -> None:
        """The next batch, while the server works on this one; kept if that is acked."""
        read_to = sent.rows[-1].place
        if journal.last_place(self._shop.tables) > read_to:
            self._ready = self._batch(read_to)

    def _fitting(self, rows: list[Stored]) -> list[Stored]:
        """As many as fit into one batch; always at least one."""
        size = 0
        for n, stored in enumerate(rows):
            size += len(stored.row.body.encode()) + FRAME_BYTES
            if size > BATCH_BYTES_MAX and n > 0:
                return rows[:n]
        return rows

    def _worded(self, rows: list[Stored], *, lost: bool = False, after: int = 0) -> Batch:
        epoch = rows[0].row.epoch if rows else journal.the_till(self._shop.tables).epoch
        pull = pull_state(self._shop)
        wire_rows = tuple(WireRow.of(stored.row) for stored in rows)
        status = self._status(sent_to=rows[-1].place if rows else 0)
        upload = Upload(epoch=epoch, rows=wire_rows, status=status, pull=pull, lost=lost)
        return Batch(after, tuple(map(Sent.of, rows)), lost, pull, packed(upload))

    def _send(self, rows: list[Stored]) -> bool:
        """These rows, or only how the till is; True when they were acked."""
        return self._exchange(self._worded(rows))

    def _exchange(self, batch: Batch, *, meanwhile: Callable[[], None] | None = None) -> bool:
        """Send one batch and follow the answer; True when it was acked."""
        assert self._link is not None
        till_id = journal.the_till(self._shop.tables).till_id
        reply = self._link.upload(till_id, batch.body, meanwhile=meanwhile)
        self._state = replace(self._state, report_at=self._monotonic() + self._options.status_s)
        match reply:
            case UploadReply():
                note_waiting(self._shop, reply, told=batch.pull)
                if self._passed(batch) if batch.lost else self._acked(batch.rows, reply.acked):
                    return True
            case Refusal() if batch.lost and reply.problem.code in {"fork", "gap"}:
                return self._passed(batch)  # a server that does not want such rows need not have them
            case Refusal():
                self._refused(reply, batch.rows)
            case Failed():
                self._failed(reply.word, reply.detail, reply.retry_after_s)
        self._ready = None
        return False

    def _acked(self, rows: Sequence[Sent], acked: Position) -> bool:
        """Only what the server says it holds is counted as sent."""
        if rows:
            last = rows[-1]
            if acked.epoch != last.epoch or acked.seq < last.seq:
                self._failed("unreadable", f"row {last.seq} was sent, {acked.epoch}/{acked.seq} is acked", None)
                return False
            self._forks = 0
            with self._shop.mark() as tables:  # forgotten in a power cut, rows are sent again, which is success
                before = journal.the_till(tables).acked_row
                journal.ack(tables, max(last.place, before))
            self._sent += sum(1 for row in rows if row.place > before)
        else:
            self._rows_max = self._options.rows_max  # all is sent: whatever was too large is behind us
        self.recoveries += 1 if self._state.failures else 0
        self._state = after_success(self._state)
        self._note_fault("")
        return True

    def _passed(self, batch: Batch) -> bool:
        """Rows that lost a fork have been shown; that is no success of those that wait after them."""
        with self._shop.fact() as tables:
            journal.ack(tables, max(batch.rows[-1].place, journal.the_till(tables).acked_row))
        if self._forks <= 1:
            self._note_fault("")
        return True

    def _refused(self, refusal: Refusal, rows: Sequence[Sent]) -> None:
        code, seq = refusal.problem.code, refusal.problem.seq
        if code == "pairing_revoked":
            self._state = replace(self._state, stopped=True)
            self._note_fault("pairing_revoked")
        elif code == "gap" and seq is not None and rows:
            self._rewind(rows[0], seq)
        elif code == "fork" and seq is not None and rows:
            self._branch_off(rows[0].epoch, seq)
        elif code == "too_large" and len(rows) > 1:
            self._rows_max = max(1, len(rows) // 2)
        else:
            self._failed(code, refusal.problem.detail, refusal.retry_after_s)

    def _rewind(self, first_sent: Sent, seq: int) -> None:
        """The server wants rows from `seq` on, which must stand before those it was just sent."""
        place = journal.place_of(self._shop.tables, first_sent.epoch, seq)
        if place is None or seq >= first_sent.seq:
            self._failed("gap", f"row {first_sent.seq} was sent, the server asks for row {seq}", None)
            return
        with self._shop.fact() as tables:
            journal.ack(tables, place - 1)
        log.warning("upload: the Backoffice wants rows from %s on again", seq)

    def _branch_off(self, epoch: str, seq: int) -> None:
        """The server holds another row at this place: a copied card. Our rows go on in a new epoch.

        A server that answers each new epoch with a fork would have the journal written again and again: it is asked
        ever more rarely.
        """
        try:
            fork.branch_off(self._shop, epoch, seq, new_epoch=self._new_epoch)
        except fork.NotHere as error:
            self._failed("fork", str(error), None)
            return
        self._forks += 1
        if self._forks > 1:
            self._failed("fork", f"{self._forks} in a row", None)

    def _failed(self, word: str, detail: str, retry_after_s: float | None) -> None:
        self._state = after_failure(self._state, self._monotonic(), retry_after_s=retry_after_s, random=self._random())
        self._note_fault(word, detail)

    # ---- a closing proven, heads compared

    def _prove(self, shift_id: str) -> None:
        """The whole shift once more (S7), then what the server holds of it (B2)."""
        assert self._link is not None
        places = journal.places_of_shift(self._shop.tables, shift_id)
        assert places is not None
        first, last = places
        place = first - 1
        while place < last:
            batch = self._batch(place, last=last)
            if not self._exchange(batch):
                return
            place = batch.rows[-1].place
        till = journal.the_till(self._shop.tables)
        match self._link.proof(till.till_id, shift_id, closing=journal.closing_of(self._shop.tables, shift_id)):
            case ShiftProof() as proof:
                with self._shop.fact() as tables:
                    sales.save_proof(tables, shift_id, proof.model_dump_json())
                log.info("shift %s: %s/%s", shift_id, proof.receipts_held, proof.receipts_expected)
                self._shop.wake("ui")
            case Refusal() as refusal:
                self._refused(refusal, ())
            case Failed() as failed:
                self._failed(failed.word, failed.detail, failed.retry_after_s)

    def _compare(self) -> None:
        """The head is sent once more: the server says if it holds another one (S8)."""
        till = journal.the_till(self._shop.tables)
        head = journal.rows_after(self._shop.tables, max(0, till.acked_row - 1), limit=1)
        if self._send(head):
            now = self._monotonic()
            compare_at = next_compare(now, random=self._random(), within_s=self._options.compare_s)
            self._state = replace(self._state, compare_at=compare_at)
            with self._shop.fact() as tables:
                sales.forget_incomplete_proofs(tables)

    # ---- manual runs

    def _begin_run(self) -> None:
        """A person asked: the server is talked to now, even when nothing waits."""
        run = self._runs.in_phase(runs.WAITING)
        if run is not None:
            self._state = replace(hurried(self._state), report_at=self._monotonic())
            self._runs.begin(run, total=journal.unsent(self._shop.tables)[0])

    def _progress_run(self, sent: int) -> None:
        """After a try; one that was asked for during it begins with the next step."""
        run = self._runs.in_phase(runs.UPLOAD)
        if run is None:
            return
        self._runs.progress(run, done=run.done + sent, left=journal.unsent(self._shop.tables)[0])
        if self._fault:
            self._finish_run(error=self._fault)

    def _end_run(self) -> None:
        """Nothing is due: all is sent, or nothing can be."""
        run = self._runs.in_phase(runs.UPLOAD)
        if run is None:
            return
        if self._state.stopped:
            self._finish_run(error=self._fault or "not_paired")
        elif not self._state.unsent:
            self._runs.hand_over(run)

    def _finish_run(self, *, error: str) -> None:
        run = self._runs.in_phase(runs.UPLOAD)
        if run is not None:
            self._runs.finish(run, error=error)

    # ---- what the server and the screen are told

    def _status(self, *, sent_to: int) -> TillStatus:
        """With a batch that reaches to the place `sent_to`: what is in it does not wait any more."""
        status = till_status(self._shop)
        certificate = status.eet.certificate
        return TillStatus(
            version=self._options.version,
            unsent=min(status.backoffice.unsent, journal.last_place(self._shop.tables) - sent_to),
            eet_waiting=status.eet.waiting,
            eet_parked=status.eet.parked,
            eet_oldest_age_s=status.eet.oldest_age_s,
            printer=status.printer.word,
            clock=ClockState(self._shop.clock()).value,
            disk_free_mb=shutil.disk_usage(self._shop.store.path.parent).free // (1024 * 1024),
            sent_at=iso(status.now),
            eet_lateness="" if status.eet.lateness == Lateness.NONE else status.eet.lateness.value,
            eet_certificate=(certificate.problem or certificate.level.value) if certificate.needed else "",
            eet_certificate_days=certificate.days_left if certificate.needed and certificate.valid_to else None,
        )

    def _note_fault(self, fault: str, detail: str = "") -> None:
        if fault == self._fault:
            return
        self._fault = fault
        well = "reachable" if self._link else "not paired"
        log.log(logging.WARNING if fault else logging.INFO, "Backoffice: %s %s", fault or well, detail)
        value = {"paired": self._link is not None, "fault": fault}
        with self._shop.mark() as tables:
            queues.set_note(tables, BACKOFFICE_NOTE, value, at=iso(self._shop.now()))
        self._shop.wake("ui")
