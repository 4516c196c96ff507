import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.ports import Cut, PrinterFailure, ReceiptPrinter, Text
from drivers.printer import NetworkPrinter, PrinterProfile
from drivers.virtual.printer import VirtualPrinter
from tests.drivers import raw_printer
from tests.drivers.contract_printer import PrinterContract
from tests.drivers.raw_printer import RawPrinter

STALL_S = 1.2
START = b"\x1b@\x1c.\x1bt\x12"


class NetworkBench:
    """The network driver with the virtual printer at the other end."""

    def __init__(self, folder: Path) -> None:
        self.twin = VirtualPrinter(folder)
        self.twin.start()
        profile = PrinterProfile(drawer_open_signal="high")
        self.printer: ReceiptPrinter = NetworkPrinter("127.0.0.1", self.twin.port, profile, stall_timeout_s=STALL_S)

    def papers(self) -> list[str]:
        return [event["text"] for event in self.events("cut")]

    def events(self, kind: str) -> list[dict[str, Any]]:
        lines = (self.twin.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
        return [event for event in map(json.loads, lines) if event["kind"] == kind]

    def set_faults(self, **faults: Any) -> None:
        self.twin.set_faults(**faults)


class TestNetworkPrinter(PrinterContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[NetworkBench]:
        bench = NetworkBench(tmp_path / "printer")
        yield bench
        bench.printer.close()
        bench.twin.close()


def _printer(port: int, *, stall_timeout_s: float = STALL_S) -> NetworkPrinter:
    return NetworkPrinter("127.0.0.1", port, stall_timeout_s=stall_timeout_s)


def _write_and_finish(printer: NetworkPrinter, *, line_count: int) -> None:
    for _ in range(line_count):
        printer.write(Text("x" * 200))
    printer.finish()


def test_begin_and_drawer_on_a_standing_connection_wait_for_no_answer() -> None:
    with RawPrinter(raw_printer.swallow) as peer:
        printer = _printer(peer.port)
        printer.kick_drawer()
        printer.begin()
        printer.kick_drawer()
        printer.write(Text("a"))
        printer.close()
        peer.wait_ended(connections=1)
    pulse = b"\x1bp\x00\x32\xfa"
    assert bytes(peer.received[0]).startswith(pulse + START + pulse)


def test_after_a_broken_connection_the_next_document_starts_with_a_reset_on_a_new_one() -> None:
    with RawPrinter(raw_printer.hang_up_after(len(START))) as peer:
        printer = _printer(peer.port)
        for _ in range(2):
            printer.begin()
            with pytest.raises(PrinterFailure) as failure:
                _write_and_finish(printer, line_count=100)
            assert failure.value.kind == "broken"
    assert [bytes(received) for received in peer.received] == [START, START]


def test_a_printer_that_never_confirms_is_stalled_and_the_connection_given_up() -> None:
    with RawPrinter(raw_printer.swallow) as peer:
        printer = _printer(peer.port, stall_timeout_s=0.2)
        for _ in range(2):
            printer.begin()
            printer.write(Cut())
            with pytest.raises(PrinterFailure) as failure:
                printer.finish()
            assert failure.value.kind == "stalled"
        peer.wait_ended(connections=2)
    assert len(peer.received) == 2
    assert all(bytes(received).startswith(START) for received in peer.received)


def test_a_printer_that_answers_no_question_is_stalled() -> None:
    with RawPrinter(raw_printer.swallow) as peer:
        printer = _printer(peer.port, stall_timeout_s=0.2)
        with pytest.raises(PrinterFailure) as failure:
            printer.status()
    assert failure.value.kind == "stalled"


def test_a_printer_that_takes_no_byte_is_stalled() -> None:
    with RawPrinter(raw_printer.take_nothing, receive_buffer_bytes=2048) as peer:
        printer = _printer(peer.port, stall_timeout_s=0.3)
        printer.begin()
        with pytest.raises(PrinterFailure) as failure:
            _write_and_finish(printer, line_count=5000)
    assert failure.value.kind == "stalled"


def test_a_printer_that_takes_its_bytes_slowly_is_not_dead() -> None:
    with RawPrinter(raw_printer.take_slowly, receive_buffer_bytes=4096) as peer:
        printer = _printer(peer.port)
        printer.begin()
        _write_and_finish(printer, line_count=600)
        printer.close()
    assert bytes(peer.received[0]).count(b"x") == 600 * 200


def test_unasked_for_chatter_is_neither_confirmation_nor_status() -> None:
    """XON and XOFF, which some printers send by themselves, have bit 0 set."""

    def chatter(peer: socket.socket, received: bytearray) -> None:
        peer.sendall(b"\x11\x13" * 4)
        raw_printer.confirm(peer, received)

    with RawPrinter(chatter) as peer:
        printer = _printer(peer.port)
        printer.begin()
        printer.write(Cut())
        printer.finish()
        printer.close()
    assert bytes(peer.received[0]).endswith(b"\x1dr\x01")


def test_a_peer_that_floods_is_no_printer() -> None:
    def flood(peer: socket.socket, received: bytearray) -> None:
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n" * 4000)

    with RawPrinter(flood) as peer:
        printer = _printer(peer.port)
        printer.begin()
        with pytest.raises(PrinterFailure) as failure:
            _write_and_finish(printer, line_count=100_000)
    assert failure.value.kind == "broken"


def test_a_name_that_does_not_resolve_is_offline() -> None:
    printer = NetworkPrinter("printer.invalid", 9100, connect_timeout_s=2)
    with pytest.raises(PrinterFailure) as failure:
        printer.begin()
    assert failure.value.kind == "offline"


def test_what_the_printer_will_show_can_be_asked_for_layout() -> None:
    printer = _printer(9100)
    assert printer.width_chars == 48
    assert printer.printable("5\u00a0€") == "5 EUR"
