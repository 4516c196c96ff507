"""A printer of lists, a waiter in virtual time, and a print process that can be killed at any write."""

from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.domain.delivery import PrintState
from appliance.printing.spooler import Spooler, SpoolerOptions
from appliance.store import queues
from drivers.ports import Cut, Element, Feed, PrinterFailure, PrinterStatus, Text
from tests.shops import TestShop, rows

KICK = "<drawer>"
READY = PrinterStatus(online=True, paper_out=False, paper_near_end=False, cover_open=False, drawer_open=None)


class Killed(BaseException):
    """The print process is gone."""


@dataclass
class FakePrinter:
    """`papers` are cut, `line`s of the one in the printer are in `uncut`; `log` is everything in order.

    `breaks_at` names calls (counted from 1) that fail, `kills_at` calls in which the process dies. The effect of such a
    call happens or not, by `effect_first`.
    """

    width_chars: int = 48
    papers: list[str] = field(default_factory=list)
    uncut: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    calls: int = 0
    breaks_at: set[int] = field(default_factory=set)
    kills_at: set[int] = field(default_factory=set)
    effect_first: bool = False
    state: PrinterStatus = READY
    unplugged: bool = False

    def printable(self, text: str) -> str:
        return text.replace("\u00a0", " ").replace("–", "-")

    def begin(self) -> None:
        self._call(lambda: None)

    def write(self, element: Element) -> None:
        self._call(lambda: self._print(element))

    def kick_drawer(self) -> None:
        self._call(lambda: self.log.append(KICK))

    def finish(self) -> None:
        self._call(lambda: None)

    def status(self) -> PrinterStatus:
        self._call(lambda: None)
        return self.state

    def close(self) -> None:
        """Nothing is open."""

    def _call(self, effect: Callable[[], None]) -> None:
        self.calls += 1
        if self.unplugged:
            raise PrinterFailure("offline", "unplugged")
        fatal = self.calls in self.breaks_at or self.calls in self.kills_at
        if not fatal or self.effect_first:
            effect()
        if self.calls in self.kills_at:
            raise Killed
        if self.calls in self.breaks_at:
            raise PrinterFailure("broken", "as the test wants")

    def _print(self, element: Element) -> None:
        match element:
            case Text():
                self.uncut.append(element.text)
                self.log.append(element.text)
            case Cut():
                self.papers.append("\n".join(self.uncut))
                self.uncut = []
                self.log.append("<cut>")
            case Feed():
                self.uncut.append("")
            case _:
                self.uncut.append("-" * self.width_chars)


@dataclass
class FakeWaiter:
    """Time passes only in `wait`. `at_poll` and `at_wait` are done at the next polls (0 s) and waits, one at each."""

    now: float = 100.0
    waits: list[float] = field(default_factory=list)
    at_poll: list[Callable[[], object]] = field(default_factory=list)
    at_wait: list[Callable[[], object]] = field(default_factory=list)

    def wait(self, timeout_s: float) -> bool:
        happenings = self.at_wait if timeout_s else self.at_poll
        if timeout_s:
            self.waits.append(timeout_s)
        if happenings:
            happenings.pop(0)()
            return True
        self.now += timeout_s
        return False


@dataclass
class PrintDesk:
    test_shop: TestShop
    printer: FakePrinter = field(default_factory=FakePrinter)
    waiter: FakeWaiter = field(default_factory=FakeWaiter)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A print process begins, as after a crash."""
        options = SpoolerOptions(response_wait_s=2.0)
        self.spooler = Spooler(self.test_shop.shop, self.printer, self.waiter, options, lambda: self.waiter.now)
        self.spooler.recover()

    def print_all(self, *, jobs_max: int = 200) -> None:
        for _ in range(jobs_max):
            if not self.spooler.print_waiting():
                return
        raise AssertionError("the queue never gets empty")

    def states(self) -> list[str]:
        return [str(state) for (state,) in rows(self.test_shop.shop, "SELECT state FROM print_job ORDER BY n")]

    @property
    def word(self) -> str:
        return str(queues.note(self.test_shop.shop.tables, "printer")["word"])

    def waiting(self) -> int:
        return queues.count_jobs(self.test_shop.shop.tables, PrintState.WAITING)
