"""The documents of the golden papers, made by the domain with fixed times and ids."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from appliance.domain.cart import Cart, Discount, add_item, discount_bill, discount_line
from appliance.domain.catalogue import Item
from appliance.domain.clock import iso
from appliance.domain.fiscal import Dialect, FrozenSale, Mode
from appliance.domain.journal import ShiftClosed
from appliance.domain.money import Money, Quantity, crowns
from appliance.domain.receipt import (
    ClockState,
    Issue,
    Receipt,
    Seller,
    issue_receipt,
    lines_of_cart,
    refund_receipt,
)
from appliance.domain.sale import PaymentMethod, Tender, settle
from appliance.domain.shift import shift_totals
from appliance.domain.stock import MoveKind, SlipLine, StockSlip
from appliance.domain.vat import VatStatus, percent_on
from appliance.printing.layout import FiscalView, Paper, fiscal_footer, receipt_body, receipt_head
from drivers.charset import printable
from drivers.ports import Element
from tests.shops import APPLES, NON_PAYER, OTHER, ROLL, SOAP, VAT_PAYER

AT = datetime(2027, 2, 1, 14, 5, 9, tzinfo=timezone(timedelta(hours=1)))
PAYER = replace(VAT_PAYER, footer=("Reklamace do 14 dnů s účtenkou.", "Na shledanou"))
LONG = Item(
    "item-long",
    "Čokoláda hořká 70 % s příchutí pomerančové kůry a celými lískovými oříšky 100 g",
    Money(8990),
    ROLL.vat_class,
)
POK = "7b66f7d3-86c7-4de6-8c56-fbf17af49411-ff"


def paper_of(width_chars: int) -> Paper:
    return Paper(width_chars, lambda text: printable(text, "cp852"))


def issue(n: int) -> Issue:
    return Issue(
        doc_id=f"00000000-0000-4000-8000-{n:012d}",
        number=f"P1A-{n:06d}",
        issued_at=iso(AT),
        clock=ClockState.VERIFIED,
        shift_id="shift-1",
        user="Jana Nováková",
        till="Pokladna 1",
    )


V3_DATA = {"dic_popl": "CZ00000019", "id_provoz": "273", "id_pokl": "1", "rezim": "0"}
FIK = "0d3d9ef4-6c5c-4e2f-9e0b-8a1c6a7a2f1e-03"
BKP = "36FA2953-0E365CE7-5829441B-8CAFFB11-A89C7372"
PKP = "".join(chr(ord("A") + n * 7 % 26) for n in range(342)) + "=="  # as long as one of RSA-2048


def receipt_of(
    cart: Cart, tenders: tuple[Tender, ...], *, seller: Seller = PAYER, mode: Mode | None = Mode.LIVE, n: int = 101
) -> Receipt:
    percents: list[int | None] = [
        percent_on(line.vat_class, AT.date()) if seller.vat_status == VatStatus.VAT_PAYER else None
        for line in cart.lines
    ]
    fiscal = FrozenSale(Dialect.V4, mode, {}) if mode else None
    receipt = issue_receipt(
        issue(n), seller, lines_of_cart(cart, percents), settle(cart.total, tenders), principal=cart.principal
    )
    return replace(receipt, fiscal=fiscal)


def cash(whole: int) -> Tender:
    return Tender(PaymentMethod.CASH, crowns(whole))


def discounted_cart() -> Cart:
    """Two rates, a weighed item, a line's own discount and one of the whole bill: 179,71."""
    cart = add_item(Cart(), ROLL, quantity=Quantity(12_000))
    cart = add_item(cart, SOAP, quantity=Quantity(2_000))
    cart = discount_line(cart, cart.last_line_id, Discount(basis_points=1000))
    cart = add_item(cart, APPLES, quantity=Quantity(1_235))
    cart = add_item(cart, OTHER, price=Money(2550))
    return discount_bill(cart, Discount(basis_points=500))


def sale(mode: Mode = Mode.LIVE) -> Receipt:
    return receipt_of(discounted_cart(), (Tender(PaymentMethod.CARD, crowns(100)), cash(200)), mode=mode)


def sale_for_another() -> Receipt:
    cart = add_item(Cart(), replace(SOAP, principal="CZ1234567890"))
    return receipt_of(cart, (cash(50),), n=105)


def refund() -> Receipt:
    refunded = refund_receipt(issue(102), sale(), reason="Zákazník vrátil zboží", already_refunded=False)
    return replace(refunded, fiscal=sale().fiscal)


def non_payer_sale() -> Receipt:
    cart = add_item(Cart(), SOAP, quantity=Quantity(3_000))
    return receipt_of(cart, (cash(150),), seller=NON_PAYER, mode=None, n=103)


def large_sale() -> Receipt:
    """Long names and the largest sums that are paid in cash."""
    cart = add_item(Cart(), LONG, quantity=Quantity(1_000))
    cart = add_item(cart, OTHER, price=Money(26_991_010))
    return receipt_of(cart, (cash(270_000),), n=104)


def document(receipt: Receipt, view: FiscalView | None, paper: Paper, *, is_copy: bool = False) -> list[Element]:
    return [
        *receipt_head(receipt, paper, is_copy=is_copy),
        *receipt_body(receipt, paper),
        *fiscal_footer(receipt, view, paper),
    ]


def closing() -> ShiftClosed:
    totals = shift_totals(
        [sale(), replace(large_sale(), number="P1A-000102"), replace(refund(), number="P1A-000103")],
        opening_float=crowns(1000),
        cash_moves=[crowns(-500)],
    )
    return ShiftClosed(
        shift_id="shift-1",
        number=7,
        user="Jana Nováková",
        opened_at=iso(AT.replace(hour=6)),
        totals=totals,
        counted=totals.cash_expected - Money(1250),
        over_short=Money(-1250),
        head_seq=12345,
        head="0123456789abcdef",
    )


def stock_slip(kind: MoveKind) -> StockSlip:
    lines = (
        SlipLine(ROLL.name, "ks", Quantity(120_000), Quantity(118_000)),
        SlipLine(LONG.name, "ks", Quantity(7_000), Quantity(7_000)),
        SlipLine(APPLES.name, "kg", Quantity(12_450), Quantity(15_000)),
    )
    note = {MoveKind.GOODS_RECEIPT: "Dodací list 2027/118", MoveKind.WRITE_OFF: "Prošlá trvanlivost"}.get(kind, "")
    to_name = "Chladicí box" if kind == MoveKind.TRANSFER else ""
    return StockSlip(kind, "Jana Nováková", "Hlavní sklad", to_name, note, lines)
