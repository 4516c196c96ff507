"""`journal verify`: the chain, and the head on a printed closing."""

import pytest

from appliance.bootstrap import open_shop
from appliance.config import load_config
from appliance.domain.journal import head_hex
from appliance.domain.money import crowns
from appliance.service import shift
from appliance.store import journal
from tests.appliance.cli.conftest import Terminal
from tests.shops import rows, sell


@pytest.fixture
def head(terminal: Terminal) -> str:
    """A till that has sold and closed; the head as its closing prints it."""
    shop = open_shop(load_config(terminal.settings))
    shift.open_shift(shop, crowns(100))
    sell(shop)
    closed = shift.close_shift(shop, counted=crowns(100))
    shop.store.close()
    return f"{closed.head_seq}:{closed.head}"


def test_a_whole_chain_holds(terminal: Terminal, head: str) -> None:
    ended = terminal.run("journal", "verify")
    assert ended.code == 0
    assert "4 rows" in ended.out
    assert "not anchored to a printed closing" in ended.out


def test_the_head_of_a_printed_closing_is_found(terminal: Terminal, head: str) -> None:
    for typed in (head, f" {head.upper()} "):
        ended = terminal.run("journal", "verify", "--head", typed)
        assert (ended.code, ended.out.strip().endswith("the chain holds")) == (0, True)


@pytest.mark.parametrize("other", ["3:0000000000000000", "99:0123456789abcdef"])
def test_a_head_that_is_not_in_the_journal_is_an_alarm(terminal: Terminal, head: str, other: str) -> None:
    ended = terminal.run("journal", "verify", "--head", other)
    assert (ended.code, other in ended.error_line) == (1, True)


@pytest.mark.parametrize("nonsense", ["x", "7", ":abc", "7:", "-1:abc", "²:abc", "9" * 5000 + ":abc"])
def test_a_head_that_is_none_is_a_wrong_call(terminal: Terminal, nonsense: str) -> None:
    ended = terminal.run("journal", "verify", f"--head={nonsense}")
    assert (ended.code, "SEQ:HASH" in ended.error_line) == (2, True)


def test_a_changed_row_is_found(terminal: Terminal, head: str) -> None:
    shop = open_shop(load_config(terminal.settings))
    rows(shop, "UPDATE journal SET body = replace(body, '\"Jana\"', '\"Eva\"'), at = at || ' ' WHERE seq = 3")
    shop.store.close()
    ended = terminal.run("journal", "verify")
    assert ended.code == 1
    assert "broken at row" in ended.error_line
    assert ended.error_line.endswith("/3")


def test_a_chain_that_was_cut_and_made_anew_misses_the_printed_head(terminal: Terminal, head: str) -> None:
    shop = open_shop(load_config(terminal.settings))
    till = journal.the_till(shop.tables)
    rows(shop, "DELETE FROM journal WHERE seq = 4")
    (last,) = rows(shop, "SELECT hash FROM journal WHERE seq = 3")[0]
    assert isinstance(last, bytes)
    rows(shop, "UPDATE till SET head_seq = 3, head_hash = ?", last)
    shop.store.close()
    assert till.head_seq == 4
    assert terminal.run("journal", "verify").code == 0
    assert terminal.run("journal", "verify", "--head", f"4:{head_hex(till.head_hash)}").code == 1
