"""The shape of the database, from version 1 on: plain functions, run once each and recorded in `schema_version`.

The statements are the common part of SQLite and PostgreSQL. Times are UTC texts `2026-11-24T08:15:00+00:00`, which sort
as they should; hashes are hex; amounts are haléře.
"""

from collections.abc import Callable

from appliance.domain.journal import ShiftOpened, read_body
from backoffice.pricelist.shape import PRICE_LIST, STOCK
from backoffice.tables import Tables

Migration = Callable[[Tables], None]


def version_1(tables: Tables) -> None:
    """Accounts, tills, the replica of the journal and what is projected from it."""
    for statement in (ACCOUNTS, SESSIONS, TILLS, PAIRING_CODES, JOURNAL, RECEIPTS, PAYMENTS, SHIFTS, EVENTS, *INDEXES):
        tables.run_sql(statement)


ACCOUNTS = """
CREATE TABLE account (
    account_id BIGINT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    last_event_id BIGINT NOT NULL DEFAULT 0)"""

SESSIONS = """
CREATE TABLE session (
    account_id BIGINT NOT NULL REFERENCES account (account_id),
    session_hash TEXT NOT NULL UNIQUE,
    csrf TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (account_id, session_hash))"""

TILLS = """
CREATE TABLE till (
    account_id BIGINT NOT NULL REFERENCES account (account_id),
    till_id TEXT NOT NULL,
    prefix TEXT NOT NULL,
    id_pokl TEXT NOT NULL,
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    revoked INTEGER NOT NULL DEFAULT 0,
    paired_at TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT '',
    last_seen TEXT NOT NULL DEFAULT '',
    acked_epoch TEXT NOT NULL DEFAULT '',
    acked_seq BIGINT NOT NULL DEFAULT 0,
    acked_hash TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, till_id),
    UNIQUE (account_id, prefix),
    UNIQUE (account_id, id_pokl))"""

PAIRING_CODES = """
CREATE TABLE pairing_code (
    account_id BIGINT NOT NULL REFERENCES account (account_id),
    code_hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (account_id, code_hash))"""

# The hash belongs to the key: after a fork both branches stand at the same (epoch, seq).
JOURNAL = """
CREATE TABLE journal_row (
    account_id BIGINT NOT NULL,
    till_id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    doc_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    v INTEGER NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL,
    verified INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    received_at TEXT NOT NULL,
    PRIMARY KEY (account_id, till_id, epoch, seq, hash),
    FOREIGN KEY (account_id, till_id) REFERENCES till (account_id, till_id))"""

RECEIPTS = """
CREATE TABLE receipt (
    account_id BIGINT NOT NULL,
    doc_id TEXT NOT NULL,
    till_id TEXT NOT NULL,
    number TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    issued_utc TEXT NOT NULL,
    day TEXT NOT NULL,
    hour INTEGER NOT NULL,
    kind TEXT NOT NULL,
    total_haler BIGINT NOT NULL,
    paid_haler BIGINT NOT NULL,
    user_name TEXT NOT NULL,
    shift_id TEXT NOT NULL,
    fiscal_state TEXT NOT NULL,
    fiscal_code TEXT NOT NULL DEFAULT '',
    fiscal_test INTEGER NOT NULL DEFAULT 0,
    original_doc_id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, doc_id),
    FOREIGN KEY (account_id, till_id) REFERENCES till (account_id, till_id))"""

PAYMENTS = """
CREATE TABLE payment (
    account_id BIGINT NOT NULL,
    doc_id TEXT NOT NULL,
    method TEXT NOT NULL,
    amount_haler BIGINT NOT NULL,
    PRIMARY KEY (account_id, doc_id, method),
    FOREIGN KEY (account_id, doc_id) REFERENCES receipt (account_id, doc_id))"""

# number and everything after it is empty or zero until the closing comes.
SHIFTS = """
CREATE TABLE shift (
    account_id BIGINT NOT NULL,
    shift_id TEXT NOT NULL,
    till_id TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    opened_utc TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    float_haler BIGINT NOT NULL,
    closed_at TEXT NOT NULL DEFAULT '',
    closed_by TEXT NOT NULL DEFAULT '',
    closed_doc_id TEXT NOT NULL DEFAULT '',
    number BIGINT NOT NULL DEFAULT 0,
    receipts_expected BIGINT NOT NULL DEFAULT 0,
    sum_expected_haler BIGINT NOT NULL DEFAULT 0,
    receipts_held BIGINT NOT NULL DEFAULT 0,
    sum_held_haler BIGINT NOT NULL DEFAULT 0,
    head_held INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0,
    counted_haler BIGINT NOT NULL DEFAULT 0,
    over_short_haler BIGINT NOT NULL DEFAULT 0,
    head_epoch TEXT NOT NULL DEFAULT '',
    head_seq BIGINT NOT NULL DEFAULT 0,
    head TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, shift_id),
    FOREIGN KEY (account_id, till_id) REFERENCES till (account_id, till_id))"""

EVENTS = """
CREATE TABLE event (
    account_id BIGINT NOT NULL REFERENCES account (account_id),
    event_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (account_id, event_id))"""

INDEXES = (
    "CREATE INDEX journal_row_document ON journal_row (account_id, doc_id)",
    "CREATE INDEX journal_row_state ON journal_row (account_id, state, till_id)",
    "CREATE INDEX receipt_order ON receipt (account_id, issued_utc, number, doc_id)",
    "CREATE INDEX receipt_day ON receipt (account_id, day)",
    "CREATE INDEX receipt_shift ON receipt (account_id, shift_id)",
    "CREATE INDEX shift_order ON shift (account_id, opened_utc, shift_id)",
)


def version_2(tables: Tables) -> None:
    """The sums of days and hours come from the index alone, also over a million receipts."""
    tables.run_sql("DROP INDEX receipt_day")
    tables.run_sql("CREATE INDEX receipt_day ON receipt (account_id, day, hour, paid_haler)")


def version_3(tables: Tables) -> None:
    """What the tax office warned of when it gave the code, one warning a line."""
    tables.run_sql("ALTER TABLE receipt ADD COLUMN fiscal_warnings TEXT NOT NULL DEFAULT ''")


def version_4(tables: Tables) -> None:
    """The price list and the stock, which the Backoffice decides; epochs and where each receipt stands in them."""
    for statement in (*PRICE_LIST, *STOCK, *EPOCHS, *CLOSINGS, *PLACES, *UNREAD):
        tables.run_sql(statement)
    _place_shifts(tables)


# Which epoch of a till goes on after which row of another, and up to which row it has taken others over: a closing
# counts the receipts of its own line of descent.
EPOCHS = (
    """CREATE TABLE epoch (
    account_id BIGINT NOT NULL,
    till_id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    reason TEXT NOT NULL,
    series TEXT NOT NULL,
    parent_epoch TEXT NOT NULL DEFAULT '',
    parent_seq BIGINT NOT NULL DEFAULT 0,
    opened_at TEXT NOT NULL,
    PRIMARY KEY (account_id, till_id, epoch),
    FOREIGN KEY (account_id, till_id) REFERENCES till (account_id, till_id))""",
    """CREATE TABLE taken_over (
    account_id BIGINT NOT NULL,
    till_id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq BIGINT NOT NULL,
    of_epoch TEXT NOT NULL,
    of_seq BIGINT NOT NULL,
    PRIMARY KEY (account_id, till_id, epoch, seq),
    FOREIGN KEY (account_id, till_id) REFERENCES till (account_id, till_id))""",
    "ALTER TABLE receipt ADD COLUMN epoch TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE receipt ADD COLUMN seq BIGINT NOT NULL DEFAULT 0",
    # count and sum of a shift come from the index alone, again with every batch of a long backlog
    "DROP INDEX receipt_shift",
    "CREATE INDEX receipt_shift ON receipt (account_id, shift_id, till_id, epoch, seq, paid_haler)",
    # the document by which its EET data were put right last
    "ALTER TABLE receipt ADD COLUMN corrected_by TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX receipt_waiting ON receipt (account_id, till_id, epoch, seq) WHERE fiscal_state = 'waiting'",
    # what refunded a receipt, without a walk through all receipts
    "CREATE INDEX receipt_refund ON receipt (account_id, original_doc_id) WHERE original_doc_id <> ''",
    # a pairing code for a device that takes the place of this till
    "ALTER TABLE pairing_code ADD COLUMN replaces TEXT NOT NULL DEFAULT ''",
    # what a till told last of its settings, without a walk through its journal
    "CREATE INDEX journal_row_settings ON journal_row (account_id, till_id, received_at)"
    " WHERE kind = 'settings_changed'",
)

# A moved till and the card it was copied from may both close the shift that was open, so closings have a table of their
# own; (epoch, seq) is where the closing stands, `head` what is printed on it.
CLOSINGS = (
    "ALTER TABLE shift ADD COLUMN opened_epoch TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE shift ADD COLUMN opened_seq BIGINT NOT NULL DEFAULT 0",
    """CREATE TABLE closing (
    account_id BIGINT NOT NULL,
    doc_id TEXT NOT NULL,
    till_id TEXT NOT NULL,
    shift_id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq BIGINT NOT NULL,
    closed_at TEXT NOT NULL,
    closed_by TEXT NOT NULL,
    number BIGINT NOT NULL,
    receipts_expected BIGINT NOT NULL,
    sum_expected_haler BIGINT NOT NULL,
    receipts_held BIGINT NOT NULL DEFAULT 0,
    sum_held_haler BIGINT NOT NULL DEFAULT 0,
    head_held INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0,
    counted_haler BIGINT NOT NULL,
    over_short_haler BIGINT NOT NULL,
    head_seq BIGINT NOT NULL,
    head TEXT NOT NULL,
    PRIMARY KEY (account_id, doc_id),
    FOREIGN KEY (account_id, shift_id) REFERENCES shift (account_id, shift_id),
    FOREIGN KEY (account_id, till_id) REFERENCES till (account_id, till_id))""",
    "CREATE INDEX closing_shift ON closing (account_id, shift_id, doc_id)",
    """INSERT INTO closing (account_id, doc_id, till_id, shift_id, epoch, seq, closed_at, closed_by, number,
    receipts_expected, sum_expected_haler, receipts_held, sum_held_haler, head_held, complete, counted_haler,
    over_short_haler, head_seq, head)
    SELECT account_id, closed_doc_id, till_id, shift_id, head_epoch, head_seq + 1, closed_at, closed_by, number,
    receipts_expected, sum_expected_haler, receipts_held, sum_held_haler, head_held, complete, counted_haler,
    over_short_haler, head_seq, head FROM shift WHERE closed_doc_id <> ''""",
    "ALTER TABLE shift DROP COLUMN closed_at",
    "ALTER TABLE shift DROP COLUMN closed_by",
    "ALTER TABLE shift DROP COLUMN number",
    "ALTER TABLE shift DROP COLUMN receipts_expected",
    "ALTER TABLE shift DROP COLUMN sum_expected_haler",
    "ALTER TABLE shift DROP COLUMN head_held",
    "ALTER TABLE shift DROP COLUMN complete",
    "ALTER TABLE shift DROP COLUMN counted_haler",
    "ALTER TABLE shift DROP COLUMN over_short_haler",
    "ALTER TABLE shift DROP COLUMN head_seq",
    "ALTER TABLE shift DROP COLUMN head",
    "ALTER TABLE shift DROP COLUMN closed_doc_id",
    "ALTER TABLE shift DROP COLUMN head_epoch",
)

# the place of a receipt that was taken before places were kept
PLACES = (
    """UPDATE receipt SET epoch = COALESCE((SELECT j.epoch FROM journal_row j WHERE j.account_id = receipt.account_id
    AND j.doc_id = receipt.doc_id AND j.state = 'projected' ORDER BY j.epoch, j.seq LIMIT 1), '')""",
    """UPDATE receipt SET seq = COALESCE((SELECT j.seq FROM journal_row j WHERE j.account_id = receipt.account_id
    AND j.doc_id = receipt.doc_id AND j.state = 'projected' ORDER BY j.epoch, j.seq LIMIT 1), 0)""",
)

# Rows that were taken before they meant anything here wait again: the server projects them when it has started, each
# in a savepoint of its own. Without it the first snapshot would hide what a till has in its price list.
UNREAD = (
    """UPDATE journal_row SET state = 'deferred', reason = 'taken by an older version' WHERE state = 'projected'
    AND kind IN ('epoch_opened', 'item_edited', 'category_edited', 'fiscal_corrected')""",
)


def _place_shifts(tables: Tables) -> None:
    """Where the opening of each shift stands that was taken before places were kept."""
    held, shift = tables.journal_row, tables.shift
    for row in tables.rows(held.select().where((held.c.kind == "shift_opened") & (held.c.state == "projected"))):
        body = read_body(row["kind"], row["v"], row["body"])
        assert isinstance(body, ShiftOpened)
        shift.update(opened_epoch=row["epoch"], opened_seq=row["seq"]).where(
            (shift.c.account_id == row["account_id"])
            & (shift.c.shift_id == body.shift_id)
            & (shift.c.till_id == row["till_id"])
            & (shift.c.opened_epoch == "")
        ).execute()


MIGRATIONS: tuple[Migration, ...] = (version_1, version_2, version_3, version_4)


def migrate(tables: Tables) -> int:
    """Bring the database to the newest version and return it. Two servers starting at once take turns."""
    with tables.writing():
        tables.run_sql(
            "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL)"
        )
        if not tables.is_sqlite:
            tables.run_sql("LOCK TABLE schema_version IN ACCESS EXCLUSIVE MODE")
        done = tables.run_sql("SELECT COALESCE(MAX(version), 0) FROM schema_version").fetchone()[0]
        for version, migration in enumerate(MIGRATIONS[done:], start=done + 1):
            migration(tables)
            tables.run_sql("INSERT INTO schema_version (version, name) VALUES (?, ?)", version, migration.__name__)
    return len(MIGRATIONS)
