"""One connection to the virtual printer: a thread that reads into the buffer and one that prints from it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.virtual.document import Paper
from drivers.virtual.escpos import TEXT, Command, Lexer
from drivers.virtual.typesetter import DrawerPulse, Outcome, Typesetter, UnknownCommand

if TYPE_CHECKING:
    from drivers.virtual.printer import VirtualPrinter

BUFFER_BYTES = 4096
READ_BYTES = 512
UNKNOWN_NOTED_MAX = 100  # per connection: a stranger's noise does not fill the disk
_LANDS_ON_PAPER = frozenset((TEXT, "LF", "HT", "FF", "ESC d", "ESC J", "GS k", "GS v", "GS ("))
_MOVES_PAPER = frozenset(("LF", "FF", "ESC d", "ESC J", "GS k", "GS v", "GS V"))


@dataclass(frozen=True)
class _Arrived:
    command: Command
    t_ns: int


class Connection:
    """Ends when the peer hangs up (what is buffered is still printed) or by `hang_up` (it is not)."""

    def __init__(self, printer: VirtualPrinter, peer_socket: socket.socket, peer: str) -> None:
        self._printer = printer
        self._socket = peer_socket
        self._peer = peer
        self._buffer: deque[_Arrived] = deque()
        self._buffered_bytes = 0
        self._all_read = False
        self._hung_up = False
        self._job_begun = False
        self._text_begun = False
        self._unknown_noted = 0
        self._typesetter = Typesetter(printer.width_dots)
        self._threads = [
            threading.Thread(target=self._read, name=f"virtual-printer-read-{peer}", daemon=True),
            threading.Thread(target=self._print, name=f"virtual-printer-print-{peer}", daemon=True),
        ]

    def start(self) -> None:
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._printer.events.add("connected", peer=self._peer)
        for thread in self._threads:
            thread.start()

    def hang_up(self) -> None:
        """Ends the connection now and forgets the buffer, like a pulled plug."""
        with self._printer.changed:
            self._hung_up = True
            self._printer.changed.notify_all()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    # The reading thread.

    def _read(self) -> None:
        lexer = Lexer()
        with contextlib.suppress(OSError):
            while data := self._socket.recv(READ_BYTES):
                t_ns = time.monotonic_ns()
                arrived = lexer.feed(data)
                for command in arrived:
                    if command.name in ("DLE EOT", "DLE ENQ"):
                        self._answer_at_once(command)
                if not self._into_buffer([_Arrived(command, t_ns) for command in arrived]):
                    break
        with self._printer.changed:
            self._all_read = True
            self._printer.changed.notify_all()
        self._printer.events.add("closed", peer=self._peer)

    def _into_buffer(self, arrived: list[_Arrived]) -> bool:
        """Waits for room, then adds; whether the connection still stands."""
        with self._printer.changed:
            self._printer.changed.wait_for(lambda: self._buffered_bytes < BUFFER_BYTES or self._hung_up)
            self._buffer.extend(arrived)
            self._buffered_bytes += sum(item.command.size for item in arrived)
            self._printer.changed.notify_all()
            return not self._hung_up

    def _answer_at_once(self, command: Command) -> None:
        """DLE EOT 1 to 4; bits 1 and 4 are always set."""
        faults = self._printer.faults
        answers = {
            1: (0x08 if faults.stopped else 0) | (0x04 if faults.drawer_open else 0),
            2: (0x04 if faults.cover_open else 0) | (0x20 if faults.paper_out else 0),
            3: 0,
            4: (0x60 if faults.paper_out else 0) | (0x0C if faults.paper_near_end or faults.paper_out else 0),
        }
        if command.name == "DLE EOT" and command.args[0] in answers:
            self._send(bytes((0x12 | answers[command.args[0]],)))

    # The printing thread.

    def _print(self) -> None:
        while (arrived := self._next()) is not None:
            self._note_first_byte(arrived)
            if arrived.command.name == "GS r":
                self._send(bytes((0x03 if self._printer.faults.paper_near_end else 0,)))
            for outcome in self._typesetter.feed(arrived.command):
                self._come_out(outcome, arrived.t_ns)
        leftover = self._typesetter.leftover()
        if leftover is not None:
            self._printer.cabinet.keep(leftover)
        # A socket closed under a thread that reads from it would leave that thread waiting for ever.
        self._threads[0].join()
        self._socket.close()
        self._printer.forget(self)

    def _next(self) -> _Arrived | None:
        """The next command, when the printer can print and the line before has had its time; None at the end."""
        printer = self._printer
        with printer.changed:
            printer.changed.wait_for(
                lambda: self._hung_up or (self._all_read if not self._buffer else not printer.faults.stopped)
            )
            if self._hung_up or not self._buffer:
                return None
            arrived = self._buffer[0]
            if printer.faults.slow_s and arrived.command.name in _MOVES_PAPER:
                deadline = time.monotonic() + printer.faults.slow_s
                printer.changed.wait_for(lambda: self._hung_up or time.monotonic() >= deadline, printer.faults.slow_s)
            if self._hung_up:
                return None
            self._buffer.popleft()
            self._buffered_bytes -= arrived.command.size
            printer.changed.notify_all()
            return arrived

    def _note_first_byte(self, arrived: _Arrived) -> None:
        name = arrived.command.name
        if name != "ESC p" and name not in _LANDS_ON_PAPER:
            return
        of = "drawer" if name == "ESC p" else "text"
        if not self._job_begun:
            self._job_begun = True
            self._printer.events.add("first_byte", t_ns=arrived.t_ns, of=of)
        if of == "text" and not self._text_begun:
            self._text_begun = True
            self._printer.events.add("first_text", t_ns=arrived.t_ns)

    def _come_out(self, outcome: Outcome, t_ns: int) -> None:
        match outcome:
            case Paper():
                self._job_begun = self._text_begun = False
                self._printer.cabinet.keep(outcome)
            case DrawerPulse():
                events = self._printer.events
                events.add("drawer", t_ns=t_ns, pin=outcome.pin, on_ms=outcome.on_ms, off_ms=outcome.off_ms)
            case UnknownCommand():
                self._unknown_noted += 1
                if self._unknown_noted <= UNKNOWN_NOTED_MAX:
                    self._printer.events.add("unknown_command", data=outcome.data.hex())

    def _send(self, answer: bytes) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendall(answer)
