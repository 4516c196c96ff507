import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.journal import DrawerOpened, Kind
from appliance.service.audit import verify_journal
from appliance.store import db, journal, queues
from appliance.store.db import Store, StoreError, StoreTooOld
from appliance.store.migrations import STEPS
from appliance.store.tables import Tables
from tests.appliance.store.process import DEATH
from tests.shared import ROOT
from tests.shops import TestShop, count, make_shop, open_for_sale, rows, sell

AT = "2027-02-01T08:00:00+01:00"


def fill(tables: Tables, *, rows_: int = 40) -> None:
    for n in range(rows_):
        body = DrawerOpened("", "Jana", "x" * 50_000)
        journal.append(tables, Kind.DRAWER_OPENED, body, doc_id=f"doc-{n}", at=AT)


class PowerCut(Exception):
    pass


def test_a_fact_broken_off_leaves_nothing_and_takes_no_number(till: TestShop) -> None:
    before = rows(till.shop, "SELECT * FROM till")
    with pytest.raises(PowerCut), till.store.fact() as tables:  # noqa: PT012 -- the write before the fault is the point
        assert journal.take_number(tables) == ("P1A", 1)
        fill(tables, rows_=1)
        raise PowerCut
    assert rows(till.shop, "SELECT * FROM till") == before
    assert count(till.shop, "journal") == 1
    with till.store.fact() as tables:
        assert journal.take_number(tables) == ("P1A", 1)


@pytest.mark.parametrize(("kind", "level"), [("fact", 2), ("mark", 1)])
def test_a_fact_is_synced_to_the_disk_and_a_mark_is_not(till: TestShop, kind: str, level: int) -> None:
    with getattr(till.store, kind)():
        assert rows(till.shop, "PRAGMA synchronous") == [(level,)]


def test_every_connection_keeps_the_contract_of_three_processes(till: TestShop) -> None:
    assert rows(till.shop, "PRAGMA journal_mode") == [("wal",)]
    assert rows(till.shop, "PRAGMA foreign_keys") == [(1,)]
    assert rows(till.shop, "PRAGMA mmap_size") in ([(0,)], [])
    assert rows(till.shop, "PRAGMA wal_autocheckpoint") == [(16_000,)]


def test_a_snapshot_sees_one_moment(till: TestShop, tmp_path: Path) -> None:
    other = Store(tmp_path / "till.db")
    with till.store.snapshot() as tables:
        before = journal.last_place(tables)
        with other.fact() as theirs:
            fill(theirs, rows_=1)
        assert journal.last_place(tables) == before
    assert journal.last_place(till.store.tables) == before + 1
    other.close()


def test_a_writer_that_waits_too_long_is_told_and_wrote_nothing(
    till: TestShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "BUSY_TIMEOUT_S", 0)
    other = Store(tmp_path / "till.db")
    with till.store.fact() as tables:
        fill(tables, rows_=1)
        with pytest.raises(StoreError, match="locked"), other.fact():
            pytest.fail("two writers at once")
    with other.mark() as tables:
        queues.set_note(tables, "printer", 1, at=AT)
    assert count(till.shop, "journal") == 2
    other.close()


def test_a_full_disk_is_told_and_nothing_has_happened(till: TestShop) -> None:
    (pages,) = rows(till.shop, "PRAGMA page_count")[0]
    rows(till.shop, f"PRAGMA max_page_count = {int(str(pages)) + 20}")
    before = rows(till.shop, "SELECT * FROM till")
    with pytest.raises(StoreError, match="full"), till.store.fact() as tables:  # noqa: PT012 -- the disk chooses which
        journal.take_number(tables)
        fill(tables)
    assert rows(till.shop, "SELECT * FROM till") == before
    assert count(till.shop, "journal") == 1
    rows(till.shop, "PRAGMA max_page_count = 100000")
    with till.store.fact() as tables:
        fill(tables)
    assert verify_journal(till.shop).broken_at == ""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, where this may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if mount is None or subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False, capture_output=True
    ).returncode:  # fmt: skip
        pytest.skip("a small tmpfs cannot be mounted here (needs root)")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_file_system_that_runs_full_keeps_every_sale_it_took(small_disk: Path) -> None:
    till = make_shop(small_disk)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 300_000))
    taken = 1
    with pytest.raises(StoreError):  # noqa: PT012 -- which one fails is the disk's choice
        while True:
            with till.store.fact() as tables:
                fill(tables, rows_=1)
            taken += 1
    assert count(till.shop, "journal") == taken
    assert verify_journal(till.shop).broken_at == ""
    ballast.unlink()
    with till.store.fact() as tables:
        fill(tables, rows_=1)
    assert (verify_journal(till.shop).rows, verify_journal(till.shop).broken_at) == (taken + 1, "")
    till.store.close()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "till.db").write_bytes(b"not a database at all" * 1000)
    with pytest.raises(StoreError, match=r"till\.db"):
        Store(tmp_path / "till.db")


def test_an_old_library_is_refused_before_it_touches_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "SQLITE_VERSION_MIN", (99, 0, 0))
    with pytest.raises(StoreTooOld, match="too old"):
        Store(tmp_path / "till.db")
    assert not (tmp_path / "till.db").exists()


def test_a_checkpoint_empties_the_log_and_the_file_is_sound(till: TestShop, tmp_path: Path) -> None:
    with till.store.fact() as tables:
        fill(tables)
    assert (tmp_path / "till.db-wal").stat().st_size > 0
    till.store.checkpoint(truncate=True)
    assert (tmp_path / "till.db-wal").stat().st_size == 0
    till.store.checkpoint()
    assert till.store.integrity() == "ok"


def run(verb: str, folder: Path, node: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.appliance.store.process", verb, str(folder), str(node)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)


def test_a_process_killed_inside_a_transaction_leaves_a_journal_that_verifies(tmp_path: Path) -> None:
    dying = run("die_inside", tmp_path, 7)
    _, complaint = dying.communicate()
    assert dying.returncode == DEATH, complaint
    till = make_shop(tmp_path)
    verdict = verify_journal(till.shop)
    assert (verdict.broken_at, verdict.rows) == ("", 4)
    assert till.store.integrity() == "ok"
    assert sell(till.shop).number == "P1A-000002"
    till.store.close()


def test_a_committed_sale_survives_the_death_of_its_process(tmp_path: Path) -> None:
    dying = run("die_after", tmp_path, 7)
    _, complaint = dying.communicate()
    assert dying.returncode == DEATH, complaint
    till = make_shop(tmp_path)
    for table in ("receipt", "fiscal_record", "print_job"):
        assert rows(till.shop, f"SELECT number FROM {table}") == [("P1A-000001",)]
    till.store.close()


def test_two_writing_processes_make_one_chain_without_a_gap(till: TestShop, tmp_path: Path) -> None:
    writers = [run("append", tmp_path, node) for node in (1, 2)]
    for n in range(20):
        with till.store.fact() as tables:
            body = DrawerOpened("", "here", str(n))
            journal.append(tables, Kind.DRAWER_OPENED, body, doc_id=till.shop.new_id(), at=AT)
    complaints = [writer.communicate()[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], complaints
    verdict = verify_journal(till.shop)
    assert (verdict.broken_at, verdict.rows, verdict.head_seq) == ("", 101, 101)
    assert rows(till.shop, "SELECT seq FROM journal ORDER BY row") == [(n,) for n in range(1, 102)]


def test_three_processes_may_start_at_once_on_an_empty_folder(tmp_path: Path) -> None:
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        starting = [run("open", folder, node) for node in (1, 2, 3)]
        complaints = [process.communicate()[1] for process in starting]
        assert [process.returncode for process in starting] == [0, 0, 0], complaints
        till = make_shop(folder)
        assert count(till.shop, "till") == count(till.shop, "journal") == 1
        assert count(till.shop, "schema_version") == len(STEPS)
        open_for_sale(till.shop)
        assert sell(till.shop).number == "P1A-000001"
        till.store.close()


def test_a_query_is_worded_once_and_answers_with_the_values_of_each_time(till: TestShop) -> None:
    worded = 0

    def value_of(tables: Tables, key: str, least: str) -> Any:
        nonlocal worded
        worded += 1
        note = tables.note
        return note.select(note.value).where((note.key == key) & (note.at >= least) & (note.value != "never"))

    with till.store.mark() as tables:
        for key in ("one", "two"):
            queues.set_note(tables, key, key, at="2027-02-01")
    asked = [("one", ""), ("two", ""), ("one", "2028"), ("three", "")]
    assert [till.store.tables.one(value_of, *values) for values in asked] == [('"one"',), ('"two"',), None, None]
    assert worded == 1
