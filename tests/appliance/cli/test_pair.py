"""`pair` and `factory-reset` as a technician runs them."""

import socket

import pytest

from appliance.bootstrap import open_shop
from appliance.cli.pair import SENTENCES, sentence
from appliance.config import load_config
from appliance.domain.clock import iso
from appliance.service.pairing import PAIRED_NOTE, PairingResult
from appliance.store import journal, queues
from appliance.wake import WakeListener
from tests.appliance.cli.conftest import Terminal

CODE = "ABCD-EFGH-ABCD-2345"


def test_pairing_with_nobody_there_says_so(terminal: Terminal) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        terminal.write_settings(f'[backoffice]\nurl = "https://127.0.0.1:{nobody.getsockname()[1]}"\n')
        ended = terminal.run("pair", CODE)
    assert (ended.code, "did not answer" in ended.error_line) == (1, True)


@pytest.mark.parametrize("code", ["", "x", "ABCD-EFG", "ABCD-EFGH-ABCD", "ABCD-EFGH-ABCD-23456"])
def test_a_code_of_another_length_is_one_line_that_says_how_long_it_is(terminal: Terminal, code: str) -> None:
    ended = terminal.run("pair", code)
    assert ended.code == 1
    assert f"this one has {len(code.replace('-', ''))}" in ended.error_line


def test_an_address_that_is_none_is_named(terminal: Terminal) -> None:
    ended = terminal.run("pair", CODE, "--address", "http://shop")
    assert (ended.code, "http://shop" in ended.error_line) == (1, True)


def test_every_reason_is_a_sentence() -> None:
    for word in SENTENCES:
        text = sentence(PairingResult("r", word, "DETAIL"))
        assert len(text) > 20
        assert "{" not in text
    assert "Nothing was sent" in sentence(PairingResult("r", "wrong_key", "shop"))


def test_a_till_that_was_never_paired_is_sent_to_the_usb_stick_first(terminal: Terminal) -> None:
    ended = terminal.run("factory-reset", "--yes")
    assert ended.code == 1
    assert "pokladna journal export" in ended.error_line


def test_an_exported_till_begins_as_another_and_its_old_database_is_kept(terminal: Terminal) -> None:
    shop = open_shop(load_config(terminal.settings))
    before = journal.the_till(shop.tables).till_id
    shop.store.close()
    ended = terminal.run("factory-reset", "--yes", "--exported")
    assert (ended.code, ended.err) == (0, "")
    kept = list((terminal.folder / "data" / "kept").glob("*/till.db"))
    assert len(kept) == 1
    shop = open_shop(load_config(terminal.settings))
    assert journal.the_till(shop.tables).till_id != before
    shop.store.close()


def test_a_paired_till_with_unsent_rows_is_not_reset_even_when_exported(terminal: Terminal) -> None:
    shop = open_shop(load_config(terminal.settings))
    with shop.fact() as tables:
        queues.set_note(tables, PAIRED_NOTE, {"account": "a@b.cz", "url": "", "pinned": False}, at=iso(shop.now()))
    shop.store.close()
    ended = terminal.run("factory-reset", "--yes", "--exported")
    assert (ended.code, "not sent to the Backoffice" in ended.error_line) == (1, True)
    assert (terminal.folder / "data" / "till.db").exists()


def test_a_paired_till_with_nothing_unsent_is_reset_and_its_token_is_gone(terminal: Terminal) -> None:
    shop = open_shop(load_config(terminal.settings))
    with shop.fact() as tables:
        queues.set_note(tables, PAIRED_NOTE, {"account": "a@b.cz", "url": "", "pinned": False}, at=iso(shop.now()))
        journal.ack(tables, journal.last_place(tables))
    shop.store.close()
    (terminal.folder / "secret").mkdir()
    (terminal.folder / "secret" / "backoffice.json").write_text("{}")
    assert terminal.run("factory-reset", "--yes").code == 0
    assert not (terminal.folder / "secret" / "backoffice.json").exists()


def test_a_till_at_work_is_not_reset(terminal: Terminal) -> None:
    ear = WakeListener(terminal.folder / "run", "ui")
    ended = terminal.run("factory-reset", "--yes", "--exported")
    ear.close()
    assert (ended.code, "pokladna-ui" in ended.error_line) == (1, True)


def test_without_the_word_nothing_is_reset(terminal: Terminal) -> None:
    ended = terminal.run("factory-reset", "--exported")
    assert ended.code == 1
    assert (terminal.folder / "data" / "till.db").exists()
