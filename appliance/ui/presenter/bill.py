"""The sale screen in words: bill lines, entry line, tiles, totals."""

from dataclasses import dataclass

from appliance.domain.cart import Cart, CartLine, Discount
from appliance.domain.catalogue import Item, Unit
from appliance.domain.keys import Entry
from appliance.domain.money import Money, NotAnAmount, format_amount, format_czk, format_quantity, parse_amount
from appliance.domain.receipt import Receipt
from appliance.i18n import _, plural

CROWN_DIGITS_MAX = 7  # the shortest EAN has eight


@dataclass(frozen=True)
class LineView:
    line_id: int
    name: str
    detail: str  # `2 × 12,90` and the discount
    total: str


@dataclass(frozen=True)
class BillView:
    lines: tuple[LineView, ...]
    count: str  # `3 položky`
    discount: str  # empty without a bill discount
    total: str
    payable: bool


@dataclass(frozen=True)
class PaidView:
    """What stays on the screen after the payment, until the next key."""

    number: str
    paid: str
    change_label: str
    change: str
    gives_change: bool


def line_view(line: CartLine) -> LineView:
    unit = "" if line.unit == Unit.PIECE else f" {line.unit}"
    detail = f"{format_quantity(line.quantity)}{unit} × {format_amount(line.unit_price)}"
    if line.discount is not None:
        detail += "  " + discount_text(line.discount, line.line_discount)
    return LineView(line.line_id, line.name, detail, format_amount(line.price))


def discount_text(discount: Discount, taken: Money) -> str:
    """`sleva 10 %  −12,90` or `sleva −5,00`."""
    percent = f"{percent_text(discount.basis_points)} % " if discount.basis_points else ""
    return _("sleva {percent}−{amount}").format(percent=percent, amount=format_amount(taken))


def percent_text(basis_points: int) -> str:
    """Written like an amount (1 % is 100 basis points), without needless zeros."""
    return format_amount(Money(basis_points)).removesuffix(",00")


def bill_view(cart: Cart) -> BillView:
    n = len(cart.lines)
    return BillView(
        lines=tuple(line_view(line) for line in cart.lines),
        count=f"{n} {plural(n, _('řádek'), _('řádky'), _('řádků'))}" if n else "",
        discount=discount_text(cart.discount, cart.bill_discount) if cart.discount else "",
        total=format_czk(cart.total),
        payable=n > 0,
    )


def paid_view(receipt: Receipt) -> PaidView:
    return PaidView(
        number=receipt.number,
        paid=format_czk(receipt.paid),
        change_label=_("Vrátit"),
        change=format_czk(receipt.change),
        gives_change=bool(receipt.change),
    )


def entry_text(entry: Entry) -> str:
    """`3 × 8594…`: what keypad or scanner has typed so far."""
    quantity = f"{format_quantity(entry.quantity)} × " if entry.quantity is not None else ""
    return quantity + entry.text


def price_text(item: Item) -> str:
    """The price on a tile, with the unit when it is not a piece."""
    if item.price is None:
        return _("cena?")
    unit = "" if item.unit == Unit.PIECE else f"/{item.unit}"
    return format_amount(item.price) + unit


def code_text(item: Item) -> str:
    """What tells two items of one code or name apart."""
    parts = [f"PLU {item.plu}"] if item.plu else []
    parts += [f"EAN {item.eans[0]}"] if item.eans else []
    return " · ".join(parts)


def discount_of(text: str, *, in_percent: bool) -> Discount | None:
    """A typed discount; nothing or zero takes the discount away. Raises NotAnAmount."""
    if not text.strip():
        return None
    value = typed_amount(text)
    if not value:
        return None
    # one percent is 100 basis points, as one crown is 100 haléře: the same typed form
    return Discount(basis_points=value.haler) if in_percent else Discount(amount=value)


def typed_amount(text: str) -> Money:
    """An amount typed by a person. Raises NotAnAmount, also for a code a scanner typed instead."""
    if len(text.strip().lstrip("-").partition(",")[0]) > CROWN_DIGITS_MAX:
        raise NotAnAmount(text)
    return parse_amount(text)


def amount_or_none(text: str) -> Money | None:
    """What is typed as an amount, None while it is not one yet."""
    try:
        return typed_amount(text)
    except NotAnAmount:
        return None


def page_text(page: int, pages: int) -> str:
    return f"{page + 1}/{max(1, pages)}"


def pages_of(count: int, per_page: int) -> int:
    return max(1, -(-count // max(1, per_page)))
