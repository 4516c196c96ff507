import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from appliance.domain.money import Quantity
from appliance.domain.stock import MoveKind, StockInvalid, StockMove, StockMoved
from appliance.wire import CHANGES_WAITING_MAX, SEQ_MAX, Position, StockPage
from backoffice.contained import CursorAhead
from backoffice.movements import QUANTITY_LIMIT, movements_of_document
from backoffice.projected import Place
from backoffice.stock import move_stock, stock_page, stock_waiting, write_movements
from tests.backoffice.house import Office
from tests.journals import MORNING, TillJournal


def moved(*moves: tuple[str, str, int], kind: MoveKind = MoveKind.GOODS_RECEIPT) -> StockMoved:
    return StockMoved(kind, "", tuple(StockMove(w, i, Quantity(q)) for w, i, q in moves), note="Pekárna")


def receive(office: Office, *moves: tuple[str, str, int]) -> str:
    return move_stock(office.tables, office.account_id, moved(*moves), user="Majitel", now=MORNING)


def levels(office: Office) -> dict[tuple[str, str], tuple[int, int]]:
    """Quantity and version."""
    return {
        (each["warehouse_id"], each["item_id"]): (each["quantity"], each["version"])
        for each in office.content("stock_level")
    }


def pull(office: Office, place: Place, since: int = 0, *, warehouse_id: str = "w1", **more: Any) -> StockPage:
    text = stock_page(
        office.tables, place, warehouse_id=warehouse_id, since=since, **({"limit": 500, "epochs": []} | more)
    )
    assert set(json.loads(text)) <= set(StockPage.model_fields)
    return StockPage.model_validate_json(text)


def waiting(office: Office, since: int, warehouse_id: str = "w1") -> int:
    with office.tables.reading():
        return stock_waiting(office.tables, office.account_id, warehouse_id=warehouse_id, since=since)


@pytest.fixture
def till(office: Office) -> Place:
    return office.place(TillJournal())


def test_a_level_is_the_sum_of_its_movements(office: Office) -> None:
    receive(office, ("w1", "i1", 5000), ("w1", "i2", 1500), ("w1", "i1", 250))
    receive(office, ("w1", "i1", 1000))
    assert levels(office) == {("w1", "i1"): (6250, 3), ("w1", "i2"): (1500, 2)}


def test_a_document_of_the_backoffice_is_kept_and_told_to_open_pages(office: Office) -> None:
    doc_id = receive(office, ("w1", "i1", 5000))
    (movement,) = office.content("stock_movement")
    assert movement == {
        "account_id": office.account_id,
        "doc_id": doc_id,
        "n": 0,
        "warehouse_id": "w1",
        "item_id": "i1",
        "quantity": 5000,
        "kind": "goods_receipt",
        "till_id": "",
        "user_name": "Majitel",
        "note": "Pekárna",
        "counted": None,
        "at": "2026-11-24T08:00:00+01:00",
        "at_utc": "2026-11-24T07:00:00+00:00",
    }
    assert [(each["kind"], each["subject"]) for each in office.content("event")] == [("stock", "w1")]


def test_a_transfer_moves_between_warehouses_that_count_by_themselves(office: Office) -> None:
    transfer = moved(("w1", "i1", -2000), ("w2", "i1", 2000), kind=MoveKind.TRANSFER)
    receive(office, ("w1", "i1", 5000))
    move_stock(office.tables, office.account_id, transfer, user="Majitel", now=MORNING)
    assert levels(office) == {("w1", "i1"): (3000, 2), ("w2", "i1"): (2000, 1)}


def test_stock_may_be_less_than_nothing(office: Office) -> None:
    write_off = moved(("w1", "i1", -2000), kind=MoveKind.WRITE_OFF)
    move_stock(office.tables, office.account_id, write_off, user="Majitel", now=MORNING)
    assert levels(office) == {("w1", "i1"): (-2000, 1)}


def test_a_document_that_is_not_one_leaves_no_trace(office: Office) -> None:
    with pytest.raises(StockInvalid):
        receive(office)
    assert office.content("stock_movement") == office.content("stock_counter") == []


def test_a_level_stays_within_what_a_till_can_read(office: Office) -> None:
    receive(office, ("w1", "i1", QUANTITY_LIMIT))
    with office.tables.writing():
        level = office.tables.stock_level
        level.update(quantity=SEQ_MAX).where(level.c.item_id == "i1").execute()
    receive(office, ("w1", "i1", QUANTITY_LIMIT))
    assert levels(office) == {("w1", "i1"): (SEQ_MAX, 2)}


def test_a_till_pulls_the_levels_of_a_warehouse_that_changed_since(office: Office, till: Place) -> None:
    receive(office, ("w1", "i1", 5000), ("w1", "i2", 6000), ("w2", "i1", 9000))
    receive(office, ("w1", "i1", 1000))
    page = pull(office, till)
    assert [(level.item_id, level.quantity) for level in page.levels] == [("i2", 6000), ("i1", 6000)]
    assert (page.version, page.more, page.as_of) == (3, False, None)
    assert [level.item_id for level in pull(office, till, 2).levels] == ["i1"]
    assert pull(office, till, 3).levels == ()
    assert pull(office, till, warehouse_id="w9").levels == ()


def test_pages_of_levels_follow_each_other(office: Office, till: Place) -> None:
    receive(office, *(("w1", f"i{n}", 1000) for n in range(5)))
    first = pull(office, till, limit=3)
    second = pull(office, till, first.version, limit=3)
    assert (len(first.levels), first.more, len(second.levels), second.more, second.version) == (3, True, 2, False, 5)


def test_a_page_of_levels_says_how_much_of_the_journal_is_in_it(office: Office) -> None:
    journal = TillJournal()
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    assert pull(office, place, epochs=[journal.epoch]).as_of == Position(epoch=journal.epoch, seq=1)


def test_a_cursor_of_stock_that_was_never_given_is_told(office: Office, till: Place) -> None:
    receive(office, ("w1", "i1", 5000))
    with pytest.raises(CursorAhead):
        pull(office, till, 2)
    assert [waiting(office, since) for since in (0, 1, 2)] == [1, 0, 1]
    assert waiting(office, 0, "w9") == 0


def test_no_more_levels_are_counted_than_anybody_wants_to_know(office: Office) -> None:
    documents = [
        movements_of_document(
            f"d{start}", moved(*(("w1", f"i{n}", 1) for n in range(start, start + 500))), at="", at_utc=""
        )
        for start in range(0, CHANGES_WAITING_MAX + 500, 500)
    ]
    with office.tables.writing():
        write_movements(office.tables, office.account_id, documents, till_id="")
    assert waiting(office, 0) == CHANGES_WAITING_MAX
    assert waiting(office, CHANGES_WAITING_MAX) == 500


def test_documents_written_at_the_same_time_are_all_in_the_levels(office: Office) -> None:
    def work(n: int) -> None:
        for _ in range(8):
            moves = [("w1", "i1", 1000), ("w2", "i1", 1000), ("w1", f"own{n}", 1000)]
            receive(office, *(moves if n % 2 else reversed(moves)))

    with ThreadPoolExecutor(max_workers=3) as pool:
        for each in [pool.submit(work, n) for n in range(3)]:
            each.result()
    held = levels(office)
    assert (held["w1", "i1"][0], held["w2", "i1"][0]) == (24_000, 24_000)
    versions = [version for (warehouse_id, _), (_, version) in held.items() if warehouse_id == "w1"]
    assert len(set(versions)) == len(versions)
    assert max(versions) == 48
