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
        """Asking leaves nothing behind: only tries that are counted take memory."""
        with self._lock:
            tries = self._tries.get(key)
            return tries is None or len(self._recent(tries)) < self.tries_max

    def count(self, key: str) -> None:
        """One more try that went wrong."""
        with self._lock:
            tries = self._tries.setdefault(key, deque(maxlen=self.tries_max))
            self._tries.move_to_end(key)
            self._recent(tries).append(self.clock())
            while len(self._tries) > KEYS_MAX:
                self._tries.popitem(last=False)

    def forget(self, key: str) -> None:
        with self._lock:
            self._tries.pop(key, None)

    def _recent(self, tries: deque[float]) -> deque[float]:
        oldest = self.clock() - self.window_s
        while tries and tries[0] <= oldest:
            tries.popleft()
        return tries
