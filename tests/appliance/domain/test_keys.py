import pytest

from appliance.domain.keys import ENTRY_CHARS_MAX, Entry, backspace, type_char
from appliance.domain.money import ONE, Quantity


def typed(text: str) -> Entry:
    entry = Entry()
    for char in text:
        entry = type_char(entry, char)
    return entry


@pytest.mark.parametrize(
    ("keys", "text", "quantity"),
    [
        ("3*8594001021234", "8594001021234", Quantity(3000)),
        ("8594001021234", "8594001021234", None),
        ("0,345*3", "3", Quantity(345)),
        ("1.5*", "", Quantity(1500)),
        ("*12", "12", None),
        ("0*12", "012", None),
        ("1,2345*", "1,2345", None),
        ("3*4*5", "5", Quantity(4000)),
        ("rohlík", "rohlík", None),
        ("rohlík*", "rohlík", None),
    ],
)
def test_the_number_before_the_star_is_the_quantity(keys: str, text: str, quantity: Quantity | None) -> None:
    assert typed(keys) == Entry(text, quantity)


def test_without_a_quantity_it_is_one() -> None:
    assert typed("12").quantity_or_one == ONE
    assert typed("2*12").quantity_or_one == Quantity(2000)


def test_backspace_takes_the_text_then_the_quantity() -> None:
    entry = backspace(typed("3*12"))
    assert entry == Entry("1", Quantity(3000))
    entry = backspace(entry)
    assert not entry.empty
    entry = backspace(entry)
    assert entry == Entry()
    assert entry.empty
    assert backspace(entry) == Entry()


def test_a_key_held_down_fills_the_line_and_no_more() -> None:
    assert typed("1" * 100) == Entry("1" * ENTRY_CHARS_MAX)
