"""Questions over a screen: a number, a choice, a text. All are opened by the cashier and closed by Esc."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.gridlayout import GridLayout

from appliance.i18n import _
from appliance.ui.editing import AMOUNT, TEXT, Editing, press
from appliance.ui.keyboard import NumberPad
from appliance.ui.lone_key import LONE_S, LoneKey
from appliance.ui.presenter.bill import page_text, pages_of
from appliance.ui.theme import T
from appliance.ui.widgets import Field, TouchButton, load_kv


@dataclass(frozen=True)
class Choice:
    """One answer: what it is called, a second quiet line, and the value handed back."""

    value: Any
    caption: str
    hint: str = ""
    tag: str = ""
    active: bool = False


class Dialog(FloatLayout):
    """A card over a dimmed screen. `close` is called by the app when it is gone."""

    title = StringProperty("")
    message = StringProperty("")
    error = StringProperty("")
    wide = BooleanProperty(False)
    card_height = NumericProperty(0)  # 0 means the usual size
    card_width = NumericProperty(0)
    close = ObjectProperty(None)

    def on_touch_down(self, touch: Any) -> bool:
        super().on_touch_down(touch)
        return True

    def on_key(self, key: str) -> bool:
        if key == "esc":
            self.cancel()
            return True
        return False

    def cancel(self) -> None:
        self.close()

    def button(self, caption: str, tag: str, action: Callable[[], None], kind: str = "plain") -> TouchButton:
        button = TouchButton(caption=caption, tag=tag, kind=kind)
        button.bind(on_tap=lambda *_: action())
        self.ids.buttons.add_widget(button)
        return button


class NumberDialog(Dialog):
    """A typed amount or percentage. `units` are captions to choose from; `done(text, unit)` may raise to refuse."""

    def __init__(
        self,
        *,
        done: Callable[[str, str], None],
        refused: Callable[[Exception], str],
        value: str = "",
        units: Sequence[str] = (),
        ok: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.done, self.refused = done, refused
        self.edited = Editing.at_end(value)
        self.fresh = bool(value)  # the first digit replaces what was offered
        self.unit = units[0] if units else ""
        self.field = Field(
            tag="dialog.field", kind=AMOUNT, editing=True, size_hint_y=None, height=T.touch * 1.1, focusable=False
        )
        self.unit_buttons: list[TouchButton] = []
        self._build(units, ok or _("Potvrdit"))
        self.show()

    def _build(self, units: Sequence[str], ok: str) -> None:
        top = BoxLayout(spacing=T.gap, size_hint_y=None, height=T.touch * 1.1)
        top.add_widget(self.field)
        for unit in units:
            button = TouchButton(
                caption=unit, tag=f"dialog.unit:{unit}", kind="choice", size_hint_x=None, width=T.touch * 1.4
            )
            button.bind(on_tap=lambda _, chosen=unit: self.choose_unit(chosen))
            self.unit_buttons.append(button)
            top.add_widget(button)
        self.ids.body.add_widget(top)
        self.ids.body.add_widget(NumberPad(self.on_key))
        self.button(_("Zrušit"), "dialog.cancel", self.cancel)
        self.button(ok, "dialog.ok", self.confirm, "primary")

    def show(self) -> None:
        self.field.type_size = T.large
        self.field.value, self.field.caret = self.edited.value, self.edited.caret
        for button in self.unit_buttons:
            button.active = button.caption == self.unit

    def choose_unit(self, unit: str) -> None:
        self.unit = unit
        self.show()

    def on_key(self, key: str) -> bool:
        if super().on_key(key):
            return True
        if key in {"enter", "+"}:
            self.confirm()
        elif key == "clear":
            self.edited = Editing()
        elif key in {"*", "/"} and self.unit_buttons:
            units = [button.caption for button in self.unit_buttons]
            self.choose_unit(units[(units.index(self.unit) + 1) % len(units)])
        elif key.startswith("f") and key[1:].isdigit():
            return True
        else:
            base = Editing() if self.fresh and key.isdigit() else self.edited
            after = press(base, key, AMOUNT)
            if after is None:
                return False
            self.edited = after
        self.fresh = False
        self.error = "" if key not in {"enter", "+"} else self.error
        self.show()
        return True

    def confirm(self) -> None:
        try:
            self.done(self.edited.value, self.unit)
        except ValueError as error:
            self.error = self.refused(error)
            return
        self.close()


class ChoiceDialog(Dialog):
    """One of several answers, paged when they are many; a digit 1–9 alone chooses too, a scanned code does not."""

    def __init__(
        self, *, choices: Sequence[Choice], done: Callable[[Any], None], columns: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.choices, self.done, self.columns = tuple(choices), done, columns
        self.page = 0
        self.typed = LoneKey(alone=self._choose_by_digit, scanned=self._refuse_scan)
        self._settle = Clock.create_trigger(self._settled, LONE_S)
        height = T.touch * 1.15
        room = self.card_room() - self._around()
        self.per_page = max(2, int((room + T.gap) // (height + T.gap))) * columns
        self.grid = GridLayout(cols=columns, spacing=T.gap, row_default_height=height, row_force_default=True)
        self.ids.body.add_widget(self.grid)
        self.show()

    def show(self) -> None:
        self.grid.clear_widgets()
        pages = pages_of(len(self.choices), self.per_page)
        shown = self.choices[self.page * self.per_page :][: self.per_page]
        for choice in shown:
            button = TouchButton(
                caption=choice.caption, hint=choice.hint, tag=choice.tag or f"choice:{choice.value}", kind="choice",
                active=choice.active,
            )  # fmt: skip
            button.bind(on_tap=lambda _, chosen=choice: self.choose(chosen))
            self.grid.add_widget(button)
        self.ids.buttons.clear_widgets()
        self.button(_("Zrušit"), "dialog.cancel", self.cancel)
        if pages > 1:
            self.button(_("Další {page}").format(page=page_text(self.page, pages)), "dialog.next", self.turn)
        rows = -(-min(len(self.choices), self.per_page) // self.columns)
        self.card_height = min(self.card_room(), rows * (T.touch * 1.15 + T.gap) + self._around())

    def _around(self) -> float:
        """What the card needs beside the answers: title, message, buttons, gaps."""
        return float(T.large * 1.3 + (T.small * 2.6 if self.message else 0) + T.touch + 3 * T.pad + 3 * T.gap)

    def card_room(self) -> float:
        return float(T.height - T.bar - 2 * T.gap)

    def turn(self) -> None:
        self.page = (self.page + 1) % pages_of(len(self.choices), self.per_page)
        self.show()

    def choose(self, choice: Choice) -> None:
        self.close()
        self.done(choice.value)

    def on_key(self, key: str) -> bool:
        if super().on_key(key):
            return True
        if key in {"pagedown", "pageup"}:
            self.turn()
            return True
        if len(key) == 1 or key.startswith("text:") or (key == "enter" and self.typed.waiting):
            self.error = ""
            self.typed.press(key)
            self._settle.cancel()
            self._settle()
            return True
        return False

    def _settled(self, _dt: float) -> None:
        """In the next frame, so that keys which waited while something was drawn are counted too."""
        Clock.schedule_once(lambda _dt: self.typed.settle() if not self._settle.is_triggered else None, 0)

    def _choose_by_digit(self, key: str) -> None:
        shown = self.choices[self.page * self.per_page :][: self.per_page]
        if self.parent is not None and key.isdigit() and 0 < int(key) <= len(shown):
            self.choose(shown[int(key) - 1])

    def _refuse_scan(self) -> None:
        self.error = _("Kód se nenačetl. Nejdřív odpovězte, pak ho načtěte znovu.")


def no_word(text: str) -> str:
    """A scanned code is no reason: why this text is none, '' when it is one."""
    return "" if any(char.isalpha() for char in text) else _("Napište aspoň slovo.")


class TextDialog(Dialog):
    """One line of text, with the keyboard under it; `done(text)` only when `wrong(text)` has nothing to say."""

    def __init__(
        self,
        *,
        app: Any,
        done: Callable[[str], None],
        wrong: Callable[[str], str] = no_word,
        value: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.app, self.done, self.wrong = app, done, wrong
        about = T.small * 2.6 + T.gap if self.message else 0
        self.card_height = T.large * 1.3 + about + 2 * T.touch + 3 * T.pad + 3 * T.gap
        self.ids.card.pos_hint = {"center_x": 0.5, "top": 1 - T.gap / T.height}
        self.field = Field(tag="dialog.field", kind=TEXT, size_hint_y=None, height=T.touch, value=value)
        self.field.bind(
            on_entered=lambda *_: self.confirm(), on_tap=lambda *_: self.app.keys.edit(self.field, by_touch=True)
        )
        self.ids.body.add_widget(self.field)
        self.button(_("Zrušit"), "dialog.cancel", self.cancel)
        self.button(_("Potvrdit"), "dialog.ok", self.confirm, "primary")
        Clock.schedule_once(lambda _dt: self.begin(), 0)

    def begin(self) -> None:
        if self.parent is not None:
            self.app.keys.edit(self.field, by_touch=True)

    def confirm(self) -> None:
        text = self.field.value.strip()
        if error := self.wrong(text):
            self.begin()
            self.field.error = error
            return
        self.close()
        self.done(text)


load_kv(__file__)
