import pytest

from appliance.ui.keymap import key_of_char, key_of_scancode

ROW = dict(zip(range(30, 40), "1234567890", strict=True))
PAD = dict(zip(range(89, 99), "1234567890", strict=True))


@pytest.mark.parametrize(("scancode", "key"), [*ROW.items(), *PAD.items()])
def test_digits_count_by_place_whatever_the_layout(scancode: int, key: str) -> None:
    assert key_of_scancode(scancode, (), text_mode=False) == key


@pytest.mark.parametrize(
    ("scancode", "key"),
    [
        (84, "/"),
        (85, "*"),
        (86, "-"),
        (87, "+"),
        (88, "enter"),
        (99, ","),
        (40, "enter"),
        (41, "esc"),
        (42, "backspace"),
    ],
)
def test_the_keypad_and_the_main_keys_mean_the_same(scancode: int, key: str) -> None:
    assert key_of_scancode(scancode, (), text_mode=False) == key


@pytest.mark.parametrize("n", range(1, 13))
def test_function_keys_have_their_numbers(n: int) -> None:
    assert key_of_scancode(57 + n, (), text_mode=True) == f"f{n}"


def test_with_shift_the_character_decides() -> None:
    assert key_of_scancode(37, ("shift",), text_mode=False) is None
    assert key_of_char("*", text_mode=False) == "*"
    assert key_of_char("8", text_mode=False) == "8"


@pytest.mark.parametrize("scancode", [30, 89, 84, 4])
def test_in_a_text_field_the_character_decides(scancode: int) -> None:
    assert key_of_scancode(scancode, (), text_mode=True) is None


@pytest.mark.parametrize(
    ("char", "text_mode", "key"),
    [
        (".", False, ","),
        ("+", False, "+"),
        ("+", True, "text:+"),
        ("ř", True, "text:ř"),
        ("ř", False, "text:ř"),
        ("5", True, "text:5"),
        ("\r", True, None),
    ],
)
def test_characters_become_keys(char: str, text_mode: bool, key: str | None) -> None:
    assert key_of_char(char, text_mode=text_mode) == key


def test_shift_and_tab_go_back() -> None:
    assert key_of_scancode(43, ("shift",), text_mode=False) == "backtab"
    assert key_of_scancode(43, (), text_mode=True) == "tab"
