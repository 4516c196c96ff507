"""Přehledy uzávěrek: the shifts of an account, open and closed, newest first."""

from typing import Any

from peewee import Tuple

from backoffice.history import CURSOR_MARK, document_body
from backoffice.tables import Tables

PAGE_ROWS = 50


def shift_page(tables: Tables, account_id: int, *, before: str = "") -> tuple[list[dict[str, Any]], str]:
    """One page of shifts and the cursor of the next one, empty at the end."""
    shift = tables.shift
    where = shift.c.account_id == account_id
    cursor = tuple(before.replace("\0", "").split(CURSOR_MARK))
    if len(cursor) == 2:
        where &= Tuple(shift.c.opened_utc, shift.c.shift_id) < Tuple(*cursor)
    with tables.reading():
        rows = tables.rows(
            _with_till(tables)
            .where(where)
            .order_by(shift.c.opened_utc.desc(), shift.c.shift_id.desc())
            .limit(PAGE_ROWS + 1)
        )
    shown = rows[:PAGE_ROWS]
    older = f"{shown[-1]['opened_utc']}{CURSOR_MARK}{shown[-1]['shift_id']}" if rows[PAGE_ROWS:] else ""
    return shown, older


def shift_row(tables: Tables, account_id: int, shift_id: str) -> dict[str, Any] | None:
    """One shift; `body` is the closing as it came, empty while the shift is open."""
    shift = tables.shift
    with tables.reading():
        row = tables.first(
            _with_till(tables).where((shift.c.account_id == account_id) & (shift.c.shift_id == shift_id))
        )
        if row is None:
            return None
        closed = row["closed_doc_id"]
        return {**row, "body": document_body(tables, account_id, closed) if closed else ""}


def _with_till(tables: Tables) -> Any:
    shift, till = tables.shift, tables.till
    names = (
        "shift_id till_id opened_at opened_utc opened_by float_haler closed_at closed_by closed_doc_id number "
        "receipts_expected sum_expected_haler receipts_held sum_held_haler head_held complete counted_haler "
        "over_short_haler head_epoch head_seq head"
    )
    columns = [getattr(shift.c, name) for name in names.split()]
    return shift.select(*columns, till.c.name.alias("till_name")).join(
        till, on=((till.c.account_id == shift.c.account_id) & (till.c.till_id == shift.c.till_id))
    )
