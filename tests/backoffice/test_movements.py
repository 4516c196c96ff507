from dataclasses import replace

import pytest

from appliance.domain.money import Quantity
from appliance.domain.receipt import Receipt
from appliance.domain.stock import MoveKind, StockMove, StockMoved
from backoffice.movements import QUANTITY_LIMIT, MovementInvalid, movements_of_document, movements_of_receipt
from tests.journals import TillJournal

AT = {"at": "2026-11-24T08:00:00+01:00", "at_utc": "2026-11-24T07:00:00+00:00"}


def a_receipt() -> Receipt:
    journal = TillJournal()
    journal.open_shift()
    return replace(journal.sell(), warehouse_id="w1")


def moved(kind: MoveKind, *quantities: int, item_id: str = "i1", counted: tuple[int, ...] = ()) -> StockMoved:
    moves = tuple(StockMove("w1", item_id, Quantity(quantity)) for quantity in quantities)
    return StockMoved(kind, "Jana", moves, counted=tuple(Quantity(count) for count in counted))


def test_a_sale_takes_from_its_warehouse_what_was_sold() -> None:
    receipt = a_receipt()
    movements = movements_of_receipt(receipt, **AT)
    assert movements is not None
    assert (movements.doc_id, movements.kind, movements.user) == (receipt.doc_id, MoveKind.SALE, receipt.user)
    assert sum(move.quantity.thousandths for move in movements.moves) == -sum(
        line.quantity.thousandths for line in receipt.lines
    )


def test_a_receipt_without_a_warehouse_moves_nothing() -> None:
    assert movements_of_receipt(replace(a_receipt(), warehouse_id=""), **AT) is None


def test_a_stocktake_keeps_what_was_counted() -> None:
    movements = movements_of_document("d1", moved(MoveKind.STOCKTAKE, -1000, 0, counted=(5000, 7000)), **AT)
    assert movements.counted == (5000, 7000)


@pytest.mark.parametrize(
    "document",
    [
        moved(MoveKind.SALE, -1000),
        moved(MoveKind.REFUND, 1000),
        moved(MoveKind.GOODS_RECEIPT),
        moved(MoveKind.GOODS_RECEIPT, QUANTITY_LIMIT + 1),
        moved(MoveKind.WRITE_OFF, -QUANTITY_LIMIT - 1),
        moved(MoveKind.STOCKTAKE, 1, counted=(QUANTITY_LIMIT + 1,)),
        moved(MoveKind.STOCKTAKE, 1),
        moved(MoveKind.GOODS_RECEIPT, 1000, item_id="x" * 65),
        moved(MoveKind.GOODS_RECEIPT, 1000, item_id="a\0b"),
    ],
)
def test_a_document_that_no_shop_has_is_refused(document: StockMoved) -> None:
    with pytest.raises(ValueError, match=r".+"):
        movements_of_document("d1", document, **AT)


def test_a_receipt_with_a_quantity_that_cannot_be_is_refused() -> None:
    receipt = a_receipt()
    line = replace(receipt.lines[0], quantity=Quantity(QUANTITY_LIMIT + 1))
    with pytest.raises(MovementInvalid):
        movements_of_receipt(replace(receipt, lines=(line,)), **AT)


def test_texts_are_such_that_every_database_keeps_them() -> None:
    document = replace(moved(MoveKind.GOODS_RECEIPT, 1000), user="Jana\0", note="x" * 1000)
    movements = movements_of_document("d1", document, **AT)
    assert (movements.user, len(movements.note)) == ("Jana?", 120)
