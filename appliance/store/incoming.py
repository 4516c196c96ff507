"""Rows of this till's journal that were not written here: what they put into the tables."""

from peewee import fn

from appliance.domain.codec import to_json
from appliance.domain.journal import ShiftClosed
from appliance.domain.receipt import Receipt
from appliance.store import sales
from appliance.store.sales import ShiftRow
from appliance.store.tables import Tables

NEVER_PROVEN = "null"  # JSON; the closing of such a shift is not ours to have proven


def holds_document(tables: Tables, doc_id: str) -> bool:
    j = tables.journal
    return j.select(j.row).where(j.doc_id == doc_id).limit(1).tuples().first() is not None


def stands_elsewhere(tables: Tables, doc_id: str, *, place: int) -> bool:
    """Whether another row carries the same document."""
    j = tables.journal
    return j.select(j.row).where((j.doc_id == doc_id) & (j.row != place)).limit(1).tuples().first() is not None


def shift_of_receipt(tables: Tables, doc_id: str) -> str:
    r = tables.receipt
    return str(r.select(r.shift_id).where(r.doc_id == doc_id).scalar() or "")


def shift_state(tables: Tables, shift_id: str) -> str:
    """open, closed, unclosed (of another device, whose closing has not come) or '' for an unknown one."""
    s = tables.shift
    found = s.select(s.closed_at, s.closing).where(s.shift_id == shift_id).tuples().first()
    if found is None:
        return ""
    return "open" if found[0] is None else "closed" if found[1] else "unclosed"


def add_shift(tables: Tables, shift: ShiftRow) -> None:
    """A shift of another device, without its closing."""
    tables.shift.insert(
        shift_id=shift.shift_id,
        number=shift.number,
        opened_at=shift.opened_at,
        user=shift.user,
        opening_float=shift.opening_float.haler,
        closed_at=shift.opened_at,
        proof=NEVER_PROVEN,
    ).execute()


def close_shift(tables: Tables, shift_id: str, *, closed_at: str, closing: ShiftClosed) -> None:
    """Its closing has come; it is to be proven like one of our own."""
    s = tables.shift
    s.update(closed_at=closed_at, closing=to_json(closing), proof=None).where(s.shift_id == shift_id).execute()


def outside_number(tables: Tables) -> int:
    """A number for a shift of another device, below all of this till's own."""
    s = tables.shift
    return min(0, int(s.select(fn.MIN(s.number)).scalar() or 0)) - 1


def works_in_shift(tables: Tables, shift_id: str, *, epoch: str) -> bool:
    """Whether anything of this shift was written in that epoch."""
    j = tables.journal
    return (
        j.select(j.row).where((j.shift_id == shift_id) & (j.shift_id != "") & (j.epoch == epoch)).limit(1).scalar()
        is not None
    )


def receipt_is_here(tables: Tables, doc_id: str) -> bool:
    r = tables.receipt
    return r.select(r.doc_id).where(r.doc_id == doc_id).scalar() is not None


def free_number(tables: Tables, number: str) -> str:
    """How a receipt is listed: by its number; two cards that went on alike gave some twice, then the second is `/2`."""
    r = tables.receipt
    listed, n = number, 1
    while r.select(r.doc_id).where(r.number == listed).scalar() is not None:
        n += 1
        listed = f"{number}/{n}"
    return listed


def can_be_refunded_by(tables: Tables, receipt: Receipt) -> bool:
    """Whether the original of a refund is here and no other refund names it."""
    if receipt.original is None:
        return False
    r = tables.receipt
    here = r.select(r.doc_id).where(r.doc_id == receipt.original.doc_id).scalar() is not None
    return here and not sales.is_refunded(tables, receipt.original.doc_id)


def cash_move_is_here(tables: Tables, doc_id: str) -> bool:
    c = tables.cash_move
    return c.select(c.doc_id).where(c.doc_id == doc_id).scalar() is not None
