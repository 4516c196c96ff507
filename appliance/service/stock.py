"""Stock on the till: how much of an item the warehouse has, and documents that move goods without a sale (sync.md §5).

Everything works without a network, for as long as it takes. A level may be negative: it warns, and blocks nothing.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain.catalogue import Item
from appliance.domain.clock import iso
from appliance.domain.codec import CodecError, from_json, to_json
from appliance.domain.journal import Kind
from appliance.domain.money import Quantity
from appliance.domain.stock import (
    MoveKind,
    SlipLine,
    StockDraft,
    StockMoved,
    StockSlip,
    goods_receipt,
    stocktake,
    transfer,
    write_off,
)
from appliance.service.errors import NotFound, Refused
from appliance.service.settings import settings_in
from appliance.service.shop import Shop
from appliance.store import catalogue, journal, queues, stock, warehouses
from appliance.store.queues import JobKind
from appliance.store.tables import Tables

log = logging.getLogger(__name__)

DRAFT_NOTE = "stock_draft"
LOST_DRAFT_NOTE = "lost_stock_draft"  # the text of a draft that could not be read


@dataclass(frozen=True)
class ItemLevel:
    item_id: str
    name: str
    unit: str
    level: Quantity


def levels(shop: Shop, item_ids: Sequence[str]) -> dict[str, Quantity]:
    """By item_id, in the till's own warehouse; empty when it has none."""
    with shop.snapshot() as tables:
        warehouse_id = settings_in(tables).warehouse_id
        found = stock.levels_of(tables, warehouse_id, item_ids) if warehouse_id and item_ids else {}
    return {item_id: Quantity(thousandths) for item_id, thousandths in found.items()}


def levels_kept(shop: Shop, items: Sequence[Item]) -> dict[str, Quantity]:
    """By item_id, of those of which stock is kept."""
    kept = [item.item_id for item in items if item.stocked]
    return levels(shop, kept) if kept else {}


def level(shop: Shop, item_id: str) -> Quantity | None:
    """None when the till has no warehouse."""
    return levels(shop, [item_id]).get(item_id)


def all_levels(shop: Shop) -> tuple[ItemLevel, ...]:
    """Of every item of which stock is kept, the lowest first. Raises Refused: stock_no_warehouse."""
    with shop.snapshot() as tables:
        warehouse_id = _own_warehouse(tables)
        items = stock.stocked_items(tables)
        found = stock.levels_of(tables, warehouse_id, [item_id for item_id, _, _ in items])
    listed = [ItemLevel(item_id, name, unit, Quantity(found[item_id])) for item_id, name, unit in items]
    return tuple(sorted(listed, key=lambda each: each.level))


# ---- drafts


def keep_draft(shop: Shop, draft: StockDraft) -> None:
    """As a mark, so that it comes back after a power cut."""
    with shop.mark() as tables:
        queues.set_note(tables, DRAFT_NOTE, to_json(draft), at=iso(shop.now()))


def drop_draft(shop: Shop) -> None:
    with shop.mark() as tables:
        queues.drop_note(tables, DRAFT_NOTE)


def kept_draft(shop: Shop) -> StockDraft | None:
    """What was being written when the till went down; one that cannot be read is put aside for a technician."""
    text = queues.note(shop.tables, DRAFT_NOTE)
    if text is None:
        return None
    try:
        return from_json(StockDraft, text)
    except CodecError:
        log.error("the draft of a stock document cannot be read, its text is in note %s", LOST_DRAFT_NOTE)
        with shop.mark() as tables:
            queues.set_note(tables, LOST_DRAFT_NOTE, text, at=iso(shop.now()))
            queues.drop_note(tables, DRAFT_NOTE)
        return None


# ---- documents


def save_document(shop: Shop, draft: StockDraft) -> StockMoved:
    """The draft as one document, in one commit with its movements and its paper; the draft is gone then.

    Raises Refused (stock_no_warehouse), StockInvalid, NotFound, StoreFailed; nothing has happened then.
    """
    at, doc_id, job_id = iso(shop.now()), shop.new_id(), shop.new_id()
    warehouse_id = _own_warehouse(shop.tables)
    moved = _document(draft, warehouse_id=warehouse_id, user=shop.user)
    slip = _slip(shop.tables, draft, moved, warehouse_id=warehouse_id)
    with shop.fact() as tables:
        if _own_warehouse(tables) != warehouse_id:
            raise Refused("stock_other_warehouse")
        place, _ = journal.append(tables, Kind.STOCK_MOVED, moved, doc_id=doc_id, at=at)
        stock.add_moves(tables, moved.moves, place=place)
        queues.add_job(
            tables, job_id=job_id, kind=JobKind.STOCK, doc_id=doc_id, number="", at=at, boot=shop.boot,
            body=to_json(slip),
        )  # fmt: skip
        queues.drop_note(tables, DRAFT_NOTE)
    shop.wake("print", "sync")
    return moved


def _own_warehouse(tables: Tables) -> str:
    warehouse_id = settings_in(tables).warehouse_id
    if not warehouse_id:
        raise Refused("stock_no_warehouse")
    return warehouse_id


def _document(draft: StockDraft, *, warehouse_id: str, user: str) -> StockMoved:
    quantities = [(line.item_id, line.quantity) for line in draft.lines]
    if draft.warehouse_id != warehouse_id:
        raise Refused("stock_other_warehouse")
    match draft.kind:
        case MoveKind.GOODS_RECEIPT:
            return goods_receipt(warehouse_id=warehouse_id, quantities=quantities, user=user, note=draft.note)
        case MoveKind.WRITE_OFF:
            if not draft.note.strip():
                raise Refused("stock_reason_missing")
            return write_off(warehouse_id=warehouse_id, quantities=quantities, user=user, note=draft.note)
        case MoveKind.TRANSFER:
            return transfer(
                from_warehouse=warehouse_id,
                to_warehouse=draft.to_warehouse,
                quantities=quantities,
                user=user,
                note=draft.note,
            )
        case _:
            assert draft.kind is MoveKind.STOCKTAKE
            found = [(line.item_id, line.known, line.quantity) for line in draft.lines]
            return stocktake(warehouse_id=warehouse_id, found=found, user=user, note=draft.note)


def _slip(tables: Tables, draft: StockDraft, moved: StockMoved, *, warehouse_id: str) -> StockSlip:
    """Raises NotFound when an item of the draft is not in the price list any more."""
    names = {each.warehouse_id: each.name for each in warehouses.warehouses(tables)}
    ids = [line.item_id for line in draft.lines]
    items = {item.item_id: item for item in catalogue.load_items(tables, ids)}
    if missing := [item_id for item_id in ids if item_id not in items]:
        raise NotFound(missing[0])
    lines = tuple(
        SlipLine(items[line.item_id].name, items[line.item_id].unit.value, line.quantity, line.known)
        for line in draft.lines
    )
    to_name = names.get(draft.to_warehouse, draft.to_warehouse)
    return StockSlip(moved.kind, moved.user, names.get(warehouse_id, warehouse_id), to_name, moved.note, lines)
