import pytest

from appliance.domain.cart import Cart, Discount, add_item, discount_bill, discount_line
from appliance.domain.catalogue import Item, Unit
from appliance.domain.keys import Entry
from appliance.domain.money import Money, NotAnAmount, Quantity
from appliance.domain.vat import VatClass
from appliance.ui.presenter.bill import (
    amount_or_none,
    bill_view,
    code_text,
    discount_of,
    entry_text,
    page_text,
    pages_of,
    price_text,
    typed_amount,
)

ROLL = Item("1", "Rohlík", Money(290), VatClass.REDUCED, plu="1", eans=("859",))
HAM = Item("2", "Šunka", Money(24990), VatClass.REDUCED, unit=Unit.KILOGRAM)
OPEN = Item("3", "Dort", None, VatClass.REDUCED)


def cart(*items: tuple[Item, int]) -> Cart:
    made = Cart()
    for item, thousandths in items:
        made = add_item(made, item, quantity=Quantity(thousandths))
    return made


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("items", "count", "total"),
    [
        ([], "", "0,00 Kč"),
        ([(ROLL, 1000)], "1 řádek", "2,90 Kč"),
        ([(ROLL, 1000), (HAM, 250)], "2 řádky", "65,38 Kč"),
        ([(ROLL, 1000), (HAM, 1000)] * 3, "6 řádků", "758,40 Kč"),
    ],
)
def test_a_bill_counts_and_sums(items: list[tuple[Item, int]], count: str, total: str) -> None:
    view = bill_view(cart(*items))
    assert (view.count, plain(view.total), view.payable) == (count, total, bool(items))


def test_a_line_tells_quantity_unit_and_discount() -> None:
    made = discount_line(cart((ROLL, 3000), (HAM, 250)), 1, Discount(basis_points=1000))
    lines = bill_view(made).lines
    assert plain(lines[0].detail) == "3 × 2,90  sleva 10 % −0,87"
    assert plain(lines[1].detail) == "0,25 kg × 249,90"
    assert [line.total for line in lines] == ["7,83", "62,48"]


@pytest.mark.parametrize(
    ("discount", "words"),
    [
        (Discount(basis_points=500), "sleva 5 % −12,50"),
        (Discount(basis_points=1250), "sleva 12,50 % −31,24"),
        (Discount(amount=Money(5000)), "sleva −50,00"),
        (None, ""),
    ],
)
def test_the_bills_discount_is_named(discount: Discount | None, words: str) -> None:
    assert plain(bill_view(discount_bill(cart((HAM, 1000)), discount)).discount) == words


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (Entry(), ""),
        (Entry("859"), "859"),
        (Entry("", Quantity(3000)), "3 × "),
        (Entry("12", Quantity(1500)), "1,5 × 12"),
    ],
)
def test_the_entry_line_shows_what_was_typed(entry: Entry, text: str) -> None:
    assert entry_text(entry) == text


@pytest.mark.parametrize(("item", "price"), [(ROLL, "2,90"), (HAM, "249,90/kg"), (OPEN, "cena?")])
def test_a_tile_shows_its_price(item: Item, price: str) -> None:
    assert price_text(item) == price


def test_codes_tell_items_apart() -> None:
    assert code_text(ROLL) == "PLU 1 · EAN 859"
    assert code_text(HAM) == ""


@pytest.mark.parametrize(
    ("text", "in_percent", "discount"),
    [
        ("10", True, Discount(basis_points=1000)),
        ("2,5", True, Discount(basis_points=250)),
        ("10", False, Discount(amount=Money(1000))),
        ("", True, None),
        ("0", True, None),
    ],
)
def test_a_typed_discount_is_percent_or_crowns(text: str, in_percent: bool, discount: Discount | None) -> None:
    assert discount_of(text, in_percent=in_percent) == discount


def test_a_discount_that_is_no_number_is_refused() -> None:
    with pytest.raises(NotAnAmount):
        discount_of("1,2,3", in_percent=True)


def test_an_unfinished_amount_is_none_yet() -> None:
    assert amount_or_none("12,") is None
    assert amount_or_none("12,5") == Money(1250)


@pytest.mark.parametrize(("count", "per_page", "pages"), [(0, 20, 1), (20, 20, 1), (21, 20, 2), (5, 0, 5)])
def test_pages_cover_everything(count: int, per_page: int, pages: int) -> None:
    assert pages_of(count, per_page) == pages


def test_pages_are_counted_from_one() -> None:
    assert page_text(0, 3) == "1/3"


@pytest.mark.parametrize("code", ["8594001021234"[:12], "40111111", "01234565", "-40111111"])
def test_a_code_scanned_into_a_question_is_no_amount(code: str) -> None:
    with pytest.raises(NotAnAmount):
        typed_amount(code)
    with pytest.raises(NotAnAmount):
        discount_of(code, in_percent=False)
    assert amount_or_none(code) is None


@pytest.mark.parametrize(("text", "haler"), [("1290000,5", 129000050), ("0,01", 1), ("-12", -1200)])
def test_what_a_person_types_is_an_amount(text: str, haler: int) -> None:
    assert typed_amount(text) == Money(haler)
