"""Historie účtenek: the receipts of an account, filtered, newest first, page by page without counting pages."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlencode

from peewee import SQL, Tuple, fn

from appliance.domain.money import Money
from backoffice.projected import PROJECTED
from backoffice.reports import Turnover
from backoffice.tables import Tables

PAGE_ROWS = 50
CURSOR_MARK = "~"
TEXT_CHARS_MAX = 60
REFUND = SQL("original_doc_id <> ''")  # in the very words of the index `receipt_refund`


@dataclass(frozen=True)
class ReceiptFilter:
    """What stands in the address; empty means everything. Days are the shop's own, `2026-11-24`."""

    day_from: str = ""
    day_to: str = ""
    till: str = ""
    method: str = ""
    kind: str = ""
    number: str = ""
    eet: str = ""

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> "ReceiptFilter":
        """Nonsense is treated as empty: a mistyped bookmark shows more, never an error."""
        values = {f.name: query.get(f.name, "").strip()[:TEXT_CHARS_MAX].replace("\0", "") for f in fields(cls)}
        return cls(**{**values, "day_from": _day(values["day_from"]), "day_to": _day(values["day_to"])})

    @property
    def query(self) -> str:
        """The filter as it stands in an address."""
        return urlencode({f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)})

    @property
    def is_set(self) -> bool:
        return self != ReceiptFilter()


@dataclass(frozen=True)
class ReceiptPage:
    """`older` is the cursor of the next page, empty at the end; `all_of_filter` counts beyond this page."""

    rows: list[dict[str, Any]]
    older: str
    all_of_filter: Turnover


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def receipt_page(tables: Tables, account_id: int, wanted: ReceiptFilter, *, before: str = "") -> ReceiptPage:
    receipt, till = tables.receipt, tables.till
    where = _where(tables, account_id, wanted)
    order = (receipt.c.issued_utc, receipt.c.number, receipt.c.doc_id)
    page = where & (Tuple(*order) < Tuple(*_cursor(before))) if _cursor(before) else where
    with tables.reading():
        rows = tables.rows(
            receipt.select(*_columns(tables), till.c.name.alias("till_name"))
            .join(till, on=((till.c.account_id == receipt.c.account_id) & (till.c.till_id == receipt.c.till_id)))
            .where(page)
            .order_by(*(column.desc() for column in order))
            .limit(PAGE_ROWS + 1)
        )
        shown = rows[:PAGE_ROWS]
        methods = _methods(tables, account_id, [row["doc_id"] for row in shown])
        total = summary(tables, account_id, wanted)
    for row in shown:
        row["methods"] = methods.get(row["doc_id"], [])
    older = CURSOR_MARK.join(shown[-1][name] for name in ("issued_utc", "number", "doc_id")) if rows[PAGE_ROWS:] else ""
    return ReceiptPage(shown, older, total)


def summary(tables: Tables, account_id: int, wanted: ReceiptFilter) -> Turnover:
    receipt = tables.receipt
    with tables.reading():
        row = tables.first(
            receipt.select(
                fn.COUNT(receipt.c.paid_haler).alias("n"), fn.SUM(receipt.c.paid_haler).alias("haler")
            ).where(_where(tables, account_id, wanted))
        )
    assert row is not None
    return Turnover(int(row["n"]), Money(int(row["haler"] or 0)))


def receipt_row(tables: Tables, account_id: int, doc_id: str) -> dict[str, Any] | None:
    """One receipt with its till's name and its body, as it came."""
    receipt, till = tables.receipt, tables.till
    with tables.reading():
        row = tables.first(
            receipt.select(*_columns(tables), till.c.name.alias("till_name"))
            .join(till, on=((till.c.account_id == receipt.c.account_id) & (till.c.till_id == receipt.c.till_id)))
            .where((receipt.c.account_id == account_id) & (receipt.c.doc_id == doc_id))
        )
        if row is None:
            return None
        refunds = tables.rows(
            receipt.select(receipt.c.doc_id, receipt.c.number).where(
                (receipt.c.account_id == account_id) & (receipt.c.original_doc_id == doc_id) & REFUND
            )
        )
        return {**row, "body": document_body(tables, account_id, doc_id), "refunds": refunds}


def document_body(tables: Tables, account_id: int, doc_id: str) -> str:
    """The raw body of a projected document. The state is looked at here: asked for it, SQLite would rather walk all
    projected rows than the few of this document."""
    held = tables.journal_row
    rows = tables.rows(
        held.select(held.c.body, held.c.state).where((held.c.account_id == account_id) & (held.c.doc_id == doc_id))
    )
    return next(str(row["body"]) for row in rows if row["state"] == PROJECTED)  # a projected document has its row


def _columns(tables: Tables) -> tuple[Any, ...]:
    column = tables.receipt.c
    return (
        column.doc_id,
        column.till_id,
        column.number,
        column.issued_at,
        column.issued_utc,
        column.kind,
        column.paid_haler,
        column.user_name,
        column.shift_id,
        column.fiscal_state,
        column.fiscal_code,
        column.fiscal_test,
        column.fiscal_warnings,
        column.original_doc_id,
    )


def _cursor(text: str) -> tuple[str, ...]:
    parts = tuple(text.replace("\0", "").split(CURSOR_MARK))
    return parts if len(parts) == 3 else ()


def _where(tables: Tables, account_id: int, wanted: ReceiptFilter) -> Any:
    receipt, payment = tables.receipt, tables.payment
    where = receipt.c.account_id == account_id
    if wanted.day_from:
        where &= receipt.c.day >= wanted.day_from
    if wanted.day_to:
        where &= receipt.c.day <= wanted.day_to
    if wanted.till:
        where &= receipt.c.till_id == wanted.till
    if wanted.kind:
        where &= receipt.c.kind == wanted.kind
    if wanted.eet:
        where &= receipt.c.fiscal_state == wanted.eet
    if wanted.number:
        where &= (
            fn.STRPOS(receipt.c.number, wanted.number.upper()) > 0
            if not tables.is_sqlite
            else (fn.INSTR(receipt.c.number, wanted.number.upper()) > 0)
        )
    if wanted.method:
        paid_so = payment.select(payment.c.doc_id).where(
            (payment.c.account_id == account_id) & (payment.c.method == wanted.method)
        )
        # Within days each receipt is asked for its payments; over all time one list of payments is the shorter way.
        if wanted.day_from or wanted.day_to:
            where &= fn.EXISTS(paid_so.where(payment.c.doc_id == receipt.c.doc_id))
        else:
            where &= receipt.c.doc_id.in_(paid_so)
    return where


def _methods(tables: Tables, account_id: int, doc_ids: list[str]) -> dict[str, list[str]]:
    if not doc_ids:
        return {}
    payment = tables.payment
    rows = tables.rows(
        payment.select(payment.c.doc_id, payment.c.method)
        .where((payment.c.account_id == account_id) & payment.c.doc_id.in_(doc_ids))
        .order_by(payment.c.method)
    )
    methods: dict[str, list[str]] = {}
    for row in rows:
        methods.setdefault(row["doc_id"], []).append(row["method"])
    return methods
