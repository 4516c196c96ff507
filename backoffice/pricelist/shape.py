"""The tables of the price list and of the stock, as version 4 of the database makes them (backoffice/migrations.py)."""

# A row's `registers` are {field: {"value", "stamp", "user", "till_id", "at"}} and decide; `body` is what tills are sent
# ({field: value}), `stamp` the highest of all. name … plu are copies to list and search by. `version` is the
# account's counter at the last write, `foreign_version` that of the last write by somebody else than `changed_by`, the
# till (or '' for the Backoffice) that made the last ones.
PRICE_LIST = (
    "ALTER TABLE account ADD COLUMN pricelist_version BIGINT NOT NULL DEFAULT 0",
    """CREATE TABLE pricelist_row (
    account_id BIGINT NOT NULL REFERENCES account (account_id),
    row_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL DEFAULT '',
    foreign_version BIGINT NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    body TEXT NOT NULL,
    stamp TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    folded TEXT NOT NULL DEFAULT '',
    category_id TEXT NOT NULL DEFAULT '',
    price_haler BIGINT,
    plu TEXT NOT NULL DEFAULT '',
    registers TEXT NOT NULL,
    PRIMARY KEY (account_id, row_id))""",
    # the changes waiting for a till are counted from it alone
    "CREATE INDEX pricelist_order ON pricelist_row"
    " (account_id, version, kind, deleted, changed_by, foreign_version, row_id)",
    "CREATE INDEX pricelist_others ON pricelist_row"
    " (account_id, version, kind, deleted, changed_by, foreign_version, row_id) WHERE kind <> 'item'",
    "CREATE INDEX pricelist_name ON pricelist_row (account_id, kind, deleted, folded, row_id)",
    "CREATE INDEX pricelist_category ON pricelist_row (account_id, kind, deleted, category_id, folded, row_id)",
    "CREATE INDEX pricelist_plu ON pricelist_row (account_id, plu) WHERE plu <> ''",
    # which EANs and labels items carry; `left_version` is 0 while they do, else that of its removal. `version` is where
    # a till that sees only this label has to look at the item: the row's version, or that of the removal
    """CREATE TABLE pricelist_member (
    account_id BIGINT NOT NULL,
    register TEXT NOT NULL,
    member TEXT NOT NULL,
    row_id TEXT NOT NULL,
    left_version BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL,
    PRIMARY KEY (account_id, register, member, row_id),
    FOREIGN KEY (account_id, row_id) REFERENCES pricelist_row (account_id, row_id))""",
    "CREATE INDEX pricelist_member_order ON pricelist_member (account_id, register, member, version)",
    "CREATE INDEX pricelist_member_row ON pricelist_member (account_id, row_id, register)",
    # values that were written and do not count (any more): who wrote them, when, and whether they ever counted; `stamp`
    # as its writer gave it, so that a repeat is known
    """CREATE TABLE pricelist_history (
    account_id BIGINT NOT NULL,
    row_id TEXT NOT NULL,
    field TEXT NOT NULL,
    stamp TEXT NOT NULL,
    value TEXT NOT NULL,
    user_name TEXT NOT NULL,
    till_id TEXT NOT NULL DEFAULT '',
    at TEXT NOT NULL,
    lost INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, row_id, field, stamp),
    FOREIGN KEY (account_id, row_id) REFERENCES pricelist_row (account_id, row_id))""",
)

# Quantities are thousandths of the item's unit. A level is the sum of its movements and has the version of its
# warehouse's counter at the last one.
STOCK = (
    """CREATE TABLE stock_counter (
    account_id BIGINT NOT NULL REFERENCES account (account_id),
    warehouse_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (account_id, warehouse_id))""",
    """CREATE TABLE stock_movement (
    account_id BIGINT NOT NULL REFERENCES account (account_id),
    doc_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    warehouse_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    kind TEXT NOT NULL,
    till_id TEXT NOT NULL DEFAULT '',
    user_name TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    counted BIGINT,
    at TEXT NOT NULL,
    at_utc TEXT NOT NULL,
    PRIMARY KEY (account_id, doc_id, n))""",
    "CREATE INDEX stock_movement_item ON stock_movement (account_id, item_id, at_utc, doc_id, n)",
    # few among the sales: without it a page of stocktakes would look at every sale there was
    "CREATE INDEX stock_movement_document ON stock_movement (account_id, kind, at_utc, doc_id, n) WHERE kind <> 'sale'",
    "CREATE INDEX stock_movement_time ON stock_movement (account_id, at_utc, doc_id, n)",
    """CREATE TABLE stock_level (
    account_id BIGINT NOT NULL,
    warehouse_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (account_id, warehouse_id, item_id),
    FOREIGN KEY (account_id, warehouse_id) REFERENCES stock_counter (account_id, warehouse_id))""",
    "CREATE INDEX stock_level_order ON stock_level (account_id, warehouse_id, version)",
)
