"""What a person asks the daemon for and waits a while: a certificate to be taken over, the channel to be tried.

A card shows that it goes on and how it ended. It may be closed at any time: selling goes on, the banner tells the end.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from appliance.i18n import _
from appliance.service import certificates, fiscal
from appliance.service.key_files import KeyFile, KeyFiles
from appliance.ui.dialogs import Choice, ChoiceDialog, Dialog
from appliance.ui.editing import TEXT
from appliance.ui.presenter.certificate import ImportView, hand_over_view, import_view
from appliance.ui.presenter.eet_reasons import advice
from appliance.ui.presenter.eet_sales import outcome_text
from appliance.ui.theme import T
from appliance.ui.widgets import Field, TouchButton, load_kv

LOOK_S = 0.2
IMPORT_WAIT_S = 15.0
TEST_WAIT_S = 60.0  # somewhat longer than a connection and an answer may take


class PasswordDialog(Dialog):
    """A password with the keyboard under it, hidden unless asked for; `done(password)`, and it is forgotten."""

    def __init__(self, *, app: Any, done: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app, self.done = app, done
        self.card_height = T.large * 1.3 + T.small * 2.6 + 2 * T.touch + 3 * T.pad + 3 * T.gap
        self.ids.card.pos_hint = {"center_x": 0.5, "top": 1 - T.gap / T.height}
        self.field = Field(tag="dialog.field", kind=TEXT, secret=True, masked=True, size_hint_y=None, height=T.touch)
        self.field.bind(on_entered=lambda *_: self.confirm(), on_tap=lambda *_: self.begin())
        self.ids.body.add_widget(self.field)
        self.button(_("Zrušit"), "dialog.cancel", self.cancel)
        self.eye = self.button(_("Ukázat"), "dialog.eye", self.turn_eye)
        self.button(_("Nahrát"), "dialog.ok", self.confirm, "primary")
        Clock.schedule_once(lambda _dt: self.begin(), 0)

    def begin(self) -> None:
        if self.parent is not None:
            self.app.keys.edit(self.field, by_touch=True)

    def turn_eye(self) -> None:
        self.field.masked = not self.field.masked
        self.eye.caption = _("Ukázat") if self.field.masked else _("Skrýt")
        self.begin()

    def confirm(self) -> None:
        password, self.field.value = self.field.value, ""
        self.close()
        self.done(password)

    def cancel(self) -> None:
        self.field.value = ""
        super().cancel()


class Story(BoxLayout):
    """What a WaitDialog says."""

    card = ObjectProperty(None)


class WaitDialog(Dialog):
    """A card that says what is going on, how far it is, and in the end what came of it."""

    sentence = StringProperty("")
    tone = StringProperty("text")
    more = StringProperty("")
    fraction = NumericProperty(0)
    over = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(wide=True, **kwargs)
        self.card_height = T.large * 1.3 + T.body * 4 * 1.3 + T.small * 4 + T.touch + 6 * T.pad
        self.ids.body.add_widget(Story(card=self))
        self.button(_("Zavřít"), "dialog.cancel", self.cancel)

    def end(self, tone: str, sentence: str, more: str = "") -> None:
        self.over, self.sentence, self.more = True, sentence, more
        self.tone = tone if tone in {"good", "warning", "danger"} else "text"

    def offer(self, caption: str, action: Callable[[], None]) -> TouchButton:
        """A second button, for what may help."""

        def act() -> None:
            self.close()
            action()

        return self.button(caption, "dialog.ok", act, "primary")

    def on_key(self, key: str) -> bool:
        if key == "enter":
            buttons = {button.tag: button for button in self.ids.buttons.children}
            (buttons.get("dialog.ok") or buttons["dialog.cancel"]).tap()
            return True
        return super().on_key(key)


class Errand:
    """One thing waited for: `look` gives what came, or None; after `limit_s` it has not come."""

    def __init__(self, app: Any, *, title: str, limit_s: float) -> None:
        self.app = app
        self.card = WaitDialog(title=title)
        self.limit_s = limit_s
        self.began = time.monotonic()
        app.ask(self.card)

    def wait_for(self, look: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self.began = time.monotonic()

        def again(_dt: float) -> bool:
            found = look()
            waited_s = time.monotonic() - self.began
            self.card.fraction = min(0.98, waited_s / self.limit_s)
            if found is None and waited_s < self.limit_s:
                return True
            then(found)
            return False

        Clock.schedule_interval(again, LOOK_S)

    def end(self, tone: str, sentence: str, more: str = "") -> bool:
        """Whether somebody still looks at the card; else the banner says it."""
        if self.card.parent is None:
            self.app.say(sentence, "good" if tone == "good" else "danger" if tone == "danger" else "warning")
            return False
        self.card.end(tone, sentence, more)
        return True


def try_the_channel(app: Any) -> None:
    """*Zkouška spojení*: the daemon sends a made-up sale."""
    errand = Errand(app, title=_("Zkouška spojení"), limit_s=TEST_WAIT_S)
    errand.card.sentence = _("Pokladna posílá zkušební zprávu finanční správě…")
    if not app.options.certificates.somebody_answers():
        errand.end("danger", _("Služba pokladna-sync neběží, tržby se neodesílají."), advice("no_daemon"))
        return

    def asked(test_id: str) -> None:
        def look() -> Any:
            found = fiscal.channel_test(app.shop)
            return found if found is not None and found.test_id == test_id and found.outcome else None

        errand.wait_for(look, answered)

    def answered(found: Any) -> None:
        if found is None:
            errand.end("danger", _("Služba pokladna-sync neodpovídá, tržby se neodesílají."), advice("no_daemon"))
        else:
            errand.end(*outcome_text(found))

    app.write(lambda: fiscal.request_test(app.shop), asked)


def import_certificate(app: Any) -> None:
    """*Nahrát certifikát*: a file from a stick, its password, and what the daemon says of it."""
    errand = Errand(app, title=_("Nahrát certifikát"), limit_s=IMPORT_WAIT_S)
    errand.card.sentence = _("Hledám certifikát na USB disku…")

    def found(files: KeyFiles) -> None:
        if files.found:
            errand.card.close()
            _choose_file(app, files)
            return
        words = _("Na USB disku není soubor .p12 ani .pfx.") if files.any_stick else _("USB disk tu není.")
        if errand.end("warning", words, _("Zasuňte disk s certifikátem od finanční správy, chvíli počkejte.")):
            errand.card.offer(_("Hledat znovu"), lambda: import_certificate(app))

    app.aside(app.options.certificates.files, found)


def _choose_file(app: Any, files: KeyFiles) -> None:
    choices = [
        Choice(file, file.name, hint=file.place, tag=f"file:{number}") for number, file in enumerate(files.found, 1)
    ]
    message = _("Vyberte soubor s certifikátem, který vydala finanční správa.")
    app.ask(
        ChoiceDialog(
            title=_("Nahrát certifikát"), message=message, choices=choices, wide=True, columns=2,
            done=lambda file: _ask_password(app, file),
        )
    )  # fmt: skip


def _ask_password(app: Any, file: KeyFile) -> None:
    app.ask(
        PasswordDialog(
            app=app, title=_("Heslo k certifikátu"), message=file.name,
            done=lambda password: _send(app, file.path, password),
        )
    )  # fmt: skip


def _send(app: Any, path: Path, password: str) -> None:
    errand = Errand(app, title=_("Nahrát certifikát"), limit_s=IMPORT_WAIT_S)
    errand.card.sentence = _("Pokladna ověřuje certifikát…")

    def handed_over(request_id: str) -> None:
        errand.wait_for(lambda: certificates.import_result(app.shop, request_id), answered)

    def answered(result: Any) -> None:
        show(import_view(result) if result is not None else hand_over_view("no_answer"))

    def show(view: ImportView) -> None:
        app.refresh()
        if not errand.end(view.tone, view.sentence, view.advice):
            return
        if view.retry == "password":
            errand.card.offer(_("Zadat heslo znovu"), lambda: _ask_password(app, KeyFile(path, "")))
        elif view.retry == "file":
            errand.card.offer(_("Vybrat jiný soubor"), lambda: import_certificate(app))

    app.aside(
        lambda: app.options.certificates.hand_over(path, password),
        handed_over,
        lambda error: show(hand_over_view(error.word)),
    )


load_kv(__file__)
