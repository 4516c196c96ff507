"""Which answers get lost on the wire."""

import threading


class FirstReplies:
    """Drops the answer to each request once; the same request again is let through."""

    def __init__(self) -> None:
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        self.dropped = 0

    def __call__(self, digest: str) -> bool:
        with self._lock:
            if digest in self._asked:
                return False
            self._asked.add(digest)
            self.dropped += 1
            return True
