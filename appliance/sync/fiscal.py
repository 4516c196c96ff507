"""Reporting sales to EET (sync.md §3): the newest sale first, the backlog on a second connection.

An attempt row precedes the first byte; a resend repeats Data to the character. Only a confirmation that `eet` has
verified makes a record confirmed; the code and its journal row are one commit.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from appliance.domain.delivery import MS_PER_S, RANDOM_LIMIT, FiscalState, eet_delay_ms
from appliance.domain.fiscal import Dialect
from appliance.eet.certificate import Identity, Trust
from appliance.eet.errors import MessageInvalid
from appliance.eet.outcome import ChannelFault, ConfirmedOutcome, Outcome, Parked, Reason, VerifiedOnly, Waiting
from appliance.service.shop import Shop
from appliance.service.status import CERTIFICATE_MISSING
from appliance.store import fiscal
from appliance.store.fiscal import FiscalRecord, WaitingRecord
from appliance.sync import settling
from appliance.sync.channel import Channel, Key, faults_by_name, worst_fault
from appliance.sync.exchange import Exchange, MakeClient, codes_of

log = logging.getLogger(__name__)

STEP_ATTEMPTS_MAX = 50
CODES_BATCH = 20
FRESH_LOOKED_AT = 100
IDLE_S = 15.0
ON_THE_WAY = frozenset(
    {
        Reason.TIMEOUT,
        Reason.BROKEN,
        Reason.HTTP_STATUS,
        Reason.SERVER_BUSY,
        Reason.SERVER_FAULT,
        Reason.CONNECT,
        Reason.DNS,
        Reason.TLS,
    }
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


class FiscalSender:
    """Two queues of each channel: `send_fresh` for sales never tried, `send_backlog` for all others.

    Each of the two is called by one thread only. `identity` is None while no certificate is imported; `trust` says whom
    to believe in a dialect and gives an equal value as long as nothing was added.
    """

    def __init__(
        self,
        shop: Shop,
        options: FiscalOptions,
        *,
        identity: Callable[[], Identity | None],
        trust: Callable[[Dialect], Trust],
        make_client: MakeClient,
        monotonic: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._shop = shop
        self._options = options
        self._identity = identity
        self._trust = trust
        self._exchange = Exchange(shop, trust=trust, make_client=make_client)
        self._monotonic = monotonic
        self._random = random
        self._lock = threading.Lock()
        self._due: dict[str, _Retry] = {}  # by doc_id; missing = at once
        self._under_way: set[str] = set()
        self._channels: dict[Key, Channel] = {}
        self._token = ""  # of the certificate in use
        self._trusted: dict[Dialect, Trust] = {}
        self._noting = threading.Lock()  # held while a note is written: the last one seen is the last one written
        self._noted: tuple[str, dict[str, str]] | None = None
        self.recoveries = 0
        self._note_fault()  # a start tries everything anew, whatever the last run found

    # ---- the two threads

    def send_fresh(self) -> float:
        """Send sales that were never tried, the newest first. Returns how long there is nothing to do, in seconds."""
        while True:
            identity = self._usable_identity()
            if identity is None:
                return IDLE_S
            self._compute_codes(identity)
            if not (self._try_one(identity, looked_at=FRESH_LOOKED_AT) or self._try_one(identity, looked_at=None)):
                return IDLE_S

    def _try_one(self, identity: Identity, *, looked_at: int | None) -> bool:
        """Whether one of the newest untried sales went out; None looks at all of them."""
        untried = fiscal.untried_ids(self._shop.tables, limit=looked_at)
        fresh = (each for each in untried if self._is_fresh(each) and self._channel(each.key).takes(each.made))
        return any(self._attempt(each, identity, fresh=True) for each in fresh)

    def send_backlog(self) -> float:
        """Send what is due again, the oldest first. While a channel is faulty, one record probes it on the schedule."""
        identity = self._usable_identity()
        if identity is None:
            return IDLE_S
        self._notice_trust()
        due, rest_s = self._due_now()
        tried = 0
        for each in due[:STEP_ATTEMPTS_MAX]:
            if not self._channel(each.key).fault or tried == 0:
                tried += self._attempt(each, identity, fresh=False)
        return 0.0 if tried else rest_s

    def _due_now(self) -> tuple[list[WaitingRecord], float]:
        """Records to be tried now, probes before all others, and how long to rest if there are none."""
        now = self._monotonic()
        probes: list[WaitingRecord] = []
        due: list[WaitingRecord] = []
        rests = [IDLE_S]
        probed: set[Key] = set()
        for each in fiscal.waiting_ids(self._shop.tables):
            channel = self._channel(each.key)
            if each.key in probed or (not channel.fault and self._is_fresh(each)):
                continue
            if channel.fault:
                probed.add(each.key)
            at = channel.probe_at if channel.fault else self._due_at(each)
            if at <= now:
                (probes if channel.fault else due).append(each)
            else:
                rests.append(max(0.05, at - now))
        return probes + due, min(rests)

    def hurry(self) -> None:
        """Everything that waits is due now: a person asked, or another certificate is there."""
        with self._lock:
            self._due = {doc_id: replace(retry, at=0.0) for doc_id, retry in self._due.items()}
        self._probe_now()

    def network_is_back(self) -> None:
        """What failed on the way is due now; what the server refused keeps its own time."""
        self._end_waits_on_the_way()
        self._probe_now()

    def close(self) -> None:
        self._exchange.close()

    # ---- what may be sent

    def _usable_identity(self) -> Identity | None:
        identity = self._identity()
        if identity is None:
            self._note_fault(CERTIFICATE_MISSING)
            return None
        if self._noted and self._noted[0] == CERTIFICATE_MISSING:
            self._note_fault()
        if identity.token != self._token:
            self._token = identity.token
            self.hurry()  # what failed with another certificate may work with this one
        return identity

    def _compute_codes(self, identity: Identity) -> None:
        """PKP and BKP of sales of EET 1, once and before any network: the paper needs them even when nobody answers."""
        while batch := fiscal.without_codes(self._shop.tables, limit=CODES_BATCH):
            codes: list[tuple[FiscalRecord, str, str]] = []
            for record in batch:
                try:
                    made = codes_of(record, identity)
                except MessageInvalid as error:
                    settling.park(self._shop, record, reason="message_invalid", detail=str(error))
                    continue
                codes.append((record, made.pkp, made.bkp))
            with self._shop.fact() as tables:
                for record, pkp, bkp in codes:
                    fiscal.update_record(tables, record.doc_id, pkp=pkp, bkp=bkp)
            self._shop.wake("print")

    def _notice_trust(self) -> None:
        """When somebody else is trusted than before, kept answers are judged again before anything is sent."""
        for dialect in Dialect:
            trust = self._trust(dialect)
            before = self._trusted.get(dialect)
            if before == trust:
                continue
            self._trusted[dialect] = trust
            for attempt in fiscal.unjudged_answers(self._shop.tables, dialect):
                if not self._claim(attempt.doc_id):
                    continue
                try:
                    record = fiscal.load_record(self._shop.tables, attempt.doc_id)
                    assert record is not None
                    outcome = self._exchange.judge_again(record, attempt)
                    if isinstance(outcome, ConfirmedOutcome):
                        log.info("EET: the kept answer for %s is trusted now", record.number)
                        self._settle(record, attempt.uuid, outcome)
                finally:
                    self._release_claim(attempt.doc_id)
            if before is not None:
                self.hurry()

    def _is_fresh(self, record: WaitingRecord) -> bool:
        return record.attempts == 0 and record.doc_id not in self._due

    def _due_at(self, record: WaitingRecord) -> float:
        retry = self._due.get(record.doc_id)
        return retry.at if retry else 0.0

    # ---- one record

    def _attempt(self, listed: WaitingRecord, identity: Identity, *, fresh: bool) -> bool:
        """Whether it was tried: the other thread may be at it, or have tried it since the list was read."""
        if not self._claim(listed.doc_id):
            return False
        try:
            record = fiscal.load_record(self._shop.tables, listed.doc_id)
            if record is None or record.state != FiscalState.WAITING or record.attempts != listed.attempts:
                return False
            if record.dialect is Dialect.V3 and not record.pkp:
                return False  # its control codes come first, and from one thread only
            self._send(record, identity, fresh=fresh)
        finally:
            self._release_claim(listed.doc_id)
        self._shop.wake("print", "ui")
        return True

    def _claim(self, doc_id: str) -> bool:
        with self._lock:
            if doc_id in self._under_way:
                return False
            self._under_way.add(doc_id)
            return True

    def _release_claim(self, doc_id: str) -> None:
        with self._lock:
            self._under_way.discard(doc_id)

    def _send(self, record: FiscalRecord, identity: Identity, *, fresh: bool) -> None:
        try:
            uuid, outcome = self._exchange.send(record, identity, fresh=fresh)
        except MessageInvalid as error:
            self._park(record, reason="message_invalid", detail=str(error))
            return
        self._settle(record, uuid, outcome)

    def _settle(self, record: FiscalRecord, uuid: str, outcome: Outcome) -> None:
        match outcome:
            case ConfirmedOutcome():
                settling.confirm(self._shop, record, uuid, outcome.answer)
                self._forget(record)
                self._channel_works(record)
                self._shop.wake("sync")
            case VerifiedOnly():
                settling.verified_only(self._shop, record, uuid, outcome.answer)
                self._forget(record)
                self._channel_works(record)
                self._shop.wake("sync")
            case Parked():
                self._park(record, reason=str(outcome.reason), detail=outcome.detail)
                self._channel_works(record)
            case ChannelFault():
                self._try_later(record, outcome.reason, outcome.detail)
                self._channel_fails(record, f"channel:{outcome.reason}")
            case Waiting():
                self._try_later(record, outcome.reason, outcome.detail)
                channel = self._channel((record.dialect, record.mode))
                if channel.fault and outcome.reason is Reason.CODE_8:  # said of this very sale; others may fare better
                    self._channel_works(record)
                elif channel.fault:  # this probe proved nothing
                    self._channel_fails(record, channel.still(outcome.reason))

    def _park(self, record: FiscalRecord, *, reason: str, detail: str) -> None:
        settling.park(self._shop, record, reason=reason, detail=detail)
        self._forget(record)

    def _try_later(self, record: FiscalRecord, reason: Reason, detail: str) -> None:
        attempts = settling.wait(self._shop, record, reason=str(reason), detail=detail)
        with self._lock:
            self._due[record.doc_id] = _Retry(self._monotonic() + self._delay_s(attempts), reason in ON_THE_WAY)

    def _delay_s(self, attempt: int) -> float:
        return eet_delay_ms(attempt, self._options.schedule_ms, random=int(self._random() * RANDOM_LIMIT)) / MS_PER_S

    # ---- the channels

    def _channel(self, key: Key) -> Channel:
        with self._lock:
            return self._channels.setdefault(key, Channel())

    def _channel_works(self, record: FiscalRecord) -> None:
        """One record got through: those that failed on the way need not wait for their own time."""
        was_faulty = self._channel((record.dialect, record.mode)).works()
        others = self._end_waits_on_the_way()
        if others or was_faulty or record.attempts:
            self.recoveries += 1
            self._note_fault()
            self._shop.wake("sync")

    def _channel_fails(self, record: FiscalRecord, fault: str) -> None:
        channel = self._channel((record.dialect, record.mode))
        channel.fails(fault, (record.created_at, record.number), now=self._monotonic(), delay_s=self._delay_s)
        self._note_fault()

    def _probe_now(self) -> None:
        with self._lock:
            for channel in self._channels.values():
                channel.hurry()

    def _end_waits_on_the_way(self) -> bool:
        """Whether there were any."""
        with self._lock:
            waits = [doc_id for doc_id, retry in self._due.items() if retry.on_the_way and retry.at > 0.0]
            self._due.update(dict.fromkeys(waits, _Retry(0.0, on_the_way=True)))
        return bool(waits)

    def _forget(self, record: FiscalRecord) -> None:
        with self._lock:
            self._due.pop(record.doc_id, None)

    def _note_fault(self, fault: str = "") -> None:
        """What is wrong, for everybody who looks; written when it changes."""
        with self._noting:
            with self._lock:
                said = fault or worst_fault(self._channels), faults_by_name(self._channels)
            if said != self._noted:
                self._noted = said
                settling.note_fault(self._shop, *said)
