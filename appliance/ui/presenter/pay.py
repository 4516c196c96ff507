"""The pay screen in words, and what a tender key adds: parts paid so far, what is left, what goes back."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain.money import ZERO, Money, format_amount, format_czk
from appliance.domain.sale import (
    PaymentMethod,
    PaymentRefused,
    Tender,
    cash_due,
    left_to_pay,
    settle,
    suggested_cash,
)
from appliance.i18n import _
from appliance.ui.presenter.words import method_name

METHODS = (PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.TRANSFER, PaymentMethod.VOUCHER)


@dataclass(frozen=True)
class PayView:
    due: str
    rounding: str  # empty when the total is whole crowns
    tendered: str
    left_label: str  # `Zbývá` or `Vrátit`
    left: str
    enough: bool
    chips: tuple[str, ...]
    notes: tuple[tuple[str, Money], ...]


def cash_rest(total: Money, tenders: Sequence[Tender]) -> Money:
    """What is still to be handed over in cash, in whole crowns once nothing but cash is missing."""
    cash = [tender for tender in tenders if tender.method == PaymentMethod.CASH]
    others = [tender for tender in tenders if tender.method != PaymentMethod.CASH]
    return left_to_pay(cash_due(total, others), cash)


def tender_of(method: PaymentMethod, typed: Money | None, total: Money, tenders: Sequence[Tender]) -> Tender:
    """The part a method key adds: what was typed, else all that is left."""
    if typed is not None:
        return Tender(method, typed)
    if method == PaymentMethod.CASH:
        return Tender(method, max(ZERO, cash_rest(total, tenders)))
    return Tender(method, max(ZERO, left_to_pay(total, tenders)))


def pays(total: Money, tenders: Sequence[Tender]) -> bool:
    """Whether these tenders pay the bill. Raises PaymentRefused for anything wrong but a missing rest."""
    if not tenders and total:
        return False
    try:
        settle(total, tenders)
    except PaymentRefused as refused:
        if refused.rule == "not_enough":
            return False
        raise
    return True


def pay_view(total: Money, tenders: Sequence[Tender], typed: Money | None) -> PayView:
    """`typed` is the cash amount being typed, counted as if it were handed over already."""
    offered = (*tenders, Tender(PaymentMethod.CASH, typed)) if typed is not None else tuple(tenders)
    rest = cash_rest(total, offered)
    in_crowns = cash_rest(total, ())
    try:
        change = settle(total, offered).change if offered else None
    except PaymentRefused:
        change = None
    suggested = cash_rest(total, tenders)
    return PayView(
        due=format_czk(total),
        rounding=_("hotově {amount}").format(amount=format_czk(in_crowns)) if in_crowns != total else "",
        tendered=format_czk(left_to_pay(total, ()) - left_to_pay(total, offered)),
        left_label=_("Vrátit") if change is not None else _("Zbývá"),
        left=format_czk(change if change is not None else max(ZERO, rest)),
        enough=change is not None,
        chips=tuple(f"{method_name(t.method)} {format_amount(t.amount)}" for t in tenders),
        notes=tuple((format_amount(note), note) for note in suggested_cash(suggested, count=6)) if suggested else (),
    )
