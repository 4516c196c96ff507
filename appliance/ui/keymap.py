"""Which key was pressed, whatever the layout: SDL scancodes (USB HID usages) and typed characters become key names.

Key names: "0".."9", ",", "*", "+", "-", "/", "enter", "backspace", "delete", "esc", "tab", "backtab", "up", "down",
"left", "right", "home", "end", "pageup", "pagedown", "f1".."f12"; in a text field also "text:<character>".
"""

from collections.abc import Collection

CONTROL_SCANCODES = {
    40: "enter", 88: "enter", 41: "esc", 42: "backspace", 43: "tab", 76: "delete", 79: "right", 80: "left", 81: "down",
    82: "up", 74: "home", 77: "end", 75: "pageup", 78: "pagedown",
    **{58 + n: f"f{n + 1}" for n in range(12)},
}  # fmt: skip
KEYPAD_SCANCODES = {
    84: "/", 85: "*", 86: "-", 87: "+", 99: ",", 98: "0", **{89 + n: str(n + 1) for n in range(9)},
}  # fmt: skip
MAIN_ROW_SCANCODES = {39: "0", **{30 + n: str(n + 1) for n in range(9)}}
NUMERIC_CHARS = {**{str(n): str(n) for n in range(10)}, ",": ",", ".": ",", "*": "*", "+": "+", "-": "-", "/": "/"}


def key_of_scancode(scancode: int, modifiers: Collection[str], *, text_mode: bool) -> str | None:
    """The key behind a key-down event, or None when only the typed character can tell.

    In a text field everything printable is left to the character. In the entry line the digits of the main row count
    by place, so that a Czech layout (ěščřžýáíé) types digits; with Shift the character decides (`*` or a digit).
    """
    control = CONTROL_SCANCODES.get(scancode)
    if control is not None:
        return "backtab" if control == "tab" and "shift" in modifiers else control
    if text_mode or "ctrl" in modifiers or "alt" in modifiers:
        return None
    if scancode in KEYPAD_SCANCODES:
        return KEYPAD_SCANCODES[scancode]
    if "shift" in modifiers:
        return None
    return MAIN_ROW_SCANCODES.get(scancode)


def key_of_char(char: str, *, text_mode: bool) -> str | None:
    """The key behind a typed character; None for what is no key."""
    if not char.isprintable():
        return None
    if text_mode:
        return f"text:{char}"
    return NUMERIC_CHARS.get(char) or f"text:{char}"
