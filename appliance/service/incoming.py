"""Rows of this till's own journal that come from outside: from the Backoffice, or from a card that was found.

They are kept under their epoch, as they were written, and what they say is put into the tables: receipts into the list,
their EET data among those to be sent, shifts and cash. A row that is here already is passed over, so whatever was
interrupted is simply done again. Where the other journal went its own way, its documents go into the current epoch.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from appliance.domain.clock import iso, parse_iso
from appliance.domain.codec import CodecError
from appliance.domain.delivery import FiscalState
from appliance.domain.journal import (
    BODY_BYTES_MAX,
    CashMoved,
    Deferred,
    EpochOpened,
    FiscalCorrected,
    Kind,
    ReceiptFiscalised,
    Row,
    RowsTakenOver,
    ShiftClosed,
    ShiftOpened,
    read_body,
    row_verifies,
)
from appliance.domain.money import ZERO
from appliance.domain.receipt import Receipt
from appliance.domain.stock import StockMove, StockMoved, moves_of_receipt
from appliance.service.errors import Refused
from appliance.service.shop import Shop
from appliance.store import branches, fiscal, incoming, journal, pull, sales, stock
from appliance.store.sales import ShiftRow
from appliance.store.tables import Tables

AT_ONCE = 10  # receipts with all their rows: 50 at once held the write lock for more than 100 ms
REST_S = 0.05  # SQLite's waiting is not fair: a sale gets its turn between two steps
FROM_BACKOFFICE, FROM_CARD = "backoffice", "card"
FOUND_CARD = "found_card"
EPOCH = re.compile("[0-9a-f]{16}")
ID_CHARS, KIND_CHARS_MAX, AT_CHARS_MAX = 36, 64, 40
OTHER_BOOT = "another device"  # never this start of the machine: what is sent again is not sent for the first time


@dataclass(frozen=True)
class TakenIn:
    """How many rows were new, here already, and put into the current epoch because the journals had parted."""

    new: int = 0
    held: int = 0
    again: int = 0

    def __add__(self, other: "TakenIn") -> "TakenIn":
        return TakenIn(self.new + other.new, self.held + other.held, self.again + other.again)


@dataclass(frozen=True)
class Source:
    """`whole`: no row is left out between two of one epoch, so a closing may stand on them."""

    name: str
    whole: bool


def check_row(row: Row, *, till_id: str) -> Any:
    """The row's body; one that cannot be read is kept unread. Raises Refused: other_till, damaged."""
    if row.till_id != till_id:
        raise Refused("other_till")
    if not _can_travel(row) or not row_verifies(row):
        raise Refused("damaged")
    try:
        return read_body(row.kind, row.v, row.body)
    except CodecError:
        return Deferred(row.kind, row.v)


def _can_travel(row: Row) -> bool:
    """Whether it can be kept and sent on (appliance.wire): one that cannot would hold up every row after it."""
    try:
        parse_iso(row.at)
    except (ValueError, AssertionError):
        return False
    return (
        EPOCH.fullmatch(row.epoch) is not None
        and 1 <= row.seq < 2**53
        and 1 <= row.v < 2**31
        and len(row.doc_id) == ID_CHARS
        and 1 <= len(row.kind) <= KIND_CHARS_MAX
        and len(row.at) <= AT_CHARS_MAX
        and len(row.body.encode()) <= BODY_BYTES_MAX
    )


def is_beyond(till: journal.Till, row: Row) -> bool:
    """Whether the row stands right after the till's last one: this database is an older copy of what it comes from."""
    return (row.epoch, row.seq, row.prev_hash) == (till.epoch, till.head_seq + 1, till.head_hash)


def go_on_elsewhere(shop: Shop, *, new_epoch: Callable[[], str]) -> None:
    """A new epoch with a series of its own: numbers and places after the head are taken by rows that are to come in."""
    at = iso(shop.now())
    with shop.fact() as tables:
        board_serial = journal.the_till(tables).board_serial
        journal.open_epoch(
            tables,
            epoch=new_epoch(),
            reason=FOUND_CARD,
            doc_id=shop.new_id(),
            at=at,
            board_serial=board_serial,
            open_shift=_open_shift_id(tables),
        )
        pull.pull_anew(tables)


def take_in(shop: Shop, rows: Sequence[Row], source: Source) -> Iterator[TakenIn]:
    """In short transactions; after each, what came of it. The caller rests between them (`rest`).

    Raises Refused: other_till, damaged; nothing of that step has happened then.
    """
    till_id = journal.the_till(shop.tables).till_id
    for n in range(0, len(rows), AT_ONCE):
        step = [(row, check_row(row, till_id=till_id)) for row in rows[n : n + AT_ONCE]]
        if all(_is_held(shop.tables, row) for row, _ in step):  # no lock for nothing: rows once kept stay
            yield TakenIn(held=len(step))
            continue
        at = iso(shop.now())
        with shop.fact() as tables:
            done = _take_step(tables, step, source, at=at, new_id=shop.new_id)
        yield done


def rest(begun: float) -> None:
    """After a step that began then (monotonic)."""
    time.sleep(max(REST_S, time.monotonic() - begun))


def _take_step(
    tables: Tables, step: Sequence[tuple[Row, Any]], source: Source, *, at: str, new_id: Callable[[], str]
) -> TakenIn:
    shifts = {_open_shift_id(tables)}
    done = TakenIn()
    stored: list[tuple[Row, str]] = []
    for row, body in step:
        if _is_held(tables, row):
            done += TakenIn(held=1)
            continue
        held = journal.row_at(tables, row.epoch, row.seq)
        shift_id = _shift_of(tables, body)
        if held is None and _continues(tables, row, body, source):
            place = journal.insert_row(tables, row, shift_id=shift_id)
            stored.append((row, shift_id))
            done += TakenIn(new=1)
        elif row.kind == Kind.EPOCH_OPENED or incoming.holds_document(tables, row.doc_id):
            done += TakenIn(held=1)
            continue
        else:
            place, _ = journal.append_raw(
                tables, kind=row.kind, v=row.v, body=row.body, doc_id=row.doc_id, at=row.at, shift_id=shift_id
            )
            done += TakenIn(again=1)
        _apply(tables, row, body, place=place, source=source)
    shifts.add(_open_shift_id(tables))
    last = {row.epoch: row.seq for row, shift_id in stored if source.whole and shift_id and shift_id in shifts}
    for epoch, seq in last.items():
        taken = RowsTakenOver(epoch, seq, source.name)
        journal.append(tables, Kind.ROWS_TAKEN_OVER, taken, doc_id=new_id(), at=at)
    return done


def _is_held(tables: Tables, row: Row) -> bool:
    held = journal.row_at(tables, row.epoch, row.seq)
    return held is not None and held.row.hash == row.hash


def _open_shift_id(tables: Tables) -> str:
    shift = sales.open_shift(tables)
    return shift.shift_id if shift else ""


def _continues(tables: Tables, row: Row, body: Any, source: Source) -> bool:
    """Whether the row can stand under its epoch: nothing that is here contradicts it, and nobody is writing there."""
    if row.epoch == journal.the_till(tables).epoch:
        return False
    if source.name == FROM_BACKOFFICE and not source.whole and row.epoch not in branches.partial_epochs(tables):
        return False  # rows between it and those that are here would be missing
    lost = branches.lost_rows(tables)
    if lost.get(row.epoch, row.seq + 1) <= row.seq:
        return False
    if isinstance(body, EpochOpened) and row.seq == 1:
        parent = journal.row_at(tables, body.parent_epoch, body.parent_seq)
        if parent is None or (lost and branches.is_lost(lost, parent)):  # it may go on after the branch not here
            return source.name == FROM_BACKOFFICE or not body.parent_epoch
        return parent.row.hash.hex() == body.parent_hash
    before = journal.row_at(tables, row.epoch, row.seq - 1)
    if before is None:
        return source.name == FROM_BACKOFFICE
    return before.row.hash == row.prev_hash


def _shift_of(tables: Tables, body: Any) -> str:
    if isinstance(body, ReceiptFiscalised | FiscalCorrected):
        return incoming.shift_of_receipt(tables, body.receipt_doc_id)
    return str(getattr(body, "shift_id", ""))


def _apply(tables: Tables, row: Row, body: Any, *, place: int, source: Source) -> None:
    """What the document means here."""
    if isinstance(body, EpochOpened):
        journal.use_series(tables, body.series, row.epoch)
    elif isinstance(body, ShiftOpened):
        _shift_opened(tables, row, body, source)
    elif isinstance(body, ShiftClosed):
        _shift_closed(tables, row, body, source)
    elif isinstance(body, Receipt):
        _receipt(tables, row, body, place=place, source=source)
    elif isinstance(body, StockMoved):
        if not incoming.stands_elsewhere(tables, row.doc_id, place=place):
            _moved(tables, body.moves, place=place, source=source)
    elif isinstance(body, CashMoved):
        _shift_is_here(tables, body.shift_id, at=row.at, user=body.user)
        if not incoming.cash_move_is_here(tables, row.doc_id):
            sales.insert_cash_move(
                tables, doc_id=row.doc_id, shift_id=body.shift_id, at=row.at, amount=body.amount, reason=body.reason
            )
    elif isinstance(body, ReceiptFiscalised):
        _fiscalised(tables, body)
    elif isinstance(body, FiscalCorrected):
        _corrected(tables, row, body)


def _shift_opened(tables: Tables, row: Row, body: ShiftOpened, source: Source) -> None:
    if incoming.shift_state(tables, body.shift_id):
        return
    goes_on = source.name == FROM_BACKOFFICE and sales.open_shift(tables) is None
    number = sales.next_shift_number(tables) if goes_on else incoming.outside_number(tables)
    shift = ShiftRow(body.shift_id, number, row.at, body.user, body.opening_float, None, None, None)
    (sales.insert_shift if goes_on else incoming.add_shift)(tables, shift)


def _shift_closed(tables: Tables, row: Row, body: ShiftClosed, source: Source) -> None:
    """A shift that is open here is closed by it only if nothing was done in it in this till's epoch."""
    state = incoming.shift_state(tables, body.shift_id)
    if not state:
        number = incoming.outside_number(tables)
        opening = body.totals.opening_float
        incoming.add_shift(
            tables, ShiftRow(body.shift_id, number, body.opened_at, body.user, opening, None, None, None)
        )
    till = journal.the_till(tables)
    mine = incoming.works_in_shift(tables, body.shift_id, epoch=till.epoch)
    if state in {"", "unclosed"} or (state == "open" and source.name == FROM_BACKOFFICE and not mine):
        incoming.close_shift(tables, body.shift_id, closed_at=row.at, closing=body)


def _shift_is_here(tables: Tables, shift_id: str, *, at: str, user: str) -> None:
    """Rows of a shift may come without its opening."""
    if not incoming.shift_state(tables, shift_id):
        number = incoming.outside_number(tables)
        incoming.add_shift(tables, ShiftRow(shift_id, number, at, user, ZERO, None, None, None))


def _moved(tables: Tables, moves: Sequence[StockMove], *, place: int, source: Source) -> None:
    """The levels that are pulled contain what the Backoffice has given; what is on a card it may have never seen."""
    if source.name != FROM_BACKOFFICE:
        stock.add_moves(tables, moves, place=place)


def _receipt(tables: Tables, row: Row, receipt: Receipt, *, place: int, source: Source) -> None:
    if incoming.receipt_is_here(tables, receipt.doc_id):
        return
    _shift_is_here(tables, receipt.shift_id, at=row.at, user=receipt.user)
    number = incoming.free_number(tables, receipt.number)
    original = receipt.original if incoming.can_be_refunded_by(tables, receipt) else None
    sales.insert_receipt(tables, replace(receipt, number=number, original=original), place=place)
    _moved(tables, moves_of_receipt(receipt), place=place, source=source)
    if receipt.fiscal is not None:
        fiscal.add_record(
            tables, doc_id=receipt.doc_id, number=number, frozen=receipt.fiscal, at=row.at, boot=OTHER_BOOT
        )


def _fiscalised(tables: Tables, body: ReceiptFiscalised) -> None:
    record = fiscal.load_record(tables, body.receipt_doc_id)
    if record is not None and body.first and record.state in {FiscalState.WAITING, FiscalState.PARKED}:
        state = FiscalState.CONFIRMED if body.code else FiscalState.VERIFIED_ONLY
        warnings = "\n".join(body.warnings)
        fiscal.update_record(
            tables, body.receipt_doc_id, state=state.value, code=body.code, reason="", warnings=warnings
        )


def _corrected(tables: Tables, row: Row, body: FiscalCorrected) -> None:
    record = fiscal.load_record(tables, body.receipt_doc_id)
    if record is not None and record.state in {FiscalState.WAITING, FiscalState.PARKED}:
        fiscal.replace_data(tables, record, dict(body.after.data), at=row.at, boot=OTHER_BOOT)
