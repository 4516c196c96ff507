"""One history from its seed: tills work, everything goes wrong, then all faults end and time passes."""

import logging
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from appliance.domain.clock import iso
from appliance.domain.money import Quantity, crowns
from appliance.domain.pricelist import ApplyWhen, RowKind, TillSettings
from appliance.domain.stock import MoveKind, StockMove, StockMoved
from appliance.service import incoming, print_queue, settings, shift, sync
from appliance.store import journal
from appliance.sync import fork, takeover
from backoffice.movements import movements_of_document
from backoffice.pricelist.writing import edit_row
from backoffice.stock import write_movements
from tests.sim.machine import Machine
from tests.sim.office import TaxOffice, plain_messages
from tests.sim.people import ITEM_IDS, LABELS, Person
from tests.sim.quick import each_statement_worded_once
from tests.sim.scenario import Scenario
from tests.sim.server import ACCOUNT, Server, ServerFell
from tests.sim.world import World

QUIET_STEP_S = 1200.0
QUIET_STEPS_MAX = 60
"""Of QUIET_STEP_S each: longer than any delay of upload, pull or EET, several times over."""
DAY = timedelta(days=1)
WAREHOUSE = "sklad-1"
"""All tills sell from the same one."""


class Still:
    """Stands for the module `time` where rests are slept out between two transactions."""

    @staticmethod
    def sleep(_seconds: float) -> None:
        """Nobody else is at the store."""

    @staticmethod
    def monotonic() -> float:
        return 0.0


@contextmanager
def virtual() -> Iterator[None]:
    """No sleeping and no signing, and nothing is logged."""
    modules: tuple[Any, ...] = (fork, incoming, takeover)
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        for module in modules:
            module.time = Still
        with plain_messages(), each_statement_worded_once():
            yield
    finally:
        logging.disable(before)
        for module in modules:
            module.time = time


@dataclass
class Backup:
    """A copy of a database and the documents in it."""

    path: Path
    documents: set[str]


@dataclass
class History:
    """`excused` are documents of databases that nobody has any more; `forked`: two devices went on as one, and neither
    could know. `acked`: up to which place the rows of each machine were looked for in the Backoffice last."""

    seed: int | str
    scenario: Scenario
    folder: Path
    excused: set[str] = field(default_factory=set)
    forked: bool = False
    findings: list[str] = field(default_factory=list)
    acked: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world = World(self.seed)
        self.server = Server(self.world, self.scenario, self.folder / "server")
        self.office = TaxOffice(self.world, self.scenario)
        self.machines: list[Machine] = []
        self.backups: dict[str, list[Backup]] = {}
        self.actions_left = self.scenario.actions
        self.blank = self.world.chance(self.scenario.blank_boards)
        self.cloned = not self.world.chance(self.scenario.clone)

    # ---- the shop is set up

    def set_up(self) -> None:
        self.calm(True)
        for item_id in ITEM_IDS:
            self._write(item_id, {"name": f"Zboží {item_id}", "price": 1000, "vat_class": "standard"})
        for n in range(1, self.scenario.tills + 1):
            machine = self._machine(f"till {n}", f"P{n}")
            machine.start()
            machine.token = self.server.add_till(journal.the_till(machine.shop.tables).till_id, machine.prefix)
            machine.stop()
            machine.start()
            apply_when = self.world.random.choice(tuple(ApplyWhen))
            settings.save_settings(machine.shop, TillSettings(apply_when=apply_when, warehouse_id=WAREHOUSE))
            sync.request_sync(machine.shop)
            self._work(machine)
        self.world.run_until(self.world.now + 10.0)
        self.world.add("office", self._edit_in_office, after_s=30.0)
        self.calm(False)

    def _machine(self, name: str, prefix: str) -> Machine:
        board = "" if self.blank else f"board-{name}"
        folder = self.folder / name.replace(" ", "-")
        machine = Machine(name, prefix, self.world, self.server, self.office, folder, board)
        machine.letters = ["H", "S", "CH", "DH", "FH", "GH", "HH", "KH", "LH", "MH"]
        machine.calm = self.server.calm
        self.machines.append(machine)
        return machine

    def _work(self, machine: Machine) -> None:
        person = Person(machine)

        def step() -> float:
            if self.actions_left <= 0 or machine not in self.machines:
                return float("inf")
            self.actions_left -= 1
            self._mishaps(machine)
            if machine in self.machines:
                person.act()
            return self.world.random.expovariate(1 / (self.scenario.mean_action_s * self.scenario.tills))

        self.world.add(f"people of {machine.name}", step, after_s=self.world.random.uniform(11, 60))

    def calm(self, calm: bool) -> None:
        self.server.calm = self.office.calm = calm
        for machine in self.machines:
            machine.calm = calm

    # ---- the Backoffice's own edits

    def _edit_in_office(self) -> float:
        if self.actions_left <= 0:
            return float("inf")
        chance = self.world.random
        item_id = chance.choice(ITEM_IDS)
        changes: dict[str, Any] = chance.choice(
            (
                {"name": f"Zboží {chance.randint(1, 999)}"},
                {"price": chance.randint(1, 50) * 100},
                {f"label:{chance.choice(LABELS)}": chance.choice((True, False))},
                {"deleted": chance.choice((True, False, False))},
                {"ean:8594001021234": chance.choice((True, False))},
            )
        )
        with suppress(ServerFell):
            if self.world.chance(self.scenario.moved_goods):
                self._move_goods(item_id, chance.randint(-5, 20) * 1000 or 500)
            else:
                self._write(item_id, changes)
        return chance.expovariate(self.scenario.office_edit / self.scenario.mean_action_s)

    def _write(self, row_id: str, changes: dict[str, Any]) -> None:
        self.world.note("office", f"{row_id} {changes}")
        edit_row(self.server.tables, ACCOUNT, RowKind.ITEM, row_id, changes, user="Majitel", now=self.server.now())

    def _move_goods(self, item_id: str, thousandths: int) -> None:
        """A goods receipt or a write-off, as backoffice.stock.move_stock does it, under an id of this history."""
        self.world.note("office", f"{item_id} {thousandths} into {WAREHOUSE}")
        kind = MoveKind.GOODS_RECEIPT if thousandths > 0 else MoveKind.WRITE_OFF
        move = StockMove(WAREHOUSE, item_id, Quantity(thousandths))
        at = iso(self.server.now())
        document = movements_of_document(
            self.world.new_id(),
            StockMoved(kind, "Majitel", (move,)),
            at=at,
            at_utc=iso(self.server.now().astimezone(UTC)),
        )
        with self.server.tables.writing():
            write_movements(self.server.tables, ACCOUNT, [document], till_id="")

    # ---- mishaps

    def _mishaps(self, machine: Machine) -> None:
        world, rates = self.world, self.scenario
        if world.chance(0.05):
            copy = machine.backup()
            self.backups.setdefault(machine.prefix, []).append(Backup(copy, documents(machine)))
            world.note(machine.name, "backup")
        if world.chance(rates.clock_jump):
            machine.offset = world.random.choice((-DAY, DAY, timedelta(0), timedelta(minutes=-20)))
            world.note(machine.name, f"clock {machine.offset}")
        if world.chance(rates.paper_out):
            self._for_a_while(machine, "paper out", self._paper, world.random.uniform(3, 30))
        if world.chance(rates.partition):
            self._for_a_while(machine, "network cut", self._network, world.random.choice((120.0, 1800.0, 7200.0)))
        if world.chance(rates.restore) and self.backups.get(machine.prefix):
            self._restore(machine)
        elif not self.cloned and world.chance(0.1):
            self._clone(machine)
        elif world.chance(rates.replacement):
            self._replace(machine)

    def _paper(self, machine: Machine, bad: bool) -> None:
        machine.printer.paper_out = bad

    def _network(self, machine: Machine, bad: bool) -> None:
        machine.cut_off = bad

    def _for_a_while(self, machine: Machine, what: str, turn: Callable[[Machine, bool], None], seconds: float) -> None:
        self.world.note(machine.name, f"{what} for {seconds:.0f} s")
        turn(machine, True)

        def end() -> float:
            turn(machine, False)
            return float("inf")

        self.world.add(what, end, after_s=seconds)

    def _restore(self, machine: Machine) -> None:
        """From an old backup, without network; a copy of the card may live on elsewhere."""
        backup = self.world.random.choice(self.backups[machine.prefix])
        self.world.note(machine.name, f"restored from {backup.path.name}")
        self._forget(machine, but=backup.documents)
        machine.stop()
        machine.take_card(backup.path)
        machine.go_on_from_the_backup()
        machine.start()

    def _clone(self, machine: Machine) -> None:
        """A copy of the card goes into another machine, and both are used."""
        self.cloned = True
        self.forked = self.forked or self.blank
        copy = machine.backup()
        twin = self._machine(f"twin {machine.prefix[1:]}", machine.prefix)
        twin.letters, twin.token, twin.watch = machine.letters, machine.token, machine.watch
        self.world.note(machine.name, f"its card is copied into {twin.name}")
        twin.take_card(copy)
        twin.start()
        self._work(twin)

    def _replace(self, machine: Machine) -> None:
        """The machine is gone; a new one takes its place. Not while a copy of its card is in use."""
        if self._has_twin(machine):
            return
        till = journal.the_till(machine.shop.tables)
        held = self.server.tables.epoch
        known = self.server.tables.first(held.select(held.c.epoch).where(held.c.epoch == till.epoch))
        if known is None:
            return  # its series is known to nobody else
        self._forget(machine, but=set())
        machine.stop()
        self.machines.remove(machine)
        heir = self._machine(f"{machine.name}+", machine.prefix)
        heir.letters, heir.watch = machine.letters, machine.watch
        self.world.note(machine.name, f"dead, replaced by {heir.name}")
        heir.calm = True
        heir.token, given = self.server.replace_till(till.till_id)
        heir.start()
        takeover.begin(heir.shop, given, new_epoch=self.world.new_epoch)
        heir.calm = False
        self._work(heir)

    def _forget(self, machine: Machine, *, but: set[str]) -> None:
        """Its database goes: what stood only there is lost with it."""
        self.excused |= documents(machine) - but

    # ---- quiet

    def calm_down(self) -> None:
        """All faults end; people put right what waits for them; time passes until nothing is left to do."""
        self.actions_left = 0
        self.calm(True)
        self.world.note("world", "all faults end")
        for machine in self.machines:
            machine.cut_off = machine.printer.paper_out = False
            machine.offset = timedelta(0)
            machine.wake("sync", "print")
            machine.uploader.hurry()
            if self.world.chance(0.7) and shift.current_shift(machine.shop):
                shift.close_shift(machine.shop, counted=crowns(1000))
            if self.world.chance(0.7):
                settings.switch_item_sync(machine.shop, on=True)
        twins = [each for each in self.machines if self._has_twin(each)]
        for _ in range(QUIET_STEPS_MAX):
            self.world.run_until(self.world.now + QUIET_STEP_S)
            if any(list(map(self._busy, self.machines))):
                continue
            if not twins:
                return
            # what its copy has edited is the same till's to the Backoffice, and not counted among what waits for it
            sync.request_sync(twins.pop().shop)
        self.findings.append("it never comes to rest: " + "; ".join(filter(None, map(self._busy, self.machines))))

    def _has_twin(self, machine: Machine) -> bool:
        return any(other.prefix == machine.prefix for other in self.machines if other is not machine)

    def _busy(self, machine: Machine) -> str:
        """What is still to be done; a person does what only people can."""
        print_queue.answer(machine.shop, print_again=True)
        waiting = {
            "rows unsent": machine.unsent,
            "shifts not proven": machine.rows(
                "SELECT count(*) FROM shift WHERE closed_at IS NOT NULL AND proof IS NULL"
            )[0][0],
            "sales for EET": machine.rows("SELECT count(*) FROM fiscal_record WHERE state = 'waiting'")[0][0],
            "papers": machine.rows("SELECT count(*) FROM print_job WHERE state NOT IN ('done', 'dropped')")[0][0],
            "rows to take over": machine.rows("SELECT count(*) FROM note WHERE key = 'takeover'")[0][0],
        }
        ((wanted, changes, label, levels),) = machine.rows(
            "SELECT wanted, changes_waiting, label, stock_waiting FROM pull"
        )
        if settings.item_sync_is_on(machine.shop):
            scope = settings.till_settings(machine.shop).scope
            waiting["changes of the price list"] = changes + int(wanted) + int(scope != label)
            waiting["levels of the stock"] = levels
            if changes:
                sync.request_sync(machine.shop)
        left = [f"{n} {what}" for what, n in waiting.items() if n]
        return f"{machine.name}: {', '.join(left)}" if left else ""

    def close(self) -> None:
        for machine in self.machines:
            machine.stop()
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def documents(machine: Machine) -> set[str]:
    return {str(doc_id) for (doc_id,) in machine.rows("SELECT doc_id FROM journal")}


@dataclass(frozen=True)
class Outcome:
    """`findings` are what is wrong, none for a history that ended well."""

    seed: int | str
    scenario: str
    findings: tuple[str, ...]
    trace: tuple[str, ...]
    digest: str
    events: int
    hours: float

    def report(self) -> str:
        lines = [f"seed {self.seed} ({self.scenario}), {self.events} events, {self.hours:.1f} h"]
        lines += [f"  {finding}" for finding in self.findings]
        lines += ["the last events (seconds, who, what):", *self.trace]
        lines += [f"again: script/sim --seeds {self.seed}..{self.seed}"]
        return "\n".join(lines)


def play(seed: int, scenario: Scenario, folder: Path) -> Outcome:
    """A whole history."""
    from tests.sim.checks import check, look_at

    history = History(seed, scenario, folder)
    with ExitStack() as stack:
        stack.enter_context(virtual())
        stack.callback(history.close)
        try:
            history.set_up()
            for machine in history.machines:
                machine.watch = lambda each: look_at(history, each)
            while history.actions_left > 0:
                history.world.run_until(history.world.now + 60.0)
            history.calm_down()
            history.findings += check(history)
        except Exception as error:  # noqa: BLE001 - whatever it is, the seed must be told
            where = traceback.format_exc().splitlines()
            history.findings.append(
                f"{type(error).__name__}: {error} | {' | '.join(each.strip() for each in where[-7:])}"
            )
        world = history.world
        return Outcome(
            seed,
            scenario.name,
            tuple(dict.fromkeys(history.findings)),
            tuple(world.trace),
            world.digest,
            world.events,
            world.now / 3600,
        )
