"""Stock on the till: what sales move, what documents move, drafts, and whose movements a level contains."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.codec import from_json
from appliance.domain.journal import Row, StockMoved, read_body
from appliance.domain.money import Quantity
from appliance.domain.pricelist import TillSettings
from appliance.domain.receipt import Receipt
from appliance.domain.stock import DraftLine, MoveKind, SlipLine, StockDraft, StockInvalid, StockMove, StockSlip
from appliance.service import checkout, receipts, stock
from appliance.service.errors import NotFound, Refused, StoreFailed
from appliance.service.incoming import FROM_BACKOFFICE, FROM_CARD, Source, take_in
from appliance.service.levels import apply_levels
from appliance.service.settings import save_settings
from appliance.store import catalogue, journal, queues
from appliance.store.db import StoreError
from appliance.store.pull import load_pull, place_upto
from appliance.sync import fork
from appliance.wire import StockLevel, StockPage
from tests.powercuts import cut_before
from tests.shops import (
    APPLES,
    ITEMS,
    ROLL,
    SOAP,
    TestShop,
    cart_of,
    cash,
    count,
    crowns,
    kinds,
    make_shop,
    rows,
    sell,
)

WH = "wh"
NOTHING = Quantity(0)


def pieces(whole: int) -> Quantity:
    return Quantity(whole * 1000)


@pytest.fixture
def stocked(selling: TestShop) -> TestShop:
    """An open till that takes its goods from a warehouse."""
    save_settings(selling.shop, TillSettings(warehouse_id=WH))
    selling.wakes.names.clear()
    return selling


def level(till: TestShop, item_id: str = "item-roll") -> Quantity | None:
    return stock.level(till.shop, item_id)


def draft(kind: MoveKind, *lines: tuple[str, int, int], note: str = "", to: str = "") -> StockDraft:
    """From (item_id, pieces, pieces known)."""
    made = tuple(DraftLine(item_id, pieces(n), pieces(known)) for item_id, n, known in lines)
    return StockDraft(kind, WH, made, to, note)


def receive(till: TestShop, item_id: str = "item-roll", n: int = 10) -> StockMoved:
    return stock.save_document(till.shop, draft(MoveKind.GOODS_RECEIPT, (item_id, n, 0)))


def pull(till: TestShop, levels: dict[str, int], *, upto: tuple[str, int] | None, version: int = 1) -> None:
    """A page with these levels, in pieces, that contains this till's rows up to (epoch, seq)."""
    page = StockPage(
        levels=tuple(StockLevel(item_id=item_id, quantity=n * 1000) for item_id, n in levels.items()),
        version=version,
        more=False,
    )
    since = load_pull(till.shop.tables).stock_since
    place = place_upto(till.shop.tables, *upto) if upto else 0
    assert apply_levels(till.shop, page, warehouse_id=WH, since=since, place=place)


def head(till: TestShop) -> tuple[str, int]:
    found = journal.the_till(till.shop.tables)
    return found.epoch, found.head_seq


# ---- sales


def test_a_sale_takes_from_the_warehouse_and_a_refund_puts_back(stocked: TestShop) -> None:
    sold = checkout.pay(stocked.shop, cart_of(ROLL, ROLL, APPLES, quantity=Quantity(1500)), (cash(crowns(500)),))
    assert sold.warehouse_id == WH
    assert stock.levels(stocked.shop, ["item-roll", "item-apples", "item-soap"]) == {
        "item-roll": Quantity(-3000),
        "item-apples": Quantity(-1500),
        "item-soap": NOTHING,
    }
    save_settings(stocked.shop, TillSettings(warehouse_id="another"))
    refunded = receipts.refund(stocked.shop, sold.doc_id, reason="vráceno")
    assert refunded.warehouse_id == WH  # where the goods came from, not where the till takes them from now
    save_settings(stocked.shop, TillSettings(warehouse_id=WH))
    assert level(stocked) == level(stocked, "item-apples") == NOTHING


def test_the_journal_says_the_warehouse_of_a_sale(stocked: TestShop) -> None:
    sold = sell(stocked.shop)
    ((v, body),) = rows(stocked.shop, "SELECT v, body FROM journal WHERE kind = 'receipt_issued'")
    assert isinstance(v, int)
    assert read_body("receipt_issued", v, str(body)) == sold == replace(sold, warehouse_id=WH)


def test_without_a_warehouse_nothing_moves(selling: TestShop) -> None:
    sold = sell(selling.shop)
    receipts.refund(selling.shop, sold.doc_id, reason="vráceno")
    assert (sold.warehouse_id, count(selling.shop, "stock_move")) == ("", 0)
    assert (level(selling), stock.levels(selling.shop, ["item-roll"])) == (None, {})


def test_a_sale_moves_goods_in_its_own_transaction(stocked: TestShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(queues, "add_job", full)
    with pytest.raises(StoreFailed):
        sell(stocked.shop)
    assert count(stocked.shop, "stock_move") == count(stocked.shop, "receipt") == 0


def test_a_refund_of_a_sale_from_before_the_warehouse_puts_nothing_into_it(selling: TestShop) -> None:
    sold = sell(selling.shop)
    save_settings(selling.shop, TillSettings(warehouse_id=WH))
    receipts.refund(selling.shop, sold.doc_id, reason="vráceno")
    assert level(selling) == NOTHING


# ---- levels


def test_a_level_is_what_was_pulled_and_own_movements_it_does_not_contain(stocked: TestShop) -> None:
    sell(stocked.shop)
    contained = head(stocked)
    sell(stocked.shop)
    pull(stocked, {"item-roll": 20}, upto=contained)
    assert level(stocked) == pieces(19)
    assert level(stocked, "item-soap") == pieces(-1)  # its level is not in the page, so it is as it was told before
    pull(stocked, {"item-roll": 5, "item-soap": -2}, upto=head(stocked), version=2)
    assert (level(stocked), level(stocked, "item-soap")) == (pieces(5), pieces(-2))
    assert count(stocked.shop, "stock_move") == 0


def test_levels_are_of_the_tills_own_warehouse_and_the_lowest_come_first(stocked: TestShop) -> None:
    with stocked.store.fact() as tables:
        shown = [replace(item, stocked=True) for item in (ROLL, SOAP, APPLES)]
        catalogue.put_items(tables, shown, stamps={item.item_id: "" for item in ITEMS})
    receive(stocked, "item-soap", 4)
    sell(stocked.shop, ROLL)
    found = stock.all_levels(stocked.shop)
    assert [(each.name, each.unit, each.level) for each in found] == [
        ("Rohlík tukový", "ks", pieces(-1)),
        ("Jablka Gála", "kg", NOTHING),
        ("Mýdlo s jelenem", "ks", pieces(4)),
    ]
    save_settings(stocked.shop, TillSettings(warehouse_id="another"))
    assert {each.level for each in stock.all_levels(stocked.shop)} == {NOTHING}
    save_settings(stocked.shop, TillSettings())
    with pytest.raises(Refused, match="stock_no_warehouse"):
        stock.all_levels(stocked.shop)


def test_more_items_than_one_question_takes_are_all_answered(stocked: TestShop) -> None:
    receive(stocked)
    ids = [f"item-{n}" for n in range(1200)] + ["item-roll"]
    found = stock.levels(stocked.shop, ids)
    assert (len(found), found["item-roll"], found["item-7"]) == (1201, pieces(10), NOTHING)


# ---- documents


def test_goods_come_in_go_out_and_elsewhere(stocked: TestShop) -> None:
    receive(stocked, n=10)
    stock.save_document(stocked.shop, draft(MoveKind.WRITE_OFF, ("item-roll", 2, 0), note="prošlé"))
    moved = stock.save_document(stocked.shop, draft(MoveKind.TRANSFER, ("item-roll", 3, 0), to="other"))
    assert moved.moves == (StockMove(WH, "item-roll", pieces(-3)), StockMove("other", "item-roll", pieces(3)))
    assert level(stocked) == pieces(5)
    assert kinds(stocked.shop)[-3:] == ["stock_moved"] * 3
    assert stocked.wakes.names == ["print", "sync"] * 3
    save_settings(stocked.shop, TillSettings(warehouse_id="other"))
    assert level(stocked) == pieces(3)


def test_a_stocktake_moves_the_difference_to_what_was_known_when_it_was_counted(stocked: TestShop) -> None:
    receive(stocked, n=10)
    sell(stocked.shop, ROLL)  # after the shelf was counted, before the document was saved
    taken = stock.save_document(stocked.shop, draft(MoveKind.STOCKTAKE, ("item-roll", 8, 10), ("item-soap", 0, 0)))
    assert [move.quantity for move in taken.moves] == [pieces(-2), NOTHING]
    assert taken.counted == (pieces(8), NOTHING)
    assert level(stocked) == pieces(7)


def test_documents_need_neither_an_open_shift_nor_a_network(till: TestShop) -> None:
    save_settings(till.shop, TillSettings(warehouse_id=WH))
    assert receive(till).moves == (StockMove(WH, "item-roll", pieces(10)),)
    assert level(till) == pieces(10)


def test_the_slip_has_names_and_waits_to_be_printed(stocked: TestShop) -> None:
    receive(stocked, n=10)
    ((kind, body, state),) = rows(
        stocked.shop, "SELECT kind, body, state FROM print_job WHERE kind = 'stock' ORDER BY n"
    )
    line = SlipLine("Rohlík tukový", "ks", pieces(10), NOTHING)
    assert from_json(StockSlip, str(body)) == StockSlip(MoveKind.GOODS_RECEIPT, "Jana", WH, "", "", (line,))
    assert (kind, state) == ("stock", "waiting")


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (draft(MoveKind.GOODS_RECEIPT), "empty"),
        (draft(MoveKind.GOODS_RECEIPT, ("item-roll", 0, 0)), "no_quantity"),
        (draft(MoveKind.WRITE_OFF, ("item-roll", 1, 0), note=" "), "stock_reason_missing"),
        (draft(MoveKind.TRANSFER, ("item-roll", 1, 0), to=WH), "same_warehouse"),
        (draft(MoveKind.TRANSFER, ("item-roll", 1, 0)), "no_warehouse"),
        (replace(draft(MoveKind.GOODS_RECEIPT, ("item-roll", 1, 0)), warehouse_id="x"), "stock_other_warehouse"),
        (draft(MoveKind.GOODS_RECEIPT, ("item-unknown", 1, 0)), "item-unknown"),
    ],
)
def test_what_makes_no_document_changes_nothing(stocked: TestShop, wrong: StockDraft, rule: str) -> None:
    stock.keep_draft(stocked.shop, wrong)
    before = count(stocked.shop, "journal")
    with pytest.raises((StockInvalid, Refused, NotFound)) as refused:
        stock.save_document(stocked.shop, wrong)
    assert str(refused.value) == rule
    assert count(stocked.shop, "journal") == before
    assert stock.kept_draft(stocked.shop) == wrong


# ---- drafts


def test_a_draft_outlasts_a_power_cut_and_ends_with_its_document(tmp_path: Path) -> None:
    till = make_shop(tmp_path)
    save_settings(till.shop, TillSettings(warehouse_id=WH))
    with till.store.fact() as tables:
        catalogue.put_items(tables, ITEMS, stamps={item.item_id: "" for item in ITEMS})
    begun = draft(MoveKind.GOODS_RECEIPT, ("item-roll", 3, 0))
    stock.keep_draft(till.shop, begun)
    assert cut_before(1, lambda: stock.save_document(till.shop, begun))
    till.store.close()
    again = make_shop(tmp_path)
    kept = stock.kept_draft(again.shop)
    assert kept == begun
    assert level(again) == NOTHING
    stock.save_document(again.shop, kept)
    assert (stock.kept_draft(again.shop), level(again)) == (None, pieces(3))
    stock.keep_draft(again.shop, begun)
    stock.drop_draft(again.shop)
    assert stock.kept_draft(again.shop) is None
    again.store.close()


def test_a_draft_that_cannot_be_read_is_kept_for_a_technician(till: TestShop) -> None:
    with till.store.mark() as tables:
        queues.set_note(tables, stock.DRAFT_NOTE, "not a draft", at="")
    assert stock.kept_draft(till.shop) is None
    assert queues.note(till.shop.tables, stock.LOST_DRAFT_NOTE) == "not a draft"


# ---- the till's journal elsewhere


def test_the_documents_of_a_lost_branch_count_once_in_the_new_epoch(stocked: TestShop) -> None:
    sell(stocked.shop, ROLL)
    common = head(stocked)
    sell(stocked.shop, ROLL)
    receive(stocked, n=5)
    fork.branch_off(stocked.shop, common[0], common[1] + 1, new_epoch=lambda: "e" * 16)
    assert level(stocked) == pieces(3)
    new = head(stocked)
    pull(stocked, {"item-roll": 40}, upto=(new[0], 1))  # the new epoch's opening is there, its documents are not
    assert level(stocked) == pieces(44)
    pull(stocked, {"item-roll": 44}, upto=new, version=2)
    assert level(stocked) == pieces(44)


def test_a_page_of_an_older_epoch_contains_nothing_of_a_newer_one(stocked: TestShop) -> None:
    """Rows of the old epoch came from the Backoffice after goods were sold in the new one."""
    old = head(stocked)
    last = journal.row_at(stocked.shop.tables, *old)
    assert last is not None
    with stocked.store.fact() as tables:
        journal.open_epoch(
            tables, epoch="e" * 16, reason="restore", doc_id="opened", at="", board_serial="", open_shift=""
        )
    save_settings(stocked.shop, TillSettings(warehouse_id=WH))
    receive(stocked, n=5)
    late = Row(
        till_id=last.row.till_id, epoch=old[0], seq=old[1] + 1, kind="line_voided", v=1, doc_id="late", at="",
        body="{}", prev_hash=last.row.hash, hash=b"x" * 32,
    )  # fmt: skip
    with stocked.store.fact() as tables:
        journal.insert_row(tables, late, shift_id="")
    pull(stocked, {"item-roll": 40}, upto=(old[0], old[1] + 1))
    assert level(stocked) == pieces(45)


@pytest.mark.parametrize(("source", "moved"), [(FROM_CARD, True), (FROM_BACKOFFICE, False)])
def test_what_a_card_holds_moves_goods_here_what_the_backoffice_gives_is_in_its_levels(
    tmp_path: Path, source: str, moved: bool
) -> None:
    """Both bring the rest of the journal to a copy of the till that lacks it."""
    (tmp_path / "copy").mkdir()
    whole, copy = make_shop(tmp_path), make_shop(tmp_path / "copy")
    for made in (whole, copy):
        with made.store.fact() as tables:
            catalogue.put_items(tables, ITEMS, stamps={item.item_id: "" for item in ITEMS})
        save_settings(made.shop, TillSettings(warehouse_id=WH))
    receive(whole, n=5)
    missing = [stored.row for stored in journal.rows_after(whole.shop.tables, 0, limit=99)]
    for _ in range(2):  # what has come already is passed over
        list(take_in(copy.shop, missing, Source(source, whole=True)))
    assert level(copy) == (pieces(5) if moved else NOTHING)
    assert kinds(copy.shop).count("stock_moved") == 1
    whole.store.close()
    copy.store.close()


def test_a_receipt_on_a_card_moves_goods_here(stocked: TestShop, tmp_path: Path) -> None:
    sold = sell(stocked.shop, ROLL)
    assert isinstance(sold, Receipt)
    (tmp_path / "found").mkdir()
    found = make_shop(tmp_path / "found")
    save_settings(found.shop, TillSettings(warehouse_id=WH))
    missing = [stored.row for stored in journal.rows_after(stocked.shop.tables, 0, limit=99)]
    list(take_in(found.shop, missing, Source(FROM_CARD, whole=True)))
    assert level(found) == pieces(-1)
    found.store.close()
