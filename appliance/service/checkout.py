"""Selling: the open cart as a mark, lines taken from it, and the sale itself as one commit."""

import logging
from collections.abc import Sequence
from datetime import date

from appliance.domain import cart as carts
from appliance.domain.cart import Cart
from appliance.domain.clock import iso
from appliance.domain.codec import CodecError, from_json, to_json
from appliance.domain.journal import Kind, LineVoided
from appliance.domain.receipt import Issue, Receipt, issue_receipt, lines_of_cart
from appliance.domain.sale import PaymentRefused, Tender, settle
from appliance.domain.vat import CZECH_VAT_RATES, VatStatus, percent_on
from appliance.service.issuing import issue_document
from appliance.service.shift import current_shift, open_shift_in
from appliance.service.shop import Shop
from appliance.store import journal, queues
from appliance.store.pages import pulled_vat_rates

log = logging.getLogger(__name__)

OPEN_CART = "open_cart"
LOST_CART = "lost_cart"  # the text of a kept cart that could not be read


def pay(shop: Shop, cart: Cart, tenders: Sequence[Tender]) -> Receipt:
    """One sale, one commit: when it returns, the sale is on disk and the paper is on its way.

    Raises PaymentRefused, ShiftNotOpen, StoreFailed; nothing has happened then.
    """
    if not cart.lines:
        raise PaymentRefused("cart_empty")
    now = shop.now()
    settlement = settle(cart.total, tenders)
    lines = lines_of_cart(cart, _percents(shop, cart, now.date()))
    doc_id = shop.new_id()

    def make(issue: Issue) -> Receipt:
        return issue_receipt(issue, shop.seller, lines, settlement, principal=cart.principal)

    with shop.fact() as tables:
        shift = open_shift_in(tables)
        receipt = issue_document(shop, tables, shift, doc_id=doc_id, now=now, make=make)
        queues.drop_note(tables, OPEN_CART)
    shop.wake("print", "sync")
    return receipt


def keep_cart(shop: Shop, cart: Cart) -> None:
    """The open cart as a mark, so that it comes back after a power cut."""
    with shop.mark() as tables:
        if cart.lines:
            queues.set_note(tables, OPEN_CART, to_json(cart), at=iso(shop.now()))
        else:
            queues.drop_note(tables, OPEN_CART)


def kept_cart(shop: Shop) -> Cart:
    """The cart that was open at the end of the last run; an empty one if there was none or it cannot be read."""
    text = queues.note(shop.tables, OPEN_CART)
    if text is None:
        return Cart()
    try:
        return from_json(Cart, text)
    except CodecError:
        return Cart()


def set_aside_unreadable_cart(shop: Shop) -> bool:
    """Whether the kept cart cannot be read; its text is then kept under LOST_CART and in the log, for a technician."""
    text = queues.note(shop.tables, OPEN_CART)
    if text is None:
        return False
    try:
        from_json(Cart, text)
    except CodecError:
        log.error("the open cart cannot be read, its text is in note %s: %s", LOST_CART, text)
        with shop.mark() as tables:
            queues.set_note(tables, LOST_CART, text, at=iso(shop.now()))
            queues.drop_note(tables, OPEN_CART)
        return True
    return False


def void_line(shop: Shop, cart: Cart, line_id: int) -> Cart:
    """The line taken from the cart, and a row in the journal about it."""
    line = cart.line(line_id)
    after = carts.void_line(cart, line_id)
    at = iso(shop.now())
    shift = current_shift(shop)
    shift_id = shift.shift_id if shift else ""
    with shop.fact() as tables:
        body = LineVoided(shift_id, shop.user, line.name, line.quantity, line.price)
        journal.append(tables, Kind.LINE_VOIDED, body, doc_id=shop.new_id(), at=at, shift_id=shift_id)
        if after.lines:
            queues.set_note(tables, OPEN_CART, to_json(after), at=at)
        else:
            queues.drop_note(tables, OPEN_CART)
    shop.wake("sync")
    return after


def _percents(shop: Shop, cart: Cart, day: date) -> list[int | None]:
    if shop.seller.vat_status != VatStatus.VAT_PAYER:
        return [None] * len(cart.lines)
    rates = (*pulled_vat_rates(shop.tables), *CZECH_VAT_RATES)  # of two from one day the first counts
    return [percent_on(line.vat_class, day, rates) for line in cart.lines]
