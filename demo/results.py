"""What everybody says about the day: the till's screen, the paper, the EET ledger, the Backoffice, the closing."""

import json
import re
import ssl
import urllib.request
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from demo.owner import Owner
from demo.player import Day
from demo.screen import Screen, haler

NUMBER = re.compile(r"\b[A-Z0-9]{1,4}[A-Z]-\d{6}\b")
RULE = re.compile(r"-{20,}")
CLOSING_TITLE = "Denní uzávěrka (Z)"
X_TITLE = "Průběžná uzávěrka (X)"
COPY = "KOPIE"


@dataclass(frozen=True)
class Account:
    """One witness: how many documents, refunds included, and their sum in haléře."""

    count: int
    sum_haler: int


# ---- the till's screen


def on_screen(screen: Screen) -> dict[str, int]:
    """number → haléře of every receipt in *Účtenky*, read page by page."""
    screen.see(lambda v: v.screen == "receipts", "the list of receipts")
    found: dict[str, int] = {}
    while True:
        view = screen.see(lambda v: v.has("receipts.next"), "the list of receipts")
        rows = [view.text(name) for name in view.ids("receipt:")]
        for row in rows:
            number, _, amount, _ = (part.strip() for part in row.split("|"))
            found[number] = haler(amount)
        if not view.widgets["receipts.next"]["enabled"]:
            return found
        screen.tap("receipts.next")
        _wait_for_other_page(screen, view.text("receipts.page"))


def _wait_for_other_page(screen: Screen, page: str) -> None:
    screen.see(lambda v: v.text("receipts.page") != page, "the next page")


# ---- the paper


def papers(out: Path) -> list[str]:
    """The texts of all papers that were cut, in order."""
    return [path.read_text("utf-8") for path in sorted((out / "paper").glob("*.txt"))]


def number_of(paper: str) -> str:
    """The receipt number in the title line of a receipt; '' for another paper or a copy."""
    lines = [line.strip() for line in paper.splitlines() if line.strip()]
    if not lines or any(line in {COPY, CLOSING_TITLE, X_TITLE} for line in lines):
        return ""
    for line, after in pairwise(lines):
        match = NUMBER.search(after)
        if RULE.fullmatch(line) and match:
            return match.group()
    return ""


def printed_numbers(out: Path) -> list[str]:
    """The numbers of all receipts on paper, copies left out; one that stands twice was printed twice."""
    return [number for number in map(number_of, papers(out)) if number]


def closing(out: Path) -> Account:
    """What the last printed Z says."""
    for paper in reversed(papers(out)):
        if CLOSING_TITLE in paper:
            count = re.search(r"^Dokladů\s+(\d+)\s*$", paper, re.MULTILINE)
            total = re.search(r"^TRŽBA Kč\s+(-?[\d ,\u00a0]+)$", paper, re.MULTILINE)
            if count and total:
                return Account(int(count.group(1)), haler(total.group(1)))
    return Account(0, 0)


def first_byte_ms(out: Path, day: Day) -> list[float]:
    """Per payment, from the pay key to the first thing the printer did."""
    signs = sorted(
        event["t_ns"]
        for event in map(json.loads, (out / "events.jsonl").read_text("utf-8").splitlines())
        if event["kind"] in {"first_byte", "first_text", "drawer"}
    )
    waits = []
    for pressed in day.paid.values():
        after = next((t for t in signs if t >= pressed), None)
        if after is not None:
            waits.append((after - pressed) / 1e6)
    return sorted(waits)


def percentile(values: list[float], share: float) -> float:
    """Of sorted values; 0 when there are none."""
    return round(values[min(len(values) - 1, int(share * len(values)))], 1) if values else 0.0


# ---- the servers


def eet_ledger(url: str, ca_file: Path) -> tuple[Account, list[dict[str, Any]]]:
    """What the EET sandbox has accepted: distinct sales."""
    with urllib.request.urlopen(url, context=ssl.create_default_context(cafile=str(ca_file))) as reply:
        report = json.load(reply)
    return Account(report["count"], report["sum_haler"]), report["sales"]


def in_backoffice(url: str, ca_file: Path, *, email: str, password: str) -> Account:
    """What the owner's account holds, asked as the owner's own tool does."""
    return Account(*Owner(url, ca_file, email=email, password=password).summary())
