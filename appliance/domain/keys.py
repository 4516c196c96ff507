"""The entry line: what keypad or scanner typed, `3*8594001021234`, taken apart into quantity and code or amount."""

from dataclasses import dataclass, replace

from appliance.domain.money import ONE, NotAnAmount, Quantity, parse_quantity

ENTRY_CHARS_MAX = 40


@dataclass(frozen=True)
class Entry:
    """`quantity` is what stands before `*`, None when nothing does; `text` is what is being typed now."""

    text: str = ""
    quantity: Quantity | None = None

    @property
    def quantity_or_one(self) -> Quantity:
        return self.quantity if self.quantity is not None else ONE

    @property
    def empty(self) -> bool:
        return not self.text and self.quantity is None


def type_char(entry: Entry, char: str) -> Entry:
    """One more typed character; `*` makes the typed number the quantity. An unreadable quantity stays as text."""
    if char == "*":
        try:
            quantity = parse_quantity(entry.text)
        except NotAnAmount:
            return entry
        return Entry("", quantity) if quantity.thousandths > 0 else entry
    if len(entry.text) >= ENTRY_CHARS_MAX:
        return entry
    return replace(entry, text=entry.text + char)


def backspace(entry: Entry) -> Entry:
    """The last character taken back; with no text left, the quantity."""
    return replace(entry, text=entry.text[:-1]) if entry.text else Entry()
