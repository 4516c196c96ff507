from pathlib import Path

import pytest

from appliance.eet.sandbox.ledger import LEDGER_FILE, Ledger, read_ledger
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4
from tests.appliance.eet.material import AT, DATA, Office, header
from tests.appliance.eet.sandbox.messages import DATA_V3, codes_of


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


def test_repeats_that_do_not_say_so_or_say_something_else_are_counted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    _accept(ledger, "a")
    _accept(ledger, "b", first=False)
    _accept(ledger, "c", first=True)
    _accept(ledger, "d", first=False, cerp_zuct="1.00")
    _accept(ledger, "e", first=False, porad_cis="2")
    report = ledger.report()
    ledger.close()

    assert (report["repeats"], report["unmarked_repeats"], report["differing_repeats"]) == (3, 1, 1)


def test_one_number_with_two_amounts_is_a_collision(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    _accept(ledger, "a")
    _accept(ledger, "b", first=False)
    assert ledger.report()["collisions"] == []

    _accept(ledger, "c", celk_trzba="188.51")
    _accept(ledger, "d", porad_cis="2", celk_trzba="188.51")
    report = ledger.report()
    ledger.close()

    five = [DATA[name] for name in ("eic_popl", "id_jednotky", "id_pokl", "porad_cis", "dat_trzby")]
    assert report["collisions"] == [{"dialect": "v4", "key": five, "celk_trzba": ["188.50", "188.51"]}]
    assert report["count"] == 3


def test_a_repeat_of_v3_must_bring_the_same_codes(tmp_path: Path, office: Office) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for codes in (codes_of(office.till), codes_of(office.till), codes_of(office.signer)):
        ledger.accept(DATA_V3, dialect=V3, header=header(), code="a", at=AT, codes=codes)
    report = ledger.report()
    ledger.close()

    assert (report["count"], report["repeats"], report["differing_repeats"]) == (1, 2, 1)
    assert report["sales"][0]["bkp"] == codes_of(office.till).bkp


def test_what_was_counted_is_found_again_too(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / LEDGER_FILE)
    _accept(ledger, "a")
    ledger.count_verified()
    for code in ("4", "-1", "4"):
        ledger.count_refused(code)
    ledger.count_fault("drop-reply")
    before = ledger.report()

    assert read_ledger(tmp_path) == before
    ledger.close()
    again = Ledger(tmp_path / LEDGER_FILE)
    assert again.report() == before
    again.close()
    assert (before["verified"], before["refused"], before["faults"]) == (1, {"4": 2, "-1": 1}, {"drop-reply": 1})


def test_reading_a_ledger_that_is_being_written_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / LEDGER_FILE
    ledger = Ledger(path)
    _accept(ledger, "a")
    ledger.close()
    path.write_bytes(path.read_bytes() + b'{"at": "2026-')
    before = path.read_bytes()

    assert read_ledger(tmp_path)["count"] == 1
    assert path.read_bytes() == before


def test_the_summary_is_the_report_without_its_sales(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    _accept(ledger, "a")
    report = ledger.report()

    assert len(report.pop("sales")) == 1
    assert ledger.summary() == report
    ledger.close()


def test_a_directory_without_a_ledger_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_ledger(tmp_path)
