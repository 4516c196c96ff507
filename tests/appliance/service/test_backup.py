"""Copies of the database: whole, looked at, without secrets, while the till sells."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.service.backup import BackupPlan, NoBackup, list_backups, make_backup
from appliance.store import backup, queues
from appliance.store.backup import BackupUnreadable, look_at
from appliance.store.db import Store
from tests.shops import TestShop, sell


def plan(folder: Path, *more: Path, kept: int = 3) -> BackupPlan:
    return BackupPlan((folder, *more), kept)


def test_a_backup_is_a_whole_database_of_the_till(selling: TestShop, tmp_path: Path) -> None:
    sell(selling.shop)
    (made,) = make_backup(selling.shop, plan(tmp_path / "b"))
    content = look_at(made.path)
    assert (content.prefix, content.head_seq) == ("P1", 4)
    assert [path.name for path in (tmp_path / "b").iterdir()] == [made.path.name]
    copied = Store(made.path)
    assert copied.integrity() == "ok"
    assert copied.tables.receipt.select().count() == 1
    copied.close()


def test_sales_go_on_while_it_is_copied_and_it_is_of_one_moment(
    selling: TestShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(selling.shop)
    sold: list[str] = []
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 10)
    monkeypatch.setattr("appliance.store.backup.time.sleep", lambda _s: sold.append(sell(selling.shop).number))
    (made,) = make_backup(selling.shop, plan(tmp_path / "b"))
    assert len(sold) > 3
    copied = Store(made.path)
    assert copied.tables.receipt.select().count() == 1
    copied.close()


def test_a_pairing_code_is_not_in_it(selling: TestShop, tmp_path: Path) -> None:
    with selling.shop.fact() as tables:
        queues.set_note(tables, "pairing_request", {"code": "GEHEIM77"}, at="")
    (made,) = make_backup(selling.shop, plan(tmp_path / "b"))
    assert b"GEHEIM77" not in made.path.read_bytes()


def test_as_many_stay_as_are_to_be_kept_in_every_folder_that_is_there(selling: TestShop, tmp_path: Path) -> None:
    stick, missing = tmp_path / "stick", tmp_path / "missing"
    stick.mkdir()
    (stick / "holiday.jpg").write_bytes(b"")
    for _ in range(4):
        selling.clock.forward(days=1)
        make_backup(selling.shop, plan(tmp_path / "b", stick, missing, kept=2))
    found = list_backups([tmp_path / "b", stick, missing])
    assert [each.made_at for each in found] == ["2027-02-05 08:00:00"] * 2 + ["2027-02-04 08:00:00"] * 2
    assert (stick / "holiday.jpg").exists()
    assert not missing.exists()


def test_backups_of_a_clock_that_was_ahead_are_forgotten_first(selling: TestShop, tmp_path: Path) -> None:
    """Else each new one would count as the oldest and go at once."""
    selling.clock.forward(days=4000)
    for _ in range(2):
        selling.clock.forward(days=1)
        make_backup(selling.shop, plan(tmp_path / "b", kept=2))
    selling.clock.back(days=4000)
    (made,) = make_backup(selling.shop, plan(tmp_path / "b", kept=2))
    assert made.path.exists()
    selling.clock.forward(days=1)
    (second,) = make_backup(selling.shop, plan(tmp_path / "b", kept=2))
    assert {each.path for each in list_backups([tmp_path / "b"])} == {made.path, second.path}


def test_a_backup_of_a_clock_that_starts_in_the_past_takes_the_place_of_one(selling: TestShop, tmp_path: Path) -> None:
    for _ in range(3):
        selling.clock.forward(days=1)
        make_backup(selling.shop, plan(tmp_path / "b"))
    selling.clock.back(days=20000)
    make_backup(selling.shop, plan(tmp_path / "b"))
    days = [each.made_at[:10] for each in list_backups([tmp_path / "b"])]
    assert days == ["2027-02-04", "2027-02-03", "1972-05-03"]


def test_what_a_power_cut_has_left_is_cleared_away(selling: TestShop, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    folder.mkdir()
    old = [folder / f"till-20270101-080000.db.part{ending}" for ending in ("", "-journal")]
    fresh = folder / "till-20270201-075959.db.part"
    for path in (*old, fresh):
        path.write_bytes(b"half")
    for path in old:
        os.utime(path, (0, 0))
    (made,) = make_backup(selling.shop, plan(folder))
    assert set(folder.iterdir()) == {fresh, made.path}


def test_no_copy_is_begun_that_would_fill_the_disk(
    selling: TestShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "b"
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=60 * 1024 * 1024))
    with pytest.raises(NoBackup, match=r"b: the disk is too full for a copy, \d+ MB more must be free"):
        make_backup(selling.shop, plan(folder))
    assert list(folder.iterdir()) == []


def test_a_folder_that_takes_nothing_is_told_and_leaves_nothing_behind(selling: TestShop, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("no folder")
    with pytest.raises(NoBackup, match="b: "):
        make_backup(selling.shop, plan(tmp_path / "b"))
    stick = tmp_path / "stick"
    stick.mkdir()
    (made,) = make_backup(selling.shop, plan(tmp_path / "b", stick))
    assert made.path.parent == stick
    assert "b: " in queues.note(selling.shop.tables, "backup")["error"]


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + b"\xff" * 5000, b"text" * 500])
def test_what_is_no_backup_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(BackupUnreadable, match=r"x\.db"):
        look_at(path)


def test_a_till_that_was_never_started_is_no_backup(tmp_path: Path) -> None:
    Store(tmp_path / "x.db").close()
    with pytest.raises(BackupUnreadable, match="never started"):
        look_at(tmp_path / "x.db")
    with pytest.raises(BackupUnreadable, match="cannot be opened"):
        look_at(tmp_path / "missing.db")


def test_series_of_another_database_count_only_if_it_is_the_same_tills(selling: TestShop, tmp_path: Path) -> None:
    (made,) = make_backup(selling.shop, plan(tmp_path / "b"))
    till_id = look_at(made.path).till_id
    assert backup.series_in(made.path, till_id=till_id) == ("P1A",)
    assert backup.series_in(made.path, till_id="another") == ()
    (tmp_path / "odd.db").write_bytes(b"text" * 500)
    assert backup.series_in(tmp_path / "odd.db", till_id=till_id) == ()
    assert backup.series_in(tmp_path / "missing.db", till_id=till_id) == ()
