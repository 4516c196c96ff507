"""Reporting sales to EET (sync.md §3): the newest sale first, the backlog on a second connection.

An attempt row precedes the first byte; a resend repeats Data to the character. Only a confirmation that `eet` has
verified makes a record confirmed; the code and its journal row are one commit.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from appliance.domain.clock import iso, parse_iso
from appliance.domain.delivery import MS_PER_S, RANDOM_LIMIT, FiscalState, eet_delay_ms
from appliance.domain.fiscal import Dialect, Mode
from appliance.domain.journal import Kind, ReceiptFiscalised
from appliance.eet.answer import read_answer
from appliance.eet.certificate import Identity, Trust
from appliance.eet.client import EetClient
from appliance.eet.dialects import DIALECTS
from appliance.eet.errors import MessageInvalid
from appliance.eet.message import Header
from appliance.eet.outcome import (
    ChannelFault,
    ConfirmedOutcome,
    Outcome,
    Parked,
    Reason,
    Replied,
    VerifiedOnly,
    Waiting,
    outcome_of,
)
from appliance.eet.request import build_request
from appliance.eet.transport import HttpReply, TransportFailure
from appliance.service.shop import Shop
from appliance.service.status import EET_NOTE
from appliance.store import journal, queues, sales
from appliance.store.queues import FiscalRecord

log = logging.getLogger(__name__)

BACKLOG_BATCH = 500
IDLE_S = 15.0
ANSWER_KEPT_BYTES = 64 * 1024
NO_CERTIFICATE = "no_certificate"
ON_THE_WAY = frozenset(
    {Reason.TIMEOUT, Reason.BROKEN, Reason.CONNECT, Reason.HTTP_STATUS, Reason.SERVER_BUSY, Reason.DNS, Reason.TLS}
)
"""Failures that say nothing of the record itself: when another one gets through, this one may too."""


@dataclass(frozen=True)
class FiscalOptions:
    schedule_ms: tuple[int, ...]


@dataclass(frozen=True)
class _Retry:
    """When a record is tried again, in monotonic seconds, and whether it failed on the way only."""

    at: float
    on_the_way: bool


MakeClient = Callable[[str, bool], EetClient]
"""(mode, fresh) → a connection for records of that mode; `fresh` is the one for sales just made."""


class FiscalSender:
    """Two queues of one channel: `send_fresh` for sales never tried, `send_backlog` for all others.

    Each of the two is called by one thread only. `identity` is None while no certificate is imported.
    """

    def __init__(
        self,
        shop: Shop,
        options: FiscalOptions,
        *,
        identity: Callable[[], Identity | None],
        trust: Trust,
        make_client: MakeClient,
        monotonic: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._shop = shop
        self._options = options
        self._identity = identity
        self._trust = trust
        self._make_client = make_client
        self._monotonic = monotonic
        self._random = random
        self._clients: dict[tuple[str, bool], EetClient] = {}
        self._lock = threading.Lock()
        self._due: dict[str, _Retry] = {}  # by doc_id; missing = at once
        self._under_way: set[str] = set()
        self._token = ""  # of the certificate in use
        self._probe_at = 0.0
        self._probes = 0
        self._fault: str | None = None
        self.recoveries = 0
        self._set_fault("")  # a start tries everything anew, whatever the last run found

    def send_fresh(self) -> float:
        """Send sales that were never tried, the newest first. Returns how long there is nothing to do, in seconds."""
        while True:
            if self._no_certificate() or self._fault:
                return IDLE_S
            fresh = (each for each in self._waiting(newest_first=True) if self._is_fresh(each))
            if not self._attempt_first(fresh, fresh=True):
                return IDLE_S

    def send_backlog(self) -> float:
        """Send what is due again. While the channel is faulty, one record probes it on the schedule."""
        if self._no_certificate():
            return IDLE_S
        now = self._monotonic()
        waiting = self._waiting(newest_first=False)
        if self._fault:
            if now < self._probe_at:
                return min(IDLE_S, self._probe_at - now)
            due = waiting[:1]
        else:
            due = [each for each in waiting if not self._is_fresh(each) and self._due_at(each) <= now]
        if self._attempt_first(due, fresh=False):
            return 0.0
        later = [self._due_at(each) - now for each in waiting if not self._is_fresh(each)]
        return min([IDLE_S, *(max(0.05, delay_s) for delay_s in later)])

    def hurry(self) -> None:
        """Everything that waits is due now: a person asked, or the network is back."""
        with self._lock:
            self._due = {doc_id: replace(retry, at=0.0) for doc_id, retry in self._due.items()}
        self._probe_at = 0.0

    def network_is_back(self) -> None:
        """What failed on the way is due now; what the server refused keeps its own time."""
        self._end_waits_on_the_way()
        self._probe_at = 0.0

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _waiting(self, *, newest_first: bool) -> list[FiscalRecord]:
        return queues.waiting_records(self._shop.tables, newest_first=newest_first, limit=BACKLOG_BATCH)

    def _is_fresh(self, record: FiscalRecord) -> bool:
        return record.attempts == 0 and record.doc_id not in self._due

    def _due_at(self, record: FiscalRecord) -> float:
        retry = self._due.get(record.doc_id)
        return retry.at if retry else 0.0

    def _no_certificate(self) -> bool:
        identity = self._identity()
        if identity is None:
            self._set_fault(NO_CERTIFICATE)
            return True
        if self._fault == NO_CERTIFICATE:
            self._set_fault("")
        if identity.token != self._token:
            self._token = identity.token
            self.hurry()  # what failed with another certificate may work with this one
        return False

    def _attempt_first(self, records: Iterable[FiscalRecord], *, fresh: bool) -> bool:
        """Try the first of them that the other thread is not at; False when there is none."""
        for record in records:
            with self._lock:
                if record.doc_id in self._under_way:
                    continue
                self._under_way.add(record.doc_id)
            try:
                # the other thread may have been at it since the list was read
                if queues.load_record(self._shop.tables, record.doc_id) != record:
                    continue
                self._send(record, fresh=fresh)
            finally:
                with self._lock:
                    self._under_way.discard(record.doc_id)
            self._shop.wake("print", "ui")
            return True
        return False

    def _send(self, record: FiscalRecord, *, fresh: bool) -> None:
        identity = self._identity()
        assert identity is not None
        now = self._shop.now()
        uuid = self._shop.new_id()
        with self._shop.mark() as tables:
            first = record.boot == self._shop.boot and not queues.was_attempted(tables, record.doc_id)
            queues.add_attempt(tables, uuid=uuid, doc_id=record.doc_id, at=iso(now))
        dialect = DIALECTS[Dialect(record.dialect)]
        mode = Mode(record.mode)
        header = Header(uuid, iso(now), prvni_zaslani=first, overeni=mode is Mode.VERIFICATION)
        try:
            envelope = build_request(record.data, header, dialect=dialect, signer=identity)
        except MessageInvalid as error:
            self._park(record, reason="message_invalid", detail=str(error))
            return
        reply = self._client(record.mode, fresh=fresh).post(envelope)
        trace_id, body = "", b""
        attempt: TransportFailure | Replied
        if isinstance(reply, HttpReply):
            trace_id, body = reply.trace_id, reply.body[:ANSWER_KEPT_BYTES]
            answer = read_answer(reply.body, dialect=dialect, sent_uuid=uuid, trust=self._trust, at=self._shop.now())
            attempt = Replied(reply.status, answer)
        else:
            attempt = reply
        outcome = outcome_of(attempt, mode=mode, age=self._age(record))
        reason = f"{getattr(outcome, 'reason', '')} {getattr(outcome, 'detail', '')}".strip()
        with self._shop.mark() as tables:
            queues.finish_attempt(
                tables, uuid, outcome=type(outcome).__name__, detail=reason, trace_id=trace_id, answer=body
            )
        self._settle(record, uuid, outcome)

    def _settle(self, record: FiscalRecord, uuid: str, outcome: Outcome) -> None:
        match outcome:
            case ConfirmedOutcome():
                self._confirm(record, uuid, outcome)
            case VerifiedOnly():
                with self._shop.fact() as tables:
                    queues.update_record(tables, record.doc_id, state=FiscalState.VERIFIED_ONLY.value)
                self._channel_works(record)
            case Parked():
                self._park(record, reason=str(outcome.reason), detail=outcome.detail)
                self._channel_works(record)
            case ChannelFault():
                self._try_later(record, outcome.reason, outcome.detail)
                self._channel_fails(f"channel:{outcome.reason}")
            case Waiting():
                self._try_later(record, outcome.reason, outcome.detail)
                if self._fault:  # this probe proved nothing
                    self._channel_fails(self._fault)

    def _confirm(self, record: FiscalRecord, uuid: str, outcome: ConfirmedOutcome) -> None:
        answer = outcome.answer
        warnings = tuple(f"{warning.code}: {warning.text}" for warning in answer.warnings)
        at = iso(self._shop.now())
        with self._shop.fact() as tables:
            current = queues.load_record(tables, record.doc_id)
            assert current is not None
            first = current.state != FiscalState.CONFIRMED
            receipt = sales.load_receipt(tables, record.doc_id)
            assert receipt is not None
            if first:
                queues.update_record(
                    tables,
                    record.doc_id,
                    state=FiscalState.CONFIRMED.value,
                    code=answer.code,
                    reason="",
                    warnings="\n".join(warnings),
                )
            body = ReceiptFiscalised(
                receipt_doc_id=record.doc_id,
                number=record.number,
                code=answer.code,
                dialect=record.dialect,
                mode=record.mode,
                uuid=uuid,
                test=answer.test,
                first=first,
                warnings=warnings,
            )
            journal.append(
                tables,
                Kind.RECEIPT_FISCALISED,
                body,
                doc_id=self._shop.new_id(),
                at=at,
                shift_id=receipt.shift_id,
            )
        if record.attempts:
            log.info("EET: %s confirmed after %d attempts", record.number, record.attempts + 1)
        self._channel_works(record)
        self._shop.wake("sync")

    def _try_later(self, record: FiscalRecord, reason: Reason, detail: str) -> None:
        attempts = record.attempts + 1
        with self._shop.mark() as tables:
            queues.update_record(tables, record.doc_id, attempts=attempts, reason=str(reason))
        delay_s = self._delay_s(attempts)
        with self._lock:
            self._due[record.doc_id] = _Retry(self._monotonic() + delay_s, reason in ON_THE_WAY)
        if attempts == 1:
            log.warning("EET: %s waits: %s %s", record.number, reason, detail)

    def _delay_s(self, attempt: int) -> float:
        return eet_delay_ms(attempt, self._options.schedule_ms, random=int(self._random() * RANDOM_LIMIT)) / MS_PER_S

    def _park(self, record: FiscalRecord, *, reason: str, detail: str) -> None:
        with self._shop.fact() as tables:
            queues.update_record(tables, record.doc_id, state=FiscalState.PARKED.value, reason=f"{reason} {detail}")
        self._forget(record)
        log.error("EET: %s parked: %s %s", record.number, reason, detail)

    def _channel_works(self, record: FiscalRecord) -> None:
        """One record got through: those that failed on the way need not wait for their own time."""
        self._forget(record)
        self._probes = 0
        others = self._end_waits_on_the_way()
        if others or self._fault or record.attempts:
            self.recoveries += 1
            self._set_fault("")
            self._shop.wake("sync")

    def _end_waits_on_the_way(self) -> bool:
        """Whether there were any."""
        with self._lock:
            waits = [doc_id for doc_id, retry in self._due.items() if retry.on_the_way and retry.at > 0.0]
            self._due.update(dict.fromkeys(waits, _Retry(0.0, on_the_way=True)))
        return bool(waits)

    def _forget(self, record: FiscalRecord) -> None:
        with self._lock:
            self._due.pop(record.doc_id, None)

    def _channel_fails(self, fault: str) -> None:
        self._probes += 1
        delay_s = self._delay_s(self._probes)
        self._probe_at = self._monotonic() + delay_s
        self._set_fault(fault)

    def _set_fault(self, fault: str) -> None:
        if fault == self._fault:
            return
        self._fault = fault
        log.log(logging.WARNING if fault else logging.INFO, "EET channel: %s", fault or "works")
        with self._shop.mark() as tables:
            queues.set_note(tables, EET_NOTE, {"fault": fault}, at=iso(self._shop.now()))
        self._shop.wake("ui")

    def _client(self, mode: str, *, fresh: bool) -> EetClient:
        key = (mode, fresh)
        if key not in self._clients:
            self._clients[key] = self._make_client(mode, fresh)
        return self._clients[key]

    def _age(self, record: FiscalRecord) -> timedelta:
        return max(timedelta(0), self._shop.now() - parse_iso(record.created_at))
