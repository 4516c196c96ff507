"""Virtual time: tasks that are due, one after the other, all chance from one seed.

What talks to a network sleeps there: meanwhile everything else that is due runs, nested in that sleep. So an answer
finds a till that has sold on, crashed, or was restored from a backup since the question.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol
from uuid import UUID

TRACE_KEPT = 60
NESTED_MAX = 12
"""Deeper sleeps only pass the time: who waits longest must not wait for ever."""


class Crash(BaseException):
    """A machine falls: by a kill, or by a power cut that also takes what was not on the disk yet."""

    def __init__(self, machine: "Owner", generation: int, *, power: bool) -> None:
        super().__init__(f"{machine.name} falls")
        self.machine = machine
        self.generation = generation
        self.power = power


class Owner(Protocol):
    """Whoever tasks belong to; a new `generation` begins with each start."""

    @property
    def name(self) -> str: ...
    @property
    def generation(self) -> int: ...
    def fall(self, crash: Crash) -> None: ...


@dataclass
class Task:
    """`step` returns after how many seconds it is due again."""

    name: str
    step: Callable[[], float]
    due: float
    owner: Owner | None = None
    busy: bool = False
    woken: bool = False
    ended: bool = False

    def wake(self, at: float) -> None:
        self.woken = True
        self.due = min(self.due, at)


@dataclass
class World:
    seed: int | str
    now: float = 0.0
    tasks: list[Task] = field(default_factory=list)
    trace: deque[str] = field(default_factory=lambda: deque(maxlen=TRACE_KEPT))
    events: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self._hash = hashlib.sha256()
        self._depth = 0

    # ---- chance

    def chance(self, rate: float) -> bool:
        return rate > 0 and self.random.random() < rate

    def new_id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def new_epoch(self) -> str:
        return f"{self.random.getrandbits(64):016x}"

    # ---- what happened

    def note(self, who: str, what: str) -> None:
        line = f"{self.now:10.2f}  {who:<10} {what}"
        self.events += 1
        self._hash.update(line.encode())
        self.trace.append(line)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    # ---- time

    def add(self, name: str, step: Callable[[], float], *, after_s: float = 0.0, owner: Owner | None = None) -> Task:
        task = Task(name, step, self.now + after_s, owner)
        self.tasks.append(task)
        return task

    def sleep(self, seconds: float, owner: Owner | None = None) -> None:
        """Time passes for whoever calls. Raises Crash when the owner has fallen meanwhile."""
        generation = owner.generation if owner else 0
        self.run_until(self.now + seconds)
        if owner is not None and owner.generation != generation:
            raise Crash(owner, generation, power=False)

    def run_until(self, until: float) -> None:
        if self._depth < NESTED_MAX:
            self._depth += 1
            try:
                while task := self._next(until):
                    self.now = max(self.now, task.due)
                    self._run(task)
            finally:
                self._depth -= 1
        self.now = max(self.now, until)

    def _next(self, until: float) -> Task | None:
        found = None
        for task in self.tasks:
            if not task.busy and task.due <= until and (found is None or task.due < found.due):
                found = task
        return found

    def _run(self, task: Task) -> None:
        owner, task.busy, task.woken = task.owner, True, False
        try:
            rest_s = task.step()
        except Crash as crash:
            if crash.generation == crash.machine.generation:
                crash.machine.fall(crash)
            rest_s = float("inf") if owner is not None else 0.0
        finally:
            task.busy = False
        task.due = self.now if task.woken else self.now + rest_s

    def end(self, owner: Owner) -> None:
        """The tasks of an owner that has fallen."""
        self.tasks = [task for task in self.tasks if task.owner is not owner]
