"""Carts, payments and documents as Hypothesis makes them."""

from dataclasses import replace

from hypothesis import strategies as st

from appliance.domain.cart import Cart, Discount, add_item, discount_bill, discount_line
from appliance.domain.catalogue import Item, Unit
from appliance.domain.fiscal import Reporting
from appliance.domain.money import Money, Quantity
from appliance.domain.receipt import (
    ClockState,
    Issue,
    Receipt,
    issue_receipt,
    lines_of_cart,
    refund_receipt,
)
from appliance.domain.reported import freeze_sale
from appliance.domain.sale import PaymentMethod, Tender, cash_due, left_to_pay, settle
from appliance.domain.vat import VatClass, VatStatus, percent_on
from tests.shops import NON_PAYER, OPENING, PLAYGROUND, TAXPAYER, VAT_PAYER

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MONEY = st.integers(-(10**9), 10**9).map(Money)
PRICES = st.integers(0, 10**7).map(Money)
DISCOUNTS = st.one_of(
    st.none(),
    st.builds(Discount, basis_points=st.integers(0, 10_000)),
    st.builds(Discount, amount=st.integers(0, 10**7).map(Money)),
)
NOT_CASH = [method for method in PaymentMethod if method != PaymentMethod.CASH]

ITEMS = st.builds(
    Item,
    item_id=st.uuids().map(str),
    name=TEXT,
    price=PRICES,
    vat_class=st.sampled_from(VatClass),
    unit=st.sampled_from(Unit),
    reporting=st.sampled_from(Reporting),
)


@st.composite
def carts(draw: st.DrawFn, *, min_lines: int = 1) -> Cart:
    cart = Cart()
    for item in draw(st.lists(ITEMS, min_size=min_lines, max_size=8)):
        cart = add_item(cart, item, quantity=Quantity(draw(st.integers(1, 5000))))
        cart = discount_line(cart, cart.last_line_id, draw(DISCOUNTS)) if draw(st.booleans()) else cart
    return discount_bill(cart, draw(DISCOUNTS))


@st.composite
def paying(draw: st.DrawFn, total: Money) -> tuple[Tender, ...]:
    """Tenders that pay this total: some parts by other methods, the rest in cash or by card."""
    tenders: tuple[Tender, ...] = ()
    for method in draw(st.lists(st.sampled_from(NOT_CASH), max_size=3)):
        part = draw(st.integers(0, left_to_pay(total, tenders).haler))
        tenders = (*tenders, Tender(method, Money(part)))
    rest = left_to_pay(total, tenders)
    if draw(st.booleans()) or cash_due(total, tenders) > Money(27_000_000):
        return (*tenders, Tender(PaymentMethod.CARD, rest)) if rest else tenders
    more = draw(st.integers(0, 500_000))
    return (*tenders, Tender(PaymentMethod.CASH, cash_due(total, tenders) + Money(more)))


def issue(number: str, doc_id: str) -> Issue:
    at = OPENING.isoformat()
    return Issue(doc_id, number, at, ClockState.VERIFIED, "shift-1", "Jana", "Pokladna 1")


@st.composite
def receipts(draw: st.DrawFn, *, number: str = "P1A-000001") -> Receipt:
    """A sale, of a payer or a non-payer."""
    cart = draw(carts())
    seller = draw(st.sampled_from([VAT_PAYER, NON_PAYER]))
    settlement = settle(cart.total, draw(paying(cart.total)))
    payer = seller.vat_status == VatStatus.VAT_PAYER
    percents = [percent_on(line.vat_class, OPENING.date()) if payer else None for line in cart.lines]
    where = issue(number, str(draw(st.uuids(version=4))))
    return reported(issue_receipt(where, seller, lines_of_cart(cart, percents), settlement))


def reported(receipt: Receipt) -> Receipt:
    return replace(receipt, fiscal=freeze_sale(receipt, regime=PLAYGROUND, taxpayer=TAXPAYER))


def refund_of(original: Receipt, *, number: str = "P1A-000002") -> Receipt:
    where = issue(number, "refund-of-" + original.doc_id)
    return reported(refund_receipt(where, original, reason="vráceno", already_refunded=False))


def numbered(receipts_made: list[Receipt]) -> list[Receipt]:
    return [replace(receipt, number=f"P1A-{n:06d}") for n, receipt in enumerate(receipts_made, start=1)]
