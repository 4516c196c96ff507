"""Date and time confirmed once after a start without a true clock, or set; selling goes on meanwhile (sync.md §8)."""

from datetime import datetime
from typing import Any

from appliance.i18n import _
from appliance.service.clock import confirm_clock
from appliance.ui.dialogs import Choice, ChoiceDialog, Dialog
from appliance.ui.editing import DIGITS, Editing, press
from appliance.ui.keyboard import DIGIT_PAD, NumberPad
from appliance.ui.presenter import clock
from appliance.ui.presenter.words import error_sentence
from appliance.ui.theme import T
from appliance.ui.widgets import Field


class ClockDialog(Dialog):
    """Day, month, year, hour and minute as twelve digits; `done(digits)` may raise to refuse."""

    def __init__(self, *, done: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.done, self.edited = done, Editing()
        self.field = Field(tag="dialog.field", kind=DIGITS, focusable=False, size_hint_y=None, height=T.touch * 1.1)
        self.ids.body.add_widget(self.field)
        self.ids.body.add_widget(NumberPad(self.on_key, DIGIT_PAD))
        self.button(_("Zrušit"), "dialog.cancel", self.cancel)
        self.button(_("Nastavit"), "dialog.ok", self.confirm, "primary")
        self.show()

    def show(self) -> None:
        self.field.type_size = T.large
        self.field.value = clock.typed_text(self.edited.value)

    def on_key(self, key: str) -> bool:
        if super().on_key(key):
            return True
        if key in {"enter", "+"}:
            self.confirm()
            return True
        after = Editing() if key == "clear" else press(Editing.at_end(self.edited.value), key, DIGITS)
        if after is None:
            return False
        if len(after.value) <= clock.DIGITS:
            self.edited, self.error = after, ""
        self.show()
        return True

    def confirm(self) -> None:
        try:
            self.done(self.edited.value)
        except ValueError as error:
            self.error = error_sentence(error)
            return
        self.close()


def ask_clock(app: Any, proposed: datetime) -> None:
    """One question, one touch when the time is right."""

    def done(answer: str) -> None:
        if answer == "right":
            _confirm(app, app.shop.now())
        else:
            _ask_moment(app)

    choices = (
        Choice("right", _("Ano, souhlasí"), tag="clock.right"),
        Choice("wrong", _("Ne, nastavit"), tag="clock.wrong"),
    )
    title = _("Je {moment}?").format(moment=clock.moment_text(proposed))
    message = _("Pokladna po zapnutí nezná přesný čas. Bude na účtenkách, dokud ho nezjistí ze sítě.")
    app.ask(ChoiceDialog(title=title, message=message, choices=choices, done=done, wide=True))


def _ask_moment(app: Any) -> None:
    def done(digits: str) -> None:
        _confirm(app, clock.moment_of(digits, app.shop.now().tzinfo))

    app.ask(ClockDialog(title=_("Datum a čas"), message=_("Den, měsíc, rok, hodina a minuta."), done=done))


def _confirm(app: Any, at: datetime) -> None:
    def confirmed(_nothing: None) -> None:
        app.refresh()
        app.say(_("Pokladna počítá s časem {moment}.").format(moment=clock.moment_text(app.shop.now())), "good")

    app.write(lambda: confirm_clock(app.shop, at), confirmed)
