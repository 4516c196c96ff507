"""What every receipt printer must do, whatever the wire. A test module subclasses `PrinterContract` and gives it a
`bench`: the printer under test and a way to see and disturb what is at the other end."""

from typing import Any, Protocol

import pytest

from drivers.ports import Cut, Ean, Feed, PrinterFailure, Qr, ReceiptPrinter, Rule, Text


class Bench(Protocol):
    printer: ReceiptPrinter

    def papers(self) -> list[str]:
        """Texts of the papers cut so far."""
        ...

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What happened, of one kind, in order."""
        ...

    def set_faults(self, **faults: Any) -> None:
        """Changes what is wrong at the other end: offline, paper_out, cover_open, …, slow_s."""
        ...


class PrinterContract:
    def test_a_document_is_out_and_cut_when_finish_returns(self, bench: Bench) -> None:
        _print(bench.printer, "Příliš žluťoučký kůň", "ÚPĚL ĎÁBELSKÉ ÓDY")
        assert bench.papers() == ["Příliš žluťoučký kůň\nÚPĚL ĎÁBELSKÉ ÓDY\n"]

    def test_finish_waits_for_a_slow_printer(self, bench: Bench) -> None:
        bench.set_faults(slow_s=0.05)
        _print(bench.printer, "a", "b", "c")
        assert bench.papers() == ["a\nb\nc\n"]

    def test_a_printer_slower_than_the_stall_time_is_not_dead_while_it_answers(self, bench: Bench) -> None:
        bench.set_faults(slow_s=0.2)
        lines = [str(number) for number in range(10)]
        _print(bench.printer, *lines)
        assert bench.papers() == ["\n".join(lines) + "\n"]

    def test_every_element_comes_out(self, bench: Bench) -> None:
        printer = bench.printer
        printer.begin()
        for element in (Text("a"), Rule(), Feed(1), Ean("40170725"), Qr("ahoj"), Text("b", size="double"), Cut()):
            printer.write(element)
        printer.finish()
        (paper,) = bench.papers()
        assert [line.strip() for line in paper.splitlines()] == [
            "a", "-" * printer.width_chars, "", "[EAN8 40170725]", "[QR ahoj]", "b",
        ]  # fmt: skip

    def test_the_drawer_opens_before_the_document_on_no_connection_at_all(self, bench: Bench) -> None:
        bench.printer.kick_drawer()
        _print(bench.printer, "a")
        (pulse,) = bench.events("drawer")
        assert (pulse["pin"], pulse["on_ms"], pulse["off_ms"]) == (2, 100, 500)
        assert bench.events("first_byte")[0]["of"] == "drawer"
        assert bench.papers() == ["a\n"]

    def test_the_drawer_opens_between_two_elements_and_harms_neither(self, bench: Bench) -> None:
        printer = bench.printer
        printer.begin()
        printer.write(Text("before"))
        printer.kick_drawer()
        printer.write(Text("after"))
        printer.kick_drawer()
        printer.write(Cut())
        printer.finish()
        assert [(pulse["on_ms"], pulse["off_ms"]) for pulse in bench.events("drawer")] == [(100, 500)] * 2
        assert bench.papers() == ["before\nafter\n"]

    def test_documents_follow_each_other_on_one_connection(self, bench: Bench) -> None:
        _print(bench.printer, "a")
        _print(bench.printer, "b")
        assert bench.papers() == ["a\n", "b\n"]
        assert len(bench.events("connected")) == 1
        assert [event["of"] for event in bench.events("first_byte")] == ["text", "text"]

    def test_the_status_is_what_the_printer_says(self, bench: Bench) -> None:
        status = bench.printer.status()
        assert (status.online, status.paper_out, status.paper_near_end, status.cover_open) == (
            True,
            False,
            False,
            False,
        )
        bench.set_faults(paper_near_end=True, drawer_open=True)
        status = bench.printer.status()
        assert (status.online, status.paper_near_end, status.drawer_open) == (True, True, True)
        bench.set_faults(paper_out=True, cover_open=True, drawer_open=False)
        status = bench.printer.status()
        assert (status.online, status.paper_out, status.cover_open, status.drawer_open) == (False, True, True, False)

    def test_the_status_can_be_asked_in_the_middle_of_a_document(self, bench: Bench) -> None:
        bench.printer.begin()
        bench.printer.write(Text("a"))
        assert bench.printer.status().online
        bench.printer.write(Cut())
        bench.printer.finish()
        assert bench.papers() == ["a\n"]

    @pytest.mark.parametrize("kind", ["paper_out", "cover_open"])
    def test_a_printer_that_stops_says_why_and_prints_again_when_mended(self, bench: Bench, kind: str) -> None:
        bench.printer.begin()
        bench.set_faults(**{kind: True})
        bench.printer.write(Text("stopped"))
        bench.printer.write(Cut())
        with pytest.raises(PrinterFailure) as failure:
            bench.printer.finish()
        assert failure.value.kind == kind
        assert "stopped\n" not in bench.papers()
        bench.set_faults(**{kind: False})
        _print(bench.printer, "again")
        assert "again\n" in bench.papers()

    def test_a_printer_that_is_off_is_offline_for_document_drawer_and_status(self, bench: Bench) -> None:
        bench.set_faults(offline=True)
        for action in (bench.printer.begin, bench.printer.kick_drawer, bench.printer.status):
            with pytest.raises(PrinterFailure) as failure:
                action()
            assert failure.value.kind == "offline"

    def test_a_printer_unplugged_in_the_middle_fails_the_document_and_takes_the_next(self, bench: Bench) -> None:
        bench.printer.begin()
        bench.printer.write(Text("lost"))
        bench.set_faults(offline=True)
        with pytest.raises(PrinterFailure) as failure:
            _print(bench.printer, *["more"] * 100, begun=True)
        assert failure.value.kind == "broken"
        bench.set_faults(offline=False)
        _print(bench.printer, "next")
        # what came out before the plug was pulled hangs there still
        assert [paper.removeprefix("lost\n") for paper in bench.papers()] == ["next\n"]

    def test_nothing_of_a_failed_document_can_slip_into_a_new_connection(self, bench: Bench) -> None:
        bench.printer.begin()
        bench.set_faults(offline=True)
        bench.set_faults(offline=False)
        with pytest.raises(PrinterFailure) as failure:
            bench.printer.write(Text("tail"))
        assert failure.value.kind == "broken"
        with pytest.raises(PrinterFailure) as failure:
            bench.printer.finish()
        assert failure.value.kind == "broken"
        _print(bench.printer, "next")
        assert bench.papers() == ["next\n"]

    def test_a_printer_switched_off_and_on_between_documents_is_not_noticed(self, bench: Bench) -> None:
        _print(bench.printer, "a")
        bench.set_faults(offline=True)
        bench.set_faults(offline=False)
        bench.printer.kick_drawer()
        _print(bench.printer, "b")
        assert bench.papers() == ["a\n", "b\n"]
        assert len(bench.events("connected")) == 2

    def test_writing_before_begin_is_refused(self, bench: Bench) -> None:
        with pytest.raises(PrinterFailure) as failure:
            bench.printer.write(Text("a"))
        assert failure.value.kind == "broken"

    def test_closing_twice_is_no_error_and_the_printer_can_be_used_again(self, bench: Bench) -> None:
        _print(bench.printer, "a")
        bench.printer.close()
        bench.printer.close()
        _print(bench.printer, "b")
        assert bench.papers() == ["a\n", "b\n"]


def _print(printer: ReceiptPrinter, *lines: str, begun: bool = False) -> None:
    if not begun:
        printer.begin()
    for line in lines:
        printer.write(Text(line))
    printer.write(Cut())
    printer.finish()
