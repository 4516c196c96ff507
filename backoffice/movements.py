"""The movements of stock that a document stands for, checked so that writing them later cannot fail."""

from dataclasses import dataclass

from appliance.domain.pricelist import ROW_ID_CHARS_MAX
from appliance.domain.receipt import Receipt
from appliance.domain.stock import NOTE_CHARS_MAX, MoveKind, StockMove, StockMoved, check_moved, moves_of_receipt
from backoffice.pricelist.registers import printable

QUANTITY_LIMIT = 10_000_000_000  # ten million pieces: no document of a shop moves more of one item


class MovementInvalid(ValueError):
    """Stock cannot be moved like this; says why."""


@dataclass(frozen=True)
class Movements:
    """Of one document; `counted` in thousandths, per move, of a stocktake only. `at` as the shop's clock showed it."""

    doc_id: str
    kind: MoveKind
    user: str
    note: str
    moves: tuple[StockMove, ...]
    counted: tuple[int, ...]
    at: str
    at_utc: str


def movements_of_receipt(receipt: Receipt, *, at: str, at_utc: str) -> Movements | None:
    """None for one that moves nothing. Raises MovementInvalid."""
    moves = moves_of_receipt(receipt)
    if not moves:
        return None
    return _checked(
        Movements(receipt.doc_id, MoveKind(receipt.kind.value), printable(receipt.user), "", moves, (), at, at_utc)
    )


def movements_of_document(doc_id: str, moved: StockMoved, *, at: str, at_utc: str) -> Movements:
    """Raises StockInvalid or MovementInvalid."""
    if moved.kind in (MoveKind.SALE, MoveKind.REFUND):
        raise MovementInvalid("goods are sold and taken back by a receipt")
    check_moved(moved)
    counted = tuple(quantity.thousandths for quantity in moved.counted if moved.kind is MoveKind.STOCKTAKE)
    note = printable(moved.note, chars_max=NOTE_CHARS_MAX)
    return _checked(Movements(doc_id, moved.kind, printable(moved.user), note, moved.moves, counted, at, at_utc))


def _checked(movements: Movements) -> Movements:
    quantities = [move.quantity.thousandths for move in movements.moves]
    if any(abs(quantity) > QUANTITY_LIMIT for quantity in (*quantities, *movements.counted)):
        raise MovementInvalid("a quantity is larger than any shop has")
    for move in movements.moves:
        if not (_is_key(move.item_id) and _is_key(move.warehouse_id)):
            raise MovementInvalid("an item or a warehouse has an id that cannot be")
    return movements


def _is_key(text: str) -> bool:
    return 0 < len(text) <= ROW_ID_CHARS_MAX and text.isprintable()
