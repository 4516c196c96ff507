"""The bill being made: cart, entry line and selected line, without Kivy. Each change is kept as a mark."""

from collections.abc import Callable
from dataclasses import replace

from appliance.domain.cart import (
    Cart,
    CartError,
    Discount,
    add_item,
    discount_bill,
    discount_line,
    set_price,
    set_quantity,
    void_line,
)
from appliance.domain.catalogue import Item
from appliance.domain.keys import Entry, backspace, type_char
from appliance.domain.money import THOUSANDTHS, Money, Quantity


class Bill:
    """`keep(cart)` is called after each change, `voided(cart, line_id)` with the cart a line is taken from."""

    def __init__(self, cart: Cart, *, keep: Callable[[Cart], None], voided: Callable[[Cart, int], None]) -> None:
        self.cart = cart
        self.entry = Entry()
        self.selected: int | None = cart.lines[-1].line_id if cart.lines else None
        self._keep, self._voided = keep, voided

    def type(self, char: str) -> None:
        self.entry = type_char(self.entry, char)

    def backspace(self) -> None:
        self.entry = backspace(self.entry)

    def clear_entry(self) -> None:
        self.entry = Entry()

    def add(self, item: Item, *, quantity: Quantity, price: Money | None = None, ean: str = "") -> None:
        """The item on the bill, selected. Raises CartError."""
        before = {line.line_id: line for line in self.cart.lines}
        self._change(add_item(self.cart, item, quantity=quantity, price=price, ean=ean))
        self.selected = next(line.line_id for line in reversed(self.cart.lines) if before.get(line.line_id) != line)

    def more(self, line_id: int) -> None:
        self._step(line_id, THOUSANDTHS)

    def less(self, line_id: int) -> None:
        """One less; the last one stays, taking the line away is storno."""
        if self.cart.line(line_id).quantity.thousandths > THOUSANDTHS:
            self._step(line_id, -THOUSANDTHS)

    def _step(self, line_id: int, thousandths: int) -> None:
        quantity = Quantity(self.cart.line(line_id).quantity.thousandths + thousandths)
        self._change(set_quantity(self.cart, line_id, quantity))

    def set_price(self, line_id: int, price: Money) -> None:
        self._change(set_price(self.cart, line_id, price))

    def discount_line(self, line_id: int, discount: Discount | None) -> None:
        self._change(discount_line(self.cart, line_id, discount))

    def discount_bill(self, discount: Discount | None) -> None:
        if not self.cart.lines:
            raise CartError("empty_cart")
        self._change(discount_bill(self.cart, discount))

    def void(self, line_id: int) -> None:
        """Take a line away; its neighbour is selected. Raises CartError."""
        index = [line.line_id for line in self.cart.lines].index(self.cart.line(line_id).line_id)
        before = self.cart
        self.cart = void_line(before, line_id)
        left = self.cart.lines
        self.selected = left[min(index, len(left) - 1)].line_id if left else None
        self._voided(before, line_id)
        self._keep(self.cart)

    def put_back(self, before: Cart, line_id: int) -> None:
        """A line whose storno could not be written is on the bill again, where it was in the cart `before`."""
        lines = sorted((*self.cart.lines, before.line(line_id)), key=lambda line: line.line_id)
        discount = self.cart.discount if self.cart.lines else before.discount
        self.selected = line_id
        self._change(replace(self.cart, lines=tuple(lines), discount=discount))

    def select(self, line_id: int) -> None:
        self.selected = self.cart.line(line_id).line_id

    def move(self, step: int) -> None:
        """Select the line `step` lines further down."""
        ids = [line.line_id for line in self.cart.lines]
        if ids:
            at = ids.index(self.selected) + step if self.selected in ids else len(ids) - 1
            self.selected = ids[min(max(0, at), len(ids) - 1)]

    def paid(self) -> None:
        """The cart became a receipt: the next one begins empty."""
        self.cart, self.selected = Cart(), None

    def _change(self, cart: Cart) -> None:
        self.cart = cart
        self._keep(cart)
