"""The frame around every screen: status bar with banner, the row of function keys, and the layer above both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.properties import BooleanProperty, ListProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from appliance.i18n import _
from appliance.ui.fitting import text_width
from appliance.ui.presenter.status import StatusView
from appliance.ui.theme import T
from appliance.ui.widgets import FitWords, Touch, TouchButton, load_kv

FUNCTION_KEYS = 8
LAMPS = ("changes", "printer", "eet", "backoffice")
URGENT = ("danger", "warning")
SHOP_PART, SHIFT_PART = 0.2, 0.16  # of the bar's width
ROOMY_WIDTH = 1200  # wide enough for a sentence beside the words of the bar


@dataclass(frozen=True)
class FunctionKey:
    """What one of F1–F8 does on a screen; without an action it is shown disabled."""

    caption: str
    action: Callable[[], None] | None = None


@dataclass(frozen=True)
class Notice:
    """One sentence for the banner and up to two buttons (caption, action)."""

    text: str
    tone: str = "quiet"
    buttons: tuple[tuple[str, Callable[[], None]], ...] = ()


class Banner(BoxLayout):
    """The middle of the status bar: one sentence, and what can be done about it."""

    notice = ObjectProperty(None, allownone=True)
    text = StringProperty("")
    tone = StringProperty("quiet")
    buttons = ListProperty([])

    def show(self, notice: Notice | None) -> None:
        """Rebuilt only when something changed: nothing moves under a finger."""
        captions = [caption for caption, _action in notice.buttons] if notice else []
        self.notice = notice
        self.text = notice.text if notice else ""
        self.tone = notice.tone if notice else "quiet"
        if captions == self.buttons:
            return
        self.buttons = captions
        self.ids.buttons.clear_widgets()
        for number, caption in enumerate(captions):
            button = TouchButton(
                caption=caption, tag=f"banner.{('yes', 'no')[number]}", kind="primary" if number == 0 else "plain",
                font_size=T.small, size_hint_x=None,
            )  # fmt: skip
            button.width = T.small * 0.62 * len(caption) + 3 * T.pad
            button.bind(on_tap=lambda _, at=number: self._act(at))
            self.ids.buttons.add_widget(button)

    def _act(self, number: int) -> None:
        if self.notice is not None and number < len(self.notice.buttons):
            self.notice.buttons[number][1]()


class ShiftWords(Touch, FitWords):
    """Shift and user; a touch leads to where another user is chosen. Keys get there by the menu."""

    focusable = BooleanProperty(False)


class StatusBar(BoxLayout):
    """A mark of the mode · till and shop · shift · banner · printer, EET, Backoffice, clock."""

    shop = StringProperty("")
    shift = StringProperty("")
    clock = StringProperty("")
    mark = StringProperty("")  # sales are not recorded for real
    crowded = BooleanProperty(False)  # a banner takes the place of words

    def show(self, view: StatusView) -> None:
        self.shift = view.shift
        self.clock = view.clock
        self.mark = view.mark
        lamps = {name: getattr(view, name) for name in LAMPS}
        told = lamps_with_words([(name, lamp.tone, lamp.words) for name, lamp in lamps.items()], self._room())
        for name, state in lamps.items():
            lamp = self.ids[name]
            lamp.tone = state.tone
            lamp.words = state.words if name in told else state.count

    def _room(self) -> float:
        """For the words of lamps: what the bar has beside the names and the icons."""
        if self.ids.banner.text:  # a sentence comes first
            return 0
        names = T.width * (SHOP_PART + SHIFT_PART) + (text_width(self.mark, T.small) + 2 * T.pad if self.mark else 0)
        return float(T.width - names - T.bar * (len(LAMPS) + 1) - T.body * 3 - 12 * T.gap)

    def banner(self, notice: Notice | None, view: StatusView | None) -> None:
        self.crowded = notice is not None and (T.width < ROOMY_WIDTH or bool(notice.buttons))
        self.ids.banner.show(notice)
        if view is not None:
            self.show(view)


def lamps_with_words(lamps: Sequence[tuple[str, str, str]], room: float) -> set[str]:
    """Whose words fit, of (name, tone, words): those in danger first, then those that wait."""
    told = set()
    order = {tone: number for number, tone in enumerate(URGENT)}
    for name, _tone, words in sorted(lamps, key=lambda lamp: order.get(lamp[1], len(order))):
        taken = text_width(words, T.tiny) + T.gap if words else 0
        if taken <= room:
            told.add(name)
            room -= taken
    return told


class KeyRow(BoxLayout):
    """F1–F8, in the order of the hardware keys."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keys: Sequence[FunctionKey] = ()
        self.buttons = []
        for n in range(1, FUNCTION_KEYS + 1):
            button = TouchButton(
                hint=f"F{n}",
                tag=f"key:f{n}",
                kind="key",
                font_size=T.small,
                reason=_("Tady nemá význam."),
                line_height=1,
            )
            button.bind(on_tap=lambda _, at=n - 1: self.act(at))
            self.buttons.append(button)
            self.add_widget(button)

    def tell(self, number: int, words: str) -> None:
        """Words beside the name of a key, such as how far its work is."""
        hint = f"F{number} · {words}" if words else f"F{number}"
        self.buttons[number - 1].hint = hint

    def show(self, keys: Sequence[FunctionKey]) -> None:
        self.keys = keys
        for button, key in zip(self.buttons, keys, strict=True):
            button.caption = key.caption
            button.enabled = key.action is not None

    def act(self, number: int) -> None:
        action = self.keys[number].action if number < len(self.keys) else None
        if action is not None:
            action()


class Frame(FloatLayout):
    """Everything in the window. Dialogs and keyboards are added above it."""


load_kv(__file__)
