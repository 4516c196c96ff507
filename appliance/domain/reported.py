"""What of a receipt is reported to EET, and in which attributes; every rule here is to be confirmed by an accountant.

Attribute names keep their Czech spelling. Facts: interfaces v4.1 and v3.1.1; legal.md, "What is reported to EET";
why the mixed cases are as they are: docs/decisions/0008 and 0009.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.domain.fiscal import Dialect, FrozenSale, Mode, Regime, Reporting, Taxpayer
from appliance.domain.money import AMOUNT_LIMIT_HALER, HALER_PER_CROWN, ZERO, Money, money_sum, spread
from appliance.domain.receipt import Receipt, ReceiptKind, ReceiptLine
from appliance.domain.sale import PaymentMethod
from appliance.domain.vat import VatRow, VatStatus, vat_rows

REPORTED_METHODS = {
    PaymentMethod.CASH: True,
    PaymentMethod.CARD: True,
    PaymentMethod.VOUCHER: True,
    PaymentMethod.MEAL_TICKET: True,
    PaymentMethod.TRANSFER: False,
}
DRAWS_EARLIER_PAYMENT = frozenset({PaymentMethod.VOUCHER})

# v3: the attributes of base and tax by rate; 12 % took the place of 15 % in 2024 and is the first reduced rate
V3_BASE_AND_TAX = {
    21: ("zakl_dan1", "dan1"),
    15: ("zakl_dan2", "dan2"),
    12: ("zakl_dan2", "dan2"),
    10: ("zakl_dan3", "dan3"),
    0: ("zakl_nepodl_dph", ""),
}
V3_NORMAL_REGIME = "0"  # a till with a network never reports in the simplified one


@dataclass(frozen=True)
class Reported:
    """The reported part of a receipt; all amounts of a refund are negative or zero.

    `total` is what reported methods paid for reported lines, after cash rounding; of it `for_later` is for vouchers
    sold and `drawn` was paid by vouchers. `vat` is of the reported lines, before rounding.
    """

    total: Money
    for_later: Money
    drawn: Money
    vat: tuple[VatRow, ...]


def reported_part(receipt: Receipt) -> Reported | None:
    """The one rule; None when nothing is to be reported.

    Lines that are not reported are paid first by the methods that are not reported; what is left of such lines is
    taken off what the reported methods paid. Cash rounding goes with the reported part. When that part does not cover
    all reported lines, it is spread over them by largest remainder. A refund is the mirror of its sale.
    """

    def due(amount: Money) -> Money:
        """The amount as the sale had it: a refund is counted upside down."""
        return -amount if receipt.kind == ReceiptKind.REFUND else amount

    payments = [payment for payment in receipt.payments if REPORTED_METHODS[payment.method]]
    rounding = due(receipt.rounding) if REPORTED_METHODS[PaymentMethod.CASH] else ZERO
    covered = money_sum(due(payment.amount) for payment in payments) - rounding
    lines = [line for line in receipt.lines if line.reporting != Reporting.NOT_REPORTED]
    goods = min(covered, money_sum(due(line.total) for line in lines))
    total = goods + rounding
    if goods <= ZERO or total <= ZERO:
        return None
    parts = spread(goods, [due(line.total).haler for line in lines])
    vouchers = money_sum(
        part for line, part in zip(lines, parts, strict=True) if line.reporting == Reporting.VOUCHER
    )  # fmt: skip
    drawn = money_sum(due(payment.amount) for payment in payments if payment.method in DRAWS_EARLIER_PAYMENT)
    return Reported(
        total=due(total),
        for_later=due(min(vouchers, total)),
        drawn=due(min(drawn, total)),
        vat=vat_rows(_supplies(lines, [due(part) for part in parts])),
    )


def _supplies(lines: Sequence[ReceiptLine], parts: Sequence[Money]) -> list[tuple[int, Money]]:
    """(percent, gross) of what is a supply now; a voucher without a rate becomes one only when it is drawn."""
    return [
        (line.vat_percent, part)
        for line, part in zip(lines, parts, strict=True)
        if line.vat_percent is not None and part and not (line.reporting == Reporting.VOUCHER and line.vat_percent == 0)
    ]


def refund_is_reported(original: FrozenSale | None, *, mode: Mode) -> bool:
    """Only what was reported can be taken back: a negative report without its positive would lower the turnover.

    A sale reported to the playground or for verification only was not reported as far as a live refund is concerned.
    """
    return original is not None and (mode != Mode.LIVE or original.mode == Mode.LIVE)


def freeze_sale(receipt: Receipt, *, regime: Regime | None, taxpayer: Taxpayer) -> FrozenSale | None:
    """The record of one receipt, or None when nothing of it is reported.

    The text of the receipt's own moment is what a repeat must send again.
    """
    if regime is None or regime.mode == Mode.OFF:
        return None
    part = reported_part(receipt)
    if part is None:
        return None
    data = {
        **_who(receipt, taxpayer, regime.dialect),
        "porad_cis": receipt.number,
        "dat_trzby": receipt.issued_at,
        "celk_trzba": eet_amount(part.total),
    }
    if regime.dialect == Dialect.V3 and receipt.seller.vat_status == VatStatus.VAT_PAYER:
        data.update(_v3_vat(part.vat))
    for name, amount in (("urceno_cerp_zuct", part.for_later), ("cerp_zuct", part.drawn)):
        if amount != ZERO:
            data[name] = eet_amount(amount)
    if regime.dialect == Dialect.V3:
        data["rezim"] = V3_NORMAL_REGIME
    return FrozenSale(regime.dialect, regime.mode, data)


def _who(receipt: Receipt, taxpayer: Taxpayer, dialect: Dialect) -> dict[str, str]:
    """The taxpayer, for whom else, and where. A principal that is the taxpayer itself is none (warning 7)."""
    principal = "" if taxpayer.is_own(receipt.principal) else receipt.principal
    if dialect == Dialect.V3:
        who = {"dic_popl": taxpayer.dic_popl, "dic_poverujiciho": principal, "id_provoz": taxpayer.id_provoz}
    else:
        several = "true" if taxpayer.for_several and not principal else ""
        who = {
            "eic_popl": taxpayer.eic,
            "eic_poverujiciho": principal,
            "povereni_vice_popl": several,
            "id_jednotky": taxpayer.id_jednotky,
        }
    who["id_pokl"] = taxpayer.id_pokl
    return {name: value for name, value in who.items() if value}  # an empty attribute is forbidden


def example_data(*, dialect: Dialect, taxpayer: Taxpayer, at: str) -> dict[str, str]:
    """A sale of one crown that never was, to try the channel out."""
    who = {
        Dialect.V3: {"dic_popl": taxpayer.dic_popl, "id_provoz": taxpayer.id_provoz},
        Dialect.V4: {"eic_popl": taxpayer.eic, "id_jednotky": taxpayer.id_jednotky},
    }[dialect]
    sale = {"id_pokl": taxpayer.id_pokl, "porad_cis": "TEST", "dat_trzby": at, "celk_trzba": "1.00"}
    return {**who, **sale, **({"rezim": V3_NORMAL_REGIME} if dialect == Dialect.V3 else {})}


def corrected_data(data: Mapping[str, str], *, dialect: Dialect, taxpayer: Taxpayer) -> dict[str, str]:
    """The same sale reported by the taxpayer and from the place that are set now; all else stays to the character."""
    if dialect == Dialect.V3:
        now = {"dic_popl": taxpayer.dic_popl, "id_provoz": taxpayer.id_provoz, "id_pokl": taxpayer.id_pokl}
    else:
        now = {"eic_popl": taxpayer.eic, "id_jednotky": taxpayer.id_jednotky, "id_pokl": taxpayer.id_pokl}
    return {name: now.get(name) or value for name, value in data.items()}


def _v3_vat(rows: Sequence[VatRow]) -> dict[str, str]:
    amounts: dict[str, Money] = {}
    for row in rows:
        base, tax = V3_BASE_AND_TAX[row.percent]
        amounts[base] = amounts.get(base, ZERO) + row.base
        if tax:
            amounts[tax] = amounts.get(tax, ZERO) + row.tax
    return {name: eet_amount(amount) for name, amount in amounts.items()}


def eet_amount(amount: Money) -> str:
    """`-1205` haléře as `-12.05`. `settle` has refused what EET cannot hold."""
    assert abs(amount.haler) < AMOUNT_LIMIT_HALER
    whole, haler = divmod(abs(amount.haler), HALER_PER_CROWN)
    return f"{'-' if amount.haler < 0 else ''}{whole}.{haler:02d}"
