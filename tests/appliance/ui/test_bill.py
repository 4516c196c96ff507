import pytest

from appliance.domain.cart import Cart, CartError, Discount
from appliance.domain.catalogue import Item
from appliance.domain.keys import Entry
from appliance.domain.money import ONE, Money, Quantity
from appliance.domain.vat import VatClass
from appliance.ui.bill import Bill

ROLL = Item("1", "Rohlík", Money(290), VatClass.REDUCED)
MILK = Item("2", "Mléko", Money(2190), VatClass.REDUCED)


class Keeper:
    def __init__(self) -> None:
        self.kept: list[Cart] = []
        self.voided: list[tuple[Cart, int]] = []

    def bill(self, cart: Cart | None = None) -> Bill:
        return Bill(
            cart or Cart(), keep=self.kept.append, voided=lambda cart, line_id: self.voided.append((cart, line_id))
        )


def test_an_added_item_is_selected_and_the_cart_kept() -> None:
    keeper = Keeper()
    bill = keeper.bill()
    bill.add(ROLL, quantity=ONE)
    bill.add(MILK, quantity=Quantity(2000))
    assert bill.selected == 2
    assert keeper.kept == [keeper.kept[0], bill.cart]


def test_the_same_item_again_selects_its_line() -> None:
    bill = Keeper().bill()
    bill.add(ROLL, quantity=ONE)
    bill.add(ROLL, quantity=ONE)
    assert bill.selected == 1
    assert bill.cart.line(1).quantity == Quantity(2000)


def test_a_voided_line_is_told_with_the_cart_it_stood_in() -> None:
    keeper = Keeper()
    bill = keeper.bill()
    bill.add(ROLL, quantity=ONE)
    bill.add(MILK, quantity=ONE)
    before = bill.cart
    bill.void(1)
    assert keeper.voided == [(before, 1)]
    assert bill.selected == 2
    assert [line.name for line in bill.cart.lines] == ["Mléko"]


def test_voiding_the_last_line_selects_the_one_above() -> None:
    bill = Keeper().bill()
    bill.add(ROLL, quantity=ONE)
    bill.add(MILK, quantity=ONE)
    bill.void(2)
    assert bill.selected == 1
    bill.void(1)
    assert bill.selected is None


def test_a_line_whose_storno_failed_comes_back_where_it_was() -> None:
    keeper = Keeper()
    bill = keeper.bill()
    for item in (ROLL, MILK):
        bill.add(item, quantity=ONE)
    bill.discount_bill(Discount(basis_points=1000))
    for line_id in (1, 2):
        before = bill.cart
        bill.void(line_id)
        bill.put_back(before, line_id)
        assert (bill.cart, bill.selected, keeper.kept[-1]) == (before, line_id, before)


def test_the_only_line_comes_back_with_the_discount_of_the_bill() -> None:
    bill = Keeper().bill()
    bill.add(ROLL, quantity=ONE)
    bill.discount_bill(Discount(basis_points=1000))
    before = bill.cart
    bill.void(1)
    bill.put_back(before, 1)
    assert bill.cart == before


def test_one_less_never_takes_the_last_piece() -> None:
    bill = Keeper().bill()
    bill.add(ROLL, quantity=Quantity(2000))
    bill.less(1)
    bill.less(1)
    assert bill.cart.line(1).quantity == ONE


def test_a_refused_change_leaves_the_bill_as_it_was() -> None:
    keeper = Keeper()
    bill = keeper.bill()
    bill.add(ROLL, quantity=ONE)
    before = bill.cart
    with pytest.raises(CartError):
        bill.discount_line(1, Discount(basis_points=20_000))
    assert bill.cart == before
    assert len(keeper.kept) == 1


def test_an_empty_bill_takes_no_discount() -> None:
    with pytest.raises(CartError):
        Keeper().bill().discount_bill(Discount(basis_points=500))


def test_the_selection_moves_between_the_ends() -> None:
    bill = Keeper().bill()
    for item in (ROLL, MILK):
        bill.add(item, quantity=ONE)
    bill.move(-1)
    bill.move(-5)
    assert bill.selected == 1
    bill.move(9)
    assert bill.selected == 2


def test_a_kept_cart_comes_back_with_its_last_line_selected() -> None:
    first = Keeper().bill()
    first.add(ROLL, quantity=ONE)
    first.add(MILK, quantity=ONE)
    assert Keeper().bill(first.cart).selected == 2


def test_the_entry_line_takes_quantity_and_code() -> None:
    bill = Keeper().bill()
    for char in "3*12":
        bill.type(char)
    assert bill.entry == Entry("12", Quantity(3000))
    for _n in range(3):
        bill.backspace()
    assert bill.entry.empty


def test_after_payment_the_next_bill_is_empty() -> None:
    bill = Keeper().bill()
    bill.add(ROLL, quantity=ONE)
    bill.paid()
    assert (bill.cart, bill.selected) == (Cart(), None)
