"""One line of text being edited, without Kivy: a value, a caret, and what each key does to them."""

from dataclasses import dataclass

TEXT, DIGITS, AMOUNT, CODES = "text", "digits", "amount", "codes"
LIMITS = {TEXT: 120, DIGITS: 32, AMOUNT: 12, CODES: 200}
ALLOWED = {DIGITS: "0123456789", AMOUNT: "0123456789,-", CODES: "0123456789 "}


@dataclass(frozen=True)
class Editing:
    value: str = ""
    caret: int = 0

    @classmethod
    def at_end(cls, value: str) -> "Editing":
        return cls(value, len(value))


def press(editing: Editing, key: str, kind: str) -> Editing | None:
    """The line after a key; None when the key means nothing to a line of this kind."""
    value, caret = editing.value, editing.caret
    if key == "backspace":
        return Editing(value[: max(0, caret - 1)] + value[caret:], max(0, caret - 1))
    if key == "delete":
        return Editing(value[:caret] + value[caret + 1 :], caret)
    moved = {"left": caret - 1, "right": caret + 1, "home": 0, "end": len(value)}.get(key)
    if moved is not None:
        return Editing(value, min(max(0, moved), len(value)))
    char = char_of(key)
    if char is None:
        return None
    if kind == AMOUNT and char == ".":
        char = ","
    allowed = ALLOWED.get(kind)
    if (allowed is not None and char not in allowed) or len(value) >= LIMITS[kind]:
        return editing
    return Editing(value[:caret] + char + value[caret:], caret + 1)


def char_of(key: str) -> str | None:
    """The character a key types, None for a key that types none."""
    if key.startswith("text:"):
        return key.removeprefix("text:")
    return key if len(key) == 1 else None
