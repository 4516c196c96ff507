"""How the till is, in sentences: shift, printer, EET, Backoffice, clock."""

from typing import Any, ClassVar

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from appliance.i18n import _
from appliance.ui.presenter.lamp import tone_word
from appliance.ui.presenter.status import StatusView
from appliance.ui.presenter.words import TITLES
from appliance.ui.screens.base import TillScreen
from appliance.ui.widgets import Seen, load_kv


class StatusLine(Seen, BoxLayout):
    """A word and a colour, never a colour alone, and the sentence behind them."""

    label = StringProperty("")
    word = StringProperty("")
    tone = StringProperty("quiet")
    sentence = StringProperty("")

    def said(self) -> str:
        return f"{self.label} | {self.word} | {self.sentence}"

    def show(self, tone: str, sentence: str) -> None:
        self.tone, self.word, self.sentence = tone, tone_word(tone), sentence


class StatusScreen(TillScreen):
    name: ClassVar[str] = "status"
    title = StringProperty("")
    back_caption = StringProperty("")
    eet_caption = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title, self.back_caption = TITLES["status"](), _("Zpět na prodej")
        self.eet_caption = _("EET podrobně")
        labels = {
            "shift": _("Směna"), "printer": _("Tiskárna"), "eet": _("EET"), "backoffice": _("Backoffice"),
            "clock": _("Čas"),
        }  # fmt: skip
        for name, label in labels.items():
            self.ids[name].label = label

    def enter(self, **_given: Any) -> None:
        if self.app.status is not None:
            self.state_changed(self.app.status)

    def state_changed(self, view: StatusView) -> None:
        self.ids.shift.show("good" if view.shift_open else "quiet", view.shift_sentence)
        for name in ("printer", "eet", "backoffice"):
            lamp = getattr(view, name)
            self.ids[name].show(lamp.tone, lamp.sentence)
        self.ids.clock.show("quiet", f"{view.date} {view.clock}")
        self.ids.clock.word = ""


load_kv(__file__)
