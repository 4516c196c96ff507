"""*Obsluha*: who works at the till, and the PIN of whom has one."""

from typing import Any

from appliance.domain.pin import PIN_DIGITS_MAX
from appliance.domain.pricelist import User
from appliance.i18n import _
from appliance.service import users
from appliance.service.shop import Shop
from appliance.ui.dialogs import Choice, ChoiceDialog, Dialog
from appliance.ui.editing import DIGITS, Editing, press
from appliance.ui.keyboard import DIGIT_PAD, NumberPad
from appliance.ui.presenter.words import TITLES, error_sentence
from appliance.ui.theme import T
from appliance.ui.widgets import Field


class PinDialog(Dialog):
    """A PIN, typed on the keypad or the drawn pad and never shown. `done(pin)`; the card stays until it is right."""

    def __init__(self, *, done: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.done = done
        self.edited = Editing()
        self.field = Field(
            tag="dialog.field", kind=DIGITS, secret=True, masked=True, editing=True, focusable=False,
            size_hint_y=None, height=T.touch * 1.1,
        )  # fmt: skip
        self.ids.body.add_widget(self.field)
        self.ids.body.add_widget(NumberPad(self.on_key, DIGIT_PAD))
        self.button(_("Zrušit"), "dialog.cancel", self.cancel)
        self.button(_("Potvrdit"), "dialog.ok", self.confirm, "primary")

    def on_key(self, key: str) -> bool:
        if super().on_key(key):
            return True
        if key in {"enter", "+"}:
            self.confirm()
            return True
        after = Editing() if key == "clear" else press(self.edited, key, DIGITS)
        if after is None:
            return False
        if len(after.value) <= PIN_DIGITS_MAX:
            self.edited, self.error = after, ""
        self.field.type_size = T.large
        self.field.value, self.field.caret = self.edited.value, self.edited.caret
        return True

    def confirm(self) -> None:
        pin, self.edited, self.field.value = self.edited.value, Editing(), ""
        self.done(pin)


def ask_user(app: Any) -> None:
    """One of the Backoffice's users; without any, where they come from."""
    found = users.users(app.shop)
    if not found:
        app.say(_("Obsluhu zatím nikdo nezaložil. Přidejte ji v Backoffice › Uživatelé a synchronizujte."))
        return
    at_work = users.user_at_work(app.shop)
    choices = [
        Choice(
            user, user.name, hint=_("s PINem") if user.pin else "", tag=f"user:{user.user_id}",
            active=at_work is not None and user.user_id == at_work.user_id,
        )
        for user in found
    ]  # fmt: skip
    app.ask(
        ChoiceDialog(
            title=TITLES["users"](), message=_("Kdo teď u pokladny pracuje? Jméno bude na účtenkách."),
            choices=choices, done=lambda user: _chosen(app, user), columns=2, wide=True,
        )
    )  # fmt: skip


def _chosen(app: Any, user: User) -> None:
    if not user.pin:
        app.write(lambda: users.log_in(app.shop, user.user_id, ""), lambda shop: _logged_in(app, shop))
        return

    def done(pin: str) -> None:
        app.write(lambda: users.log_in(app.shop, user.user_id, pin), logged_in, refused)

    def logged_in(shop: Shop) -> None:
        dialog.close()
        _logged_in(app, shop)

    def refused(error: Exception) -> None:
        dialog.error = error_sentence(error)

    dialog = PinDialog(title=user.name, message=_("Zadejte PIN."), done=done)
    app.ask(dialog)


def _logged_in(app: Any, shop: Shop) -> None:
    app.shop = shop
    app.refresh()
    app.say(_("U pokladny pracuje {user}.").format(user=shop.user), "good")
