"""What of a receipt is reported to EET, and how it is frozen: the attributes exactly as they will be sent.

EET attribute names keep their Czech spelling. Facts: interface v4.1; legal.md, "What is reported to EET".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from appliance.domain.money import HALER_PER_CROWN, ZERO, Money, money_sum
from appliance.domain.sale import Payment, PaymentMethod


class Dialect(StrEnum):
    V3 = "v3"
    V4 = "v4"


class Mode(StrEnum):
    OFF = "off"
    VERIFICATION = "verification"
    PLAYGROUND = "playground"
    LIVE = "live"


@dataclass(frozen=True)
class Regime:
    """How sales are reported from a moment on."""

    valid_from: datetime
    mode: Mode
    dialect: Dialect = Dialect.V4


@dataclass(frozen=True)
class Taxpayer:
    """Who reports, from where: `eic` and `id_jednotky` for v4, `dic_popl` and `id_provoz` for v3.

    `for_several` says that sales are reported on behalf of several taxpayers at once (v4).
    """

    eic: str
    id_jednotky: str
    id_pokl: str
    dic_popl: str = ""
    id_provoz: str = ""
    for_several: bool = False


@dataclass(frozen=True)
class FrozenSale:
    """What `fiscal_record` keeps and every send repeats to the character."""

    dialect: Dialect
    mode: Mode
    data: dict[str, str]


# Reported to EET 2.0 by method of payment; to be confirmed by an accountant before a release.
REPORTED_METHODS = {
    PaymentMethod.CASH: True,
    PaymentMethod.CARD: True,
    PaymentMethod.VOUCHER: True,
    PaymentMethod.MEAL_TICKET: True,
    PaymentMethod.TRANSFER: False,
}
DRAWS_EARLIER_PAYMENT = frozenset({PaymentMethod.VOUCHER})


def regime_at(regimes: Iterable[Regime], now: datetime) -> Regime | None:
    """The last regime that has begun; None before the first one."""
    begun = [regime for regime in regimes if regime.valid_from <= now]
    return max(begun, key=lambda regime: regime.valid_from) if begun else None


def eet_amount(amount: Money) -> str:
    """`-1205` haléře as `-12.05`."""
    whole, haler = divmod(abs(amount.haler), HALER_PER_CROWN)
    return f"{'-' if amount.haler < 0 else ''}{whole}.{haler:02d}"


def freeze_sale(
    *, regime: Regime | None, taxpayer: Taxpayer, number: str, at: datetime, payments: Sequence[Payment]
) -> FrozenSale | None:
    """The record of one receipt, or None when nothing of it is reported.

    `at` is aware and carries the shop's own offset; its text is what a repeat must send again.
    """
    if regime is None or regime.mode == Mode.OFF:
        return None
    reported = [payment for payment in payments if REPORTED_METHODS[payment.method]]
    total = money_sum(payment.amount for payment in reported)
    if not any(payment.amount for payment in reported):
        return None
    assert at.tzinfo is not None
    data = {
        "eic_popl": taxpayer.eic,
        "id_jednotky": taxpayer.id_jednotky,
        "id_pokl": taxpayer.id_pokl,
        "porad_cis": number,
        "dat_trzby": at.replace(microsecond=0).isoformat(),
        "celk_trzba": eet_amount(total),
    }
    drawn = money_sum(payment.amount for payment in reported if payment.method in DRAWS_EARLIER_PAYMENT)
    if drawn != ZERO:
        data["cerp_zuct"] = eet_amount(drawn)
    return FrozenSale(regime.dialect, regime.mode, data)


def reporting_regimes(regimes: Iterable[Regime], now: datetime) -> tuple[Regime, ...]:
    """The regime in force and those to come, as far as they report anything, in the order they begin."""
    every = sorted(regimes, key=lambda regime: regime.valid_from)
    current = regime_at(every, now)
    return tuple(each for each in every if each.mode != Mode.OFF and (each is current or each.valid_from > now))
