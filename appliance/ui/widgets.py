"""The product's own controls: what is seen (`Seen`), what is touched (`Touch`), and the few shapes made of them.

Every control acts when the finger goes down. `tag` is its stable name for `inspect.py` (docs/ui-inspect.md).
"""

from pathlib import Path
from typing import Any

from kivy.core.text import LabelBase
from kivy.lang import Builder
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    ListProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget
from kivy.utils import escape_markup, get_hex_from_color

from appliance.ui.fitting import cut, size_that_fits, tail_at_caret, wrap
from appliance.ui.theme import T

CLEAR = (0, 0, 0, 0)
MASK = "•"


def load_kv(python_file: str) -> None:
    """Load the `.kv` beside a module, once."""
    path = str(Path(python_file).with_suffix(".kv"))
    if path not in Builder.files:
        Builder.load_file(path)


def register_fonts() -> None:
    LabelBase.register("Symbols", "data/fonts/DejaVuSans.ttf")


class Seen:
    """Something a person sees; with a `tag`, something a test sees too."""

    tag = StringProperty("")
    role = StringProperty("text")
    enabled = BooleanProperty(True)
    focused = BooleanProperty(False)

    def said(self) -> str:
        return str(getattr(self, "text", ""))


class Touch(Seen):
    """Something a finger or Enter acts on. A disabled one says its `reason` when tapped."""

    pressed = BooleanProperty(False)
    reason = StringProperty("")
    focusable = BooleanProperty(True)

    __events__ = ("on_tap", "on_refused")

    def on_tap(self) -> None:
        pass

    def on_refused(self) -> None:
        pass

    def tap(self) -> None:
        self.dispatch("on_tap" if self.enabled else "on_refused")

    def on_touch_down(self, touch: Any) -> bool:
        if super().on_touch_down(touch):  # a control inside goes first
            return True
        if self.opacity == 0 or touch.is_mouse_scrolling or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        self.pressed = self.enabled
        self.tap()
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is self:
            touch.ungrab(self)
            self.pressed = False
            return True
        return super().on_touch_up(touch)


class Words(Seen, Label):
    """Text on the ground. `tone` names a colour token."""

    tone = StringProperty("text")


class OwnWidthWords(Seen, Label):
    """A short text as wide as itself."""

    tone = StringProperty("text")


class FitWords(Words):
    """Text of unknown length: wrapped over `rows` lines, then an ellipsis. `full` is the whole text."""

    full = StringProperty("")
    rows = NumericProperty(1)

    def said(self) -> str:
        return self.full

    def fit(self, *_: Any) -> None:
        self.text = wrap(self.full, max(1, self.width), self.font_size, lines=int(self.rows), bold=self.bold)

    on_full = on_size = on_rows = on_font_size = on_bold = fit


class Amount(Words):
    """A large amount on one line, set smaller when the space is short."""

    wanted = NumericProperty(48)

    def fit(self, *_: Any) -> None:
        room = max(1, self.width)
        self.font_size = size_that_fits(self.text, room, self.wanted, smallest=T.tiny, bold=self.bold)

    on_text = on_size = on_wanted = fit


class TouchButton(Touch, Label):
    """A button: `caption` large, `hint` small above it. `kind` is its meaning, `active` a state that lasts."""

    role = StringProperty("button")
    kind = OptionProperty(
        "plain", options=["plain", "primary", "pay", "danger", "warning", "ghost", "key", "tab", "chip", "choice"]
    )
    caption = StringProperty("")
    hint = StringProperty("")
    active = BooleanProperty(False)
    rows = NumericProperty(1)
    stripe = ColorProperty(CLEAR)
    ground = ColorProperty(CLEAR)
    edge = ColorProperty(CLEAR)
    ink = ColorProperty((0, 0, 0, 1))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.repaint()
        self.fit()

    def said(self) -> str:
        return self.caption

    def repaint(self, *_: Any) -> None:
        ground, ink, edge = self._palette()
        if not self.enabled:
            ground, ink = (CLEAR if self.kind == "ghost" else T.disabled), T.disabled_text
            edge = CLEAR
        elif self.pressed:
            ground = T.pressed if self.kind not in {"primary", "pay"} else (*(c * 0.82 for c in ground[:3]), 1)
        self.ground, self.ink, self.edge = ground, ink, edge

    def _palette(self) -> tuple[Any, Any, Any]:
        if self.active:
            return T.selected, T.on_selected if self.kind != "tab" else T.text, T.accent
        return {
            "plain": (T.surface, T.text, T.line),
            "primary": (T.accent, T.on_accent, CLEAR),
            "pay": (T.pay, T.on_pay, CLEAR),
            "danger": (T.danger_ground, T.danger, CLEAR),
            "warning": (T.warning_ground, T.warning, CLEAR),
            "ghost": (CLEAR, T.text, CLEAR),
            "key": (T.key, T.text, CLEAR),
            "tab": (T.surface, T.text, T.line),
            "chip": (T.selected, T.on_selected, CLEAR),
            "choice": (T.surface, T.text, T.line),
        }[self.kind]

    on_kind = on_enabled = on_pressed = on_active = repaint

    def fit(self, *_: Any) -> None:
        room = max(1, self.width - 2 * T.gap)
        text = wrap(self.caption, room, self.font_size, lines=int(self.rows), bold=self.bold)
        text = escape_markup(text)
        if self.hint:
            quiet = get_hex_from_color(T.quiet if self.enabled and self.kind not in {"primary", "pay"} else self.ink)
            hint = escape_markup(cut(self.hint, room, T.tiny))
            text = f"[size={int(T.tiny)}][color={quiet}]{hint}[/color][/size]\n{text}"
        self.text = text

    on_caption = on_hint = on_size = on_rows = on_font_size = fit


class Tile(Touch, BoxLayout):
    """One item of the price list: a two-line name, its price, its category's colour at the edge, how much there is."""

    role = StringProperty("tile")
    name = StringProperty("")
    price = StringProperty("")
    colour = ColorProperty(CLEAR)
    stock = StringProperty("")
    stock_tone = StringProperty("quiet")

    def said(self) -> str:
        return " | ".join(filter(None, (f"{self.name} {self.price}", self.stock)))


class Field(Touch, BoxLayout):
    """A labelled value to be typed. While `editing`, the caret shows; `error` says why a value was refused.

    A `secret` is never told to anybody who asks what is on the screen; `masked`, it is not drawn either.
    """

    role = StringProperty("field")
    label = StringProperty("")
    value = StringProperty("")
    caret = NumericProperty(0)
    editing = BooleanProperty(False)
    kind = StringProperty("text")
    placeholder = StringProperty("")
    error = StringProperty("")
    shown = StringProperty("")
    type_size = NumericProperty(20)
    secret = BooleanProperty(False)
    masked = BooleanProperty(False)

    __events__ = ("on_entered",)

    def on_entered(self) -> None:
        """Enter was pressed: the value is complete."""

    def said(self) -> str:
        return MASK * len(self.value) if self.secret else self.value

    def show(self, *_: Any) -> None:
        room, drawn = max(1, self.width - 3 * T.pad), MASK * len(self.value) if self.masked else self.value
        if not self.editing:
            self.shown = escape_markup(wrap(drawn, room, self.type_size, lines=1))
            return
        before, after = tail_at_caret(drawn[: int(self.caret)], drawn[int(self.caret) :], room, self.type_size)
        bar = f"[color={get_hex_from_color(T.accent)}]|[/color]"
        self.shown = f"{escape_markup(before)}{bar}{escape_markup(after)}"

    on_value = on_caret = on_editing = on_size = on_type_size = on_masked = show


STROKES = {
    "printer": [
        (0.25, 0.55, 0.25, 0.9, 0.75, 0.9, 0.75, 0.55),
        (0.25, 0.3, 0.1, 0.3, 0.1, 0.6, 0.9, 0.6, 0.9, 0.3, 0.75, 0.3),
        (0.25, 0.42, 0.25, 0.08, 0.75, 0.08, 0.75, 0.42, 0.25, 0.42),
    ],
    "eet": [
        (0.2, 0.08, 0.2, 0.92, 0.6, 0.92, 0.8, 0.72, 0.8, 0.08, 0.2, 0.08),
        (0.34, 0.42, 0.46, 0.28, 0.68, 0.56),
    ],
    "pricelist": [
        (0.5, 0.95, 0.5, 0.35),
        (0.25, 0.6, 0.5, 0.35, 0.75, 0.6),
        (0.15, 0.3, 0.15, 0.1, 0.85, 0.1, 0.85, 0.3),
    ],
    "backoffice": [
        (0.1, 0.25, 0.9, 0.25, 0.9, 0.85, 0.1, 0.85, 0.1, 0.25),
        (0.3, 0.1, 0.7, 0.1),
        (0.5, 0.1, 0.5, 0.25),
    ],
}


class Icon(Widget):
    """A small drawing made of lines, one of STROKES."""

    name = StringProperty("")
    ink = ColorProperty((0, 0, 0, 1))
    strokes = ListProperty([])

    def draw(self, *_: Any) -> None:
        side = min(self.width, self.height)
        left, low = self.center_x - side / 2, self.center_y - side / 2
        self.strokes = [
            [(left if i % 2 == 0 else low) + value * side for i, value in enumerate(stroke)]
            for stroke in STROKES.get(self.name, [])
        ]

    on_name = on_pos = on_size = draw


class Lamp(Touch, BoxLayout):
    """A device or peer in the status bar: an icon, and words only when something is wrong or waits."""

    role = StringProperty("button")
    icon = StringProperty("")
    words = StringProperty("")
    tone = StringProperty("quiet")

    def said(self) -> str:
        return self.words


class Panel(BoxLayout):
    """A surface with rounded corners."""


class Progress(Widget):
    """A bar from 0 to 1."""

    value = NumericProperty(0)
    tone = StringProperty("accent")
