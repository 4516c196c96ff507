"""Přehledy uzávěrek: the shifts of an account, open and closed, newest first. A shift that two devices went on with (a
moved card and its copy) stands there once for each closing."""

from typing import Any

from peewee import JOIN, Tuple, fn

from backoffice.history import CURSOR_MARK, document_body
from backoffice.projected import Place
from backoffice.tables import Tables

PAGE_ROWS = 50


def shift_page(tables: Tables, account_id: int, *, before: str = "") -> tuple[list[dict[str, Any]], str]:
    """One page of shifts and the cursor of the next one, empty at the end."""
    shift = tables.shift
    where = shift.c.account_id == account_id
    order = (shift.c.opened_utc, shift.c.shift_id, _closing_id(tables))
    cursor = tuple(before.replace("\0", "").split(CURSOR_MARK))
    if len(cursor) == len(order):
        where &= Tuple(*order) < Tuple(*cursor)
    with tables.reading():
        rows = tables.rows(
            _closings(tables).where(where).order_by(*(column.desc() for column in order)).limit(PAGE_ROWS + 1)
        )
    shown = rows[:PAGE_ROWS]
    last = shown[-1] if rows[PAGE_ROWS:] else None
    older = CURSOR_MARK.join((last["opened_utc"], last["shift_id"], last["closed_doc_id"])) if last else ""
    return shown, older


def shift_row(tables: Tables, account_id: int, shift_id: str, *, closing: str = "") -> dict[str, Any] | None:
    """One shift with one of its closings, by its doc_id, else the last one; `body` is the closing as it came, empty
    while the shift is open."""
    shift, held = tables.shift, tables.closing
    where = (shift.c.account_id == account_id) & (shift.c.shift_id == shift_id)
    if closing:
        where &= held.c.doc_id == closing
    with tables.reading():
        row = tables.first(_closings(tables).where(where).order_by(fn.COALESCE(held.c.closed_at, "").desc()))
        if row is None:
            return None
        closed = row["closed_doc_id"]
        return {**row, "body": document_body(tables, account_id, closed) if closed else ""}


def closings_of_shift(tables: Tables, account_id: int, shift_id: str) -> list[dict[str, Any]]:
    """All closings of one shift, the first one first; more than one when a card and its copy went on."""
    shift, held = tables.shift, tables.closing
    where = (shift.c.account_id == account_id) & (shift.c.shift_id == shift_id)
    with tables.reading():
        return tables.rows(_closings(tables).where(where).order_by(held.c.closed_at, held.c.doc_id))


def closing_proof(tables: Tables, place: Place, shift_id: str, *, closing: str) -> dict[str, Any] | None:
    """What is held of one closing of this till's shift, by its doc_id, else of the last one; None for no closing."""
    held = tables.closing
    where = (held.c.account_id == place.account_id) & (held.c.till_id == place.till_id) & (held.c.shift_id == shift_id)
    if closing:
        where &= held.c.doc_id == closing
    with tables.reading():
        return tables.first(held.select().where(where).order_by(held.c.closed_at.desc()))


def _closing_id(tables: Tables) -> Any:
    return fn.COALESCE(tables.closing.c.doc_id, "")


def _closings(tables: Tables) -> Any:
    """Every shift once for each of its closings, or once while it has none."""
    shift, till, closing = tables.shift, tables.till, tables.closing
    of_shift = [getattr(shift.c, name) for name in SHIFT_COLUMNS.split()]
    texts = [fn.COALESCE(getattr(closing.c, name), "").alias(name) for name in CLOSING_TEXTS.split()]
    numbers = [fn.COALESCE(getattr(closing.c, name), 0).alias(name) for name in CLOSING_NUMBERS.split()]
    held = [
        fn.COALESCE(getattr(closing.c, name), getattr(shift.c, name)).alias(name)
        for name in ("receipts_held", "sum_held_haler")
    ]
    names = [
        _closing_id(tables).alias("closed_doc_id"),
        fn.COALESCE(closing.c.epoch, "").alias("head_epoch"),
        till.c.name.alias("till_name"),
    ]
    return (
        shift.select(*of_shift, *texts, *numbers, *held, *names)
        .join(till, on=((till.c.account_id == shift.c.account_id) & (till.c.till_id == shift.c.till_id)))
        .join(
            closing,
            JOIN.LEFT_OUTER,
            on=((closing.c.account_id == shift.c.account_id) & (closing.c.shift_id == shift.c.shift_id)),
        )
    )


SHIFT_COLUMNS = "shift_id till_id opened_at opened_utc opened_by float_haler"
CLOSING_TEXTS = "closed_at closed_by head"
CLOSING_NUMBERS = (
    "number receipts_expected sum_expected_haler head_held complete counted_haler over_short_haler head_seq"
)
