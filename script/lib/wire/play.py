"""The scenes: each does something at the till and waits until the wire or Historie shows what was promised."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.service import shift
from appliance.service.shop import Shop
from appliance.service.status import till_status
from demo.processes import Process
from demo.recorder import Recorder, Seen
from script.lib.sync_shop import SyncShop, on_terminal, sell
from script.lib.wire.drops import FirstReplies

S9_LIMIT_S = 2.0
S5_LIMIT_S = 15.0
COMPARE_HOURS = (0.002, 0.003)  # 7 to 11 seconds stand for 6 to 12 hours
PATIENCE = 4  # a scene waits this many times the promise before it gives up; the promise itself is judged
DRAIN_TIMEOUT_S = 600.0
LOOK_S = 0.005
QUIET_S = 3.0  # until the daemon has nothing more to do and sleeps


class WireFailed(Exception):
    """Something that was promised did not happen at all; one sentence."""


@dataclass(frozen=True)
class Scene:
    """What was measured, in seconds, against its limit."""

    requirement: str
    what: str
    seconds: float
    limit_s: float

    @property
    def kept(self) -> bool:
        return self.seconds <= self.limit_s


@dataclass(frozen=True)
class Drained:
    """After every reply was dropped once: what the till sold, what stands in Historie, how many replies were lost."""

    sold: int
    sold_haler: int
    held: int
    held_haler: int
    dropped: int
    seconds: float

    @property
    def exact(self) -> bool:
        return (self.sold, self.sold_haler) == (self.held, self.held_haler) and self.dropped > 0


def scenes(*, sales: int) -> list[Scene]:
    """S9, S5, S6, S7, S8 and S13, one after the other, with a till that reports nothing to EET."""
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        office = SyncShop(Path(folder), recorded=True, settings={"backoffice": {"compare_h": list(COMPARE_HOURS)}})
        office.start()
        daemon = office.process("sync")
        try:
            shop = office.open_shop()
            assert office.recorder is not None
            stage = Stage(office, office.recorder, shop, daemon)
            return [
                stage.start_sends_what_is_unsent(),
                *stage.a_sale_is_in_historie(sales),
                stage.a_lost_wake_up_is_caught(),
                *stage.a_closing_sends_the_shift_again(),
                stage.heads_are_compared(),
            ]
        finally:
            daemon.stop()
            office.stop()


@dataclass
class Stage:
    office: SyncShop
    recorder: Recorder
    shop: Shop
    daemon: Process

    def start_sends_what_is_unsent(self) -> Scene:
        """S6: the till sold while no daemon ran; its start is the first try."""
        sell(self.shop, 3, progress=_nobody)
        begun = time.monotonic()
        self.daemon.start()
        seen = self._wait(lambda s: s.status == 200 and s.kinds.count("receipt_issued") == 3, S5_LIMIT_S, since=begun)
        return Scene("S6", "start of the daemon → unsent rows on the wire", seen.at - begun, S5_LIMIT_S)

    def a_sale_is_in_historie(self, sales: int) -> list[Scene]:
        """S9: from the commit of the sale until it counts in Historie."""
        waits = []
        for _ in range(sales):
            wanted = self.office.held()[0] + 1
            begun = time.monotonic()
            sell(self.shop, 1, progress=_nobody)
            self._wait_for_held(wanted)
            waits.append(time.monotonic() - begun)
        waits.sort()
        return [
            Scene("S9", f"pay key → Historie, median of {sales}", waits[len(waits) // 2], S9_LIMIT_S),
            Scene("S9", f"pay key → Historie, slowest of {sales}", waits[-1], S9_LIMIT_S),
        ]

    def a_lost_wake_up_is_caught(self) -> Scene:
        """S5: nobody tells the daemon; its own poll finds the sale."""
        time.sleep(QUIET_S)
        deaf = replace(self.shop, wake=_nobody)
        begun = time.monotonic()
        sell(deaf, 1, progress=_nobody)
        seen = self._wait(lambda s: "receipt_issued" in s.kinds, S5_LIMIT_S, since=begun)
        return Scene("S5", "a change nobody announced → tried", seen.at - begun, S5_LIMIT_S)

    def a_closing_sends_the_shift_again(self) -> list[Scene]:
        """S7, S13: after the closing all rows of the shift travel once more, and the server calls it complete."""
        current = shift.current_shift(self.shop)
        assert current is not None
        issued = self._sent_before()
        begun = time.monotonic()
        totals = shift.x_report(self.shop)
        shift.close_shift(self.shop, counted=totals.cash_expected)
        asked = self._wait(lambda s: current.shift_id in s.path and s.status == 200, S5_LIMIT_S, since=begun)
        again = [s for s in self.recorder.seen() if begun <= s.at <= asked.at]
        resent = {row for s in again for row in s.rows if row[0] == "receipt_issued"}
        if not issued <= resent:
            raise WireFailed(f"S7: of {len(issued)} receipts of the shift only {len(issued & resent)} were sent again")
        _until(lambda: (c := shift.last_closing(self.shop)) is not None and c.complete is True, S5_LIMIT_S, "no proof")
        return [
            Scene(
                "S7", f"closing → all {len(issued)} receipts again and the proof asked", asked.at - begun, S5_LIMIT_S
            ),
            Scene("S13", "closing → “směna kompletní” at the till", time.monotonic() - begun, S5_LIMIT_S),
        ]

    def heads_are_compared(self) -> Scene:
        """S8: with nothing new to send, the head is sent once more at a random point of the window."""
        begun = time.monotonic()
        head = max(seq for s in self.recorder.seen() for _, _, seq in s.rows)
        window_s = COMPARE_HOURS[1] * 3600
        seen = self._wait(lambda s: len(s.rows) == 1 and s.rows[0][2] == head, window_s, since=begun)
        return Scene("S8", "nothing new → the head compared (6–12 h made 7–11 s)", seen.at - begun, window_s + 2)

    def _wait_for_held(self, receipts: int) -> None:
        _until(lambda: self.office.held()[0] >= receipts, S9_LIMIT_S * PATIENCE, "the sale is not in Historie")

    def _sent_before(self) -> set[tuple[str, str, int]]:
        return {row for s in self.recorder.seen() for row in s.rows if row[0] == "receipt_issued"}

    def _wait(self, fits: Callable[[Seen], bool], limit_s: float, *, since: float) -> Seen:
        found: list[Seen] = []

        def look() -> bool:
            found[:] = [s for s in self.recorder.seen() if s.at >= since and fits(s)]
            return bool(found)

        _until(look, limit_s * PATIENCE, "it was not seen on the wire")
        return found[0]


def drained(*, receipts: int) -> Drained:
    """A backlog goes up over real HTTPS while the answer to every request is lost once."""
    with tempfile.TemporaryDirectory(prefix="wire-") as folder:
        office = SyncShop(Path(folder), recorded=True)
        office.start()
        daemon = office.process("sync")
        try:
            shop = office.open_shop()
            total = sell(shop, receipts, progress=lambda n: on_terminal(f"selling {n}/{receipts}"))
            assert office.recorder is not None
            drops = office.recorder.drops = FirstReplies()
            begun = time.monotonic()
            daemon.start()
            _until(lambda: office.held()[0] >= receipts, DRAIN_TIMEOUT_S, "the backlog did not drain")
            took_s = time.monotonic() - begun
            # the server has the last rows before their lost answer is counted, and the till learns it by asking again
            _until(lambda: not till_status(shop).backoffice.unsent, DRAIN_TIMEOUT_S, "the last answer did not come")
            held, held_haler = office.held()
            return Drained(receipts, total, held, held_haler, drops.dropped, took_s)
        finally:
            daemon.stop()
            office.stop()


def _until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise WireFailed(f"{what} within {timeout_s:.0f} s")
        time.sleep(LOOK_S)


def _nobody(*_names: object) -> None:
    """A wake-up that is lost, a progress nobody looks at."""
