"""Cash into and out of the drawer without a sale, and the drawer opened by hand."""

from appliance.domain.clock import iso
from appliance.domain.journal import CashMoved, DrawerOpened, Kind
from appliance.domain.money import Money
from appliance.service.errors import Refused
from appliance.service.shift import current_shift, open_shift_in
from appliance.service.shop import Shop
from appliance.store import journal, queues, sales
from appliance.store.queues import JobKind
from appliance.store.tables import Tables


def move_cash(shop: Shop, amount: Money, reason: str) -> None:
    """A deposit (positive) or withdrawal (negative); the drawer opens. Raises ShiftNotOpen, Refused (amount_zero)."""
    if not amount:
        raise Refused("amount_zero")
    at = iso(shop.now())
    doc_id = shop.new_id()
    with shop.fact() as tables:
        shift = open_shift_in(tables)
        body = CashMoved(shift.shift_id, shop.user, amount, reason)
        journal.append(tables, Kind.CASH_MOVED, body, doc_id=doc_id, at=at, shift_id=shift.shift_id)
        sales.insert_cash_move(tables, doc_id=doc_id, shift_id=shift.shift_id, at=at, amount=amount, reason=reason)
        _kick(shop, tables, doc_id=doc_id, at=at)
    shop.wake("print", "sync")


def open_drawer(shop: Shop, reason: str) -> None:
    """The drawer without a sale: always in the journal."""
    at = iso(shop.now())
    doc_id = shop.new_id()
    shift = current_shift(shop)
    shift_id = shift.shift_id if shift else ""
    with shop.fact() as tables:
        body = DrawerOpened(shift_id, shop.user, reason)
        journal.append(tables, Kind.DRAWER_OPENED, body, doc_id=doc_id, at=at, shift_id=shift_id)
        _kick(shop, tables, doc_id=doc_id, at=at)
    shop.wake("print", "sync")


def _kick(shop: Shop, tables: Tables, *, doc_id: str, at: str) -> None:
    queues.add_job(
        tables,
        job_id=shop.new_id(),
        kind=JobKind.DRAWER,
        doc_id=doc_id,
        number="",
        at=at,
        boot=shop.boot,
        kick=True,
    )
