from dataclasses import replace

import pytest

from appliance.domain.catalogue import Item, ItemInvalid, check_item, fold
from appliance.domain.money import Money
from tests.shops import ROLL


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Žluťoučký KŮŇ", "zlutoucky kun"),
        ("ŘÍZEK", "rizek"),
        ("Straße", "strasse"),
        ("½ chleba", "1⁄2 chleba"),
        ("", ""),
    ],
)
def test_a_search_sees_no_case_and_no_diacritics(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_good_item_is_given_back() -> None:
    assert check_item(ROLL) is ROLL
    free = replace(ROLL, price=Money(0))
    assert check_item(free) is free
    for_another = replace(ROLL, principal="CZ1234567890")
    assert check_item(for_another) is for_another


@pytest.mark.parametrize(
    ("item", "field", "rule"),
    [
        (replace(ROLL, name="  "), "name", "empty"),
        (replace(ROLL, name="ř" * 121), "name", "too_long"),
        (replace(ROLL, name="Rohlík\n"), "name", "unprintable"),
        (replace(ROLL, price=Money(-1)), "price", "negative"),
        (replace(ROLL, principal="12345678"), "principal", "not_a_number"),
        (replace(ROLL, principal="CZ1234567"), "principal", "not_a_number"),
        (replace(ROLL, principal="CZ12345678 "), "principal", "not_a_number"),
        (replace(ROLL, plu="12a"), "plu", "not_digits"),
        (replace(ROLL, plu="٣"), "plu", "not_digits"),
        (replace(ROLL, eans=("8594001021234", "")), "eans", "not_digits"),
        (replace(ROLL, eans=("1" * 33,)), "eans", "not_digits"),
    ],
)
def test_a_broken_rule_is_named_with_its_field(item: Item, field: str, rule: str) -> None:
    with pytest.raises(ItemInvalid) as refused:
        check_item(item)
    assert (refused.value.field, refused.value.rule) == (field, rule)
