"""Paying: tenders against a total become payments, rounding and change.

Cash is rounded to whole crowns, on the part paid in cash only (legal.md); everything else pays to the haléř.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.money import AMOUNT_LIMIT_HALER, ZERO, Money, crowns, money_sum, round_cash

CASH_LIMIT = crowns(270_000)  # per payer, payee and day: Act 254/2004
TENDERS_MAX = 10
SUGGESTED_NOTES = tuple(crowns(note) for note in (50, 100, 200, 500, 1000, 2000, 5000))


class PaymentMethod(StrEnum):
    CASH = "cash"
    CARD = "card"
    VOUCHER = "voucher"
    MEAL_TICKET = "meal_ticket"
    TRANSFER = "transfer"  # to the account, on an invoice


class PaymentRefused(ValueError):
    """The tenders do not pay this total; `rule` is a machine word."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@dataclass(frozen=True)
class Tender:
    """What the customer hands over by one method; for cash it may be more than is due."""

    method: PaymentMethod
    amount: Money


@dataclass(frozen=True)
class Payment:
    """What one method paid, net of change; negative on a refund."""

    method: PaymentMethod
    amount: Money


@dataclass(frozen=True)
class Settlement:
    """payments add up to total + rounding; tendered is the cash handed over, change what goes back."""

    payments: tuple[Payment, ...]
    rounding: Money
    tendered: Money
    change: Money


def left_to_pay(total: Money, tenders: Sequence[Tender]) -> Money:
    """What is still open, to the haléř, not rounded."""
    return total - money_sum(tender.amount for tender in tenders)


def cash_due(total: Money, others: Sequence[Tender]) -> Money:
    """What has to be paid in cash after the other tenders, in whole crowns."""
    return round_cash(left_to_pay(total, others))


def settle(total: Money, tenders: Sequence[Tender]) -> Settlement:
    """Turn tenders into payments. Raises PaymentRefused.

    Only cash gives change; the sum of the other methods may not exceed the total.
    """
    if total < ZERO:
        raise PaymentRefused("total_negative")
    if len(tenders) > TENDERS_MAX:
        raise PaymentRefused("too_many_tenders")
    if any(tender.amount < ZERO for tender in tenders):
        raise PaymentRefused("tender_negative")
    cash = [tender for tender in tenders if tender.method == PaymentMethod.CASH]
    others = [tender for tender in tenders if tender.method != PaymentMethod.CASH]
    if left_to_pay(total, others) < ZERO:
        raise PaymentRefused("more_than_due")
    payments = tuple(
        Payment(method, money_sum(t.amount for t in others if t.method == method))
        for method in dict.fromkeys(tender.method for tender in others)
    )
    if total.haler >= AMOUNT_LIMIT_HALER:
        raise PaymentRefused("amount_too_large")
    if not cash:
        if left_to_pay(total, others):
            raise PaymentRefused("not_enough")
        return Settlement(payments, ZERO, ZERO, ZERO)
    due = cash_due(total, others)
    tendered = money_sum(tender.amount for tender in cash)
    if tendered < due:
        raise PaymentRefused("not_enough")
    if due > CASH_LIMIT:
        raise PaymentRefused("cash_limit")
    if money_sum(payment.amount for payment in payments).haler + due.haler >= AMOUNT_LIMIT_HALER:
        raise PaymentRefused("amount_too_large")  # rounded up beyond what EET can hold
    settlement = Settlement(
        payments=(*payments, Payment(PaymentMethod.CASH, due)),
        rounding=due - left_to_pay(total, others),
        tendered=tendered,
        change=tendered - due,
    )
    assert money_sum(p.amount for p in settlement.payments) == total + settlement.rounding
    return settlement


def suggested_cash(due: Money, *, count: int = 4) -> tuple[Money, ...]:
    """The exact sum first, then the next sums a customer is likely to hand over, rising and distinct."""
    sums = {due}
    for note in SUGGESTED_NOTES:
        whole_notes = -(-due.haler // note.haler) if due else 1
        sums.add(Money(whole_notes * note.haler))
    return tuple(sorted(sums)[:count])
