"""The ESC/POS receipt printer with the drawer on it."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.charset import printable
from drivers.encoder import ASK_AT_ONCE, ASK_IN_ORDER, drawer_pulse, encode, set_up
from drivers.link import Link, NetworkLink
from drivers.ports import Element, PrinterFailure, PrinterStatus
from drivers.profile import GENERIC_58_MM, GENERIC_80_MM, PrinterProfile

__all__ = ["GENERIC_58_MM", "GENERIC_80_MM", "EscposPrinter", "NetworkPrinter", "PrinterProfile"]

PROBE_S_MAX = 0.5  # while waiting for the paper, the printer is asked at least this often how it does
FINISH_S_MAX = 120.0  # a printer that answers "all well" this long without finishing is stalled
QUESTIONS = (1, 2, 3, 4)  # of DLE EOT: printer, cause of off line, cause of error, paper


class EscposPrinter:
    """A printer behind any link. `stall_timeout_s` bounds the time without progress, not the whole job."""

    def __init__(self, link: Link, profile: PrinterProfile, *, stall_timeout_s: float) -> None:
        self._link = link
        self._profile = profile
        self._stall_timeout_s = stall_timeout_s
        self._in_document = False
        self._asked: deque[int] = deque()
        self._replies: dict[int, int] = {}
        self._confirmed = False

    @property
    def width_chars(self) -> int:
        return self._profile.width_chars

    def printable(self, text: str) -> str:
        return printable(text, self._profile.encoding)

    def begin(self) -> None:
        with self._closing_on_failure():
            self._connect()
            self._link.send(set_up(self._profile))
        self._in_document = True

    def write(self, element: Element) -> None:
        data = encode(element, self._profile)
        with self._closing_on_failure():
            self._require_document()
            self._link.send(data)

    def kick_drawer(self) -> None:
        with self._closing_on_failure():
            if self._in_document:
                self._require_document()
            else:
                self._connect()
            self._link.send(drawer_pulse(self._profile))

    def finish(self) -> None:
        with self._closing_on_failure():
            self._require_document()
            self._confirmed = False
            self._link.send(ASK_IN_ORDER)
            self._await_confirmation()
        self._in_document = False

    def status(self) -> PrinterStatus:
        with self._closing_on_failure():
            if self._in_document:
                self._require_document()
            else:
                self._connect()
            self._replies.clear()
            self._ask(*QUESTIONS)
            self._await_replies()
        return _status(self._replies, self._profile)

    def close(self) -> None:
        self._in_document = False
        self._link.close()

    @contextmanager
    def _closing_on_failure(self) -> Iterator[None]:
        try:
            yield
        except PrinterFailure:
            self.close()
            raise

    def _connect(self) -> None:
        """A connection that has not ended: the standing one, looked at without a round trip, or a new one."""
        if self._link.is_open and self._link.still_there():
            return
        self._link.close()
        self._asked.clear()
        self._link.open()

    def _require_document(self) -> None:
        if not self._in_document:
            raise PrinterFailure("broken", "no document was begun on this connection")
        if not self._link.still_there():
            raise PrinterFailure("broken", "the connection ended in the middle of a document")

    def _await_confirmation(self) -> None:
        started = heard = asked = time.monotonic()
        probe_s = min(PROBE_S_MAX, self._stall_timeout_s / 4)
        unsent = self._link.unsent_bytes()
        while not self._confirmed:
            now = time.monotonic()
            if now - heard > self._stall_timeout_s or now - started > FINISH_S_MAX:
                raise PrinterFailure("stalled", f"printing not confirmed, no sign of life for {now - heard:.0f} s")
            if not self._asked and now - asked >= probe_s:
                self._ask(2)
                asked = now
            unsent_before, unsent = unsent, self._link.unsent_bytes()
            if self._listen(probe_s) or unsent < unsent_before:
                heard = time.monotonic()
            _raise_for_cause(self._replies.pop(2, 0))

    def _await_replies(self) -> None:
        deadline = time.monotonic() + self._stall_timeout_s
        while not all(question in self._replies for question in QUESTIONS):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise PrinterFailure("stalled", f"no status for {self._stall_timeout_s:g} s")
            self._listen(left_s)

    def _ask(self, *questions: int) -> None:
        self._asked.extend(questions)
        self._link.send(b"".join(ASK_AT_ONCE + bytes((question,)) for question in questions))

    def _listen(self, timeout_s: float) -> bool:
        """Sorts what arrives; whether anything did. A reply to DLE EOT has bits 1 and 4 set, one to GS r has not."""
        arrived = self._link.receive(timeout_s)
        for byte in arrived:
            if byte & 0b1001_0011 == 0b0001_0010:
                if self._asked:
                    self._replies[self._asked.popleft()] = byte
            elif byte & 0b1001_0000 == 0:
                self._confirmed = True
        return bool(arrived)


class NetworkPrinter(EscposPrinter):
    """A printer on the network (raw TCP, by habit port 9100), through the network transport of python-escpos."""

    def __init__(
        self,
        host: str,
        port: int = 9100,
        profile: PrinterProfile = GENERIC_80_MM,
        *,
        connect_timeout_s: float = 3.0,
        stall_timeout_s: float = 15.0,
    ) -> None:
        link = NetworkLink(host, port, connect_timeout_s=connect_timeout_s, stall_timeout_s=stall_timeout_s)
        super().__init__(link, profile, stall_timeout_s=stall_timeout_s)


def _raise_for_cause(offline_cause: int) -> None:
    """DLE EOT 2: bit 2 cover, bit 5 stopped for want of paper, bit 6 error."""
    if offline_cause & 0x04:
        raise PrinterFailure("cover_open", "the cover was opened in the middle of a document")
    if offline_cause & 0x20:
        raise PrinterFailure("paper_out", "the paper ended in the middle of a document")
    if offline_cause & 0x40:
        raise PrinterFailure("broken", "the printer reports an error")


def _status(replies: dict[int, int], profile: PrinterProfile) -> PrinterStatus:
    signal = "high" if replies[1] & 0x04 else "low"
    return PrinterStatus(
        online=not replies[1] & 0x08,
        paper_out=bool(replies[2] & 0x20 or replies[4] & 0x60),
        paper_near_end=bool(replies[4] & 0x0C),
        cover_open=bool(replies[2] & 0x04),
        drawer_open=signal == profile.drawer_open_signal if profile.drawer_open_signal else None,
    )
