import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from drivers.virtual.connection import BUFFER_BYTES, UNKNOWN_NOTED_MAX
from drivers.virtual.printer import VirtualPrinter

CUT, CONFIRM, PULSE = b"\x1dVB\x00", b"\x1dr\x01", b"\x1bp\x00\x32\xfa"


def _events(folder: Path, *kinds: str) -> list[dict[str, Any]]:
    lines = (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return [event for event in map(json.loads, lines) if not kinds or event["kind"] in kinds]


def _print(wire: socket.socket, data: bytes) -> None:
    wire.sendall(data + CONFIRM)
    assert wire.recv(1) == b"\x00"


def test_each_cut_paper_is_a_text_and_a_picture(twin: VirtualPrinter, wire: socket.socket) -> None:
    _print(wire, b"one\n" + CUT + b"two\n" + CUT)
    twin.cabinet.join()
    papers = twin.folder / "paper"
    assert sorted(path.name for path in papers.iterdir()) == ["0001.png", "0001.txt", "0002.png", "0002.txt"]
    assert (papers / "0002.txt").read_text(encoding="utf-8") == "two\n"
    with Image.open(papers / "0001.png") as picture:
        assert picture.format == "PNG"
        assert picture.width == 576 + 56


def test_events_tell_the_job_from_its_first_byte_to_the_cut(twin: VirtualPrinter, wire: socket.socket) -> None:
    before = time.monotonic_ns()
    _print(wire, b"\x1b@\x1bt\x12\x1bE\x00" + PULSE + b"\xe7aj\n" + CUT + b"\x1b@next\n" + CUT)
    after = time.monotonic_ns()
    kinds = ("first_byte", "first_text", "drawer", "cut")
    events = _events(twin.folder, *kinds)
    assert all(before < event.pop("t_ns") < after for event in events)
    assert events == [
        {"kind": "first_byte", "of": "drawer"},
        {"kind": "drawer", "pin": 2, "on_ms": 100, "off_ms": 500},
        {"kind": "first_text"},
        {"kind": "cut", "paper": "paper/0001.txt", "text": "šaj\n"},
        {"kind": "first_byte", "of": "text"},
        {"kind": "first_text"},
        {"kind": "cut", "paper": "paper/0002.txt", "text": "next\n"},
    ]


def test_numbers_and_events_go_on_after_a_restart(tmp_path: Path) -> None:
    for text in (b"first\n", b"second\n"):
        printer = VirtualPrinter(tmp_path)
        printer.start()
        with socket.create_connection(("127.0.0.1", printer.port), timeout=20) as wire:
            _print(wire, text + CUT)
        printer.close()
    assert [event["paper"] for event in _events(tmp_path, "cut")] == ["paper/0001.txt", "paper/0002.txt"]
    assert (tmp_path / "paper/0002.png").exists(), "close finishes the pictures"


def test_what_was_not_cut_is_kept_apart_and_marked(twin: VirtualPrinter, wire: socket.socket) -> None:
    _print(wire, b"half a rec")
    twin.close()
    assert list((twin.folder / "paper").iterdir()) == []
    assert (twin.folder / "uncut/0001.txt").read_text(encoding="utf-8") == "half a rec\n– – –  neodstřiženo  – – –\n"
    assert (twin.folder / "uncut/0001.png").exists()


def test_what_a_broken_connection_left_stands_above_the_next_paper(twin: VirtualPrinter, wire: socket.socket) -> None:
    _print(wire, b"half a rec")
    wire.close()
    with twin.changed:
        assert twin.changed.wait_for(lambda: not twin._connections, timeout=20)
    with socket.create_connection(("127.0.0.1", twin.port), timeout=20) as other:
        _print(other, b"\x1b@whole\n" + CUT)
    assert (twin.folder / "paper/0001.txt").read_text(encoding="utf-8") == "half a rec\nwhole\n"


def test_two_connections_at_once_do_not_mix_their_papers(twin: VirtualPrinter, wire: socket.socket) -> None:
    with socket.create_connection(("127.0.0.1", twin.port), timeout=20) as other:
        _print(wire, b"a1\n")
        _print(other, b"b1\n")
        _print(wire, b"a2\n" + CUT)
        _print(other, b"b2\n" + CUT)
    assert [event["text"] for event in _events(twin.folder, "cut")] == ["a1\na2\n", "b1\nb2\n"]


def test_without_paper_questions_are_answered_and_printing_waits(twin: VirtualPrinter, wire: socket.socket) -> None:
    twin.set_faults(paper_out=True)
    wire.sendall(b"a\n" + CUT + CONFIRM + b"".join(b"\x10\x04" + bytes((n,)) for n in (1, 2, 3, 4)))
    assert [_byte(wire) for _ in range(4)] == [0x1A, 0x32, 0x12, 0x7E]
    assert _events(twin.folder, "cut", "first_byte") == []
    twin.set_faults(paper_out=False)
    assert _byte(wire) == 0
    assert [event["text"] for event in _events(twin.folder, "cut")] == ["a\n"]


def test_what_is_buffered_when_the_peer_leaves_is_still_printed(twin: VirtualPrinter) -> None:
    twin.set_faults(paper_out=True)
    with socket.create_connection(("127.0.0.1", twin.port), timeout=20) as wire:
        wire.sendall(b"a\n" + CUT + b"\x10\x04\x01")
        assert _byte(wire) == 0x1A
    twin.set_faults(paper_out=False)
    _wait_for(lambda: _events(twin.folder, "cut"))
    assert [event["text"] for event in _events(twin.folder, "cut")] == ["a\n"]


def test_a_full_buffer_is_not_read_into(twin: VirtualPrinter) -> None:
    twin.set_faults(cover_open=True)
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        wire.settimeout(20)
        wire.connect(("127.0.0.1", twin.port))
        wire.settimeout(0.2)
        with pytest.raises(TimeoutError):
            _send_for_ever(wire, b"\x1b@" * (BUFFER_BYTES // 2))
        wire.settimeout(20)
        twin.set_faults(cover_open=False)
        _print(wire, b"\x1b@a\n" + CUT)
    assert [event["text"].strip("@") for event in _events(twin.folder, "cut")] == ["a\n"]


def test_an_unplugged_printer_refuses_and_comes_back_on_the_same_port(
    twin: VirtualPrinter, wire: socket.socket
) -> None:
    _print(wire, b"a\n")
    twin.set_faults(offline=True)
    assert wire.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", twin.port), timeout=20)
    twin.set_faults(offline=False)
    with socket.create_connection(("127.0.0.1", twin.port), timeout=20) as again:
        _print(again, b"b\n" + CUT)
    assert [event["text"] for event in _events(twin.folder, "cut")] == ["a\nb\n"], "the paper stays on the roll"


def test_unknown_commands_are_told_but_noise_does_not_fill_the_disk(twin: VirtualPrinter, wire: socket.socket) -> None:
    _print(wire, b"\x1b\xee" * (UNKNOWN_NOTED_MAX + 50))
    events = _events(twin.folder, "unknown_command")
    assert len(events) == UNKNOWN_NOTED_MAX
    assert events[0]["data"] == "1bee"


def _send_for_ever(wire: socket.socket, data: bytes) -> None:
    while True:
        wire.sendall(data)


def _byte(wire: socket.socket) -> int:
    return wire.recv(1)[0]


def _wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
