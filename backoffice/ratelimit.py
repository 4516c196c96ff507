"""How often a stranger may try: sliding windows per key, bounded in number, in the memory of one process."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

KEYS_MAX = 10_000


@dataclass
class RateLimit:
    """At most `tries_max` per `window_s` and key; the oldest keys are forgotten beyond KEYS_MAX."""

    tries_max: int
    window_s: float
    clock: Callable[[], float]
    _tries: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, key: str) -> bool:
        with self._lock:
            return len(self._recent(key)) < self.tries_max

    def count(self, key: str) -> None:
        """One more try that went wrong."""
        with self._lock:
            self._recent(key).append(self.clock())
            while len(self._tries) > KEYS_MAX:
                self._tries.popitem(last=False)

    def forget(self, key: str) -> None:
        with self._lock:
            self._tries.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        tries = self._tries.setdefault(key, deque(maxlen=self.tries_max))
        self._tries.move_to_end(key)
        oldest = self.clock() - self.window_s
        while tries and tries[0] <= oldest:
            tries.popleft()
        return tries
