"""The play: sales at a steady pace, the weather changing, processes killed at random moments and started at once."""

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from demo.processes import DemoFailed
from script.lib.faults.seller import read_lines, sold_in
from script.lib.faults.shop import FaultShop
from script.lib.faults.weather import CALM, forecast
from script.lib.faults.witnesses import states

TICK_S = 0.01
LOOK_S = 0.25


@dataclass
class Played:
    """How it went. `waiting` is what was left when the time was over; `wall_s` counts from the first sale."""

    deaths: Counter[str] = field(default_factory=Counter)
    wall_s: float = 0.0
    selling_s: float = 0.0
    waiting: int = 0


class Play:
    """`kills` of the daemon and a tenth as many of the seller, spread by chance over the time the sales take."""

    def __init__(self, shop: FaultShop, *, seed: int, sales: int, kills: int, pace_s: float) -> None:
        self._shop = shop
        self._sales = sales
        random = Random(f"kills {seed}")
        victims = ["sync"] * kills + ["seller"] * (kills // 10)
        self._plan = sorted((random.uniform(0, sales * pace_s), name) for name in victims)
        self._changes = forecast(sales)
        self._weather = CALM
        self._looked_at = 0.0
        self.played = Played()

    def until_settled(self, *, limit_s: float) -> None:
        """Until all is sold and nothing waits, or the time is over. Raises DemoFailed when a process ended."""
        started = time.monotonic()
        for name in ("sync", "seller"):
            self._shop.processes[name].start()
        waiting = self._sales
        while waiting and time.monotonic() - started < limit_s:
            time.sleep(TICK_S)
            self._kill_who_is_due(time.monotonic() - started)
            if time.monotonic() - self._looked_at > LOOK_S:
                waiting = self._look(time.monotonic() - started)
        self.played.waiting = waiting
        self.played.wall_s = time.monotonic() - started

    def _look(self, now_s: float) -> int:
        """Change the weather when all of it was seen and the next is due; how much is left to be settled or done."""
        self._looked_at = time.monotonic()
        selling = self._shop.processes["seller"].running  # asked before its book is read: it may end between the two
        sold = len(sold_in(read_lines(self._shop.sold)))
        for name in ("eet", "sync"):
            self._must_run(name)
        if self._changes and sold >= self._changes[0][0] and self._shop.has_seen(self._weather):
            self._weather = self._changes.pop(0)[1]
            self._shop.change_weather(self._weather)
        if sold < self._sales:
            if not selling:
                self._must_run("seller")
            return self._sales
        self.played.selling_s = self.played.selling_s or now_s
        return states(self._shop.till).get("waiting", 0) + len(self._plan) + len(self._changes)

    def _kill_who_is_due(self, now_s: float) -> None:
        while self._plan and self._plan[0][0] <= now_s:
            _, name = self._plan.pop(0)
            process = self._shop.processes[name]
            if name == "sync":
                self._must_run(name)
            if process.running:  # the seller may have sold all
                process.kill()
                self.played.deaths[name] += 1
                process.start()

    def _must_run(self, name: str) -> None:
        process = self._shop.processes[name]
        if not process.running:
            raise DemoFailed(f"{name} ended by itself; see {process.log}")
