"""One till with all its processes: it starts, works, falls, and starts again from what is on its disk."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from appliance.domain.clock import iso
from appliance.domain.receipt import ClockState
from appliance.printing.spooler import Spooler, SpoolerOptions
from appliance.service import restore
from appliance.service.errors import Refused
from appliance.service.identity import ensure_identity
from appliance.service.shop import Shop
from appliance.store import journal, queues
from appliance.store.db import Store
from appliance.store.tables import Tables
from appliance.sync.download import Downloader
from appliance.sync.fiscal import IDLE_S, FiscalOptions, FiscalSender
from appliance.sync.takeover import TakeoverWorker
from appliance.sync.upload import Uploader, UploadOptions
from tests.shops import OPENING, PLAYGROUND, TAXPAYER, VAT_PAYER
from tests.sim.line import SimLink
from tests.sim.office import Line, TaxOffice
from tests.sim.printer import Ear, Printer
from tests.sim.server import Server
from tests.sim.world import Crash, Task, World

POLL_S = 900.0
"""Of the daemon's loop; a real till looks every 15 s, which a history of hours would mostly spend its time on."""
STATUS_S = 900.0
ROWS_MAX = 4
"""Of a batch: several follow each other also where little waits."""
SCHEDULE_MS = (5000, 15_000, 60_000, 300_000, 900_000)


class FallingStore(Store):
    """A store whose commits may be the last thing their machine does."""

    machine: "Machine"

    @contextmanager
    def _writing(self, synchronous: str) -> Iterator[Tables]:
        with super()._writing(synchronous) as tables:
            yield tables
            self.machine.at_commit("before", synchronous)
        self.machine.at_commit("after", synchronous)


@cache
def empty_database() -> Path:
    """A migrated database without an identity, made once in a process."""
    path = Path(mkdtemp(prefix="pokladna-sim-")) / "till.db"
    Store(path).close()
    return path


@dataclass(frozen=True)
class Card:
    """What stands in for the certificate: nothing is signed in a history."""

    token: str = "card-1"


@dataclass
class Machine:
    """`generation` counts its starts. `lost` are documents that went with a database which nobody has any more."""

    name: str
    prefix: str
    world: World
    server: Server
    office: TaxOffice
    folder: Path
    board: str
    token: str = ""
    generation: int = 0
    boot: int = 0
    cut_off: bool = False
    calm: bool = False
    offset: timedelta = timedelta(0)
    watch: "Callable[[Machine], None] | None" = None
    """Looks at the till after each step of its daemon."""
    letters: list[str] = field(default_factory=list)
    """Marks of receipt series that the technician may still give."""
    issued: dict[str, str] = field(default_factory=dict)
    """Number by doc_id, of what the screen said was sold here."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.path = self.folder / "0" / "till.db"
        self.path.parent.mkdir()
        shutil.copy(empty_database(), self.path)
        self.printer = Printer(self)
        self.tasks: dict[str, Task] = {}
        self.starting = False
        self.durable = 0  # bytes of the write-ahead log that were on the disk at the last fact
        self.files = 0

    # ---- commits

    def at_commit(self, when: str, synchronous: str) -> None:
        if when == "after" and synchronous == "FULL":
            log = self.path.with_name("till.db-wal")
            self.durable = log.stat().st_size if log.exists() else 0
        rates = self.server.scenario
        if not self.calm and self.world.chance(rates.crash / 2):
            power = self.world.chance(rates.power_cut)
            self.world.note(self.name, f"{'power cut' if power else 'killed'} {when} a {synchronous} commit")
            raise Crash(self, self.generation, power=power)

    def fall(self, crash: Crash) -> None:
        """What was running is gone; a power cut takes what was not on the disk, too."""
        before = self.store
        if crash.power:
            self.boot += 1
            self._move_files(cut_at=self.durable)
        before.close()
        if crash.power:
            shutil.rmtree(before.path.parent, ignore_errors=True)
        self.start(after_s=self.world.random.choice((1.0, 30.0)))

    def _move_files(self, *, cut_at: int) -> None:
        """The files as a power cut leaves them, in a folder of their own."""
        log = self.path.with_name("till.db-wal")
        self.files += 1
        after = self.folder / str(self.files) / "till.db"
        after.parent.mkdir()
        shutil.copy(self.path, after)
        if log.exists() and cut_at:
            after.with_name("till.db-wal").write_bytes(log.read_bytes()[:cut_at])
        self.path = after

    # ---- start and end

    def now(self) -> datetime:
        return OPENING + timedelta(seconds=self.world.now) + self.offset

    def start(self, *, after_s: float = 0.0) -> None:
        """All processes, as often as it takes: a start may fall too."""
        while True:
            self.world.end(self)
            self.generation += 1
            try:
                self._open()
            except Crash as crash:
                self.store.close()
                if crash.power:
                    self.boot += 1
                    self._move_files(cut_at=self.durable)
                continue
            break
        self._add_tasks(after_s)

    def stop(self) -> None:
        self.world.end(self)
        self.generation += 1
        self.store.close()

    def _open(self) -> None:
        self.durable = 0
        self.store = FallingStore(self.path)
        self.store.machine = self
        identity = {"new_id": self.world.new_id, "new_epoch": self.world.new_epoch}
        ensure_identity(self.store, **identity, prefix=self.prefix, board_serial=self.board, at=iso(self.now()))
        self.shop = Shop(
            store=self.store,
            seller=VAT_PAYER,
            till_name=self.name,
            user="Jana",
            taxpayer=replace(TAXPAYER, id_pokl=self.prefix),
            regimes=(PLAYGROUND,),
            boot=f"{self.board or self.name}-{self.boot}",
            now=self.now,
            new_id=self.world.new_id,
            new_message_id=self.world.new_id,
            wake=self.wake,
            clock=lambda: ClockState.VERIFIED,
        )
        link = SimLink(self.world, self.server, self, self.token) if self.token else None
        self.uploader = Uploader(
            self.shop,
            UploadOptions(poll_s=POLL_S, status_s=STATUS_S, version="1.2.3", rows_max=ROWS_MAX),
            link=link,
            new_epoch=self.world.new_epoch,
            monotonic=self._seconds,
            random=self.world.random.random,
        )
        self.downloader = Downloader(
            self.shop, poll_s=POLL_S, link=link, monotonic=self._seconds, random=self.world.random.random
        )
        card: Any = Card()
        self.sender = FiscalSender(
            self.shop,
            FiscalOptions(SCHEDULE_MS),
            identity=lambda: card,
            trust=lambda _dialect: card,
            make_client=self._line_to_the_office,
            monotonic=self._seconds,
            random=self.world.random.random,
        )
        self.takeover = TakeoverWorker(self.shop, link=lambda: link)
        self.spooler = Spooler(self.shop, self.printer, Ear(self), SpoolerOptions(2.0), self._seconds)
        self.spooler.recover()
        self._run_seen = ""
        self._recoveries = (0, 0)

    def _seconds(self) -> float:
        return self.world.now

    def _line_to_the_office(self, *_key: object) -> Any:
        return Line(self.office, self)

    def _add_tasks(self, after_s: float) -> None:
        steps = {
            "upload": lambda: self._daemon(self.uploader.step),
            "download": lambda: self._daemon(self.downloader.step),
            "fresh": lambda: self._daemon(self.sender.send_fresh),
            "backlog": lambda: self._daemon(self.sender.send_backlog),
            "takeover": self.takeover.step,
            "print": self._print,
        }
        self.tasks = {name: self.world.add(name, step, after_s=after_s, owner=self) for name, step in steps.items()}

    # ---- processes

    def _daemon(self, step: Any) -> float:
        """A worker's step, and what the daemon's loop does after it (appliance.sync.loop)."""
        rest_s: float = step()
        if self.watch:
            self.watch(self)
        before, self._recoveries = self._recoveries, (self.sender.recoveries, self.uploader.recoveries)
        if self._recoveries[0] > before[0]:
            self.uploader.hurry()
            self.tasks["upload"].wake(self.world.now)
        if self._recoveries[1] > before[1]:
            self.sender.network_is_back()
            self.tasks["backlog"].wake(self.world.now)
        if self._recoveries != before:
            self.downloader.hurry()
            self._wake("download")
        return POLL_S if rest_s == IDLE_S else min(rest_s, POLL_S)

    def _print(self) -> float:
        return 0.0 if self.spooler.print_waiting() else POLL_S

    def wake(self, *names: str) -> None:
        if not self.calm and self.world.chance(self.server.scenario.wake_lost):
            return
        if "print" in names:
            self._wake("print")
            self.printer.woken = True
        if "sync" in names:
            run = queues.last_run(self.shop.tables)
            if run is not None and run.run_id != self._run_seen:
                self._run_seen = run.run_id
                self.sender.hurry()
                self.uploader.hurry()
            for name in self.tasks.keys() - {"print"}:
                self._wake(name)

    def _wake(self, name: str) -> None:
        if task := self.tasks.get(name):
            task.wake(self.world.now)

    # ---- what people do with cards and backups

    def backup(self) -> Path:
        """A copy of the database as it is."""
        self.store.checkpoint(truncate=True)
        self.durable = 0
        copy = self.folder / f"backup-{self.world.events}.db"
        shutil.copy(self.path, copy)
        return copy

    def take_card(self, database: Path) -> None:
        """Another database in the place of this one; the machine is switched off."""
        self.files += 1
        self.path = self.folder / str(self.files) / "till.db"
        self.path.parent.mkdir()
        shutil.copy(database, self.path)
        self.boot += 1
        self.durable = 0

    def go_on_from_the_backup(self) -> None:
        """What the technician does after a restore without network: the next mark of the list is typed."""
        store = Store(self.path)
        while True:
            letters = self.letters.pop(0)
            try:
                restore.go_on(
                    store, new_id=self.world.new_id, epoch=self.world.new_epoch(), at=iso(self.now()), letters=letters
                )
            except Refused:
                continue
            break
        store.close()

    # ---- looking

    @property
    def unsent(self) -> int:
        return journal.unsent(self.shop.tables)[0]

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.store._db.execute_sql(sql, parameters).fetchall()]
