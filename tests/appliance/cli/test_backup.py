"""`pokladna backup`, `restore`, `journal export` and `import`, as a technician uses them."""

from pathlib import Path

import pytest

from appliance.bootstrap import open_shop
from appliance.config import load_config
from appliance.domain.money import crowns
from appliance.service import receipts, shift
from appliance.wake import WakeListener
from tests.appliance.cli.conftest import Terminal
from tests.shops import sell


@pytest.fixture
def sold(terminal: Terminal) -> str:
    """A till that has sold once; the receipt's number."""
    shop = open_shop(load_config(terminal.settings))
    shift.open_shift(shop, crowns(100))
    number = sell(shop).number
    shop.store.close()
    return number


def one_more(terminal: Terminal) -> str:
    shop = open_shop(load_config(terminal.settings))
    number = sell(shop).number
    shop.store.close()
    return number


def numbers(terminal: Terminal) -> set[str]:
    shop = open_shop(load_config(terminal.settings))
    found = {row.number for row in receipts.recent(shop, limit=99)}
    shop.store.close()
    return found


def replaced(terminal: Terminal) -> Path:
    """The database that was kept aside; its log may lie beside it."""
    found = (terminal.folder / "data").glob("till.db.replaced-*")
    (aside,) = (path for path in found if not path.name.endswith(("-wal", "-shm")))
    return aside


def backup_file(terminal: Terminal) -> Path:
    assert terminal.run("backup", "now").code == 0
    ended = terminal.run("backup", "list")
    assert ended.code == 0
    return Path(ended.out.splitlines()[0].split()[-1])


def test_a_backup_is_made_listed_and_restored_with_a_series_of_its_own(terminal: Terminal, sold: str) -> None:
    file = backup_file(terminal)
    later = one_more(terminal)
    ended = terminal.run("restore", file)
    assert ended.code == 0
    assert "receipts from now on: P1B-000001" in ended.out
    aside = replaced(terminal)
    assert f"kept as {aside}" in ended.out
    assert numbers(terminal) == {sold}
    assert one_more(terminal) == "P1B-000001"
    assert terminal.run("journal", "verify").code == 0
    rescued = terminal.run("journal", "export", terminal.folder / "aside.gz", "--database", aside)
    assert rescued.code == 0
    ended = terminal.run("journal", "import", terminal.folder / "aside.gz")
    assert (ended.code, ended.out.splitlines()[0]) == (0, "1 rows brought in, 3 were here already")
    assert numbers(terminal) == {sold, later, "P1B-000001"}


def test_series_begun_after_the_backup_are_not_begun_again(terminal: Terminal, sold: str) -> None:
    file = backup_file(terminal)
    assert "P1B" in terminal.run("restore", file).out
    assert "P1C" in terminal.run("restore", file).out


def test_the_technician_names_the_series(terminal: Terminal, sold: str) -> None:
    file = backup_file(terminal)
    refused = terminal.run("restore", file, "--series-letter", "A")
    assert (refused.code, "used before" in refused.error_line) == (1, True)
    assert numbers(terminal) == {sold}
    assert "P1F-000001" in terminal.run("restore", file, "--series-letter", "f").out


def test_nothing_is_restored_under_a_running_till(terminal: Terminal, sold: str) -> None:
    file = backup_file(terminal)
    (terminal.folder / "run").mkdir(exist_ok=True)
    listener = WakeListener(terminal.folder / "run", "sync")
    ended = terminal.run("restore", file)
    listener.close()
    assert (ended.code, ended.error_line) == (1, "the till is running: stop pokladna-sync first")


@pytest.mark.parametrize(("content", "said"), [(None, "no such file"), (b"text" * 99, "no backup of a till")])
def test_a_file_that_is_no_backup_changes_nothing(
    terminal: Terminal, sold: str, content: bytes | None, said: str
) -> None:
    file = terminal.folder / "odd.db"
    if content:
        file.write_bytes(content)
    ended = terminal.run("restore", file)
    assert (ended.code, said in ended.error_line) == (1, True)
    assert numbers(terminal) == {sold}
    assert not list((terminal.folder / "data").glob("till.db.*"))


def test_a_damaged_database_is_replaced_and_kept(terminal: Terminal, sold: str) -> None:
    file = backup_file(terminal)
    database = terminal.folder / "data" / "till.db"
    database.write_bytes(b"\xff" * 5000)
    assert terminal.run("restore", file).code == 0
    aside = replaced(terminal)
    assert aside.read_bytes() == b"\xff" * 5000
    assert numbers(terminal) == {sold}


def test_a_new_device_is_made_from_a_backup(terminal: Terminal, sold: str) -> None:
    file = terminal.folder / "stick.db"
    backup_file(terminal).rename(file)
    for path in (terminal.folder / "data").glob("till.db*"):
        path.unlink()
    ended = terminal.run("restore", file)
    assert (ended.code, "is kept" in ended.out) == (0, False)
    assert numbers(terminal) == {sold}


def test_the_backup_of_another_till_is_refused_unless_this_one_has_done_nothing(terminal: Terminal, sold: str) -> None:
    file = terminal.folder / "stick.db"
    backup_file(terminal).rename(file)
    for path in (terminal.folder / "data").glob("till.db*"):
        path.unlink()
    shop = open_shop(load_config(terminal.settings))
    shift.open_shift(shop, crowns(100))
    mine = sell(shop)
    shop.store.close()
    ended = terminal.run("restore", file)
    assert (ended.code, "is the backup of another till (P1, " in ended.error_line) == (1, True)
    assert receipts_of(terminal) == {mine.doc_id}
    for path in (terminal.folder / "data").glob("till.db*"):
        path.unlink()
    open_shop(load_config(terminal.settings)).store.close()  # a device that was only started
    assert terminal.run("restore", file).code == 0
    assert numbers(terminal) == {sold}


def receipts_of(terminal: Terminal) -> set[str]:
    shop = open_shop(load_config(terminal.settings))
    found = {row.doc_id for row in receipts.recent(shop, limit=99)}
    shop.store.close()
    return found


def test_without_a_place_for_it_no_backup_is_made(terminal: Terminal, sold: str) -> None:
    (terminal.folder / "data" / "backup").write_text("no folder")
    ended = terminal.run("backup", "now")
    assert (ended.code, "no backup could be made" in ended.error_line) == (1, True)


def test_a_file_that_is_no_journal_is_refused(terminal: Terminal, sold: str) -> None:
    file = terminal.folder / "odd.gz"
    file.write_bytes(b"odd")
    ended = terminal.run("journal", "import", file)
    assert (ended.code, "no exported journal" in ended.error_line) == (1, True)
