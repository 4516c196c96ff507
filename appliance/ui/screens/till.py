"""*Pokladna*: open with a float, look (X), move cash, close (Z), and the last closing with its proof."""

from typing import Any, ClassVar

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from appliance.i18n import _
from appliance.service import shift as shifts
from appliance.ui.lists import Facts
from appliance.ui.presenter.reports import ClosingWords, closing_words, totals_rows
from appliance.ui.presenter.status import StatusView
from appliance.ui.presenter.words import TITLES
from appliance.ui.screens.base import TillScreen
from appliance.ui.screens.shift_questions import ask_to_close, ask_to_move_cash, ask_to_open
from appliance.ui.theme import T
from appliance.ui.widgets import FitWords, OwnWidthWords, TouchButton, load_kv

__all__ = ["Facts", "TillPage"]  # Facts is named in the .kv file


class TillPage(TillScreen):
    name: ClassVar[str] = "till"
    title = StringProperty("")
    x_title = StringProperty("")
    shift_words = StringProperty("")
    closing_title = StringProperty("")
    closing_detail = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title, self.x_title, self.closing_title = (
            TITLES["till"](),
            _("Průběžný stav (X)"),
            _("Poslední uzávěrka (Z)"),
        )
        self.shown: ClosingWords | None = None
        self.buttons: dict[str, TouchButton] = {}
        for name, caption, action, kind in (
            ("till.open", _("Otevřít pokladnu"), lambda: ask_to_open(self.app, self.enter), "primary"),
            ("till.x_print", _("Vytisknout X"), self.print_x, "plain"),
            ("till.deposit", _("Vklad"), lambda: self.move_cash(deposit=True), "plain"),
            ("till.withdraw", _("Výběr"), lambda: self.move_cash(deposit=False), "plain"),
            ("till.close", _("Uzavřít pokladnu"), lambda: ask_to_close(self.app, self.enter), "primary"),
            ("till.back", _("Zpět na prodej"), lambda: self.app.open("sale"), "plain"),
        ):
            button = TouchButton(caption=caption, tag=name, kind=kind, font_size=T.body)
            button.bind(on_tap=lambda _, action=action: action(), on_refused=lambda button: self.app.say(button.reason))
            self.buttons[name] = button
            self.ids.actions.add_widget(button)

    def enter(self, **_given: Any) -> None:
        is_open = self.app.shift_open
        self.shift_words = self.app.status.shift_sentence
        for name, button in self.buttons.items():
            if name == "till.back":
                continue
            button.enabled = is_open != (name == "till.open")
            button.reason = _("Pokladna už je otevřená.") if is_open else _("Nejdřív otevřete pokladnu.")
        if is_open:
            self.ids.x.show(totals_rows(shifts.x_report(self.app.shop)))
        else:
            self.ids.x.show(())
        self._show_closing()

    def state_changed(self, view: StatusView) -> None:
        self.shift_words = view.shift_sentence
        if view.shift_open != self.buttons["till.close"].enabled:
            self.enter()
        else:
            self._show_closing()

    def _show_closing(self) -> None:
        last = shifts.last_closing(self.app.shop)
        words = closing_words(last) if last is not None else None
        if words == self.shown and self.ids.closing.children:
            return
        self.shown = words
        box = self.ids.closing
        box.clear_widgets()
        self.closing_detail = words.title if words else _("Zatím žádná.")
        for name, label, value, tone in _closing_facts(words) if words else ():
            row = BoxLayout(size_hint_y=None, height=T.small * 1.9, spacing=T.gap)
            row.add_widget(FitWords(full=label, font_size=T.small, tone="quiet"))
            row.add_widget(OwnWidthWords(text=value, tag=f"closing.{name}", font_size=T.small, bold=True, tone=tone))
            box.add_widget(row)
        if words:
            box.add_widget(
                FitWords(
                    full=words.proof, tag="closing.proof", tone=words.proof_tone, font_size=T.small, bold=True, rows=2,
                    size_hint_y=None, height=T.small * 3,
                )
            )  # fmt: skip
        box.add_widget(BoxLayout())

    def print_x(self) -> None:
        self.app.write(lambda: shifts.print_x_report(self.app.shop), lambda _: self.app.say(self.printing(), "good"))

    @staticmethod
    def printing() -> str:
        return _("Průběžná uzávěrka se tiskne.")

    def move_cash(self, *, deposit: bool) -> None:
        ask_to_move_cash(self.app, deposit=deposit, then=self.enter)


def _closing_facts(words: ClosingWords) -> tuple[tuple[str, str, str, str], ...]:
    return (
        ("count", _("Doklady"), words.count, "text"),
        ("total", _("Tržba"), words.total, "text"),
        ("counted", _("Spočítáno"), words.counted, "text"),
        ("over_short", words.over_short_label, words.over_short, "text"),
    )


load_kv(__file__)
