"""A receipt printer that runs out of paper, breaks off, and remembers what came out as the only copy."""

import re
from collections import Counter
from typing import Any

from drivers.ports import Element, PrinterFailure, PrinterStatus, Text

TITLE = re.compile(r"\b(P\d+[A-Z]+-\d{6})$")
"""The bold line with a receipt's own number; others name the receipt that is given back, or the first of a shift."""
BROKEN = 0.002  # of the elements of a document


class Printer:
    width_chars = 42

    def __init__(self, machine: Any) -> None:
        self.machine = machine
        self.paper_out = False
        self.woken = False
        self.printed: Counter[str] = Counter()
        """By receipt number: whole documents that do not say KOPIE."""
        self._texts: list[str] = []

    def printable(self, text: str) -> str:
        return text

    def begin(self) -> None:
        self._fail_if_out()
        self._texts = []

    def write(self, element: Element) -> None:
        self._fail_if_out()
        if not self.machine.calm and self.machine.world.chance(BROKEN):
            raise PrinterFailure("broken", "the cable")
        if isinstance(element, Text) and element.bold:
            self._texts.append(element.text)

    def kick_drawer(self) -> None:
        """It opens."""

    def finish(self) -> None:
        number = next((found[1] for text in self._texts if (found := TITLE.search(text))), "")
        if number and "KOPIE" not in self._texts:
            self.printed[number] += 1

    def status(self) -> PrinterStatus:
        return PrinterStatus(True, self.paper_out, False, False, None)

    def close(self) -> None:
        """There is no connection."""

    def _fail_if_out(self) -> None:
        if self.paper_out:
            raise PrinterFailure("paper_out", "")


class Ear:
    """What the print process sleeps on."""

    def __init__(self, machine: Any) -> None:
        self._machine = machine

    def wait(self, timeout_s: float) -> bool:
        if timeout_s:
            self._machine.world.sleep(timeout_s, self._machine)
        woken, self._machine.printer.woken = self._machine.printer.woken, False
        return bool(woken)
