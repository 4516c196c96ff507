"""The journal: everything that happens at a till as one hash-chained log (sync.md §1).

Order is `seq`, never time. A body is JSON text, stored and sent byte for byte. Bodies are the dataclasses below;
a changed shape gets a higher version and an upcaster, and old golden files stay readable for ever.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from appliance.domain.codec import from_json
from appliance.domain.fiscal import FrozenSale
from appliance.domain.money import Money, Quantity
from appliance.domain.receipt import Receipt
from appliance.domain.shift import ShiftTotals
from appliance.domain.stock import StockMoved

BODY_BYTES_MAX = 256 * 1024
HASH_BYTES = 32
FIRST_PREV_HASH = bytes(HASH_BYTES)
HEAD_HEX_CHARS = 16


class Kind(StrEnum):
    EPOCH_OPENED = "epoch_opened"
    SHIFT_OPENED = "shift_opened"
    RECEIPT_ISSUED = "receipt_issued"
    RECEIPT_FISCALISED = "receipt_fiscalised"
    RECEIPT_REPRINTED = "receipt_reprinted"
    CASH_MOVED = "cash_moved"
    SHIFT_CLOSED = "shift_closed"
    ITEM_EDITED = "item_edited"
    CATEGORY_EDITED = "category_edited"
    WAREHOUSE_EDITED = "warehouse_edited"
    SETTINGS_CHANGED = "settings_changed"
    STOCK_MOVED = "stock_moved"
    USER_LOGGED_IN = "user_logged_in"
    CLOCK_CORRECTED = "clock_corrected"
    LINE_VOIDED = "line_voided"
    DRAWER_OPENED = "drawer_opened"
    REGIME_STARTED = "regime_started"
    FISCAL_CORRECTED = "fiscal_corrected"
    ROWS_TAKEN_OVER = "rows_taken_over"


@dataclass(frozen=True)
class EpochOpened:
    """The first row of an epoch. The parent fields are empty in a till's very first epoch."""

    reason: str
    series: str
    parent_epoch: str = ""
    parent_seq: int = 0
    parent_hash: str = ""
    open_shift: str = ""


@dataclass(frozen=True)
class ShiftOpened:
    shift_id: str
    user: str
    opening_float: Money


@dataclass(frozen=True)
class ReceiptFiscalised:
    """A code that came for a receipt. `first` is false for a second code of the same sale, kept for the record."""

    receipt_doc_id: str
    number: str
    code: str
    dialect: str
    mode: str
    uuid: str
    test: bool
    first: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceiptReprinted:
    receipt_doc_id: str
    number: str
    user: str
    shift_id: str


@dataclass(frozen=True)
class CashMoved:
    """A deposit (positive) or withdrawal (negative) of cash."""

    shift_id: str
    user: str
    amount: Money
    reason: str


@dataclass(frozen=True)
class ShiftClosed:
    """The closing (Z). `head_seq` and `head` name the row just before it: what is printed on the paper."""

    shift_id: str
    number: int
    user: str
    opened_at: str
    totals: ShiftTotals
    counted: Money
    over_short: Money
    head_seq: int
    head: str


@dataclass(frozen=True)
class FieldStamp:
    """One changed field: its new value as JSON text, and the stamp of the write."""

    field: str
    value: str
    stamp: str


@dataclass(frozen=True)
class ItemEdited:
    """Only the fields that changed. `shared` is false while price-list sync is off (S14)."""

    item_id: str
    user: str
    changes: tuple[FieldStamp, ...]
    shared: bool = True


@dataclass(frozen=True)
class CategoryEdited:
    category_id: str
    user: str
    changes: tuple[FieldStamp, ...]
    shared: bool = True


@dataclass(frozen=True)
class WarehouseEdited:
    warehouse_id: str
    user: str
    changes: tuple[FieldStamp, ...]
    shared: bool = True


@dataclass(frozen=True)
class SettingsChanged:
    """Settings of this till (S14, S17): those the Backoffice knows too (domain.pricelist.TillSettings) carry stamps;
    `item_sync` is the till's own and only told."""

    user: str
    changes: tuple[FieldStamp, ...]
    item_sync: bool


@dataclass(frozen=True)
class UserLoggedIn:
    user_id: str
    user: str
    shift_id: str


@dataclass(frozen=True)
class ClockCorrected:
    """True time came and it was another; moments in ISO 8601."""

    before: str
    after: str
    source: str


@dataclass(frozen=True)
class LineVoided:
    """A line taken from the cart before payment."""

    shift_id: str
    user: str
    name: str
    quantity: Quantity
    price: Money


@dataclass(frozen=True)
class DrawerOpened:
    shift_id: str
    user: str
    reason: str


@dataclass(frozen=True)
class RegimeStarted:
    mode: str
    dialect: str
    valid_from: str


@dataclass(frozen=True)
class FiscalCorrected:
    """Other data of a sale the server had refused: `after` is sent in the place of `before`, for the named reason."""

    receipt_doc_id: str
    number: str
    user: str
    reason: str
    before: FrozenSale
    after: FrozenSale


@dataclass(frozen=True)
class RowsTakenOver:
    """Rows of another epoch have come to this till, up to that one: what stands in them counts in its shifts from here
    on. `source`: backoffice or card."""

    epoch: str
    seq: int
    source: str


@dataclass(frozen=True)
class Deferred:
    """A row this version cannot read yet: kept, projected after an upgrade."""

    kind: str
    v: int


BODIES: dict[tuple[str, int], type[Any]] = {
    (Kind.EPOCH_OPENED, 1): EpochOpened,
    (Kind.SHIFT_OPENED, 1): ShiftOpened,
    (Kind.RECEIPT_ISSUED, 1): Receipt,  # without the fields that came with 2; their defaults are what it meant
    (Kind.RECEIPT_ISSUED, 2): Receipt,  # lines say their `reporting`, the receipt its `principal`
    (Kind.RECEIPT_ISSUED, 3): Receipt,  # and from which warehouse the goods were taken
    (Kind.RECEIPT_FISCALISED, 1): ReceiptFiscalised,
    (Kind.RECEIPT_REPRINTED, 1): ReceiptReprinted,
    (Kind.CASH_MOVED, 1): CashMoved,
    (Kind.SHIFT_CLOSED, 1): ShiftClosed,
    (Kind.ITEM_EDITED, 1): ItemEdited,
    (Kind.CATEGORY_EDITED, 1): CategoryEdited,
    (Kind.WAREHOUSE_EDITED, 1): WarehouseEdited,
    (Kind.SETTINGS_CHANGED, 1): SettingsChanged,
    (Kind.STOCK_MOVED, 1): StockMoved,
    (Kind.USER_LOGGED_IN, 1): UserLoggedIn,
    (Kind.CLOCK_CORRECTED, 1): ClockCorrected,
    (Kind.LINE_VOIDED, 1): LineVoided,
    (Kind.DRAWER_OPENED, 1): DrawerOpened,
    (Kind.REGIME_STARTED, 1): RegimeStarted,
    (Kind.FISCAL_CORRECTED, 1): FiscalCorrected,
    (Kind.ROWS_TAKEN_OVER, 1): RowsTakenOver,
}
WRITTEN_VERSION = {kind: max(v for known, v in BODIES if known == kind) for kind in Kind}
"""The version in which a body of each kind is written now."""


@dataclass(frozen=True)
class Row:
    """One row of the log; `prev_hash` and `hash` are 32 bytes, `epoch` is 16 hex characters."""

    till_id: str
    epoch: str
    seq: int
    doc_id: str
    kind: str
    v: int
    at: str
    body: str
    prev_hash: bytes
    hash: bytes


def row_hash(
    prev_hash: bytes, *, till_id: str, epoch: str, seq: int, kind: str, v: int, doc_id: str, at: str, body: str
) -> bytes:
    """SHA-256 over the previous hash and the frame: each part as 4-byte big-endian length and UTF-8 bytes."""
    assert len(prev_hash) == HASH_BYTES
    frame = [prev_hash]
    for part in (till_id, epoch, str(seq), kind, str(v), doc_id, at, body):
        encoded = part.encode()
        frame += (len(encoded).to_bytes(4, "big"), encoded)
    return hashlib.sha256(b"".join(frame)).digest()


def make_row(
    prev_hash: bytes, *, till_id: str, epoch: str, seq: int, kind: str, v: int, doc_id: str, at: str, body: str
) -> Row:
    assert seq >= 1
    assert len(body.encode()) <= BODY_BYTES_MAX
    digest = row_hash(prev_hash, till_id=till_id, epoch=epoch, seq=seq, kind=kind, v=v, doc_id=doc_id, at=at, body=body)
    return Row(till_id, epoch, seq, doc_id, kind, v, at, body, prev_hash, digest)


def row_verifies(row: Row) -> bool:
    """Whether a row's own hash follows from its content and its prev_hash."""
    return row.hash == row_hash(
        row.prev_hash,
        till_id=row.till_id,
        epoch=row.epoch,
        seq=row.seq,
        kind=row.kind,
        v=row.v,
        doc_id=row.doc_id,
        at=row.at,
        body=row.body,
    )


def read_body(kind: str, v: int, body: str, *, loads: Callable[[str], Any] = json.loads) -> Any:
    """The body as its dataclass, or Deferred for an unknown kind or a higher version. Raises CodecError."""
    cls = BODIES.get((kind, v))
    return Deferred(kind, v) if cls is None else from_json(cls, body, loads=loads)


def head_hex(row_digest: bytes) -> str:
    """A chain head as it stands on paper."""
    return row_digest.hex()[:HEAD_HEX_CHARS]
