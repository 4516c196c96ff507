"""A whole day with real processes, played through the real screen from outside, with and without kill -9."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.shared import ROOT, shared

pytestmark = [pytest.mark.day, pytest.mark.timeout(900)]


def play(out: Path, *arguments: str) -> dict[str, Any]:
    """The day's summary; the demo itself has compared all witnesses."""
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--headless", "--out", str(out), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return summary


def counts(summary: dict[str, Any]) -> set[int]:
    return {summary[name] for name in ("issued", "printed", "confirmed", "in_backoffice", "in_closing")}


def test_every_witness_of_a_day_tells_the_same_and_a_seed_plays_the_same_day_again(tmp_path: Path) -> None:
    first = play(tmp_path / "one", "--receipts", "20", "--seed", "5", "--size", "1024x600")
    again = play(tmp_path / "two", "--receipts", "20", "--seed", "5", "--size", "1024x600")

    assert counts(first) == {20}
    assert len(set(first["sum_haler"].values())) == 1
    assert first["offline_sales"] >= 3
    assert first["journal_ok"] is True
    assert again["sum_haler"] == first["sum_haler"]
    assert len(list((tmp_path / "one/paper").glob("*.png"))) >= 21, "twenty receipts and the closing"


def test_killing_every_process_ten_times_during_the_day_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    summary = play(tmp_path / "out", "--receipts", "40", "--seed", "11", "--kills", "10")

    assert len(counts(summary)) == 1
    assert summary["issued"] >= 30
    assert len(set(summary["sum_haler"].values())) == 1
    assert summary["journal_ok"] is True


@pytest.mark.official
def test_a_day_with_real_czech_products_agrees_on_the_smallest_screen(tmp_path: Path) -> None:
    items = shared("data/products-cz.csv")
    summary = play(tmp_path / "out", "--receipts", "12", "--seed", "7", "--size", "800x480", "--items", str(items))

    assert counts(summary) == {12}
    assert len(set(summary["sum_haler"].values())) == 1
