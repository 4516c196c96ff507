from pathlib import Path

from appliance.eet.sandbox.ledger import Ledger
from appliance.eet.v4 import V4
from tests.appliance.eet.material import AT, DATA, header


def _accept(ledger: Ledger, code: str, *, first: bool = True, **changed: str) -> None:
    ledger.accept({**DATA, **changed}, dialect=V4, header=header(first=first), code=code, at=AT)


def test_sales_are_told_apart_by_their_six_values_only(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")

    _accept(ledger, "a")
    _accept(ledger, "b", first=False)
    _accept(ledger, "c", porad_cis="P1A-000102", celk_trzba="-10.05")
    report = ledger.report()
    ledger.close()

    assert (report["count"], report["accepted"], report["sum_haler"]) == (2, 3, 18850 - 1005)
    first, second = report["sales"]
    assert (first["times"], first["first_sends"], first["codes"]) == (2, 1, ["a", "b"])
    assert (second["porad_cis"], second["celk_trzba"], second["haler"]) == ("P1A-000102", "-10.05", -1005)


def test_a_restart_finds_everything_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    _accept(ledger, "a")
    before = ledger.report()
    ledger.close()

    again = Ledger(tmp_path / "ledger.jsonl")
    after = again.report()
    _accept(again, "b")
    again.close()

    assert after == before
    assert Ledger(tmp_path / "ledger.jsonl").report()["accepted"] == 2


def test_a_line_torn_by_a_kill_is_dropped_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    _accept(ledger, "a")
    ledger.close()
    path.write_bytes(path.read_bytes() + b'{"at": "2026-')

    torn = Ledger(path)
    _accept(torn, "b", porad_cis="2")
    torn.close()

    assert [sale["codes"] for sale in Ledger(path).report()["sales"]] == [["a"], ["b"]]


def test_a_report_is_a_snapshot(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    _accept(ledger, "a")
    report = ledger.report()

    _accept(ledger, "b")
    ledger.close()

    assert report["sales"][0]["codes"] == ["a"]
