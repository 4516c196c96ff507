import pytest

from appliance.ui.editing import AMOUNT, CODES, DIGITS, TEXT, Editing, press


def typed(kind: str, *keys: str, start: str = "") -> Editing:
    editing = Editing.at_end(start)
    for key in keys:
        after = press(editing, key, kind)
        assert after is not None, key
        editing = after
    return editing


@pytest.mark.parametrize(
    ("kind", "keys", "value"),
    [
        (TEXT, ("text:Ř", "text:í", "text:z", "text:e", "text:k"), "Řízek"),
        (TEXT, ("text:a", "text:b", "backspace"), "a"),
        (TEXT, ("text:b", "home", "text:a", "end", "text:c"), "abc"),
        (TEXT, ("text:a", "text:c", "left", "text:b"), "abc"),
        (TEXT, ("text:a", "text:b", "left", "left", "delete"), "b"),
        (AMOUNT, ("1", "2", ",", "5"), "12,5"),
        (AMOUNT, ("1", "text:.", "5"), "1,5"),
        (AMOUNT, ("1", "text:x", "*"), "1"),
        (DIGITS, ("1", ",", "text:a", "2"), "12"),
        (CODES, ("1", "text: ", "2"), "1 2"),
    ],
)
def test_a_line_takes_only_what_its_kind_allows(kind: str, keys: tuple[str, ...], value: str) -> None:
    assert typed(kind, *keys).value == value


@pytest.mark.parametrize("key", ["enter", "esc", "f5", "up", "tab"])
def test_a_command_key_means_nothing_to_a_line(key: str) -> None:
    assert press(Editing.at_end("abc"), key, TEXT) is None


def test_the_caret_stays_inside_the_line() -> None:
    assert typed(TEXT, "left", "left", "left", start="a").caret == 0
    assert typed(TEXT, "right", "right", start="a").caret == 1


def test_a_line_has_an_end() -> None:
    assert len(typed(AMOUNT, *"1" * 40).value) == 12
