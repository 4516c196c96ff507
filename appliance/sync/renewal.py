"""Renewing the certificate (sync.md §3): one step per call, to be interrupted and taken up again anywhere.

    idle ──due──→ starting ──renew──→ requested ──status, claim──→ claimed ──ack──→ done
                                                                     └─(the old one is of no use)→ swapped ──ack──→ done

What was reached is a note, written as a fact before the next call is made. The new key is on disk before it is
acknowledged; it is signed with only after that, while the old certificate still has the right to say so. Each call that
is made twice finds by itself how far the first one got: after `starting` a request that was not there before is ours,
a key store may be claimed again until it is acknowledged, and what is acknowledged already is finished.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from appliance.domain.clock import iso, parse_iso
from appliance.domain.delivery import MS_PER_S, RANDOM_LIMIT, eet_delay_ms
from appliance.eet.certificate import Environment, Identity, fingerprint, is_of_eet_2, load_p12
from appliance.eet.errors import CertificateProblem
from appliance.eet.keyfolder import KeyFolder
from appliance.eet.renewal import CallFailed, IssuedKeyStore, RequestState, RequestStatus
from appliance.eet.suitability import check_successor, succeeds
from appliance.service.certificates import RENEWAL_NOTE, RENEWAL_REQUEST_NOTE
from appliance.service.shop import Shop
from appliance.store import queues

log = logging.getLogger(__name__)

IDLE_S = 15.0
SCHEDULE_MS = (60 * MS_PER_S, 300 * MS_PER_S, 900 * MS_PER_S, 3600 * MS_PER_S)
REJECTED_AGAIN = timedelta(days=1)
WAIT_MAX = timedelta(days=1)  # whatever a server says
CLOCK_WENT_BACK = timedelta(days=2)  # a step that seems farther away than this is due

FAULT_NO_CERTIFICATE = "no_certificate"  # there is nothing to renew
FAULT_EXPIRED = "expired"  # an expired certificate cannot ask for its successor
FAULT_NOT_KEPT = "not_kept"  # the new key could not be written
FAULT_NO_SERVICE = "no_service"  # the authority that issued it has no renewal service (EET 1)


class Office(Protocol):
    """The five calls of eet.renewal.RenewalClient."""

    def renew(self, signer: Identity) -> str | CallFailed: ...
    def status(self, req_id: str, signer: Identity) -> RequestStatus | CallFailed: ...
    def claim(self, req_id: str, signer: Identity) -> IssuedKeyStore | CallFailed: ...
    def acknowledge(self, req_id: str, signer: Identity) -> bool | CallFailed: ...
    def not_finished(self, signer: Identity) -> tuple[str, ...] | CallFailed: ...


@dataclass(frozen=True)
class Progress:
    """The note. `certificate`: fingerprint of the one that is renewed. `others`: requests that were under way before
    ours; None until that has been asked. `attempts` counts failed steps in a row; `request_id` is the last request of a
    person that was taken up.
    """

    phase: str = "idle"
    certificate: str = ""
    req_id: str = ""
    others: tuple[str, ...] | None = None
    attempts: int = 0
    fault: str = ""
    detail: str = ""
    next_at: str = ""
    request_id: str = ""


class Renewal:
    """Called by one thread. `office` gives the API for a certificate's environment."""

    def __init__(
        self,
        shop: Shop,
        keys: KeyFolder,
        *,
        office: Callable[[Environment], Office],
        before: timedelta,
        random: Callable[[], float],
    ) -> None:
        self._shop = shop
        self._keys = keys
        self._office = office
        self._before = before
        self._random = random

    def step(self) -> float:
        """Do what is due. Returns how long there is nothing to do, in seconds."""
        try:
            return self._step()
        except OSError as error:  # the key cannot be written: sales must be reported all the same
            self._failed(self._load(), CallFailed(FAULT_NOT_KEPT, str(error)))
            return 0.0

    def _step(self) -> float:
        current = self._keys.current()
        progress = self._asked_by_a_person(self._load(), current)
        if current is None:
            return self._without_a_certificate(progress)
        progress = self._of_this_certificate(self._found_on_disk(progress, current), current)
        wait_s = _wait_s(progress, self._shop.now())
        if wait_s > 0:
            return min(IDLE_S, wait_s)
        match progress.phase:
            case "starting":
                self._request(progress, current)
            case "requested":
                self._follow(progress, current)
            case "claimed" | "swapped":
                self._finish(progress, current)
            case _:
                return self._begin_when_due(progress, current)
        return 0.0

    # ---- before anything is asked

    def _asked_by_a_person(self, progress: Progress, current: Identity | None) -> Progress:
        asked = (queues.note(self._shop.tables, RENEWAL_REQUEST_NOTE) or {}).get("request_id", "")
        if not asked or asked == progress.request_id:
            return progress
        progress = replace(progress, request_id=asked, next_at="", attempts=0, fault="", detail="")
        if current is None:
            return self._save(replace(progress, fault=FAULT_NO_CERTIFICATE))
        resting = progress.phase in {"idle", "done", "rejected"}
        return self._save(_starting(progress, current) if resting else progress)

    def _without_a_certificate(self, progress: Progress) -> float:
        """The key in use was lost; a successor that lies ready takes its place."""
        successor = self._keys.successor()
        if successor is None or _expired(successor, self._shop.now()):
            return IDLE_S
        self._use_successor()
        self._next(progress, phase="swapped")
        return 0.0

    def _found_on_disk(self, progress: Progress, current: Identity) -> Progress:
        """A successor whose story the note does not tell: the database is another one, or a crash came between."""
        successor = self._keys.successor()
        if successor is None or progress.phase in {"requested", "claimed"}:
            return progress
        if succeeds(successor, to=current):
            log.info("a renewed certificate lies ready: going on with it")
            return self._next(progress, phase="claimed", req_id="")
        self._keys.drop_successor()
        return progress

    def _of_this_certificate(self, progress: Progress, current: Identity) -> Progress:
        """A request for another certificate's successor is left alone: meanwhile one was imported by hand."""
        if progress.phase not in {"starting", "requested"} or progress.certificate == fingerprint(current.certificate):
            return progress
        log.info("renewal of the certificate: given up, another one was imported")
        return self._next(progress, phase="idle", req_id="")

    def _begin_when_due(self, progress: Progress, current: Identity) -> float:
        now = self._shop.now()
        if now < current.certificate.not_valid_after_utc - self._before:
            untrue = progress.certificate != fingerprint(current.certificate)  # said of another certificate
            untrue = untrue or progress.fault == FAULT_EXPIRED  # said by a clock that was ahead
            if untrue and (progress.fault or progress.phase == "rejected"):
                self._next(progress, phase="idle", req_id="")
            return IDLE_S
        if problem := _cannot_renew(current, now):
            self._give_up(progress, current, problem)
            return IDLE_S
        self._save(_starting(progress, current))
        return 0.0

    def _give_up(self, progress: Progress, current: Identity, problem: str) -> None:
        if progress.phase != "idle" or progress.fault != problem:
            log.error("the certificate cannot be renewed: %s", problem)
            self._save(
                Progress(certificate=fingerprint(current.certificate), fault=problem, request_id=progress.request_id)
            )  # fmt: skip

    # ---- the calls

    def _request(self, progress: Progress, current: Identity) -> None:
        if problem := _cannot_renew(current, self._shop.now()):
            self._give_up(progress, current, problem)
            return
        office = self._office(current.environment)
        under_way = office.not_finished(current)
        if isinstance(under_way, CallFailed):
            self._failed(progress, under_way)
            return
        if progress.others is None:
            progress = self._save(replace(progress, others=under_way))
        else:
            ours = [req_id for req_id in under_way if req_id not in progress.others]
            if ours:  # the answer to `renew` was lost
                self._requested(progress, ours[0])
                return
        made = office.renew(current)
        if isinstance(made, CallFailed):
            self._failed(progress, made)
            return
        self._requested(progress, made)

    def _requested(self, progress: Progress, req_id: str) -> None:
        log.info("renewal of the certificate: request %s", req_id)
        self._next(progress, phase="requested", req_id=req_id)

    def _follow(self, progress: Progress, current: Identity) -> None:
        office = self._office(current.environment)
        found = office.status(progress.req_id, current)
        if isinstance(found, CallFailed):
            if found.word == "not_found":
                self._begin_anew(progress, current, found.word)
            else:
                self._failed(progress, found)
            return
        match found.state:
            case RequestState.INPROCESS:
                wait = timedelta(seconds=min(found.poll_after_s, WAIT_MAX // timedelta(seconds=1)))
                self._save(replace(progress, next_at=iso(self._shop.now() + wait), attempts=0, fault="", detail=""))
            case RequestState.ISSUED | RequestState.DELIVERING:
                self._claim(progress, current, office)
            case RequestState.REJECTED:
                log.error("the tax office refuses a new certificate: %s", found.reason)
                again = iso(self._shop.now() + REJECTED_AGAIN)
                self._save(
                    replace(progress, phase="rejected", fault="rejected", detail=found.reason, next_at=again, req_id="")
                )
            case RequestState.FINISHED:  # somebody else has fetched it, or it lay there for 30 days
                self._begin_anew(progress, current, "fetched_elsewhere")

    def _claim(self, progress: Progress, current: Identity, office: Office) -> None:
        store = office.claim(progress.req_id, current)
        if isinstance(store, CallFailed):
            self._failed(progress, store)  # also after a conflict: the next status says what it means
            return
        try:
            successor = load_p12(store.p12, store.password, at=self._shop.now())
            check_successor(successor, of=current)
        except CertificateProblem as problem:
            self._failed(progress, CallFailed(f"new_{problem.word}", str(problem)))
            return
        self._keys.keep_successor(successor)
        self._next(progress, phase="claimed")

    def _finish(self, progress: Progress, current: Identity) -> None:
        """Acknowledge, signed by the old certificate; by the new one, in use already, when the old one has no say."""
        if progress.phase == "claimed":
            successor = self._keys.successor()
            if successor is None or not succeeds(successor, to=current):
                # it took its place just before a crash, or another one was imported by hand
                self._keys.drop_successor()
                progress = self._next(progress, phase="swapped")
            elif _expired(current, self._shop.now()):
                self._use_successor()
                self._next(progress, phase="swapped")
                return
        office = self._office(current.environment)
        req_id = progress.req_id or self._find_the_claimed(progress, current, office)
        if req_id is None:
            return
        progress = replace(progress, req_id=req_id)
        outcome = office.acknowledge(req_id, current) if req_id else True
        if isinstance(outcome, CallFailed) and not self._is_over(progress, current, office, outcome):
            return
        if progress.phase == "claimed":
            self._use_successor()
        log.info("the certificate is renewed")
        self._next(progress, phase="done", req_id="")

    def _find_the_claimed(self, progress: Progress, current: Identity, office: Office) -> str | None:
        """The request whose key store lies here, when the note is lost: '' when it is finished, None when unknown."""
        under_way = office.not_finished(current)
        if isinstance(under_way, CallFailed):
            self._failed(progress, under_way)
            return None
        for req_id in under_way:
            found = office.status(req_id, current)
            if isinstance(found, CallFailed):
                self._failed(progress, found)
                return None
            if found.state is RequestState.DELIVERING:
                return req_id
        return ""

    def _is_over(self, progress: Progress, current: Identity, office: Office, failure: CallFailed) -> bool:
        """Whether there is nothing left to acknowledge: an earlier one arrived, or the office has forgotten it."""
        if failure.word == "not_found":
            return True
        if failure.word == "unauthorized":
            if progress.phase == "swapped":
                log.warning("the office does not take the acknowledgement; it forgets the key store in 30 days")
                return True
            self._use_successor()
            self._next(progress, phase="swapped")
            return False
        if failure.word == "conflict":
            found = office.status(progress.req_id, current)
            if isinstance(found, RequestStatus) and found.state in {RequestState.FINISHED, RequestState.REJECTED}:
                return True
            if isinstance(found, RequestStatus):  # it does not know that we have claimed it: do so again
                self._next(progress, phase="requested")
                return False
            failure = found
        self._failed(progress, failure)
        return False

    def _use_successor(self) -> None:
        """In one step; a crash before the draft is dropped finds it no newer than the key in use."""
        successor = self._keys.successor()
        assert successor is not None
        self._keys.keep(successor)
        self._keys.drop_successor()
        self._shop.wake("sync", "ui")

    # ---- the note

    def _begin_anew(self, progress: Progress, current: Identity, why: str) -> None:
        """The request is gone. Not at once: an office that forgets everything must not be asked in a circle."""
        self._failed(_starting(progress, current, attempts=progress.attempts), CallFailed(why))

    def _failed(self, progress: Progress, failure: CallFailed) -> None:
        attempts = progress.attempts + 1
        delay_ms = eet_delay_ms(attempts, SCHEDULE_MS, random=int(self._random() * RANDOM_LIMIT))
        wait = max(timedelta(milliseconds=delay_ms), min(timedelta(seconds=failure.retry_after_s), WAIT_MAX))
        if progress.fault != failure.word:
            log.warning("renewal of the certificate: %s %s", failure.word, failure.detail)
        next_at = iso(self._shop.now() + wait)
        self._save(
            replace(progress, attempts=attempts, fault=failure.word, detail=failure.detail, next_at=next_at)
        )  # fmt: skip

    def _next(self, progress: Progress, *, phase: str, req_id: str | None = None) -> Progress:
        req_id = progress.req_id if req_id is None else req_id
        return self._save(
            replace(progress, phase=phase, req_id=req_id, attempts=0, fault="", detail="", next_at="", others=None)
        )

    def _load(self) -> Progress:
        note = queues.note(self._shop.tables, RENEWAL_NOTE)
        if note is None:
            return Progress()
        others = note.pop("others", None)
        return Progress(**note, others=None if others is None else tuple(others))

    def _save(self, progress: Progress) -> Progress:
        with self._shop.fact() as tables:
            queues.set_note(tables, RENEWAL_NOTE, asdict(progress), at=iso(self._shop.now()))
        self._shop.wake("ui")
        return progress


def _wait_s(progress: Progress, now: datetime) -> float:
    if not progress.next_at:
        return 0.0
    wait = parse_iso(progress.next_at) - now
    return 0.0 if wait > CLOCK_WENT_BACK else wait.total_seconds()


def _starting(progress: Progress, current: Identity, *, attempts: int = 0) -> Progress:
    return Progress(
        phase="starting",
        certificate=fingerprint(current.certificate),
        attempts=attempts,
        request_id=progress.request_id,
    )


def _cannot_renew(current: Identity, now: datetime) -> str:
    if not is_of_eet_2(current.certificate):
        return FAULT_NO_SERVICE
    return FAULT_EXPIRED if _expired(current, now) else ""


def _expired(identity: Identity, now: datetime) -> bool:
    return now > identity.certificate.not_valid_after_utc
