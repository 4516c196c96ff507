"""The print queue (sync.md §4): drawer first, body at once, the fiscal footer when the code or the wait's end is there.

A job is marked as started just before its number goes to the printer. From then on it is never repeated by itself:
after a crash, a power cut or a broken connection the cashier is asked, and a second copy says KOPIE.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.domain.clock import iso
from appliance.domain.codec import from_json
from appliance.domain.delivery import FiscalState, PrintState
from appliance.domain.fiscal import Dialect
from appliance.domain.journal import ShiftClosed
from appliance.domain.receipt import Receipt
from appliance.domain.shift import ShiftTotals
from appliance.domain.stock import StockSlip
from appliance.printing import layout
from appliance.printing.layout import FiscalView, Paper
from appliance.service import receipts
from appliance.service.errors import NotFound
from appliance.service.shop import Shop
from appliance.service.status import CERTIFICATE_MISSING, EET_NOTE, PRINTER_NOTE, channel_name
from appliance.store import fiscal, queues
from appliance.store.fiscal import FiscalRecord
from appliance.store.queues import JobKind, PrintJob
from appliance.store.tables import Tables
from drivers.ports import Element, PrinterFailure, ReceiptPrinter

log = logging.getLogger(__name__)

POLL_S = 1.0  # a lost wake-up costs at most this
FAILED_POLL_S = 1.0
IDLE_STATUS_S = 10.0
READY = "ok"
LEFTOVER_NOTE = "printer_leftover"


class Waiter(Protocol):
    """Sleeps until there may be work; True when woken before the time was over."""

    def wait(self, timeout_s: float) -> bool: ...


@dataclass(frozen=True)
class SpoolerOptions:
    response_wait_s: float


class Spooler:
    """One printer, one queue, one thread."""

    def __init__(
        self,
        shop: Shop,
        printer: ReceiptPrinter,
        waiter: Waiter,
        options: SpoolerOptions,
        monotonic: Callable[[], float],
    ) -> None:
        self._shop = shop
        self._printer = printer
        self._waiter = waiter
        self._options = options
        self._monotonic = monotonic
        self._paper = Paper(printer.width_chars, printer.printable)
        self._leftover = False  # half a document may stand on the paper
        self._word = ""
        self._status_at = monotonic()

    def recover(self) -> None:
        """At start: what was started, or stems from an earlier boot, waits for the cashier's word."""
        with self._shop.fact() as tables:
            started = queues.jobs(tables, PrintState.STARTED)
            stale = [job for job in queues.jobs(tables, PrintState.WAITING) if job.boot != self._shop.boot]
            # a power cut may have taken the mark that a job was started
            if any(job.kind != JobKind.DRAWER for job in (*started, *stale)):
                self._note_leftover(tables)
            self._leftover = queues.note(tables, LEFTOVER_NOTE) is not None
            for job in (*started, *stale):
                # an old drawer pulse would open a drawer nobody stands at
                state = PrintState.DROPPED if job.kind == JobKind.DRAWER else PrintState.ASK
                queues.set_job(tables, job.job_id, state)

    def run(self, *, stopped: Callable[[], bool]) -> None:
        """Print until told to stop."""
        self.recover()
        while not stopped():
            if not self.print_waiting():
                self._waiter.wait(POLL_S)
                self._ask_status_when_idle()

    def print_waiting(self) -> bool:
        """Print the first waiting job; False when nothing waited."""
        waiting = queues.jobs(self._shop.tables, PrintState.WAITING, limit=1)
        if not waiting:
            return False
        try:
            printed = self._print(waiting[0])
        except PrinterFailure as failure:
            self._failed(waiting[0], failure)
            printed = False
        if not printed:
            self._waiter.wait(FAILED_POLL_S)
        return True

    def _print(self, job: PrintJob) -> bool:
        """False when the printer is known not to be ready: the job waits then, no paper was touched."""
        if job.kick:
            self._kick(job)
        if job.kind == JobKind.DRAWER:
            return True
        if self._word != READY and not self._ready():
            return False
        try:
            head, body = self._document(job)
        except (NotFound, LookupError, ValueError):
            log.exception("%s %s cannot be laid out and is dropped", job.kind, job.number)
            self._mark(job, PrintState.DROPPED)  # it must not stand in the way of all others for ever
            return True
        self._printer.begin()
        if self._leftover:
            self._write(layout.interrupted_slip())
            self._printer.finish()
            with self._shop.mark() as tables:
                queues.drop_note(tables, LEFTOVER_NOTE)
            self._leftover = False
            self._printer.begin()
        self._write(head)
        self._mark(job, PrintState.STARTED)
        self._write(body)
        if job.kind == JobKind.RECEIPT:
            self._write(self._footer(job))
        self._printer.finish()
        self._mark(job, PrintState.DONE)
        self._note(READY)
        return True

    def _document(self, job: PrintJob) -> tuple[list[Element], list[Element]]:
        """What goes out before the job counts as started, and the rest (a receipt's footer comes later)."""
        if job.kind == JobKind.RECEIPT:
            receipt = self._receipt(job)
            head = layout.receipt_head(receipt, self._paper, is_copy=job.is_copy)
            return head, layout.receipt_body(receipt, self._paper)
        head = layout.copy_mark() if job.is_copy else []
        shop = self._shop.seller.name
        if job.kind == JobKind.STOCK:
            slip = from_json(StockSlip, job.body)
            return head, layout.stock_document(slip, self._paper, shop=shop, at=job.created_at)
        body = json.loads(job.body)
        if job.kind == JobKind.X_REPORT:
            totals = from_json(ShiftTotals, body["totals"])
            return head, layout.x_document(
                totals, self._paper, shop=shop, number=body["number"], user=body["user"], at=job.created_at
            )
        closed = from_json(ShiftClosed, body["closed"])
        return head, layout.closing_document(closed, self._paper, shop=shop, closed_at=body["closed_at"])

    def _receipt(self, job: PrintJob) -> Receipt:
        return receipts.load(self._shop, job.doc_id)

    def _footer(self, job: PrintJob) -> list[Element]:
        receipt = self._receipt(job)
        view = self._await_code(job, receipt) if receipt.fiscal else None
        return layout.fiscal_footer(receipt, view, self._paper)

    def _await_code(self, job: PrintJob, receipt: Receipt) -> FiscalView:
        """What is known of the report: at once when it is settled, failed once, or another document waits.

        EET 1 wants its codes on the paper: there the next document waits too, up to the limit.
        """
        assert receipt.fiscal is not None
        deadline = self._monotonic() + self._options.response_wait_s
        while True:
            record = fiscal.load_record(self._shop.tables, job.doc_id)
            assert record is not None
            view = FiscalView(
                record.mode, record.state, record.code, record.dialect, record.pkp, record.bkp, record.data
            )  # fmt: skip
            left = deadline - self._monotonic()
            hurried = self._other_waits(job) and record.dialect == Dialect.V4
            if left <= 0 or hurried or self._is_settled(record):
                return view
            self._waiter.wait(min(left, POLL_S))

    def _is_settled(self, record: FiscalRecord) -> bool:
        """Whether waiting can bring no code any more. Those of EET 1 need no network, and the paper needs them."""
        if record.state != FiscalState.WAITING:
            return True
        codes_may_come = record.dialect == Dialect.V3 and not record.bkp
        return (record.attempts > 0 or self._nobody_answers(record)) and not codes_may_come

    def _nobody_answers(self, record: FiscalRecord) -> bool:
        """Whether no record of this kind can get through; there is nothing to wait for then."""
        note = queues.note(self._shop.tables, EET_NOTE) or {}
        faulty = channel_name(record.dialect, record.mode) in note.get("channels", {})
        return faulty or note.get("fault") == CERTIFICATE_MISSING

    def _other_waits(self, job: PrintJob) -> bool:
        """Whether another document waits; drawers that were asked for are opened at once."""
        self._kick_waiting()
        others = queues.jobs(self._shop.tables, PrintState.WAITING, limit=1)  # the drawers are done with
        return any(other.job_id != job.job_id for other in others)

    def _kick(self, job: PrintJob) -> None:
        self._printer.kick_drawer()
        with self._shop.mark() as tables:
            queues.kicked(tables, job.job_id)
            if job.kind == JobKind.DRAWER:
                queues.set_job(tables, job.job_id, PrintState.DONE)

    def _write(self, elements: Sequence[Element]) -> None:
        """Line by line; a drawer that was asked for meanwhile opens between two of them."""
        for element in elements:
            if self._waiter.wait(0):
                self._kick_waiting()
            self._printer.write(element)

    def _kick_waiting(self) -> None:
        for job in queues.waiting_kicks(self._shop.tables):
            self._kick(job)

    def _mark(self, job: PrintJob, state: PrintState) -> None:
        with self._shop.mark() as tables:
            queues.set_job(tables, job.job_id, state)

    def _failed(self, job: PrintJob, failure: PrinterFailure) -> None:
        """A job that had not reached its number waits on; a started one is asked about.

        The drawer is not opened for it any more: a drawer that opens minutes later opens in nobody's presence.
        """
        with self._shop.mark() as tables:
            queues.kicked(tables, job.job_id)
            if job.kind == JobKind.DRAWER:
                queues.set_job(tables, job.job_id, PrintState.DROPPED)
        current = queues.load_job(self._shop.tables, job.job_id)
        if current is not None and current.state == PrintState.STARTED:
            self._leftover = True
            with self._shop.fact() as tables:
                queues.set_job(tables, job.job_id, PrintState.ASK)
                self._note_leftover(tables)
        self._note(failure.kind, failure.detail)

    def _note_leftover(self, tables: Tables) -> None:
        """Kept until a slip has ended that paper: the next process must know of it too."""
        queues.set_note(tables, LEFTOVER_NOTE, {}, at=iso(self._shop.now()))

    def _ask_status_when_idle(self) -> None:
        if self._monotonic() - self._status_at < IDLE_STATUS_S:
            return
        self._ready()

    def _ready(self) -> bool:
        """Ask the printer how it is, and write it down."""
        self._status_at = self._monotonic()
        try:
            status = self._printer.status()
        except PrinterFailure as failure:
            self._note(failure.kind, failure.detail)
            return False
        if status.paper_out:
            self._note("paper_out")
        elif status.cover_open:
            self._note("cover_open")
        else:
            self._note(READY if status.online else "offline")
        return self._word == READY

    def _note(self, word: str, detail: str = "") -> None:
        """Write down how the printer is, when that changes."""
        if word == self._word:
            return
        self._word = word
        log.info("printer: %s %s", word, detail)
        with self._shop.mark() as tables:
            queues.set_note(tables, PRINTER_NOTE, {"word": word, "detail": detail}, at=iso(self._shop.now()))
        self._shop.wake("ui")
