from dataclasses import replace

import pytest

from appliance.domain.catalogue import Item, ItemInvalid, check_item, ean_check_digit_fits, fold
from appliance.domain.money import Money
from tests.shops import ROLL


@pytest.mark.parametrize(
    "code", ["8590014816862", "40123455", "036000291452", "00012345600012", "4006381333931", "96385074"]
)
def test_a_code_that_ends_in_its_check_digit_fits(code: str) -> None:
    assert ean_check_digit_fits(code)


@pytest.mark.parametrize(
    "code",
    [
        "8590014816863",
        "40123454",
        "036000291453",
        "",
        "859001481686",
        "85900148168621",
        "859001481686X",
        "８5900148168",
    ],
)
def test_a_code_with_another_last_digit_or_length_does_not_fit(code: str) -> None:
    assert not ean_check_digit_fits(code)


def test_every_other_last_digit_of_an_ean_is_found_out() -> None:
    assert [digit for digit in range(10) if ean_check_digit_fits(f"859400102123{digit}")] == [9]


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


@pytest.mark.parametrize(
    ("item", "field", "rule"),
    [
        (replace(ROLL, name="  "), "name", "empty"),
        (replace(ROLL, name="ř" * 121), "name", "too_long"),
        (replace(ROLL, name="Rohlík\n"), "name", "unprintable"),
        (replace(ROLL, price=Money(-1)), "price", "negative"),
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
