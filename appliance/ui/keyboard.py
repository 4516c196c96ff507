"""The on-screen keyboards: Czech letters for text, and the numeric pad. They send key names, like a real keyboard."""

from collections.abc import Callable, Sequence
from typing import Any

from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout

from appliance.i18n import _
from appliance.ui.theme import T
from appliance.ui.widgets import TouchButton, load_kv

LETTERS = ("ěščřžýáíéúů", "qwertzuiop", "asdfghjkl", "yxcvbnmďťňó")
SYMBOLS = ("1234567890`", "+-*/=%&@#$~", ".,:;!?()\"'^", "_<>[]{}\\|€°²³§")  # a password may hold any of ASCII
PAD_KEYS: Sequence[Sequence[tuple[str, str]]] = (
    (("7", "7"), ("8", "8"), ("9", "9"), ("⌫", "backspace")),
    (("4", "4"), ("5", "5"), ("6", "6"), ("C", "clear")),
    (("1", "1"), ("2", "2"), ("3", "3"), ("−", "-")),
    (("0", "0"), ("00", "00"), (",", ","), ("OK", "enter")),
)

DIGIT_PAD: Sequence[Sequence[tuple[str, str]]] = (
    (("7", "7"), ("8", "8"), ("9", "9")),
    (("4", "4"), ("5", "5"), ("6", "6")),
    (("1", "1"), ("2", "2"), ("3", "3")),
    (("C", "clear"), ("0", "0"), ("⌫", "backspace")),
)


class PadKey(TouchButton):
    """A key of an on-screen keyboard; it never takes the focus away from the field."""

    key = StringProperty("")


def pad_key(caption: str, key: str, send: Callable[[str], None], **looks: Any) -> PadKey:
    button = PadKey(caption=caption, key=key, tag=f"pad:{key}", kind="key", focusable=False, **looks)
    if caption in {"⌫", "⇧", "⏎"}:
        button.font_name = "Symbols"
    button.bind(on_tap=lambda *_: [send(one) for one in (["0", "0"] if key == "00" else [key])])
    return button


class NumberPad(GridLayout):
    """Digits, comma and a few commands; `send` gets the key names."""

    def __init__(self, send: Callable[[str], None], keys: Any = PAD_KEYS, **kwargs: Any) -> None:
        super().__init__(cols=len(keys[0]), spacing=T.gap, **kwargs)
        for row in keys:
            for caption, key in row:
                kind = {"enter": "primary", "+": "pay"}.get(key, "key")
                button = pad_key(caption, key, send, font_size=T.large if len(caption) == 1 else T.body)
                button.kind = kind
                self.add_widget(button)


def keys_height() -> float:
    """The keyboard's height without the edited line."""
    return T.touch * 5 + T.gap * 6


class Keyboard(BoxLayout):
    """Docked at the bottom while a text is being edited. With a label it shows the edited line too."""

    send = ObjectProperty(None)
    label = StringProperty("")
    shown = StringProperty("")
    page = StringProperty("letters")

    def __init__(self, send: Callable[[str], None], *, digits: bool, **kwargs: Any) -> None:
        super().__init__(send=send, **kwargs)
        self.upper = False
        self.page = "symbols" if digits else "letters"
        self.build()

    def build(self) -> None:
        self.ids.rows.clear_widgets()
        rows = LETTERS if self.page == "letters" else SYMBOLS
        for number, chars in enumerate(rows):
            row = BoxLayout(spacing=T.gap * 0.75)
            if number == 3 and self.page == "letters":
                row.add_widget(self._command("⇧", self.shift, active=self.upper))
            for char in chars:
                shown = char.upper() if self.upper else char
                row.add_widget(pad_key(shown, f"text:{shown}", self.typed, font_size=T.body))
            if number == 3:
                row.add_widget(pad_key("⌫", "backspace", self.send, size_hint_x=1.5))
            self.ids.rows.add_widget(row)
        self.ids.rows.add_widget(self._bottom())

    def _bottom(self) -> BoxLayout:
        row = BoxLayout(spacing=T.gap * 0.75)
        row.add_widget(self._command("123" if self.page == "letters" else "abc", self.turn, size_hint_x=1.5))
        row.add_widget(pad_key("‹", "left", self.send, font_size=T.body))
        row.add_widget(pad_key(_("mezera"), "text: ", self.send, size_hint_x=5, font_size=T.small))
        row.add_widget(pad_key("›", "right", self.send, font_size=T.body))
        done = pad_key(_("Hotovo"), "enter", self.send, size_hint_x=2, font_size=T.body)
        done.kind = "primary"
        row.add_widget(done)
        return row

    def _command(self, caption: str, action: Callable[[], None], **looks: Any) -> TouchButton:
        button = PadKey(caption=caption, kind="key", tag=f"pad:{caption}", focusable=False, **looks)
        if caption == "⇧":
            button.font_name = "Symbols"
        button.bind(on_tap=lambda *_: action())
        return button

    def typed(self, key: str) -> None:
        self.send(key)
        if self.upper:
            self.upper = False
            self.build()

    def shift(self) -> None:
        self.upper = not self.upper
        self.build()

    def turn(self) -> None:
        self.page = "symbols" if self.page == "letters" else "letters"
        self.build()


load_kv(__file__)
