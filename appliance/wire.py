"""What travels between till and Backoffice; both sides import this file (sync.md §2)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from appliance.domain.journal import BODY_BYTES_MAX, Row

BATCH_ROWS_MAX = 500
BATCH_BYTES_MAX = 1024 * 1024
REQUEST_BYTES_MAX = 4 * 1024 * 1024  # unpacked; a batch of one largest row fits with room
API_PREFIX = "/api/v1"
SEQ_MAX = 2**53  # any number a peer may say must fit a database
VERSION_MAX = 2**31 - 1
DAYS_MAX = 100_000
WORD_CHARS_MAX = 100  # of what a till says of itself in words
PAGE_ROWS_MAX = 500  # of the price list, of stock, of a journal that is taken over
LABEL_CHARS_MAX = 32
EPOCHS_MAX = 8
HEADER_WORD = "^[!-~]{1,200}$"
EPOCH = "^[0-9a-f]{16}$"
NEXT_KEY_HEADER = "Pokladna-Next-Key"  # in every answer of a server whose key will change: SHA-256 of the next, base32
EMAIL_CHARS_MAX = 254


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    def to_bytes(self) -> bytes:
        """As JSON in UTF-8, without a text in between: a batch is a megabyte."""
        return to_json(self)


class WireRow(Wire):
    """A journal row; hashes as hex."""

    seq: int = Field(ge=1, le=SEQ_MAX)
    doc_id: str = Field(min_length=36, max_length=36)
    kind: str = Field(min_length=1, max_length=64)
    v: int = Field(ge=1, le=VERSION_MAX)
    at: str = Field(max_length=40)
    body: str = Field(max_length=BODY_BYTES_MAX)
    prev_hash: str = Field(pattern="^[0-9a-f]{64}$")
    hash: str = Field(pattern="^[0-9a-f]{64}$")

    @classmethod
    def of(cls, row: Row) -> "WireRow":
        return cls(
            seq=row.seq,
            doc_id=row.doc_id,
            kind=row.kind,
            v=row.v,
            at=row.at,
            body=row.body,
            prev_hash=row.prev_hash.hex(),
            hash=row.hash.hex(),
        )

    def row(self, *, till_id: str, epoch: str) -> Row:
        return Row(
            till_id,
            epoch,
            self.seq,
            self.doc_id,
            self.kind,
            self.v,
            self.at,
            self.body,
            bytes.fromhex(self.prev_hash),
            bytes.fromhex(self.hash),
        )


class TillStatus(Wire):
    """What the Backoffice shows of a till; sent with every upload. Ages in seconds.

    What has a default came later: an older till does not send it, an older server ignores it. `eet_certificate` is ''
    when none is needed, else how it is (domain.expiry) or why it is of no use.
    """

    version: str = Field(max_length=WORD_CHARS_MAX)
    unsent: int = Field(ge=0, le=SEQ_MAX)
    eet_waiting: int = Field(ge=0, le=SEQ_MAX)
    eet_parked: int = Field(ge=0, le=SEQ_MAX)
    eet_oldest_age_s: int = Field(ge=0, le=SEQ_MAX)
    printer: str = Field(max_length=WORD_CHARS_MAX)
    clock: str = Field(max_length=WORD_CHARS_MAX)
    disk_free_mb: int = Field(ge=0, le=SEQ_MAX)
    sent_at: str = Field(max_length=WORD_CHARS_MAX)
    eet_lateness: str = Field(default="", max_length=16)
    eet_certificate: str = Field(default="", max_length=40)
    eet_certificate_days: int | None = Field(default=None, ge=-DAYS_MAX, le=DAYS_MAX)


class PullState(Wire):
    """How far a till is with the price list, so that the server can say how many changes wait for it."""

    since: int = Field(ge=0, le=SEQ_MAX)
    label: str = Field(default="", max_length=LABEL_CHARS_MAX)
    warehouse_id: str = Field(default="", max_length=64)
    stock_since: int = Field(default=0, ge=0, le=SEQ_MAX)


class Upload(Wire):
    """One batch of the log; empty batches carry only the status. `pull` is None where item sync is off (S14). `lost`
    says that the till knows that these rows lost a fork: they are to be kept and to count for nothing."""

    epoch: str = Field(pattern=EPOCH)
    rows: tuple[WireRow, ...] = Field(max_length=BATCH_ROWS_MAX)
    status: TillStatus
    pull: PullState | None = None
    lost: bool = False


class Position(Wire):
    epoch: str
    seq: int = Field(ge=0, le=SEQ_MAX)


class UploadReply(Wire):
    """`changes_waiting`: rows of the price list that this till has not pulled and has not made itself, counted up to
    CHANGES_WAITING_MAX; `stock_waiting`: levels in its warehouse that have changed since."""

    acked: Position
    changes_waiting: int = Field(default=0, ge=0, le=SEQ_MAX)
    stock_waiting: int = Field(default=0, ge=0, le=SEQ_MAX)


CHANGES_WAITING_MAX = 10_000


class ChangedRow(Wire):
    """A row of the price list as it is now (domain.pricelist): kind, registers, the highest of their stamps. `gone`: it
    has left the till's scope; then there are no fields."""

    kind: str = Field(max_length=16)
    id: str = Field(min_length=1, max_length=64)
    stamp: str = Field(default="", max_length=100)
    gone: bool = False
    fields: dict[str, Any] = Field(default_factory=dict)


class Changes(Wire):
    """One page of `GET /tills/{till_id}/changes?since=V&limit=N&label=L&epochs=E2,E1`, in the order of versions.

    `version` is the next `since`. `as_of`: the till's last journal row contained in this page, of the first epoch of
    `epochs` of which the server holds any; None when it holds none. `left` says how many rows are still to come after
    this page; it is counted for the first page of a pull only (`count=1`).
    """

    rows: tuple[ChangedRow, ...] = Field(max_length=PAGE_ROWS_MAX)
    version: int = Field(ge=0, le=SEQ_MAX)
    more: bool
    as_of: "Position | None" = None
    left: int | None = None


class StockLevel(Wire):
    """Thousandths of the item's unit."""

    item_id: str = Field(min_length=1, max_length=64)
    quantity: int = Field(ge=-SEQ_MAX, le=SEQ_MAX)


class StockPage(Wire):
    """One page of `GET /tills/{till_id}/stock?warehouse=W&since=V&limit=N&epochs=E2,E1`; as Changes."""

    levels: tuple[StockLevel, ...] = Field(max_length=PAGE_ROWS_MAX)
    version: int = Field(ge=0, le=SEQ_MAX)
    more: bool
    as_of: "Position | None" = None


class Problem(Wire):
    """Our own JSON error. `code`: pairing_revoked | gap | fork | too_large | bad_request | cursor_ahead (`since` is a
    version this server has never given: it was restored from an older backup; begin again with 0)."""

    code: str
    detail: str = ""
    seq: int | None = Field(default=None, ge=1, le=SEQ_MAX)


class ShiftProof(Wire):
    """What the server holds of one closed shift: `complete` when count and sum equal the closing's own."""

    shift_id: str
    complete: bool
    receipts_held: int
    receipts_expected: int
    sum_held_haler: int
    sum_expected_haler: int


class PairRequest(Wire):
    """`account`: the one that has acked rows of this till's journal; no other may have it. '' while none has. `fresh`:
    the device has no journal of its own yet, so it may take another till's place."""

    code: str = Field(min_length=8, max_length=32)
    till_id: str = Field(min_length=36, max_length=36)
    prefix: str = Field(min_length=1, max_length=8)
    id_pokl: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1, max_length=60)
    account: str = Field(default="", max_length=EMAIL_CHARS_MAX)
    fresh: bool = False


class OpenShift(Wire):
    """A shift that waits to be gone on with."""

    shift_id: str = Field(min_length=1, max_length=64)
    number: int = Field(ge=1, le=SEQ_MAX)
    opened_at: str = Field(max_length=40)
    user: str = Field(max_length=200)
    float_haler: int = Field(ge=-SEQ_MAX, le=SEQ_MAX)


class Takeover(Wire):
    """Who a device becomes that takes a till's place: its identity, the row its new epoch goes on after (empty when the
    server holds none), the marks of the receipt series that are used, and the shift that is open."""

    till_id: str = Field(min_length=36, max_length=36)
    prefix: str = Field(min_length=1, max_length=8)
    id_pokl: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1, max_length=60)
    parent_epoch: str = Field(default="", max_length=16)
    parent_seq: int = Field(default=0, ge=0, le=SEQ_MAX)
    parent_hash: str = Field(default="", max_length=64)
    used_letters: tuple[str, ...] = Field(default=(), max_length=10_000)
    letters: str = Field(min_length=1, max_length=8)
    open_shift: OpenShift | None = None


class HeldRow(WireRow):
    epoch: str = Field(pattern=EPOCH)


class TakeoverPage(Wire):
    """One page of `GET /tills/{till_id}/takeover`: rows of this till's journal for the device that goes on with it.

    `?have=E1:n1,E2:n2&after=A` asks for all rows beyond those, one epoch a page, then for the receipts without a code
    and their corrections; the end is a page without rows.
    `?epoch=E&seq=n&shift=S&after=A` asks a replacement's question: the rows of the open shift S up to the row its epoch
    goes on after (`whole`: none are left out between them), then the receipts without a code and their corrections.
    `next` is the next `after`, '' at the end.
    """

    rows: tuple[HeldRow, ...] = Field(max_length=PAGE_ROWS_MAX)
    whole: bool = True
    next: str = Field(default="", max_length=80)


class PairReply(Wire):
    token: str = Field(pattern=HEADER_WORD)
    account: str = Field(min_length=1, max_length=EMAIL_CHARS_MAX)
    takeover: Takeover | None = None
