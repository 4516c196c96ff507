"""The cart: what is being sold, not yet paid. Every change returns a new cart."""

from dataclasses import dataclass, replace

from appliance.domain.catalogue import Item, Unit
from appliance.domain.fiscal import Reporting
from appliance.domain.money import (
    AMOUNT_LIMIT_HALER,
    ONE,
    ZERO,
    Money,
    Quantity,
    money_sum,
    percent_of,
    price_times_quantity,
    spread,
)
from appliance.domain.vat import VatClass

LINES_MAX = 300  # the longest of them still fit into one journal body
QUANTITY_MAX = Quantity(999_999_000)
FULL_BASIS_POINTS = 10_000


class CartError(ValueError):
    """A change the cart refuses; `rule` is a machine word the screen turns into a sentence."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True)
class Discount:
    """Either a share (1 % is 100 basis points) or a fixed amount; the other one is zero."""

    basis_points: int = 0
    amount: Money = ZERO

    def of(self, price: Money) -> Money:
        """What comes off this price: never more than the price itself."""
        wanted = self.amount if self.amount else percent_of(price, self.basis_points)
        return min(wanted, price)


@dataclass(frozen=True)
class CartLine:
    line_id: int
    item_id: str | None
    name: str
    unit_price: Money
    quantity: Quantity
    vat_class: VatClass
    unit: Unit = Unit.PIECE
    ean: str = ""
    discount: Discount | None = None
    reporting: Reporting = Reporting.REPORTED
    principal: str = ""

    @property
    def full_price(self) -> Money:
        return price_times_quantity(self.unit_price, self.quantity)

    @property
    def line_discount(self) -> Money:
        return self.discount.of(self.full_price) if self.discount else ZERO

    @property
    def price(self) -> Money:
        """After the line's own discount, before the bill's."""
        return self.full_price - self.line_discount


@dataclass(frozen=True)
class Cart:
    lines: tuple[CartLine, ...] = ()
    discount: Discount | None = None
    last_line_id: int = 0

    @property
    def subtotal(self) -> Money:
        return money_sum(line.price for line in self.lines)

    @property
    def bill_discount(self) -> Money:
        return self.discount.of(self.subtotal) if self.discount else ZERO

    @property
    def total(self) -> Money:
        return self.subtotal - self.bill_discount

    @property
    def principal(self) -> str:
        """The taxpayer for whom all lines are sold (docs/decisions/0008); '' for the shop itself."""
        return self.lines[0].principal if self.lines else ""

    def line(self, line_id: int) -> CartLine:
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise CartError("no_such_line")


def add_item(cart: Cart, item: Item, *, quantity: Quantity = ONE, price: Money | None = None, ean: str = "") -> Cart:
    """The item on the bill. The same item, unchanged and at the same price, joins the last line. Raises CartError."""
    unit_price = price if price is not None else item.price
    if unit_price is None:
        raise CartError("price_missing")
    _check(unit_price, quantity)
    last = cart.lines[-1] if cart.lines else None
    if last and cart.principal != item.principal:
        raise CartError("other_taxpayer")
    if (
        last
        and (last.item_id, last.name) == (item.item_id, item.name)
        and (last.vat_class, last.reporting) == (item.vat_class, item.reporting)
        and last.unit_price == unit_price
        and last.discount is None
        and last.unit == Unit.PIECE
    ):
        return set_quantity(cart, last.line_id, Quantity(last.quantity.thousandths + quantity.thousandths))
    if len(cart.lines) >= LINES_MAX:
        raise CartError("too_many_lines")
    line = CartLine(
        line_id=cart.last_line_id + 1,
        item_id=item.item_id,
        name=item.name,
        unit_price=unit_price,
        quantity=quantity,
        vat_class=item.vat_class,
        unit=item.unit,
        ean=ean,
        reporting=item.reporting,
        principal=item.principal,
    )
    return _fitting(replace(cart, lines=(*cart.lines, line), last_line_id=line.line_id))


def set_quantity(cart: Cart, line_id: int, quantity: Quantity) -> Cart:
    _check(cart.line(line_id).unit_price, quantity)
    return _change(cart, line_id, quantity=quantity)


def set_price(cart: Cart, line_id: int, unit_price: Money) -> Cart:
    _check(unit_price, cart.line(line_id).quantity)
    return _change(cart, line_id, unit_price=unit_price)


def discount_line(cart: Cart, line_id: int, discount: Discount | None) -> Cart:
    _check_discount(discount)
    return _change(cart, line_id, discount=discount)


def discount_bill(cart: Cart, discount: Discount | None) -> Cart:
    _check_discount(discount)
    return replace(cart, discount=discount)


def void_line(cart: Cart, line_id: int) -> Cart:
    """The line taken from the cart; the caller journals it (`line_voided`)."""
    cart.line(line_id)
    left = tuple(line for line in cart.lines if line.line_id != line_id)
    return replace(cart, lines=left, discount=cart.discount if left else None)


def bill_discount_shares(cart: Cart) -> list[Money]:
    """The bill's discount spread over the lines by largest remainder; one share per line, adding up exactly."""
    if not cart.lines:
        return []
    return spread(cart.bill_discount, [line.price.haler for line in cart.lines])


def _change(cart: Cart, line_id: int, **fields: object) -> Cart:
    cart.line(line_id)
    lines = tuple(replace(line, **fields) if line.line_id == line_id else line for line in cart.lines)  # type: ignore[arg-type]
    return _fitting(replace(cart, lines=lines))


def _fitting(cart: Cart) -> Cart:
    """The cart itself while its sum can stand on one document."""
    if cart.subtotal.haler >= AMOUNT_LIMIT_HALER:
        raise CartError("amount_too_large")
    return cart


def _check(unit_price: Money, quantity: Quantity) -> None:
    if unit_price < ZERO:
        raise CartError("price_negative")
    if not Quantity(0) < quantity <= QUANTITY_MAX:
        raise CartError("quantity_out_of_range")


def _check_discount(discount: Discount | None) -> None:
    if discount is None:
        return
    if not 0 <= discount.basis_points <= FULL_BASIS_POINTS or discount.amount < ZERO:
        raise CartError("discount_out_of_range")
