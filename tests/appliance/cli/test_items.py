"""`items import`: a price list from a file, and what is wrong with it."""

from pathlib import Path

import pytest

from tests.appliance.cli.conftest import Terminal
from tests.shared import ROOT
from tests.shops import rows


def items_of(terminal: Terminal) -> list[tuple[object, ...]]:
    from appliance.bootstrap import open_shop
    from appliance.config import load_config

    return rows(open_shop(load_config(terminal.settings)), "SELECT name, price FROM item ORDER BY name")


def write(terminal: Terminal, text: str | bytes) -> Path:
    file = terminal.folder / "items.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_the_example_shops_items_come_in_without_a_word_of_complaint(terminal: Terminal) -> None:
    file = ROOT / "config" / "example-items.csv"
    ended = terminal.run("items", "import", file)
    assert (ended.code, ended.err) == (0, "")
    lines = len(file.read_text("utf-8").strip().splitlines()) - 1
    assert f"{lines} items imported, 0 rows refused" in ended.out


def test_good_rows_come_in_and_bad_ones_are_told_with_their_lines(terminal: Terminal) -> None:
    file = write(terminal, "name;price;vat\nRohlík;2,90;12\n;5,00;21\nMléko;mnoho;12\nSůl;12,00;99\nVoda;;\n")
    ended = terminal.run("items", "import", file)
    assert ended.code == 1
    assert "2 items imported, 3 rows refused" in ended.out
    told = ended.err.strip().splitlines()
    assert [line.split(":")[1] for line in told] == ["3", "4", "5"]
    assert all(line.startswith(str(file)) for line in told)
    assert items_of(terminal) == [("Rohlík", 290), ("Voda", None)]


def test_markup_in_a_file_is_shown_as_it_is(terminal: Terminal) -> None:
    ended = terminal.run("items", "import", write(terminal, "name,price\nMouka,[red]\n"))
    assert "'[red]'" in ended.err


def test_only_the_first_of_many_bad_rows_are_told(terminal: Terminal) -> None:
    ended = terminal.run("items", "import", write(terminal, "name,price\n" + "x,bad\n" * 500))
    assert "0 items imported, 500 rows refused" in ended.out
    assert len(ended.err.strip().splitlines()) <= 60


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"cena;jmeno\n1;2\n", b"\xff\xfe\x00name", b'name\n"open'])
def test_a_file_that_is_no_price_list_is_refused_in_plain_words(terminal: Terminal, content: bytes) -> None:
    ended = terminal.run("items", "import", write(terminal, content))
    assert ended.code in {0, 1}
    assert "items imported" in ended.out or str(terminal.folder / "items.csv") in ended.error_line


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_a_file_that_cannot_be_read_is_one_line(terminal: Terminal, name: str) -> None:
    ended = terminal.run("items", "import", terminal.folder / name)
    assert (ended.code, str(terminal.folder) in ended.error_line) == (1, True)
