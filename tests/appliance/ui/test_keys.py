"""Where keys go while a payment is under way and afterwards; the window itself is in test_screen.py."""

from types import SimpleNamespace

from kivy.uix.widget import Widget

from appliance.ui.keys import Keys


class Screen(Widget):
    """Takes every key and writes it down."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []

    def on_key(self, key: str) -> bool:
        self.pressed.append(key)
        return True


def keys_over_a_screen() -> tuple[Keys, Screen]:
    screen = Screen()
    return Keys(SimpleNamespace(dialogs=[], screen=screen, layer=screen)), screen


def test_keys_go_to_the_screen() -> None:
    keys, screen = keys_over_a_screen()
    keys.press("7")
    assert screen.pressed == ["7"]


def test_a_repeated_enter_means_nothing_while_paying() -> None:
    keys, screen = keys_over_a_screen()
    keys.hold()
    for key in ("enter", "+", "enter", "esc"):
        keys.press(key)
    keys.release(play=True)
    assert screen.pressed == []


def test_a_scan_while_paying_is_played_afterwards() -> None:
    keys, screen = keys_over_a_screen()
    keys.hold()
    for key in ("enter", "8", "5", "enter"):
        keys.press(key)
    keys.release(play=True)
    assert screen.pressed == ["8", "5", "enter"]


def test_after_a_refused_payment_held_keys_are_dropped() -> None:
    keys, screen = keys_over_a_screen()
    keys.hold()
    keys.press("8")
    keys.release(play=False)
    keys.press("9")
    assert screen.pressed == ["9"]


def test_a_digit_is_taken_once_though_it_comes_as_place_and_as_character() -> None:
    keys, screen = keys_over_a_screen()
    keys._key_down(None, 0, 31, "2", [])
    keys._text_input(None, "ě")
    keys._key_up(None, 0, 31)
    assert screen.pressed == ["2"]


def test_what_only_the_character_tells_is_taken_from_it() -> None:
    keys, screen = keys_over_a_screen()
    keys._key_down(None, 0, 37, "8", ["shift"])
    keys._text_input(None, "*")
    assert screen.pressed == ["*"]


def test_a_held_pay_key_counts_once() -> None:
    keys, screen = keys_over_a_screen()
    for _repeat in range(5):
        keys._key_down(None, 0, 87, "+", [])
    keys._key_up(None, 0, 87)
    keys._key_down(None, 0, 87, "+", [])
    assert screen.pressed == ["+", "+"]


def test_a_held_backspace_goes_on() -> None:
    keys, screen = keys_over_a_screen()
    for _repeat in range(3):
        keys._key_down(None, 0, 42, "", [])
    assert screen.pressed == ["backspace"] * 3
