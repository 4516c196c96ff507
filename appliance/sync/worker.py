"""A background thread that may not end by itself: if it does, the process dies and systemd restarts it."""

import logging
import os
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

EXIT_SOFTWARE = 70  # sysexits.h


class Worker:
    """Runs `step` again and again; `step` returns how long to sleep, in seconds, unless it is woken before."""

    def __init__(self, name: str, step: Callable[[], float], on_end: Callable[[], None]) -> None:
        self._step = step
        self._on_end = on_end
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self, timeout_s: float) -> None:
        self._stopped = True
        self._wake.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while not self._stopped:
                self._wake.clear()
                self._wake.wait(self._step())
        except BaseException:
            log.exception("worker %s ended", self._thread.name)
            logging.shutdown()
            os._exit(EXIT_SOFTWARE)
        finally:
            self._on_end()
