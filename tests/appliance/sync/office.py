"""A tax office without a network: `posts` shows what the till sent, `script` says what becomes of it."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from appliance.domain.fiscal import Dialect, Mode
from appliance.eet.certificate import Identity, Trust, load_anchors, load_p12, load_pem
from appliance.eet.client import EetClient
from appliance.eet.codes import ControlCodes
from appliance.eet.dialects import DIALECTS
from appliance.eet.document import parse
from appliance.eet.message import Header
from appliance.eet.request import read_trzba
from appliance.eet.sandbox.ca import make_sandbox_material
from appliance.eet.sandbox.ledger import Ledger
from appliance.eet.sandbox.office import Office, fault
from appliance.eet.signature import the_body
from appliance.eet.transport import FailureKind, HttpReply, TransportFailure
from appliance.service import fiscal as service
from appliance.service.shop import Shop
from appliance.store import fiscal, queues
from appliance.store.fiscal import FiscalRecord
from appliance.sync.fiscal import FiscalOptions, FiscalSender
from tests.appliance.sync.till import Seconds
from tests.shops import OPENING, TestShop, rows

SCHEDULE_MS = (5000, 15_000, 60_000, 300_000, 900_000)


class Killed(BaseException):
    """The process is gone in the middle of an exchange."""


@dataclass(frozen=True)
class Material:
    """Keys and certificates, made once for all tests of the room."""

    folder: Path
    till: Identity
    other_till: Identity  # the same taxpayer's next certificate
    signer: Identity
    stranger: Identity  # signs well, but nobody told us to believe it
    trust: Trust


def make_material(folder: Path) -> Material:
    def made(name: str) -> tuple[Identity, Identity, Trust]:
        files = make_sandbox_material(folder / name, eic="CZ00000019", host="127.0.0.1", at=OPENING)
        till = load_p12(files.till_p12.read_bytes(), files.till_password.read_text().strip(), at=OPENING)
        signer = load_pem((folder / name / "private" / "answer.pem").read_bytes())
        return till, signer, Trust(load_anchors([files.answer_ca.read_bytes()]), files.signer)

    till, signer, trust = made("office")
    other_till, stranger, _ = made("stranger")
    return Material(folder / "office", till, other_till, signer, stranger, trust)


@dataclass(frozen=True)
class Post:
    """One message as it arrived; `attempts` are the rows of its record in the database at that moment."""

    number: str
    header: Header
    data: dict[str, str]
    data_xml: str
    fresh: bool
    attempts: int
    codes: ControlCodes | None
    at: datetime


# What becomes of one post; a callable gets the true reply of the office and may do anything instead.
Happening = TransportFailure | HttpReply | int | str | Callable[[HttpReply], HttpReply]

REFUSED = TransportFailure(FailureKind.CONNECT, request_was_sent=False, detail="refused")
TIMED_OUT = TransportFailure(FailureKind.TIMEOUT, request_was_sent=True, detail="too long")
NO_DNS = TransportFailure(FailureKind.DNS, request_was_sent=False, detail="no such name")
NO_TLS = TransportFailure(FailureKind.TLS, request_was_sent=False, detail="expired")
HTTP_500 = HttpReply(500, b"<html>oops</html>", "")
SOAP_FAULT = HttpReply(500, fault("Client", "bad").body, "")


def lost(reply: HttpReply) -> HttpReply:
    """The office has it, the answer never arrives."""
    return HttpReply(200, b"", "")


def killed(reply: HttpReply) -> HttpReply:
    raise Killed


@dataclass
class Desk:
    """One sender of a shop and the office it talks to."""

    test_shop: TestShop
    material: Material
    ledger: Ledger
    time: Seconds = field(default_factory=Seconds)
    identity: Identity | None = None
    script: deque[Happening] = field(default_factory=deque)
    always: Happening | None = None
    posts: list[Post] = field(default_factory=list)
    random: float = 0.5
    live: bool = False
    trust: Trust = field(init=False)

    def __post_init__(self) -> None:
        self.identity = self.identity or self.material.till
        self.trust = self.material.trust
        self.reopen()

    def reopen(self) -> None:
        """The office opens, or another one in its place, and the daemon starts again."""
        self._offices = {
            signer: Office(
                signer=identity,
                till_anchors=load_anchors([(self.material.folder / "till-ca.pem").read_bytes()]),
                ledger=self.ledger,
                playground=not self.live,
                clock=self.test_shop.clock,
            )
            for signer, identity in (("ours", self.material.signer), ("stranger", self.material.stranger))
        }
        self.restart()

    def restart(self, *, boot: str | None = None) -> None:
        """The daemon starts again, after a kill, or with another boot of the machine."""
        if boot:
            self.test_shop = replace(self.test_shop, shop=replace(self.test_shop.shop, boot=boot))
        self.sender = FiscalSender(
            self.test_shop.shop,
            FiscalOptions(SCHEDULE_MS),
            identity=lambda: self.identity,
            trust=lambda dialect: self.trust,
            make_client=self._client,
            monotonic=self.time,
            random=lambda: self.random,
        )

    def _client(self, dialect: Dialect, mode: Mode, fresh: bool) -> EetClient:
        assert mode is Mode.VERIFICATION or (mode is Mode.LIVE) is self.live
        client: object = _Line(self, dialect, fresh)
        return client  # type: ignore[return-value]

    def receive(self, envelope: bytes, *, dialect: Dialect, fresh: bool) -> HttpReply | TransportFailure:
        trzba = read_trzba(the_body(parse(envelope, bytes_max=12_000)), dialect=DIALECTS[dialect])
        text = envelope.decode()
        data_xml = text[text.index(":Data ") : text.index(">", text.index(":Data "))]
        number = trzba.data["porad_cis"]
        attempts = rows(
            self.test_shop.shop,
            "SELECT a.uuid FROM fiscal_attempt a JOIN fiscal_record f USING (doc_id) WHERE f.number = ?",
            number,
        )
        self.posts.append(
            Post(
                number,
                trzba.header,
                dict(trzba.data),
                data_xml,
                fresh,
                len(attempts),
                trzba.codes,
                self.test_shop.clock(),
            )
        )
        happening = self.script.popleft() if self.script else self.always
        match happening:
            case TransportFailure() | HttpReply():
                return happening
            case int():
                reply = self._offices["ours"].refusal(
                    happening,
                    at=self.test_shop.clock(),
                    uuid=trzba.header.uuid_zpravy,
                    dialect=DIALECTS[dialect],
                )
                return HttpReply(reply.status, reply.body, "trace")
            case "stranger":
                reply = self._offices["stranger"].answer(envelope, dialect=DIALECTS[dialect])
                return HttpReply(reply.status, reply.body, "trace")
        reply = self._offices["ours"].answer(envelope, dialect=DIALECTS[dialect])
        true = HttpReply(reply.status, reply.body, "trace")
        return happening(true) if callable(happening) else true

    def correct(self, number: str, shop: Shop) -> None:
        """A technician corrects a refused sale with the settings of this shop; the daemon has them too from then on."""
        service.correct(shop, number)
        self.test_shop = replace(self.test_shop, shop=shop)
        self.restart()

    # ---- looking

    def record(self, number: str) -> FiscalRecord:
        (doc_id,) = rows(self.test_shop.shop, "SELECT doc_id FROM fiscal_record WHERE number = ?", number)[0]
        record = fiscal.load_record(self.test_shop.shop.tables, str(doc_id))
        assert record is not None
        return record

    @property
    def fault(self) -> str:
        return str(queues.note(self.test_shop.shop.tables, "eet")["fault"])

    def states(self) -> list[str]:
        found = rows(self.test_shop.shop, "SELECT state FROM fiscal_record ORDER BY number")
        return [str(state) for (state,) in found]

    # ---- time

    def pass_time(self, seconds: float) -> None:
        self.time.now += seconds
        self.test_shop.clock.forward(seconds=seconds)

    def backlog(self, *, steps_max: int = 500) -> float:
        """Until nothing is due now. Returns how long it wants to sleep."""
        for _ in range(steps_max):
            if sleep_s := self.sender.send_backlog():
                return sleep_s
        raise AssertionError("the backlog never rests")

    def until_quiet(self, *, rests_max: int = 400) -> None:
        """Both connections take turns until no record waits."""
        for _ in range(rests_max):
            self.sender.send_fresh()
            sleep_s = self.backlog()
            if "waiting" not in self.states():
                return
            self.pass_time(sleep_s)
        raise AssertionError(f"still waiting: {self.states()}, {self.fault!r}")


@dataclass
class _Line:
    """What the sender takes for an EetClient."""

    desk: Desk
    dialect: Dialect
    fresh: bool

    def post(self, envelope: bytes) -> HttpReply | TransportFailure:
        return self.desk.receive(envelope, dialect=self.dialect, fresh=self.fresh)

    def close(self) -> None:
        """There is no connection."""


@contextmanager
def open_ledger(folder: Path) -> Iterator[Ledger]:
    folder.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(folder / "ledger.jsonl")
    try:
        yield ledger
    finally:
        ledger.close()
