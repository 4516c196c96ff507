"""A tax office that renews certificates in memory, and a till that can be killed at any point of its renewal."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from appliance.domain.clock import parse_iso
from appliance.eet.certificate import Environment, Identity, fingerprint, load_p12
from appliance.eet.keyfolder import KeyFolder
from appliance.eet.renewal import CallFailed, IssuedKeyStore, RequestState, RequestStatus
from appliance.eet.sandbox.ca import Issued, issue_certificate, make_server_material
from appliance.service.certificates import RenewalState, certificate_state
from appliance.service.shop import Shop
from appliance.store import queues
from appliance.store.tables import Tables
from appliance.sync.renewal import Office, Renewal
from tests.shops import OPENING, TestShop, make_shop

BEFORE = timedelta(days=21)
ENDS = timedelta(days=10)  # how long the old certificate still lasts when a test begins


ALL_CALLS = ["not_finished", "renew", "status", "status", "claim", "acknowledge"]
TIMEOUT = CallFailed("timeout")
LOST_REPLY = "the reply is lost"
Value = TypeVar("Value")


class Killed(BaseException):
    """The daemon is gone."""


@dataclass(frozen=True)
class Papers:
    """Key stores made once: the old one, its successors, and some that may not succeed it."""

    folder: Path
    old: Issued
    successors: tuple[Issued, ...]
    foreign: Issued
    production: Issued

    def identity(self, issued: Issued) -> Identity:
        return load_p12(issued.p12, issued.password, at=issued.certificate.not_valid_after_utc)


def make_papers(folder: Path) -> Papers:
    make_server_material(folder, host="127.0.0.1")

    def issue(at: datetime, eic: str = "CZ00000019", *, playground: bool = True) -> Issued:
        return issue_certificate(folder, eic=eic, at=at, playground=playground)

    begun = OPENING + ENDS - timedelta(days=366) + timedelta(hours=1)
    return Papers(
        folder=folder,
        old=issue(begun),
        successors=tuple(issue(OPENING + timedelta(minutes=n)) for n in range(3)),
        foreign=issue(OPENING, "CZ683555118"),
        production=issue(OPENING, playground=False),
    )


@dataclass
class Request:
    state: RequestState
    issued: Issued
    polls: int


@dataclass
class FakeOffice:
    """The API as it is described. `script` says what becomes of the next calls; then each is answered truly."""

    papers: Papers
    clock: Callable[[], datetime]
    polls: int = 1
    poll_after_s: int = 5
    rejects: str = ""
    requests: dict[str, Request] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    script: deque[CallFailed | None] = field(default_factory=deque)
    around: Callable[[str], None] = lambda _: None
    revoked: set[str] = field(default_factory=set)
    issue: Callable[["FakeOffice"], Issued] = lambda office: office.papers.successors[len(office.requests)]

    def renew(self, signer: Identity) -> str | CallFailed:
        return self._called("renew", signer, self._renew)

    def status(self, req_id: str, signer: Identity) -> RequestStatus | CallFailed:
        return self._called("status", signer, lambda: self._status(req_id))

    def claim(self, req_id: str, signer: Identity) -> IssuedKeyStore | CallFailed:
        return self._called("claim", signer, lambda: self._claim(req_id))

    def acknowledge(self, req_id: str, signer: Identity) -> bool | CallFailed:
        return self._called("acknowledge", signer, lambda: self._acknowledge(req_id))

    def not_finished(self, signer: Identity) -> tuple[str, ...] | CallFailed:
        return self._called("not_finished", signer, self._not_finished)

    def _called(self, name: str, signer: Identity, do: Callable[[], Value]) -> Value | CallFailed:
        self.around(f"before {name}")
        self.calls.append(name)
        certificate = signer.certificate
        if fingerprint(certificate) in self.revoked or self.clock() > certificate.not_valid_after_utc:
            return CallFailed("unauthorized")
        failure = self.script.popleft() if self.script else None
        if failure is not None and failure.detail != LOST_REPLY:
            return failure
        found = do()
        self.around(f"after {name}")
        return failure or found

    # ---- what they do

    def _renew(self) -> str:
        req_id = str(UUID(int=len(self.requests) + 1, version=4))
        self.requests[req_id] = Request(RequestState.INPROCESS, self.issue(self), self.polls)
        return req_id

    def _status(self, req_id: str) -> RequestStatus | CallFailed:
        request = self.requests.get(req_id)
        if request is None:
            return CallFailed("not_found")
        if request.state is RequestState.INPROCESS:
            if request.polls:
                request.polls -= 1
                return RequestStatus(RequestState.INPROCESS, poll_after_s=self.poll_after_s)
            request.state = RequestState.REJECTED if self.rejects else RequestState.ISSUED
        return RequestStatus(request.state, reason=self.rejects)

    def _claim(self, req_id: str) -> IssuedKeyStore | CallFailed:
        request = self.requests.get(req_id)
        if request is None:
            return CallFailed("not_found")
        if request.state not in {RequestState.ISSUED, RequestState.DELIVERING}:
            return CallFailed("conflict")
        request.state = RequestState.DELIVERING
        return IssuedKeyStore(request.issued.p12, request.issued.password)

    def _acknowledge(self, req_id: str) -> bool | CallFailed:
        request = self.requests.get(req_id)
        if request is None:
            return CallFailed("not_found")
        if request.state is not RequestState.DELIVERING:
            return CallFailed("conflict")
        request.state = RequestState.FINISHED
        return True

    def _not_finished(self) -> tuple[str, ...]:
        over = {RequestState.FINISHED, RequestState.REJECTED}
        return tuple(req_id for req_id, request in self.requests.items() if request.state not in over)


def _watched(shop: Shop, around: Callable[[str], None]) -> Shop:
    """The same shop, with a point before and after each commit."""

    class Watched(Shop):
        @contextmanager
        def fact(self) -> Iterator[Tables]:
            around("before the note")
            with super().fact() as tables:
                yield tables
            around("after the note")

    return Watched(**{each.name: getattr(shop, each.name) for each in fields(shop)})


@dataclass
class RenewingTill:
    """One till, its keys and the office; `restart` is what systemd does after a kill."""

    test_shop: TestShop
    folder: Path
    office: FakeOffice
    environments: list[Environment] = field(default_factory=list)
    around: Callable[[str], None] = lambda _: None
    random: float = 0.5

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.restart()

    def restart(self) -> None:
        self.keys = KeyFolder(self.folder, write_secret=self._write_secret)
        self.renewal = Renewal(
            _watched(self.test_shop.shop, self._around),
            self.keys,
            office=self._office,
            before=BEFORE,
            random=lambda: self.random,
        )

    def _around(self, point: str) -> None:
        self.around(point)

    def _office(self, environment: Environment) -> Office:
        self.environments.append(environment)
        return self.office

    def _write_secret(self, path: Path, content: bytes) -> None:
        """Whole or not at all, as the real one does; it can be killed before and after."""
        self.around(f"before {path.name}")
        draft = path.with_suffix(".new")
        draft.write_bytes(content)
        draft.replace(path)
        self.around(f"after {path.name}")

    @property
    def state(self) -> RenewalState:
        return certificate_state(self.test_shop.shop).renewal

    @property
    def serial(self) -> int:
        current = self.keys.current()
        assert current is not None
        return current.certificate.serial_number

    @property
    def certificate(self) -> str:
        """Fingerprint of the one in use."""
        current = self.keys.current()
        assert current is not None
        return fingerprint(current.certificate)

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.pem"))

    def work(self, *, steps_max: int = 50) -> float:
        """Step until nothing is due now. Returns how long it wants to sleep."""
        for _ in range(steps_max):
            if wait_s := self.renewal.step():
                return wait_s
        raise AssertionError(f"it never rests: {self.state}")

    def until(self, phase: str, *, rests_max: int = 200) -> None:
        """Let time pass, and start again after each kill, until that phase is reached and nothing is due."""
        for _ in range(rests_max):
            try:
                wait_s = self.work()
            except Killed:
                self.restart()
                continue
            if self.state.phase == phase and not self.state.next_at:
                return
            due = self.state.next_at
            later = self.test_shop.clock() + timedelta(seconds=max(wait_s, 0.001))
            self.test_shop.clock.at = max(later, parse_iso(due)) if due else later
        raise AssertionError(f"not {phase} but {self.state}")

    def forget_the_note(self) -> None:
        """The database is another one: an old backup was restored."""
        with self.test_shop.shop.fact() as tables:
            queues.set_note(tables, "certificate_renewal", {}, at="")


def make_till(folder: Path, papers: Papers, **office: object) -> RenewingTill:
    folder.mkdir(exist_ok=True)
    test_shop = make_shop(folder)
    made = RenewingTill(test_shop, folder / "secret", FakeOffice(papers, test_shop.clock, **office))  # type: ignore[arg-type]
    made.keys.keep(papers.identity(papers.old))
    return made


def assert_renewed(till: RenewingTill, papers: Papers, *, by: int = 0) -> None:
    """Exactly one new certificate is in use, the office has finished, nothing else is left."""
    assert till.serial == papers.successors[by].certificate.serial_number
    assert till.files == ["eet.pem"]
    assert [each.state for each in till.office.requests.values()] == [RequestState.FINISHED] * (by + 1)
    assert (till.state.phase, till.state.fault) == ("done", "")
