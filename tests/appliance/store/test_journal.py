from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from appliance.domain.journal import (
    FIRST_PREV_HASH,
    DrawerOpened,
    EpochOpened,
    Kind,
    read_body,
    row_verifies,
)
from appliance.service.audit import verify_journal
from appliance.service.identity import ensure_identity
from appliance.store import journal
from appliance.store.db import Store
from appliance.store.journal import Stored
from appliance.store.pull import load_pull
from tests.shops import TestShop, counted_ids, kinds, make_shop, open_for_sale, rows, sell

AT = "2027-02-01T08:00:00+01:00"


def append(till: TestShop, text: str = "", *, shift_id: str = "") -> Stored:
    with till.store.fact() as tables:
        body = DrawerOpened("", "Jana", text)
        return Stored(
            *journal.append(
                tables, Kind.DRAWER_OPENED, body, doc_id=till.shop.new_id(), at=AT, shift_id=shift_id
            )
        )  # fmt: skip


def every_row(till: TestShop) -> list[Stored]:
    found: list[Stored] = []
    while more := journal.rows_after(till.store.tables, found[-1].place if found else 0, limit=100):
        found += more
    return found


def open_epoch(till: TestShop, epoch: str, *, reason: str = "restore") -> None:
    with till.store.fact() as tables:
        journal.open_epoch(
            tables, epoch=epoch, reason=reason, doc_id=till.shop.new_id(), at=AT, board_serial="board-1", open_shift=""
        )


def test_a_first_start_makes_an_identity_and_the_first_row(till: TestShop) -> None:
    known = journal.the_till(till.store.tables)
    (first,) = every_row(till)
    assert (known.prefix, known.series, known.next_number) == ("P1", "P1A", 1)
    assert (known.head_seq, known.head_hash) == (1, first.row.hash)
    assert (first.row.seq, first.row.prev_hash, first.row.epoch) == (1, FIRST_PREV_HASH, known.epoch)
    assert len(known.till_id) == 36
    assert len(known.epoch) == 16
    assert read_body(first.row.kind, first.row.v, first.row.body) == EpochOpened("first_start", "P1A")


def test_a_second_start_changes_nothing(till: TestShop, tmp_path: Path) -> None:
    before = rows(till.shop, "SELECT * FROM till")
    again = make_shop(tmp_path)
    assert rows(again.shop, "SELECT * FROM till") == before
    assert kinds(again.shop) == ["epoch_opened"]
    again.store.close()


@pytest.mark.parametrize(("board", "epochs"), [("board-1", 1), ("", 1), ("board-2", 2)])
def test_a_card_moved_to_another_board_opens_an_epoch_of_its_own(till: TestShop, board: str, epochs: int) -> None:
    open_for_sale(till.shop)
    for _ in range(2):
        ensure_identity(
            till.store, new_id=counted_ids(5), new_epoch=lambda: "b" * 16, prefix="P1", board_serial=board, at=AT
        )
    assert kinds(till.shop).count("epoch_opened") == epochs
    assert load_pull(till.store.tables).wanted == (epochs == 2)  # its copy may have edited the price list
    assert sell(till.shop).number == ("P1A-000001" if epochs == 1 else "P1B-000001")
    assert verify_journal(till.shop).broken_at == ""


def test_a_board_that_says_its_number_late_is_learned_without_a_new_epoch(tmp_path: Path) -> None:
    store = Store(tmp_path / "late.db")
    for board in ("", "", "board-1", "", "board-1"):
        ensure_identity(
            store, new_id=counted_ids(5), new_epoch=lambda: "a" * 16, prefix="P1", board_serial=board, at=AT
        )
    till = journal.the_till(store.tables)
    assert (till.board_serial, till.head_seq) == ("board-1", 1)
    ensure_identity(
        store, new_id=counted_ids(6), new_epoch=lambda: "b" * 16, prefix="P1", board_serial="board-2", at=AT
    )
    assert journal.the_till(store.tables).epoch == "b" * 16
    store.close()


def test_an_empty_store_has_no_till(tmp_path: Path) -> None:
    store = Store(tmp_path / "till.db")
    assert journal.load_till(store.tables) is None
    with pytest.raises(AssertionError):
        journal.the_till(store.tables)
    store.close()


def test_rows_are_chained_without_a_gap(till: TestShop) -> None:
    appended = [append(till, str(n)) for n in range(5)]
    found = every_row(till)
    assert found[1:] == appended
    assert [stored.row.seq for stored in found] == [1, 2, 3, 4, 5, 6]
    for before, after in pairwise(found):
        assert after.row.prev_hash == before.row.hash
        assert row_verifies(after.row)


def test_many_rows_appended_at_once_are_the_same_chain(till: TestShop) -> None:
    bodies = [(till.shop.new_id(), DrawerOpened("", "Jana", str(n))) for n in range(30)]
    with till.store.fact() as tables:
        journal.append_all(tables, Kind.DRAWER_OPENED, bodies, at=AT)
        journal.append_all(tables, Kind.DRAWER_OPENED, [], at=AT)
    append(till)
    verdict = verify_journal(till.shop)
    assert (verdict.rows, verdict.broken_at) == (32, "")


def test_a_new_epoch_names_its_parent_and_takes_the_next_letter(till: TestShop) -> None:
    open_for_sale(till.shop)
    assert sell(till.shop).number == "P1A-000001"
    before = journal.the_till(till.store.tables)
    open_epoch(till, "e" * 16)
    opened = every_row(till)[-1].row
    assert (opened.seq, opened.prev_hash, opened.epoch) == (1, FIRST_PREV_HASH, "e" * 16)
    assert read_body(opened.kind, opened.v, opened.body) == EpochOpened(
        "restore", "P1B", before.epoch, before.head_seq, before.head_hash.hex(), ""
    )
    assert sell(till.shop).number == "P1B-000001"
    open_epoch(till, "f" * 16)
    assert sell(till.shop).number == "P1C-000001"
    assert rows(till.shop, "SELECT series FROM used_series ORDER BY series") == [("P1A",), ("P1B",), ("P1C",)]


def test_rows_are_given_in_order_and_stop_where_an_epoch_ends(till: TestShop) -> None:
    append(till)
    append(till)
    open_epoch(till, "e" * 16)
    append(till)
    places = [stored.place for stored in journal.rows_after(till.store.tables, 0, limit=10)]
    assert places == [1, 2, 3]
    assert [stored.place for stored in journal.rows_after(till.store.tables, 3, limit=10)] == [4, 5]
    assert [stored.place for stored in journal.rows_after(till.store.tables, 0, limit=2)] == [1, 2]
    assert [stored.place for stored in journal.rows_after(till.store.tables, 1, limit=10, last=2)] == [2]
    assert journal.rows_after(till.store.tables, 5, limit=10) == []


def test_rows_brought_in_between_those_made_meanwhile_hide_none_of_them(till: TestShop) -> None:
    """What is read is acked by its last place: a row passed over would count as sent."""
    open_for_sale(till.shop)
    tables = till.store.tables
    found = journal.rows_after(tables, 0, limit=10)[-1].row
    for seq in (1, 2):
        with till.shop.fact():
            journal.insert_row(tables, replace(found, epoch="b" * 16, seq=seq, doc_id=f"brought {seq}"), shift_id="")
        sell(till.shop)
    seen: list[Stored] = []
    while stored := journal.rows_after(tables, seen[-1].place if seen else 0, limit=10):
        assert len({each.row.epoch for each in stored}) == 1
        seen += stored
    assert [each.place for each in seen] == list(range(1, journal.last_place(tables) + 1))
    own, brought = found.epoch, "b" * 16
    assert [epoch for epoch, _ in groupby(each.row.epoch for each in seen)] == [own, brought, own, brought, own]


def test_unsent_is_what_stands_after_the_ack_with_the_time_of_the_oldest(till: TestShop) -> None:
    assert journal.unsent(till.store.tables) == (1, AT)
    with till.store.fact() as tables:
        journal.ack(tables, journal.last_place(tables))
    assert journal.unsent(till.store.tables) == (0, "")
    append(till)
    append(till)
    assert journal.unsent(till.store.tables) == (2, AT)
    with till.store.fact() as tables:
        journal.ack(tables, 2)
    assert journal.unsent(till.store.tables) == (1, AT)
    with till.store.fact() as tables:
        journal.ack(tables, 0)
    assert journal.unsent(till.store.tables) == (3, AT)


def test_a_place_is_found_by_epoch_and_seq(till: TestShop) -> None:
    epoch = journal.the_till(till.store.tables).epoch
    stored = append(till, "here")
    assert journal.place_of(till.store.tables, epoch, 2) == stored.place
    assert journal.place_of(till.store.tables, epoch, 3) is None
    assert journal.place_of(till.store.tables, "0" * 16, 2) is None


def test_the_rows_of_a_shift_lie_between_two_places(till: TestShop) -> None:
    append(till, shift_id="s1")
    append(till)
    last = append(till, shift_id="s1")
    append(till, shift_id="s2")
    assert journal.places_of_shift(till.store.tables, "s1") == (2, last.place)
    assert journal.places_of_shift(till.store.tables, "s3") is None
