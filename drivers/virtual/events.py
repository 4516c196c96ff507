"""What happened at the virtual printer: a file that only grows, and the same events in memory for the page.

Kinds, each a JSON object with `t_ns` (time.monotonic_ns(), which all processes of one machine share) and `kind`:

    connected, closed   a connection from `peer`
    first_byte          the first byte of a job since the previous cut on this connection: `of` is "drawer" for a
                        pulse, "text" for anything that lands on the paper. Resets, code pages, styles and questions
                        are no job. `t_ns` is when the bytes that held it had arrived
    first_text          the same, for what lands on the paper only
    drawer              a pulse: `pin`, `on_ms`, `off_ms`; `t_ns` of arrival
    cut                 a paper was cut off: `paper` is its text file relative to the directory, `text` its content
    uncut               what stood on the roll at the end; fields as for cut
    drawn               the picture `picture` is complete
    unknown_command     `data` in hex
    fault               `paper_out`, `cover_open`, `offline` and `slow_s` as they are now
"""

import json
import threading
import time
from collections import deque
from pathlib import Path

REMEMBERED = 2000


class EventLog:
    """Written by every thread of the printer, read by the page. `number` counts from 1 in each process."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._events: deque[tuple[int, dict[str, object]]] = deque(maxlen=REMEMBERED)
        self._last = 0
        self._changed = threading.Condition()

    def add(self, kind: str, *, t_ns: int | None = None, **fields: object) -> None:
        event: dict[str, object] = {"t_ns": time.monotonic_ns() if t_ns is None else t_ns, "kind": kind, **fields}
        line = json.dumps(event, ensure_ascii=False) + "\n"
        with self._changed:
            if self._file.closed:
                return
            self._file.write(line)
            self._file.flush()
            self._last += 1
            self._events.append((self._last, event))
            self._changed.notify_all()

    @property
    def last(self) -> int:
        with self._changed:
            return self._last

    def after(self, number: int, *, wait_s: float) -> tuple[int, list[dict[str, object]]]:
        """The last number and the events after `number`, waiting a while for the first of them."""
        with self._changed:
            self._changed.wait_for(lambda: self._last != number or self._file.closed, wait_s)
            return self._last, [event for place, event in self._events if place > number]

    def close(self) -> None:
        with self._changed:
            self._file.close()
            self._changed.notify_all()
