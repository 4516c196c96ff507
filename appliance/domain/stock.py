"""Stock: only signed movements travel, a level is their sum (sync.md §5)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from appliance.domain.money import Quantity
from appliance.domain.receipt import Receipt, ReceiptKind

NOTE_CHARS_MAX = 120
MOVES_MAX = 500
"""Of one document."""
LINES_MAX = MOVES_MAX // 2  # a transfer is two movements a line
QUANTITY_MAX = 999_999_999  # thousandths; as much as can be typed


class MoveKind(StrEnum):
    SALE = "sale"
    REFUND = "refund"
    GOODS_RECEIPT = "goods_receipt"  # příjem
    STOCKTAKE = "stocktake"  # inventura
    TRANSFER = "transfer"  # převodka: two movements of one document
    WRITE_OFF = "write_off"  # odpis


@dataclass(frozen=True)
class StockMove:
    """What came into a warehouse (positive) or left it (negative)."""

    warehouse_id: str
    item_id: str
    quantity: Quantity


@dataclass(frozen=True)
class StockMoved:
    """A document that moves goods without a sale; a journal body. `counted` is what a stocktake found, per move."""

    kind: MoveKind
    user: str
    moves: tuple[StockMove, ...]
    note: str = ""
    counted: tuple[Quantity, ...] = ()


@dataclass(frozen=True)
class DraftLine:
    """`quantity` is what came, is gone, goes elsewhere, or was counted; `known` the level here when it was counted."""

    item_id: str
    quantity: Quantity
    known: Quantity


@dataclass(frozen=True)
class StockDraft:
    """A document being written. Each item stands in it once, the last one touched at the end."""

    kind: MoveKind
    warehouse_id: str
    lines: tuple[DraftLine, ...] = ()
    to_warehouse: str = ""
    note: str = ""

    def line(self, item_id: str) -> DraftLine | None:
        return next((line for line in self.lines if line.item_id == item_id), None)

    def without(self, item_id: str) -> "StockDraft":
        return replace(self, lines=tuple(line for line in self.lines if line.item_id != item_id))


@dataclass(frozen=True)
class SlipLine:
    name: str
    unit: str
    quantity: Quantity
    known: Quantity


@dataclass(frozen=True)
class StockSlip:
    """What is printed of a document: names instead of ids. `to_name` is the other warehouse of a transfer."""

    kind: MoveKind
    user: str
    warehouse: str
    to_name: str
    note: str
    lines: tuple[SlipLine, ...]


class StockInvalid(ValueError):
    """`rule` is a machine word: empty, too_many, no_quantity, wrong_sign, same_warehouse, no_warehouse."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def moves_of_receipt(receipt: Receipt) -> tuple[StockMove, ...]:
    """What a sale takes from its warehouse, a refund puts back: one movement per item. None without a warehouse."""
    if not receipt.warehouse_id:
        return ()
    sign = 1 if receipt.kind is ReceiptKind.REFUND else -1
    sums: dict[str, int] = {}
    for line in receipt.lines:
        if line.item_id is not None:
            sums[line.item_id] = sums.get(line.item_id, 0) + sign * abs(line.quantity.thousandths)
    return tuple(
        StockMove(receipt.warehouse_id, item_id, Quantity(quantity)) for item_id, quantity in sums.items() if quantity
    )


def goods_receipt(*, warehouse_id: str, quantities: Iterable[tuple[str, Quantity]], user: str, note: str) -> StockMoved:
    """From (item_id, what came). Raises StockInvalid."""
    moves = tuple(StockMove(warehouse_id, item_id, quantity) for item_id, quantity in quantities)
    return check_moved(StockMoved(MoveKind.GOODS_RECEIPT, user, moves, note[:NOTE_CHARS_MAX]))


def write_off(*, warehouse_id: str, quantities: Iterable[tuple[str, Quantity]], user: str, note: str) -> StockMoved:
    """From (item_id, what is gone, as a positive number). Raises StockInvalid."""
    moves = tuple(StockMove(warehouse_id, item_id, Quantity(-q.thousandths)) for item_id, q in quantities)
    return check_moved(StockMoved(MoveKind.WRITE_OFF, user, moves, note[:NOTE_CHARS_MAX]))


def transfer(
    *, from_warehouse: str, to_warehouse: str, quantities: Iterable[tuple[str, Quantity]], user: str, note: str
) -> StockMoved:
    """Each item leaves one warehouse and comes into the other. Raises StockInvalid."""
    if from_warehouse == to_warehouse:
        raise StockInvalid("same_warehouse")
    moves: list[StockMove] = []
    for item_id, quantity in quantities:
        moves += [
            StockMove(from_warehouse, item_id, Quantity(-quantity.thousandths)),
            StockMove(to_warehouse, item_id, quantity),
        ]
    return check_moved(StockMoved(MoveKind.TRANSFER, user, tuple(moves), note[:NOTE_CHARS_MAX]))


def stocktake(
    *, warehouse_id: str, found: Iterable[tuple[str, Quantity, Quantity]], user: str, note: str
) -> StockMoved:
    """From (item_id, level known here, what was counted): the movements are the differences; a count that agrees is
    kept too, with a movement of nothing. Raises StockInvalid."""
    rows = tuple(found)
    moves = tuple(StockMove(warehouse_id, i, Quantity(c.thousandths - k.thousandths)) for i, k, c in rows)
    counted = tuple(count for _, _, count in rows)
    return check_moved(StockMoved(MoveKind.STOCKTAKE, user, moves, note[:NOTE_CHARS_MAX], counted))


def put_line(draft: StockDraft, item_id: str, quantity: Quantity, *, known: Quantity) -> StockDraft:
    """The item with this quantity; `known` is its level now. Raises StockInvalid."""
    if abs(quantity.thousandths) > QUANTITY_MAX:
        raise StockInvalid("too_much")
    after = draft.without(item_id)
    if len(after.lines) >= LINES_MAX:
        raise StockInvalid("too_many")
    return replace(after, lines=(*after.lines, DraftLine(item_id, quantity, known)))


def add_to_line(draft: StockDraft, item_id: str, quantity: Quantity, *, known: Quantity) -> StockDraft:
    """So much more of the item, as when it is scanned again. A level that was known when its count began stays: what
    was sold since then was there when it was counted. Raises StockInvalid."""
    held = draft.line(item_id)
    if held is None:
        return put_line(draft, item_id, quantity, known=known)
    return put_line(draft, item_id, Quantity(held.quantity.thousandths + quantity.thousandths), known=held.known)


def check_moved(moved: StockMoved) -> StockMoved:
    """The document itself if it may be journalled. Raises StockInvalid."""
    if not moved.moves:
        raise StockInvalid("empty")
    if len(moved.moves) > MOVES_MAX:
        raise StockInvalid("too_many")
    if not all(move.warehouse_id and move.item_id for move in moved.moves):
        raise StockInvalid("no_warehouse")
    quantities: list[int] = [move.quantity.thousandths for move in moved.moves]
    if moved.kind is not MoveKind.STOCKTAKE and not all(quantities):
        raise StockInvalid("no_quantity")
    if moved.kind is MoveKind.GOODS_RECEIPT and min(quantities) < 0:
        raise StockInvalid("wrong_sign")
    if moved.kind is MoveKind.WRITE_OFF and max(quantities) > 0:
        raise StockInvalid("wrong_sign")
    net = sum(quantities)
    if moved.kind is MoveKind.TRANSFER and net != 0:
        raise StockInvalid("wrong_sign")
    if moved.kind is MoveKind.STOCKTAKE and len(moved.counted) != len(moved.moves):
        raise StockInvalid("empty")
    return moved
