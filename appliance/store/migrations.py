"""The schema, as numbered steps that only add (a previous version must run on the new schema).

Each step is a list of statements; `schema_version` records which have run.
"""

from playhouse.apsw_ext import APSWDatabase

VERSION_1 = (
    """CREATE TABLE till (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        till_id TEXT NOT NULL,
        prefix TEXT NOT NULL,
        board_serial TEXT NOT NULL,
        epoch TEXT NOT NULL,
        series TEXT NOT NULL,
        next_number INTEGER NOT NULL,
        head_seq INTEGER NOT NULL,
        head_hash BLOB NOT NULL,
        acked_row INTEGER NOT NULL DEFAULT 0,
        stamp_ms INTEGER NOT NULL DEFAULT 0
    )""",
    # `row` orders all epochs of this till; shift_id is a local note, not part of the hashed frame
    """CREATE TABLE journal (
        row INTEGER PRIMARY KEY,
        epoch TEXT NOT NULL,
        seq INTEGER NOT NULL,
        doc_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        v INTEGER NOT NULL,
        at TEXT NOT NULL,
        body TEXT NOT NULL,
        prev_hash BLOB NOT NULL,
        hash BLOB NOT NULL,
        shift_id TEXT NOT NULL DEFAULT '',
        UNIQUE (epoch, seq)
    )""",
    "CREATE INDEX journal_shift ON journal (shift_id, row) WHERE shift_id <> ''",
    "CREATE INDEX journal_doc ON journal (doc_id)",
    "CREATE TABLE used_series (series TEXT PRIMARY KEY, epoch TEXT NOT NULL)",
    """CREATE TABLE shift (
        shift_id TEXT PRIMARY KEY,
        number INTEGER NOT NULL UNIQUE,
        opened_at TEXT NOT NULL,
        user TEXT NOT NULL,
        opening_float INTEGER NOT NULL,
        closed_at TEXT,
        closing TEXT,
        proof TEXT
    )""",
    "CREATE UNIQUE INDEX shift_open ON shift ((closed_at IS NULL)) WHERE closed_at IS NULL",
    "CREATE INDEX shift_unproven ON shift (number) WHERE closed_at IS NOT NULL AND proof IS NULL",
    """CREATE TABLE receipt (
        doc_id TEXT PRIMARY KEY,
        row INTEGER NOT NULL REFERENCES journal (row),
        number TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        issued_at TEXT NOT NULL,
        shift_id TEXT NOT NULL REFERENCES shift (shift_id),
        paid INTEGER NOT NULL,
        methods TEXT NOT NULL,
        refund_of TEXT UNIQUE REFERENCES receipt (doc_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX receipt_shift ON receipt (shift_id, row)",
    "CREATE INDEX receipt_row ON receipt (row)",
    """CREATE TABLE receipt_line (
        doc_id TEXT NOT NULL REFERENCES receipt (doc_id),
        n INTEGER NOT NULL,
        item_id TEXT,
        name TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        total INTEGER NOT NULL,
        PRIMARY KEY (doc_id, n)
    ) WITHOUT ROWID""",
    """CREATE TABLE payment (
        doc_id TEXT NOT NULL REFERENCES receipt (doc_id),
        n INTEGER NOT NULL,
        method TEXT NOT NULL,
        amount INTEGER NOT NULL,
        PRIMARY KEY (doc_id, n)
    ) WITHOUT ROWID""",
    """CREATE TABLE cash_move (
        doc_id TEXT PRIMARY KEY,
        shift_id TEXT NOT NULL REFERENCES shift (shift_id),
        at TEXT NOT NULL,
        amount INTEGER NOT NULL,
        reason TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX cash_move_shift ON cash_move (shift_id)",
    """CREATE TABLE fiscal_record (
        doc_id TEXT PRIMARY KEY REFERENCES receipt (doc_id),
        number TEXT NOT NULL,
        dialect TEXT NOT NULL,
        mode TEXT NOT NULL,
        data TEXT NOT NULL,
        state TEXT NOT NULL,
        created_at TEXT NOT NULL,
        boot TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        code TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        warnings TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID""",
    "CREATE INDEX fiscal_open ON fiscal_record (state, created_at) WHERE state IN ('waiting', 'parked')",
    """CREATE TABLE fiscal_attempt (
        uuid TEXT PRIMARY KEY,
        doc_id TEXT NOT NULL REFERENCES fiscal_record (doc_id),
        at TEXT NOT NULL,
        outcome TEXT NOT NULL DEFAULT '',
        detail TEXT NOT NULL DEFAULT '',
        trace_id TEXT NOT NULL DEFAULT '',
        answer BLOB
    ) WITHOUT ROWID""",
    "CREATE INDEX fiscal_attempt_doc ON fiscal_attempt (doc_id, at)",
    """CREATE TABLE print_job (
        n INTEGER PRIMARY KEY,
        job_id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        doc_id TEXT NOT NULL,
        number TEXT NOT NULL,
        kick INTEGER NOT NULL DEFAULT 0,
        is_copy INTEGER NOT NULL DEFAULT 0,
        body TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL,
        created_at TEXT NOT NULL,
        boot TEXT NOT NULL
    )""",
    "CREATE INDEX print_open ON print_job (state, n) WHERE state IN ('waiting', 'started', 'ask')",
    """CREATE TABLE category (
        category_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        colour TEXT NOT NULL,
        position INTEGER NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
    """CREATE TABLE item (
        item_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        price INTEGER,
        vat_class TEXT NOT NULL,
        category_id TEXT,
        plu TEXT NOT NULL DEFAULT '',
        unit TEXT NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0,
        in_scope INTEGER NOT NULL DEFAULT 1
    ) WITHOUT ROWID""",
    "CREATE INDEX item_category ON item (category_id, folded) WHERE deleted = 0 AND in_scope = 1",
    "CREATE INDEX item_name ON item (folded) WHERE deleted = 0 AND in_scope = 1",
    "CREATE INDEX item_plu ON item (plu) WHERE plu <> ''",
    """CREATE TABLE item_ean (
        item_id TEXT NOT NULL REFERENCES item (item_id),
        n INTEGER NOT NULL,
        ean TEXT NOT NULL,
        PRIMARY KEY (item_id, n)
    ) WITHOUT ROWID""",
    "CREATE INDEX item_ean_code ON item_ean (ean)",
    """CREATE TABLE item_label (
        item_id TEXT NOT NULL REFERENCES item (item_id),
        n INTEGER NOT NULL,
        label TEXT NOT NULL,
        PRIMARY KEY (item_id, n)
    ) WITHOUT ROWID""",
    # the stamp of the last write of each field of an item or a category
    """CREATE TABLE field_stamp (
        row_id TEXT NOT NULL,
        field TEXT NOT NULL,
        stamp TEXT NOT NULL,
        PRIMARY KEY (row_id, field)
    ) WITHOUT ROWID""",
    """CREATE TABLE sync_run (
        run_id TEXT PRIMARY KEY,
        requested_at TEXT NOT NULL,
        phase TEXT NOT NULL,
        done INTEGER NOT NULL DEFAULT 0,
        total INTEGER NOT NULL DEFAULT 0,
        finished_at TEXT NOT NULL DEFAULT '',
        error TEXT NOT NULL DEFAULT '',
        result TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX sync_run_time ON sync_run (requested_at)",
    "CREATE INDEX sync_run_open ON sync_run (requested_at) WHERE finished_at = ''",
    # the last known state of a process or channel, as JSON: printer, eet, backoffice, open cart …
    "CREATE TABLE note (key TEXT PRIMARY KEY, value TEXT NOT NULL, at TEXT NOT NULL) WITHOUT ROWID",
)

VERSION_2 = (
    # the control codes of EET 1, computed once; how often a record was corrected; since when it is tried
    "ALTER TABLE fiscal_record ADD COLUMN pkp TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE fiscal_record ADD COLUMN bkp TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE fiscal_record ADD COLUMN generation INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE fiscal_record ADD COLUMN tried_since TEXT NOT NULL DEFAULT ''",
    # `unknown` stays 1 unless it is certain that the server did not record the message
    "ALTER TABLE fiscal_attempt ADD COLUMN generation INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE fiscal_attempt ADD COLUMN unknown INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE fiscal_attempt ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX fiscal_attempt_answered ON fiscal_attempt (at) WHERE answer IS NOT NULL",
    "CREATE INDEX fiscal_attempt_unjudged ON fiscal_attempt (reason, at) WHERE reason = 'unknown_signer'",
    # the last regime that has begun, so that it does not end when a clock goes back
    "ALTER TABLE till ADD COLUMN regime_from TEXT NOT NULL DEFAULT ''",
    # what the sale of an item is to EET, and the taxpayer for whom it is sold
    "ALTER TABLE item ADD COLUMN reporting TEXT NOT NULL DEFAULT 'reported'",
    "ALTER TABLE item ADD COLUMN principal TEXT NOT NULL DEFAULT ''",
)

VERSION_3 = (
    # the highest stamp of a row's fields: a new edit is stamped above it, whichever field it changes; `seen` is the
    # number of the last snapshot that contained the row
    "ALTER TABLE item ADD COLUMN stamp TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE item ADD COLUMN seen INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE item ADD COLUMN stocked INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE category ADD COLUMN stamp TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE category ADD COLUMN seen INTEGER NOT NULL DEFAULT 0",
    "UPDATE item SET stamp = coalesce((SELECT max(stamp) FROM field_stamp WHERE row_id = item_id), '')",
    "UPDATE category SET stamp = coalesce((SELECT max(stamp) FROM field_stamp WHERE row_id = category_id), '')",
    """CREATE TABLE warehouse (
        warehouse_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        branch TEXT NOT NULL DEFAULT '',
        deleted INTEGER NOT NULL DEFAULT 0,
        stamp TEXT NOT NULL DEFAULT '',
        seen INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
    """CREATE TABLE till_user (
        user_id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        pin TEXT NOT NULL DEFAULT '',
        deleted INTEGER NOT NULL DEFAULT 0,
        stamp TEXT NOT NULL DEFAULT '',
        seen INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
    """CREATE TABLE vat_rate (
        rate_id TEXT PRIMARY KEY,
        vat_class TEXT NOT NULL,
        percent INTEGER NOT NULL,
        valid_from TEXT NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0,
        stamp TEXT NOT NULL DEFAULT '',
        seen INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
    # the till's own settings; the value is JSON, the stamp '' where only this till decides
    """CREATE TABLE setting (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        stamp TEXT NOT NULL DEFAULT ''
    ) WITHOUT ROWID""",
    # this till's edits (places in the journal) that no pulled page has contained yet; `unshared` are those kept back
    # while item sync is off; `hide`: the row leaves the list when a page contains the edit
    """CREATE TABLE own_edit (
        place INTEGER PRIMARY KEY REFERENCES journal (row),
        row_id TEXT NOT NULL,
        unshared INTEGER NOT NULL DEFAULT 0,
        hide INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX own_edit_row ON own_edit (row_id)",
    "CREATE INDEX own_edit_unshared ON own_edit (row_id) WHERE unshared = 1",
    "CREATE INDEX own_edit_leaving ON own_edit (place) WHERE hide = 1",
    # where the pull stands: cursor and the label it belongs to, the number of the snapshot under way (0: none), the
    # cursor of the stock of one warehouse, how many changes and levels wait; whether a pull is under way or asked for;
    # the shift at whose opening was pulled last
    """CREATE TABLE pull (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        since INTEGER NOT NULL DEFAULT 0,
        label TEXT NOT NULL DEFAULT '',
        snapshot INTEGER NOT NULL DEFAULT 0,
        warehouse_id TEXT NOT NULL DEFAULT '',
        stock_since INTEGER NOT NULL DEFAULT 0,
        changes_waiting INTEGER NOT NULL DEFAULT 0,
        stock_waiting INTEGER NOT NULL DEFAULT 0,
        wanted INTEGER NOT NULL DEFAULT 0,
        shift_id TEXT NOT NULL DEFAULT ''
    )""",
    "INSERT INTO pull (id) VALUES (1)",
    # levels as pulled, and this till's own movements that they do not contain yet
    """CREATE TABLE stock_level (
        warehouse_id TEXT NOT NULL,
        item_id TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        PRIMARY KEY (warehouse_id, item_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE stock_move (
        place INTEGER NOT NULL REFERENCES journal (row),
        n INTEGER NOT NULL,
        warehouse_id TEXT NOT NULL,
        item_id TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        PRIMARY KEY (place, n)
    ) WITHOUT ROWID""",
    "CREATE INDEX stock_move_item ON stock_move (item_id, warehouse_id, quantity)",
)

STEPS = (VERSION_1, VERSION_2, VERSION_3)


def migrate(db: APSWDatabase) -> None:
    """Run the steps that are missing; each in one transaction, so that three processes may start at once."""
    if schema_version(db) >= len(STEPS):
        return
    for version, statements in enumerate(STEPS, start=1):
        with db.atomic("IMMEDIATE"):
            if schema_version(db) >= version:
                continue
            for statement in statements:
                db.execute_sql(statement)
            db.execute_sql("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
            db.execute_sql("INSERT INTO schema_version (version) VALUES (?)", (version,))


def schema_version(db: APSWDatabase) -> int:
    """The last step that has run; 0 for an empty file. A newer file than this program is fine: steps only add."""
    if not db.execute_sql("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").fetchone():
        return 0
    return int(db.execute_sql("SELECT max(version) FROM schema_version").fetchone()[0] or 0)
