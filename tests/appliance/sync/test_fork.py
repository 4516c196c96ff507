"""A fork: the documents go on in a new epoch, in short steps, whatever stops in between."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from appliance.domain.journal import EpochOpened, ReceiptReprinted, read_body
from appliance.domain.money import crowns
from appliance.service import receipts, shift
from appliance.service.audit import verify_journal
from appliance.store import branches, journal
from appliance.store.journal import Stored
from appliance.store.pull import load_pull
from appliance.store.tables import Tables
from appliance.sync import fork
from tests.powercuts import cut_before
from tests.shops import TestShop, make_shop, open_for_sale, rows, sell

NEW = "e" * 16


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestShop]:
    made = make_shop(tmp_path, regimes=())
    open_for_sale(made.shop)
    yield made
    made.store.close()


def every_row(till: TestShop) -> list[Stored]:
    tables = till.store.tables
    found = [journal.rows_of_epoch(tables, epoch, after_seq=0, limit=999) for epoch in journal.epochs(tables)]
    return sorted((stored for rows in found for stored in rows), key=lambda stored: stored.place)


def branch_off(till: TestShop, seq: int, *, epoch: str = "", new: str = NEW) -> None:
    epoch = epoch or journal.the_till(till.store.tables).epoch
    fork.branch_off(till.shop, epoch, seq, new_epoch=lambda: new)


def test_the_documents_stand_again_under_their_own_ids_and_the_parent_is_the_last_common_row(till: TestShop) -> None:
    first, second = sell(till.shop), sell(till.shop)
    receipts.reprint(till.shop, second.doc_id)
    before = every_row(till)
    branch_off(till, 4)
    after = every_row(till)
    assert after[: len(before)] == before
    opened, *again = [stored.row for stored in after[len(before) :]]
    common = before[2].row
    assert read_body(opened.kind, opened.v, opened.body) == EpochOpened(
        "fork", "P1B", common.epoch, 3, common.hash.hex(), first.shift_id
    )
    assert [row.kind for row in again] == ["receipt_issued", "receipt_reprinted"]
    for old, new in zip([stored.row for stored in before[3:]], again, strict=True):
        assert replace(new, epoch=old.epoch, seq=old.seq, prev_hash=old.prev_hash, hash=old.hash) == old
    assert read_body("receipt_reprinted", 1, again[1].body) == ReceiptReprinted(
        second.doc_id, second.number, "Jana", second.shift_id
    )
    verdict = verify_journal(till.shop)
    assert (verdict.broken_at, verdict.lost) == ("", (f"{common.epoch}/4",))
    assert sell(till.shop).number == "P1B-000001"
    assert [receipts.load(till.shop, each.doc_id) for each in (first, second)] == [first, second]


def test_what_stands_again_is_unsent_and_belongs_to_its_shift(till: TestShop) -> None:
    sell(till.shop)
    sold = sell(till.shop)
    with till.shop.fact() as tables:
        journal.ack(tables, journal.last_place(tables))
    branch_off(till, 4)
    assert [(row.number, row.sent) for row in receipts.recent(till.shop, limit=5)] == [
        ("P1A-000002", False),
        ("P1A-000001", True),
    ]
    assert journal.places_of_shift(till.store.tables, sold.shift_id) == (2, 6)
    # the row that lost goes up once more, as lost: the server that took it may be another one, or an older copy
    assert journal.the_till(till.store.tables).acked_row == 3


def test_a_fork_at_the_opening_of_an_epoch_goes_on_after_its_parent(till: TestShop) -> None:
    shop = till.shop
    parent = every_row(till)[-1].row
    with shop.fact() as tables:
        journal.open_epoch(
            tables, epoch="d" * 16, reason="other_board", doc_id=shop.new_id(), at="", board_serial="", open_shift=""
        )
    sell(shop)
    branch_off(till, 1)
    opened = next(stored.row for stored in every_row(till) if stored.row.epoch == NEW)
    body = read_body(opened.kind, opened.v, opened.body)
    assert (body.parent_epoch, body.parent_seq, body.parent_hash) == (parent.epoch, parent.seq, parent.hash.hex())
    assert verify_journal(shop).broken_at == ""


def test_epochs_that_went_on_after_the_fork_are_lost_with_it(till: TestShop) -> None:
    shop = till.shop
    first = journal.the_till(shop.tables).epoch
    sell(shop)
    with shop.fact() as tables:
        journal.open_epoch(
            tables, epoch="d" * 16, reason="other_board", doc_id=shop.new_id(), at="", board_serial="", open_shift=""
        )
    sold = sell(shop)
    branch_off(till, 3, epoch=first)
    assert branches.lost_rows(shop.tables) == {first: 3, "d" * 16: 1}
    again = [stored.row for stored in every_row(till) if stored.row.epoch == NEW]
    assert [row.kind for row in again] == ["epoch_opened", "receipt_issued", "receipt_issued"]
    assert again[-1].doc_id == sold.doc_id
    assert verify_journal(shop).broken_at == ""


def test_a_row_that_is_not_here_does_nothing(till: TestShop) -> None:
    before = every_row(till)
    with pytest.raises(fork.NotHere):
        branch_off(till, 99)
    assert every_row(till) == before


def test_it_goes_on_after_a_crash_at_any_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork, "COPIED_AT_ONCE", 2)
    monkeypatch.setattr(fork, "REST_S", 0.0)
    cut, crashed = 0, True
    while crashed:
        cut += 1
        till = make_shop(tmp_path / str(cut), regimes=())
        open_for_sale(till.shop)
        sold = [sell(till.shop) for _ in range(6)]
        work = partial(branch_off, till, 4)
        crashed = cut_before(cut, work)
        if cut == 1:  # nothing had begun: the Backoffice says fork once more
            assert journal.the_till(till.store.tables).epoch != NEW
            work()
        sold.append(sell(till.shop))  # between the crash and the next start
        fork.finish_copy(till.shop)
        again = [stored.row for stored in every_row(till) if stored.row.epoch == NEW]
        copies = sorted(row.doc_id for row in again if row.kind == "receipt_issued")
        assert copies == sorted(receipt.doc_id for receipt in sold[1:])
        assert verify_journal(till.shop).broken_at == ""
        till.store.close()
    assert cut > 4


def test_sales_come_in_between_and_the_shift_closes_whole(till: TestShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork, "COPIED_AT_ONCE", 2)
    for _ in range(5):
        sell(till.shop)
    slept: list[float] = []

    def sell_meanwhile(seconds: float) -> None:
        slept.append(seconds)
        sell(till.shop)

    monkeypatch.setattr("appliance.sync.fork.time.sleep", sell_meanwhile)
    branch_off(till, 3)
    assert slept
    assert min(slept) >= fork.REST_S
    closed = shift.close_shift(till.shop, counted=crowns(1000))
    assert closed.totals.count == 5 + len(slept)
    assert verify_journal(till.shop).broken_at == ""


def test_no_step_holds_the_lock_for_long(till: TestShop, monkeypatch: pytest.MonkeyPatch) -> None:
    sold = sell(till.shop)
    ((body,),) = rows(till.shop, "SELECT body FROM journal WHERE doc_id = ?", sold.doc_id)
    with till.shop.fact() as tables:
        for _ in range(300):
            journal.append_raw(
                tables, kind="receipt_issued", v=3, body=str(body), doc_id=till.shop.new_id(), at="", shift_id=""
            )
    sizes: list[int] = []
    copied = branches.copy_rows

    def counted(tables: Tables, copies: list[tuple[Stored, str]], copy: dict[str, object], *, at: str) -> None:
        sizes.append(len(copies))
        copied(tables, copies, copy, at=at)

    monkeypatch.setattr(branches, "copy_rows", counted)
    branch_off(till, 3)
    assert (sum(sizes), max(sizes)) == (301, fork.COPIED_AT_ONCE)


def test_after_a_fork_the_price_list_is_pulled_though_nothing_is_said_to_wait(till: TestShop) -> None:
    """What the other card has edited counts as this till's own in the Backoffice."""
    assert not load_pull(till.store.tables).wanted
    branch_off(till, 2)
    assert load_pull(till.store.tables).wanted
