import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from drivers.virtual.page import PaperPage
from drivers.virtual.printer import VirtualPrinter


@pytest.fixture
def page(twin: VirtualPrinter) -> Iterator[PaperPage]:
    page = PaperPage(twin)
    page.start()
    yield page
    page.close()


def _get(page: PaperPage, path: str) -> bytes:
    with urlopen(page.url + path, timeout=20) as answer:
        body: bytes = answer.read()
    return body


def _json(page: PaperPage, path: str) -> Any:
    return json.loads(_get(page, path))


def _post(page: PaperPage, body: bytes, content_type: str = "application/json") -> Any:
    request = Request(page.url + "faults", body, {"Content-Type": content_type})
    with urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def _print(wire: socket.socket, data: bytes) -> None:
    wire.sendall(data + b"\x1dr\x01")
    assert wire.recv(1) == b"\x00"


def test_the_page_is_czech_and_starts_with_the_papers_there_are(
    page: PaperPage, twin: VirtualPrinter, wire: socket.socket
) -> None:
    _print(wire, b"a\n\x1dV\x00b\n\x1dV\x00")
    twin.cabinet.join()
    text = _get(page, "").decode()
    assert '<html lang="cs">' in text
    assert "Virtuální tiskárna" in text
    start = json.loads(text.split("const start = ")[1].split(", shownMax")[0])
    assert start["pictures"] == ["paper/0002.png", "paper/0001.png"]
    assert start["last"] == twin.events.last
    assert start["faults"]["paper_out"] is False


def test_papers_and_drawer_openings_arrive_as_events_in_order(
    page: PaperPage, twin: VirtualPrinter, wire: socket.socket
) -> None:
    _print(wire, b"\x1bp\x00\x32\xfaa\n\x1dV\x00")
    twin.cabinet.join()
    answer = _json(page, "events?after=0")
    kinds = [event["kind"] for event in answer["events"]]
    assert kinds == ["connected", "first_byte", "drawer", "first_text", "cut", "drawn"]
    assert answer["last"] == len(kinds)
    later = _json(page, f"events?after={answer['last'] - 1}")
    assert [event["kind"] for event in later["events"]] == ["drawn"]
    assert _get(page, later["events"][0]["picture"]).startswith(b"\x89PNG")
    assert _get(page, "paper/0001.txt").decode() == "a\n"


def test_a_waiting_page_is_told_at_once(page: PaperPage, twin: VirtualPrinter) -> None:
    answers: list[Any] = []
    asker = threading.Thread(target=lambda: answers.append(_json(page, "events?after=0")))
    asker.start()
    twin.set_faults(paper_near_end=True)
    asker.join()
    assert [event["kind"] for event in answers[0]["events"]] == ["fault"]


def test_faults_can_be_switched_from_outside(page: PaperPage, twin: VirtualPrinter) -> None:
    assert _post(page, b'{"paper_out": true, "slow_s": 0.5}')["paper_out"] is True
    assert (twin.faults.paper_out, twin.faults.slow_s, twin.faults.offline) == (True, 0.5, False)
    assert _json(page, "faults")["slow_s"] == 0.5


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"paper_out": true}', "text/plain"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"paper_out": 1}', "application/json"),
        (b'{"slow_s": -1}', "application/json"),
        (b'{"slow_s": true}', "application/json"),
        (b'{"jammed": true}', "application/json"),
        (b" " * 3000, "application/json"),
    ],
)
def test_a_wrong_request_changes_nothing(page: PaperPage, twin: VirtualPrinter, body: bytes, content_type: str) -> None:
    before = twin.faults
    with pytest.raises(HTTPError) as error:
        _post(page, body, content_type)
    error.value.close()
    assert error.value.code == 400
    assert twin.faults == before


@pytest.mark.parametrize("path", ["paper/0099.png", "paper/../events.jsonl", "paper/..%2fevents.jsonl", "events.jsonl"])
def test_nothing_but_papers_is_served(page: PaperPage, path: str) -> None:
    with pytest.raises(HTTPError) as error:
        _get(page, path)
    error.value.close()
    assert error.value.code == 404
