from dataclasses import replace

import pytest
from hypothesis import given

from appliance.domain.cart import (
    LINES_MAX,
    Cart,
    CartError,
    Discount,
    add_item,
    bill_discount_shares,
    discount_bill,
    discount_line,
    set_price,
    set_quantity,
    void_line,
)
from appliance.domain.catalogue import Item
from appliance.domain.codec import to_json
from appliance.domain.fiscal import Reporting
from appliance.domain.journal import BODY_BYTES_MAX
from appliance.domain.money import ONE, ZERO, Money, Quantity, crowns, money_sum
from appliance.domain.receipt import issue_receipt, lines_of_cart
from appliance.domain.sale import PaymentMethod, Tender, settle
from appliance.domain.vat import VatClass
from tests.appliance.domain.strategies import carts, issue
from tests.shops import APPLES, NON_PAYER, OTHER, ROLL, SOAP, cart_of


def test_the_same_item_joins_its_last_line() -> None:
    cart = add_item(cart_of(ROLL, ROLL), ROLL, quantity=Quantity(3000))
    assert [line.quantity for line in cart.lines] == [Quantity(5000)]
    assert cart.total == Money(5 * 290)


@pytest.mark.parametrize(
    "other",
    [SOAP, replace(ROLL, price=Money(300)), replace(ROLL, name="Rohlík"), replace(ROLL, vat_class=VatClass.STANDARD)],
)
def test_what_is_not_the_same_any_more_gets_its_own_line(other: object) -> None:
    assert isinstance(other, type(ROLL))
    assert len(cart_of(ROLL, other).lines) == 2


def test_an_item_joins_only_the_last_line_and_none_with_a_discount() -> None:
    assert len(cart_of(ROLL, SOAP, ROLL).lines) == 3
    reduced = discount_line(cart_of(ROLL), 1, Discount(basis_points=1000))
    assert len(add_item(reduced, ROLL).lines) == 2


def test_each_weighing_is_a_line_of_its_own() -> None:
    assert len(cart_of(APPLES, APPLES).lines) == 2


def test_an_item_without_a_price_needs_one() -> None:
    with pytest.raises(CartError, match="price_missing"):
        add_item(Cart(), OTHER)
    assert add_item(Cart(), OTHER, price=Money(1500)).total == Money(1500)


@pytest.mark.parametrize(
    ("price", "quantity", "rule"),
    [
        (Money(-1), ONE, "price_negative"),
        (Money(100), Quantity(0), "quantity_out_of_range"),
        (Money(100), Quantity(-1000), "quantity_out_of_range"),
        (Money(100), Quantity(999_999_001), "quantity_out_of_range"),
        (Money(9_999_999_999), Quantity(2000), "amount_too_large"),
        (Money(10_000_000_000), ONE, "amount_too_large"),
    ],
)
def test_an_impossible_line_is_refused(price: Money, quantity: Quantity, rule: str) -> None:
    with pytest.raises(CartError, match=rule):
        add_item(Cart(), OTHER, price=price, quantity=quantity)


def test_a_bill_stays_below_the_largest_amount_eet_can_name() -> None:
    cart = add_item(Cart(), OTHER, price=Money(9_999_999_999))
    with pytest.raises(CartError, match="amount_too_large"):
        add_item(cart, ROLL)
    with pytest.raises(CartError, match="amount_too_large"):
        set_quantity(cart, 1, Quantity(1001))
    assert discount_line(cart, 1, Discount(basis_points=10_000)).total == ZERO


def test_a_line_changes_its_quantity_and_price() -> None:
    cart = set_price(set_quantity(cart_of(ROLL, SOAP), 1, Quantity(4000)), 2, Money(4500))
    assert [line.price for line in cart.lines] == [Money(1160), Money(4500)]
    with pytest.raises(CartError, match="quantity_out_of_range"):
        set_quantity(cart, 1, Quantity(0))
    with pytest.raises(CartError, match="price_negative"):
        set_price(cart, 1, Money(-1))
    with pytest.raises(CartError, match="no_such_line"):
        set_quantity(cart, 3, ONE)


@pytest.mark.parametrize(
    "discount", [Discount(basis_points=10_001), Discount(basis_points=-1), Discount(amount=Money(-1))]
)
def test_an_impossible_discount_is_refused(discount: Discount) -> None:
    with pytest.raises(CartError, match="discount_out_of_range"):
        discount_bill(cart_of(ROLL), discount)
    with pytest.raises(CartError, match="discount_out_of_range"):
        discount_line(cart_of(ROLL), 1, discount)


@pytest.mark.parametrize(
    ("discount", "off"),
    [
        (Discount(basis_points=1000), 499),
        (Discount(basis_points=10_000), 4990),
        (Discount(amount=Money(990)), 990),
        (Discount(amount=crowns(1000)), 4990),
        (Discount(), 0),
    ],
)
def test_a_discount_takes_off_a_share_or_an_amount_but_never_more_than_the_price(discount: Discount, off: int) -> None:
    assert discount_line(cart_of(SOAP), 1, discount).total == Money(4990 - off)
    assert discount_bill(cart_of(SOAP), discount).total == Money(4990 - off)


@given(carts())
def test_a_bills_discount_adds_up_over_its_lines_and_makes_none_negative(cart: Cart) -> None:
    shares = bill_discount_shares(cart)
    assert money_sum(shares) == cart.bill_discount
    assert all(ZERO <= share <= line.price for share, line in zip(shares, cart.lines, strict=True))
    assert ZERO <= cart.total <= cart.subtotal
    assert all(ZERO <= line.line_discount <= line.full_price for line in cart.lines)


def test_a_voided_line_is_gone_and_its_number_is_not_used_again() -> None:
    cart = void_line(cart_of(ROLL, SOAP), 2)
    assert [line.line_id for line in cart.lines] == [1]
    assert [line.line_id for line in add_item(cart, SOAP).lines] == [1, 3]
    with pytest.raises(CartError, match="no_such_line"):
        void_line(cart, 2)


def test_the_bills_discount_leaves_with_the_last_line() -> None:
    cart = discount_bill(cart_of(ROLL, SOAP), Discount(basis_points=500))
    assert void_line(cart, 1).discount == Discount(basis_points=500)
    assert void_line(void_line(cart, 1), 2).discount is None


def full_cart(name: str) -> Cart:
    cart = Cart()
    for n in range(LINES_MAX):
        item = replace(SOAP, item_id=f"{n:036d}", name=name, price=Money(33_333_333), reporting=Reporting.NOT_REPORTED)
        cart = add_item(cart, item, ean="9" * 32)
    return cart


def test_a_bill_has_an_end() -> None:
    with pytest.raises(CartError, match="too_many_lines"):
        add_item(full_cart("Mýdlo"), ROLL)


def test_the_longest_receipt_fits_into_one_journal_body() -> None:
    cart = discount_bill(full_cart("𝄞" * 120), Discount(basis_points=1000))
    lines = lines_of_cart(cart, [None] * LINES_MAX)
    settlement = settle(cart.total, [Tender(PaymentMethod.CARD, cart.total)])
    receipt = issue_receipt(issue("P1A-000001", "d" * 36), NON_PAYER, lines, settlement)
    assert len(to_json(receipt).encode()) < BODY_BYTES_MAX - 10_000


def test_the_largest_bill_that_eet_can_name_is_below_100_million_crowns() -> None:
    cart = full_cart("Mýdlo")
    assert cart.total == Money(9_999_999_900)
    assert cart.line(LINES_MAX).unit_price == Money(33_333_333)


FOR_ANOTHER = replace(SOAP, item_id="item-for-another", principal="CZ12345678")


@pytest.mark.parametrize(("first", "second"), [(ROLL, FOR_ANOTHER), (FOR_ANOTHER, ROLL), (FOR_ANOTHER, SOAP)])
def test_one_bill_holds_the_goods_of_one_taxpayer(first: Item, second: Item) -> None:
    with pytest.raises(CartError, match="other_taxpayer"):
        add_item(add_item(Cart(), first), second)


def test_a_bill_knows_for_whom_it_is_sold() -> None:
    cart = add_item(add_item(Cart(), FOR_ANOTHER), replace(FOR_ANOTHER, item_id="another-one"))
    assert (cart.principal, len(cart.lines)) == ("CZ12345678", 2)
    assert Cart().principal == add_item(Cart(), ROLL).principal == ""
    emptied = void_line(void_line(cart, 1), 2)
    assert add_item(emptied, ROLL).principal == ""


def test_an_item_that_is_reported_otherwise_since_does_not_join_the_line_before() -> None:
    cart = add_item(add_item(Cart(), SOAP), replace(SOAP, reporting=Reporting.NOT_REPORTED))
    assert [line.reporting for line in cart.lines] == [Reporting.REPORTED, Reporting.NOT_REPORTED]
    lines = lines_of_cart(cart, [21, 21])
    assert [line.reporting for line in lines] == [Reporting.REPORTED, Reporting.NOT_REPORTED]
