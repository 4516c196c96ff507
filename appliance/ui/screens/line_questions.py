"""The questions asked while selling: a missing price, which of several hits, a new price, discounts."""

from collections.abc import Callable, Sequence
from typing import Any

from appliance.domain.catalogue import Item
from appliance.domain.money import Money, NotAnAmount, format_amount
from appliance.i18n import _
from appliance.ui.dialogs import Choice, ChoiceDialog, NumberDialog
from appliance.ui.presenter.bill import amount_or_none, code_text, discount_of, percent_text, price_text
from appliance.ui.presenter.words import error_sentence


def typed_price(text: str) -> Money:
    """Raises NotAnAmount."""
    price = amount_or_none(text)
    if price is None:
        raise NotAnAmount(text)
    return price


def ask_price(app: Any, item: Item, then: Callable[[Money], None]) -> None:
    """The price of an item that has none in the price list."""
    message = _("Položka nemá v ceníku cenu. Cena za {unit}:").format(unit=item.unit)
    app.ask(
        NumberDialog(
            title=item.name,
            message=message,
            done=lambda text, _unit: then(typed_price(text)),
            refused=error_sentence,
            units=("Kč",),
        )
    )


def ask_which(app: Any, code: str, hits: Sequence[Item], then: Callable[[Item], None]) -> None:
    choices = [
        Choice(item, item.name, f"{price_text(item)}   {code_text(item)}", f"hit:{item.item_id}") for item in hits
    ]
    message = _("Kód {code} má více položek.").format(code=code)
    app.ask(ChoiceDialog(title=_("Která položka?"), message=message, choices=choices, done=then, wide=True))


def ask_new_price(app: Any, line_id: int, then: Callable[[], None]) -> None:
    line = app.bill.cart.line(line_id)

    def done(text: str, _unit: str) -> None:
        app.bill.set_price(line_id, typed_price(text))
        then()

    app.ask(
        NumberDialog(
            title=line.name,
            message=_("Nová cena za {unit}:").format(unit=line.unit),
            done=done,
            refused=error_sentence,
            value=format_amount(line.unit_price),
            units=("Kč",),
        )
    )


def ask_line_discount(app: Any, line_id: int, then: Callable[[], None]) -> None:
    line = app.bill.cart.line(line_id)

    def done(text: str, unit: str) -> None:
        app.bill.discount_line(line_id, discount_of(text, in_percent=unit == "%"))
        then()

    percent = line.discount.basis_points if line.discount else 0
    app.ask(
        NumberDialog(
            title=_("Sleva na položku"),
            message=line.name,
            done=done,
            refused=error_sentence,
            units=("%", "Kč"),
            value=percent_text(percent) if percent else "",
        )
    )


def ask_bill_discount(app: Any, then: Callable[[], None]) -> None:
    def done(text: str, unit: str) -> None:
        app.bill.discount_bill(discount_of(text, in_percent=unit == "%"))
        then()

    message = _("Sleva z celého účtu. Nula slevu zruší.")
    app.ask(
        NumberDialog(title=_("Sleva na účet"), message=message, done=done, refused=error_sentence, units=("%", "Kč"))
    )
