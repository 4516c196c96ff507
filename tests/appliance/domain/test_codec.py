import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.cart import Cart
from appliance.domain.codec import CodecError, from_json, to_json
from appliance.domain.fiscal import FrozenSale
from appliance.domain.journal import BODIES
from appliance.domain.money import Money, Quantity
from appliance.domain.receipt import Receipt
from tests.appliance.domain.strategies import MONEY, TEXT, carts, receipts, refund_of


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    n: int


@dataclass(frozen=True)
class Outer:
    price: Money
    quantity: Quantity
    colour: Colour
    inner: tuple[Inner, ...]
    words: dict[str, str]
    maybe: Inner | None
    yes: bool
    name: str = "nobody"


OUTER = Outer(Money(-1205), Quantity(345), Colour.RED, (Inner(1), Inner(2)), {"klíč": "žluť"}, None, True)
TEXT_OF_OUTER = (
    '{"price":-1205,"quantity":345,"colour":"red","inner":[{"n":1},{"n":2}],"words":{"klíč":"žluť"},"maybe":null,'
    '"yes":true,"name":"nobody"}'
)


def test_a_dataclass_is_compact_json_in_its_own_order() -> None:
    assert to_json(OUTER) == TEXT_OF_OUTER
    assert from_json(Outer, TEXT_OF_OUTER) == OUTER


def test_a_field_with_a_default_may_be_missing() -> None:
    assert from_json(Outer, TEXT_OF_OUTER.replace(',"name":"nobody"', "")) == OUTER


@pytest.mark.parametrize(
    ("was", "becomes", "where"),
    [
        ('"price":-1205', '"price":-12.05', "Outer.price"),
        ('"price":-1205', '"price":"-1205"', "Outer.price"),
        ('"price":-1205', '"price":true', "Outer.price"),
        ('"price":-1205', '"price":null', "Outer.price"),
        ('"price":-1205', '"price":9223372036854775808', "Outer.price"),
        ('"price":-1205', '"price":NaN', "Outer.price"),
        ('"colour":"red"', '"colour":"blue"', "Outer.colour"),
        ('"colour":"red"', '"colour":["red"]', "Outer.colour"),
        ('{"n":2}', '{"n":"2"}', r"Outer.inner\[1\].n"),
        ('{"n":2}', '{"n":false}', r"Outer.inner\[1\].n"),
        ('{"n":2}', '{"n":99999999999999999999}', r"Outer.inner\[1\].n"),
        ('{"n":2}', '{"n":2,"m":3}', r"Outer.inner\[1\].*no key m"),
        ('{"n":2}', "{}", r"Outer.inner\[1\].*the key n"),
        ('{"n":2}', "2", r"Outer.inner\[1\]"),
        ('[{"n":1},{"n":2}]', '{"n":1}', "Outer.inner.*a list"),
        ('{"klíč":"žluť"}', "[]", "Outer.words.*an object"),
        ('{"klíč":"žluť"}', '{"klíč":1}', "Outer.words.klíč"),
        ('"maybe":null', '"maybe":[]', "Outer.maybe"),
        ('"yes":true', '"yes":1', "Outer.yes"),
        ('"name":"nobody"', '"name":null', "Outer.name"),
        (TEXT_OF_OUTER, "[]", "Outer.*an object"),
        (TEXT_OF_OUTER, "", "not JSON"),
        (TEXT_OF_OUTER, "{", "not JSON"),
        (TEXT_OF_OUTER, "[" * 200_000, "not JSON"),
    ],
)
def test_any_other_shape_is_refused_with_its_place(was: str, becomes: str, where: str) -> None:
    text = TEXT_OF_OUTER.replace(was, becomes)
    assert text != TEXT_OF_OUTER
    with pytest.raises(CodecError, match=where):
        from_json(Outer, text)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)


@given(ANY_JSON)
def test_whatever_a_stranger_sends_is_read_or_refused_and_never_breaks_the_reader(plain: Any) -> None:
    for cls in {Receipt, Cart, *BODIES.values()}:
        try:
            read: object = from_json(cls, json.dumps(plain))
        except CodecError:
            continue
        assert from_json(cls, to_json(read)) == read


@given(receipts())
def test_a_receipt_comes_back_as_it_was_and_writes_the_same_bytes(receipt: Receipt) -> None:
    for document in (receipt, refund_of(receipt)):
        text = to_json(document)
        assert from_json(Receipt, text) == document
        assert to_json(from_json(Receipt, text)) == text


@given(carts(min_lines=0))
def test_a_cart_comes_back_as_it_was(cart: Cart) -> None:
    assert from_json(Cart, to_json(cart)) == cart


for _cls in (Money, Quantity):
    st.register_type_strategy(_cls, MONEY if _cls is Money else st.integers(-(10**9), 10**9).map(Quantity))
st.register_type_strategy(str, TEXT)
st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))


@given(st.sampled_from([cls for cls in BODIES.values() if cls is not Receipt]).flatmap(st.from_type))
def test_every_journal_body_comes_back_as_it_was(body: object) -> None:
    text = to_json(body)
    assert from_json(type(body), text) == body
    assert to_json(from_json(type(body), text)) == text


@given(st.builds(FrozenSale, data=st.dictionaries(TEXT, TEXT, max_size=5)))
def test_frozen_attributes_keep_their_order_and_every_character(sale: FrozenSale) -> None:
    assert list(from_json(FrozenSale, to_json(sale)).data.items()) == list(sale.data.items())
