from dataclasses import replace

import pytest

from appliance.domain.catalogue import Category, Item, ItemInvalid
from appliance.domain.fiscal import Reporting
from appliance.domain.money import Money
from appliance.domain.vat import VatClass
from appliance.ui.presenter.items import (
    ItemForm,
    category_name,
    count_text,
    form_of,
    hidden_words,
    item_of,
    item_row,
    labels_text,
    rebased,
    stocked_name,
    words_of,
)

ITEM = Item("1", "Rohlík", Money(123450), VatClass.REDUCED, "c1", "12", eans=("859", "860"), labels=("pokl1",))
FOR_ANOTHER = replace(ITEM, reporting=Reporting.VOUCHER, principal="CZ12345678")
CATEGORIES = (Category("c1", "Pečivo", "#0F6FDE", 0),)


@pytest.mark.parametrize("item", [ITEM, FOR_ANOTHER])
def test_an_item_survives_its_own_form(item: Item) -> None:
    assert item_of(form_of(item), item) == item
    assert item_of(form_of(item), ITEM) == item


def test_a_taxpayers_number_may_be_typed_small_and_with_spaces() -> None:
    assert item_of(replace(form_of(ITEM), principal=" cz 123 456 78 "), ITEM).principal == "CZ12345678"
    assert item_of(replace(form_of(FOR_ANOTHER), principal=" "), FOR_ANOTHER).principal == ""


def test_an_empty_price_is_asked_at_the_sale() -> None:
    assert item_of(replace(form_of(ITEM), price=" "), ITEM).price is None


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"name": "  "}, "name", "empty"),
        ({"price": "abc"}, "price", "not_amount"),
        ({"price": "-5"}, "price", "negative"),
        ({"plu": "12a"}, "plu", "not_digits"),
        ({"eans": "859 x"}, "eans", "not_digits"),
        ({"principal": "12345678"}, "principal", "not_a_number"),
    ],
)
def test_a_wrong_value_names_its_field(change: dict[str, str], field: str, rule: str) -> None:
    with pytest.raises(ItemInvalid) as refused:
        item_of(replace(form_of(ITEM), **change), ITEM)
    assert (refused.value.field, refused.value.rule) == (field, rule)


@pytest.mark.parametrize(
    ("text", "words"), [("859 860", ("859", "860")), ("a, b;a", ("a", "b")), ("  ", ()), ("pokl1", ("pokl1",))]
)
def test_several_codes_stand_in_one_field(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


def test_a_row_of_the_price_list_names_category_and_vat() -> None:
    row = item_row(ITEM, CATEGORIES)
    assert (row.category, row.vat, row.code) == ("Pečivo", "Snížená", "PLU 12 · EAN 859")
    assert category_name(None, CATEGORIES) == "bez kategorie"


@pytest.mark.parametrize(("n", "words"), [(1, "1 položka"), (3, "3 položky"), (0, "0 položek"), (35, "35 položek")])
def test_items_are_counted_in_czech(n: int, words: str) -> None:
    assert count_text(n) == words


def test_a_new_form_is_empty_with_the_standard_rate() -> None:
    assert ItemForm() == ItemForm(name="", price="", vat_class=VatClass.STANDARD, category_id=None)


def test_a_row_of_the_price_list_shows_its_labels() -> None:
    assert item_row(ITEM, CATEGORIES).detail == "Pečivo · štítek pokl1 · PLU 12 · EAN 859"
    assert labels_text(("pokl1", "pokl2")) == "štítky pokl1, pokl2"
    assert labels_text(()) == ""


def test_only_what_was_changed_in_the_form_is_put_on_an_item_that_was_pulled_meanwhile() -> None:
    """B4"""
    edited = replace(ITEM, name="Rohlík tukový", labels=("pokl2",), eans=("859", "860", "861"), stocked=True)
    pulled = replace(ITEM, price=Money(99), labels=("pokl1", "akce"), eans=("860",), category_id="c2")
    assert rebased(ITEM, edited, pulled) == replace(
        pulled, name="Rohlík tukový", labels=("akce", "pokl2"), eans=("860", "861"), stocked=True
    )


def test_a_form_that_changed_nothing_leaves_the_pulled_item() -> None:
    pulled = replace(ITEM, price=None, plu="99", labels=())
    assert rebased(ITEM, ITEM, pulled) == pulled


@pytest.mark.parametrize(
    ("labels", "scope", "asked"),
    [(("pokl1",), "pokl1", False), (("pokl2",), "pokl1", True), ((), "pokl1", True), ((), "", False)],
)
def test_labels_that_take_an_item_from_this_till_are_asked_about(
    labels: tuple[str, ...], scope: str, *, asked: bool
) -> None:
    """S17"""
    words = hidden_words(replace(ITEM, labels=labels), scope)
    assert bool(words) == asked
    assert not asked or "štítkem pokl1" in words


def test_the_stock_switch_has_two_names() -> None:
    assert stocked_name(stocked=True) != stocked_name(stocked=False)
