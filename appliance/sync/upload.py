"""Shipping the journal (sync.md §2): batches, what the server answers, the proof after a closing, manual sync runs."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.domain.clock import iso
from appliance.domain.receipt import ClockState
from appliance.service.shop import Shop
from appliance.service.status import BACKOFFICE_NOTE, till_status
from appliance.store import journal, queues, sales
from appliance.store.journal import Stored
from appliance.sync.link import BackofficeLink, Failed, Refusal
from appliance.sync.triggers import Action, UploadState, after_failure, after_success, decide, hurried, next_compare
from appliance.wire import BATCH_BYTES_MAX, BATCH_ROWS_MAX, ShiftProof, TillStatus, Upload, UploadReply, WireRow

log = logging.getLogger(__name__)

IDLE_S = 15.0
FRAME_BYTES = 400  # what a row weighs besides its body


@dataclass(frozen=True)
class UploadOptions:
    poll_s: float
    status_s: float
    version: str


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
        self._rows_max = BATCH_ROWS_MAX
        self._fault: str | None = None
        now = monotonic()
        self._state = UploadState(
            unsent=0,
            unproven_shifts=0,
            failures=0,
            retry_at=0.0,
            compare_at=next_compare(now, random=random()),
            report_at=now,
            stopped=link is None,
        )
        self._note_fault("")

    def step(self) -> float:
        """Do the one thing that is due. Returns how long there is nothing to do, in seconds."""
        run = queues.unfinished_run(self._shop.tables)
        if run is not None and run.phase == "waiting":
            self._begin_run(run.run_id)
        unsent, _ = journal.unsent(self._shop.tables)
        unproven = sales.shifts_without_proof(self._shop.tables)
        self._state = replace(self._state, unsent=unsent, unproven_shifts=len(unproven))
        action, sleep_s = decide(self._state, self._monotonic())
        match action:
            case Action.UPLOAD:
                self._send(self._after_acked())
            case Action.PROVE:
                self._prove(unproven[0])
            case Action.COMPARE:
                self._compare()
            case Action.REPORT:
                self._send([])
            case Action.NOTHING:
                self._end_run()
                return min(sleep_s, self._options.poll_s)
        self._progress_run()
        return 0.0

    def hurry(self) -> None:
        """Try now, whatever the backoff says."""
        self._state = hurried(self._state)

    def close(self) -> None:
        if self._link:
            self._link.close()

    # ---- one exchange

    def _after_acked(self) -> list[Stored]:
        till = journal.the_till(self._shop.tables)
        return self._fitting(journal.rows_after(self._shop.tables, till.acked_row, limit=self._rows_max))

    def _fitting(self, rows: list[Stored]) -> list[Stored]:
        """As many as fit into one batch; always at least one."""
        size = 0
        for n, stored in enumerate(rows):
            size += len(stored.row.body.encode()) + FRAME_BYTES
            if size > BATCH_BYTES_MAX and n > 0:
                return rows[:n]
        return rows

    def _send(self, rows: list[Stored]) -> bool:
        """Send one batch and follow the answer; True when it was acked."""
        assert self._link is not None
        till = journal.the_till(self._shop.tables)
        epoch = rows[0].row.epoch if rows else till.epoch
        batch = Upload(epoch=epoch, rows=tuple(WireRow.of(stored.row) for stored in rows), status=self._status())
        reply = self._link.upload(till.till_id, batch)
        self._state = replace(self._state, report_at=self._monotonic() + self._options.status_s)
        match reply:
            case UploadReply():
                self._acked(rows)
                return True
            case Refusal():
                self._refused(reply, rows)
            case Failed():
                self._failed(reply.word, reply.detail, reply.retry_after_s)
        return False

    def _acked(self, rows: list[Stored]) -> None:
        if rows:
            with self._shop.fact() as tables:
                journal.ack(tables, max(rows[-1].place, journal.the_till(tables).acked_row))
        self._rows_max = BATCH_ROWS_MAX
        self._state = after_success(self._state)
        self._note_fault("")

    def _refused(self, refusal: Refusal, rows: list[Stored]) -> None:
        code, seq = refusal.problem.code, refusal.problem.seq
        if code == "pairing_revoked":
            self._state = replace(self._state, stopped=True)
            self._note_fault("pairing_revoked")
        elif code == "gap" and seq is not None and rows:
            self._rewind(rows[0].row.epoch, seq)
        elif code == "fork" and seq is not None and rows:
            self._branch_off(rows[0].row.epoch, seq)
        elif code == "too_large" and len(rows) > 1:
            self._rows_max = max(1, len(rows) // 2)
        else:
            self._failed(code, refusal.problem.detail, None)

    def _rewind(self, epoch: str, seq: int) -> None:
        """The server wants rows from `seq` on."""
        with self._shop.fact() as tables:
            place = journal.place_of(tables, epoch, seq)
            if place is not None:
                journal.ack(tables, place - 1)
        if place is None:
            self._failed("gap", f"the server asks for row {seq}, which this till does not have", None)
        else:
            log.warning("upload: the Backoffice wants rows from %s on again", seq)

    def _branch_off(self, epoch: str, seq: int) -> None:
        """The server holds another row at this place: a copied card. Our rows go on in a new epoch."""
        at = iso(self._shop.now())
        with self._shop.fact() as tables:
            place = journal.place_of(tables, epoch, seq)
            if place is None:
                self._failed("fork", f"row {seq} is not here", None)
                return
            shift = sales.open_shift(tables)

            def open_new() -> None:
                journal.open_epoch(
                    tables,
                    epoch=self._new_epoch(),
                    reason="fork",
                    doc_id=self._shop.new_id(),
                    at=at,
                    board_serial=journal.the_till(tables).board_serial,
                    open_shift=shift.shift_id if shift else "",
                )

            last = journal.last_place(tables)
            journal.branch_off(tables, place, open_new)
            journal.ack(tables, last)
        log.error("upload: the journal forked at row %s; a new epoch goes on", seq)

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
            limit = self._rows_max
            rows = self._fitting(journal.rows_after(self._shop.tables, place, limit=limit, last=last))
            if not self._send(rows):
                return
            place = rows[-1].place
        till = journal.the_till(self._shop.tables)
        match self._link.proof(till.till_id, shift_id):
            case ShiftProof() as proof:
                with self._shop.fact() as tables:
                    sales.save_proof(tables, shift_id, proof.model_dump_json())
                log.info("shift %s: %s/%s", shift_id, proof.receipts_held, proof.receipts_expected)
                self._shop.wake("ui")
            case Refusal() as refusal:
                self._failed(refusal.problem.code, refusal.problem.detail, None)
            case Failed() as failed:
                self._failed(failed.word, failed.detail, failed.retry_after_s)

    def _compare(self) -> None:
        """The head is sent once more: the server says if it holds another one (S8)."""
        till = journal.the_till(self._shop.tables)
        head = journal.rows_after(self._shop.tables, max(0, till.acked_row - 1), limit=1)
        if self._send(head):
            now = self._monotonic()
            self._state = replace(self._state, compare_at=next_compare(now, random=self._random()))

    # ---- manual runs

    def _begin_run(self, run_id: str) -> None:
        self.hurry()
        unsent, _ = journal.unsent(self._shop.tables)
        with self._shop.mark() as tables:
            queues.update_run(tables, run_id, phase="upload", total=unsent)
        self._shop.wake("ui")

    def _progress_run(self) -> None:
        run = queues.unfinished_run(self._shop.tables)
        if run is None:
            return
        if self._fault:
            self._finish_run(run.run_id, error=self._fault)
            return
        unsent, _ = journal.unsent(self._shop.tables)
        total = max(run.total, unsent)
        with self._shop.mark() as tables:
            queues.update_run(tables, run.run_id, done=total - unsent, total=total)
        self._shop.wake("ui")

    def _end_run(self) -> None:
        run = queues.unfinished_run(self._shop.tables)
        if run is None:
            return
        if self._state.stopped:
            self._finish_run(run.run_id, error=self._fault or "not_paired")
        elif not self._state.unsent:
            self._finish_run(run.run_id, error="")

    def _finish_run(self, run_id: str, *, error: str) -> None:
        with self._shop.mark() as tables:
            run = queues.load_run(tables, run_id)
            sent = run.done if run else 0
            queues.update_run(
                tables,
                run_id,
                phase="done",
                finished_at=iso(self._shop.now()),
                error=error,
                result="" if error else str(sent),
            )
        self._shop.wake("ui")

    # ---- what the server and the screen are told

    def _status(self) -> TillStatus:
        status = till_status(self._shop)
        return TillStatus(
            version=self._options.version,
            unsent=status.backoffice.unsent,
            eet_waiting=status.eet.waiting,
            eet_parked=status.eet.parked,
            eet_oldest_age_s=status.eet.oldest_age_s,
            printer=status.printer.word,
            clock=ClockState(self._shop.clock()).value,
            disk_free_mb=shutil.disk_usage(self._shop.store.path.parent).free // (1024 * 1024),
            sent_at=iso(status.now),
        )

    def _note_fault(self, fault: str, detail: str = "") -> None:
        if fault == self._fault:
            return
        self._fault = fault
        log.log(logging.WARNING if fault else logging.INFO, "Backoffice: %s %s", fault or "reachable", detail)
        value = {"paired": self._link is not None, "fault": fault}
        with self._shop.mark() as tables:
            queues.set_note(tables, BACKOFFICE_NOTE, value, at=iso(self._shop.now()))
        self._shop.wake("ui")
