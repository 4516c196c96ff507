"""Shifts, receipts and cash moves as rows; the documents themselves are journal bodies."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from peewee import JOIN, fn

from appliance.domain.codec import from_json, to_json
from appliance.domain.journal import ShiftClosed
from appliance.domain.money import Money
from appliance.domain.receipt import Receipt
from appliance.store.tables import Tables


@dataclass(frozen=True)
class ShiftRow:
    shift_id: str
    number: int
    opened_at: str
    user: str
    opening_float: Money
    closed_at: str | None
    closing: ShiftClosed | None
    proof: str | None


@dataclass(frozen=True)
class ReceiptRow:
    """A receipt in a list. `fiscal` is '' when nothing is reported; `sent`: the Backoffice has acked it."""

    doc_id: str
    number: str
    issued_at: str
    kind: str
    paid: Money
    methods: tuple[str, ...]
    refunded: bool
    fiscal: str
    code: str
    sent: bool


def open_shift(tables: Tables) -> ShiftRow | None:
    return _shift(tables.one(_open_shift))


def last_closed_shift(tables: Tables) -> ShiftRow | None:
    return _shift(tables.one(_last_closed_shift))


def next_shift_number(tables: Tables) -> int:
    s = tables.shift
    last = s.select(s.number).order_by(s.number.desc()).limit(1).tuples().first()
    return (last[0] if last else 0) + 1


def insert_shift(tables: Tables, shift: ShiftRow) -> None:
    tables.shift.insert(
        shift_id=shift.shift_id,
        number=shift.number,
        opened_at=shift.opened_at,
        user=shift.user,
        opening_float=shift.opening_float.haler,
    ).execute()


def close_shift(tables: Tables, shift_id: str, *, closed_at: str, closing: ShiftClosed) -> None:
    s = tables.shift
    s.update(closed_at=closed_at, closing=to_json(closing)).where(s.shift_id == shift_id).execute()


def save_proof(tables: Tables, shift_id: str, proof: str) -> None:
    """What the Backoffice answered about a closed shift, as JSON."""
    s = tables.shift
    s.update(proof=proof).where(s.shift_id == shift_id).execute()


def shifts_without_proof(tables: Tables) -> list[str]:
    s = tables.shift
    query = s.select(s.shift_id).where(s.closed_at.is_null(False) & s.proof.is_null()).order_by(s.number)
    return [shift_id for (shift_id,) in query.tuples()]


def forget_incomplete_proofs(tables: Tables) -> None:
    """Closings the Backoffice found incomplete are to be proven again."""
    s = tables.shift
    s.update(proof=None).where(fn.json_extract(s.proof, "$.complete") == 0).execute()


def insert_receipt(tables: Tables, receipt: Receipt, *, place: int) -> None:
    """The receipt with its lines and payments; `place` is its row in the journal."""
    tables.receipt.insert(
        doc_id=receipt.doc_id,
        row=place,
        number=receipt.number,
        kind=receipt.kind.value,
        issued_at=receipt.issued_at,
        shift_id=receipt.shift_id,
        paid=receipt.paid.haler,
        methods=" ".join(payment.method for payment in receipt.payments),
        refund_of=receipt.original.doc_id if receipt.original else None,
    ).execute()
    tables.receipt_line.insert(
        [
            {
                "doc_id": receipt.doc_id,
                "n": n,
                "item_id": line.item_id,
                "name": line.name,
                "quantity": line.quantity.thousandths,
                "total": line.total.haler,
            }
            for n, line in enumerate(receipt.lines, start=1)
        ]
    ).execute()
    tables.payment.insert(
        [
            {"doc_id": receipt.doc_id, "n": n, "method": payment.method.value, "amount": payment.amount.haler}
            for n, payment in enumerate(receipt.payments, start=1)
        ]
    ).execute()


def load_receipt(tables: Tables, doc_id: str) -> Receipt | None:
    r, j = tables.receipt, tables.journal
    found = r.select(j.body).join(j, on=(j.row == r.row)).where(r.doc_id == doc_id).tuples().first()
    return from_json(Receipt, found[0]) if found else None


def receipts_of_shift(tables: Tables, shift_id: str) -> Iterator[Receipt]:
    """In the order of issue."""
    r, j = tables.receipt, tables.journal
    query = r.select(j.body).join(j, on=(j.row == r.row)).where(r.shift_id == shift_id).order_by(r.row)
    for (body,) in query.tuples():
        yield from_json(Receipt, body)


def count_of_shift(tables: Tables, shift_id: str) -> int:
    r = tables.receipt
    return int(r.select(r.doc_id).where(r.shift_id == shift_id).count())


def is_refunded(tables: Tables, doc_id: str) -> bool:
    r = tables.receipt
    return r.select(r.doc_id).where(r.refund_of == doc_id).tuples().first() is not None


def list_receipts(tables: Tables, *, limit: int, offset: int, search: str) -> list[ReceiptRow]:
    """The newest first; `search` is a part of the number."""
    r, f, t = tables.receipt, tables.fiscal_record, tables.till
    mirror = r.alias("mirror")
    conditions = [r.number.contains(part) for part in search.split()]
    query = (
        r.select(
            r.doc_id, r.number, r.issued_at, r.kind, r.paid, r.methods, mirror.doc_id, f.state, f.code, r.row,
            t.acked_row,
        )
        .join(f, JOIN.LEFT_OUTER, on=(f.doc_id == r.doc_id))
        .join(mirror, JOIN.LEFT_OUTER, on=(mirror.refund_of == r.doc_id))
        .join(t, on=(t.id == 1))
        .order_by(r.row.desc())
        .limit(limit)
        .offset(offset)
    )  # fmt: skip
    if conditions:
        query = query.where(reduce(and_, conditions))
    return [
        ReceiptRow(
            doc_id=doc_id,
            number=number,
            issued_at=issued_at,
            kind=kind,
            paid=Money(paid),
            methods=tuple(methods.split()),
            refunded=refund is not None,
            fiscal=state or "",
            code=code or "",
            sent=row <= acked,
        )
        for doc_id, number, issued_at, kind, paid, methods, refund, state, code, row, acked in query.tuples()
    ]


def insert_cash_move(tables: Tables, *, doc_id: str, shift_id: str, at: str, amount: Money, reason: str) -> None:
    tables.cash_move.insert(doc_id=doc_id, shift_id=shift_id, at=at, amount=amount.haler, reason=reason).execute()


def cash_moves(tables: Tables, shift_id: str) -> list[Money]:
    c = tables.cash_move
    return [Money(amount) for (amount,) in c.select(c.amount).where(c.shift_id == shift_id).tuples()]


def _shifts(tables: Tables) -> Any:
    s = tables.shift
    return s.select(s.shift_id, s.number, s.opened_at, s.user, s.opening_float, s.closed_at, s.closing, s.proof)


def _open_shift(tables: Tables) -> Any:
    return _shifts(tables).where(tables.shift.closed_at.is_null())


def _last_closed_shift(tables: Tables) -> Any:
    s = tables.shift
    return _shifts(tables).where(s.closed_at.is_null(False)).order_by(s.number.desc())


def _shift(found: tuple[Any, ...] | None) -> ShiftRow | None:
    if not found:
        return None
    shift_id, number, opened_at, user, opening_float, closed_at, closing, proof = found
    return ShiftRow(
        shift_id=shift_id,
        number=number,
        opened_at=opened_at,
        user=user,
        opening_float=Money(opening_float),
        closed_at=closed_at,
        closing=from_json(ShiftClosed, closing) if closing else None,
        proof=proof,
    )
