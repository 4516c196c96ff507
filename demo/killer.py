"""kill -9 of the shop's programs at random moments of the day; each is started again, as systemd would."""

import threading
from random import Random

from demo.processes import DemoFailed
from demo.shop import DemoShop

VICTIMS = ("ui", "print", "sync", "backoffice", "eet")
DELAY_S_MAX = 2.0
RESTART_S = 0.2


class Killer:
    """Plans `times` deaths of each victim over the documents of the day; `document` starts those of one document."""

    def __init__(self, shop: DemoShop, random: Random, *, times: int, documents: int) -> None:
        self._shop = shop
        self._locks = {name: threading.Lock() for name in VICTIMS}
        self._threads: list[threading.Timer] = []
        self.deaths: dict[str, int] = dict.fromkeys(VICTIMS, 0)
        self.troubles: list[str] = []  # who was dead already, who did not come up again
        self._plan: list[tuple[int, str, float]] = [
            (random.randrange(documents), name, random.uniform(0, DELAY_S_MAX))
            for name in VICTIMS
            for _ in range(times)
        ]

    def document(self, n: int) -> None:
        for at, name, delay_s in self._plan:
            if at == n:
                thread = threading.Timer(delay_s, self._kill, (name,))
                thread.start()
                self._threads.append(thread)

    def wait(self) -> None:
        """Until everybody who was killed is up again. Raises DemoFailed."""
        for thread in self._threads:
            thread.join()
        if self.troubles:
            raise DemoFailed("; ".join(self.troubles))

    def stop(self) -> None:
        """Nobody is killed or started any more when this returns."""
        for thread in self._threads:
            thread.cancel()
            thread.join()

    def _kill(self, name: str) -> None:
        with self._locks[name]:
            process = self._shop.processes[name]
            if not process.running:
                self.troubles.append(f"{name} had ended by itself before it was killed; see {process.log}")
            process.kill()
            self.deaths[name] += 1
            threading.Event().wait(RESTART_S)
            try:
                process.start()
            except DemoFailed as failure:
                self.troubles.append(str(failure))
