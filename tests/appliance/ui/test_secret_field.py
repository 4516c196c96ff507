"""A password on the screen: what can be typed, what is drawn, and what is told to those who ask."""

import string

from appliance.ui.keyboard import LETTERS, SYMBOLS


def test_every_ascii_character_is_on_the_keyboard() -> None:
    keys = "".join(LETTERS) + "".join(LETTERS).upper() + "".join(SYMBOLS) + " "
    assert set(string.printable) - set(string.whitespace) - set(keys) == set()


def test_no_key_is_there_twice() -> None:
    for page in (LETTERS, SYMBOLS):
        keys = "".join(page)
        assert len(keys) == len(set(keys))
