"""The questions around a shift: opening float, counted cash, deposit and withdrawal."""

from collections.abc import Callable
from typing import Any

from appliance.domain.money import ZERO, Money, NotAnAmount
from appliance.i18n import _
from appliance.service import cash
from appliance.service import shift as shifts
from appliance.ui.dialogs import Choice, ChoiceDialog, NumberDialog
from appliance.ui.presenter.bill import amount_or_none
from appliance.ui.presenter.words import error_sentence


def amount_typed(text: str, *, empty_is_zero: bool = False) -> Money:
    """A typed amount, not negative. Raises NotAnAmount."""
    amount = ZERO if empty_is_zero and not text.strip() else amount_or_none(text)
    if amount is None or amount < ZERO:
        raise NotAnAmount(text)
    return amount


def ask_to_open(app: Any, then: Callable[[], None]) -> None:
    """Open the till with a float; an empty answer is no float."""

    def done(text: str, _unit: str) -> None:
        opening_float = amount_typed(text, empty_is_zero=True)
        app.write(lambda: shifts.open_shift(app.shop, opening_float), opened)

    def opened(shift: shifts.OpenShift) -> None:
        app.refresh()
        app.say(_("Pokladna je otevřená, směna {number}.").format(number=shift.number), "good")
        then()

    app.ask(
        NumberDialog(
            title=_("Otevřít pokladnu"), message=_("Kolik hotovosti je v zásuvce na začátku směny?"), done=done,
            refused=error_sentence, units=("Kč",), ok=_("Otevřít pokladnu"),
        )
    )  # fmt: skip


def ask_to_close(app: Any, then: Callable[[], None]) -> None:
    """Close the till with what was counted in the drawer."""

    def done(text: str, _unit: str) -> None:
        counted = amount_typed(text)
        app.write(lambda: shifts.close_shift(app.shop, counted=counted), closed, failed)

    def failed(error: Exception) -> None:
        app.say_error(error, doing="closing")
        app.refresh()

    def closed(_closing: Any) -> None:
        app.refresh()
        app.say(_("Pokladna je uzavřená, uzávěrka se tiskne."), "good")
        then()

    message = _("Spočítejte hotovost v zásuvce a napište ji.")
    if app.bill.cart.lines:
        message += " " + _("Rozpracovaný účet zůstane do další směny.")
    app.ask(
        NumberDialog(
            title=_("Uzavřít pokladnu"), message=message, done=done,
            refused=error_sentence, units=("Kč",), ok=_("Uzavřít pokladnu"),
        )
    )  # fmt: skip


def ask_to_move_cash(app: Any, *, deposit: bool, then: Callable[[], None]) -> None:
    """A deposit or withdrawal: first what for, then how much."""
    reasons = (
        (_("Drobné na vracení"), _("Doplnění hotovosti"), _("Jiný vklad"))
        if deposit
        else (_("Odvod do banky"), _("Nákup za hotové"), _("Výběr majitele"), _("Jiný výběr"))
    )
    title = _("Vklad do pokladny") if deposit else _("Výběr z pokladny")

    def how_much(reason: str) -> None:
        def done(text: str, _unit: str) -> None:
            amount = amount_typed(text)
            if not amount:
                raise NotAnAmount(text)
            signed = amount if deposit else -amount
            app.write(lambda: cash.move_cash(app.shop, signed, reason), moved, lambda e: app.say_error(e, doing="cash"))

        app.ask(NumberDialog(title=title, message=reason, done=done, refused=error_sentence, units=("Kč",)))

    def moved(_nothing: None) -> None:
        app.say(_("Zapsáno, zásuvka se otevírá."), "good")
        then()

    choices = [Choice(reason, reason, tag=f"reason:{number}") for number, reason in enumerate(reasons, 1)]
    app.ask(ChoiceDialog(title=title, message=_("Důvod:"), choices=choices, done=how_much))
