"""VAT: rates with valid-from dates, who pays it, and the tax contained in a gross price."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from appliance.domain.money import ZERO, Money, divide_half_away


class VatStatus(StrEnum):
    """Who the seller is for VAT; a setting of the shop."""

    VAT_PAYER = "vat_payer"  # plátce
    NON_PAYER = "non_payer"  # neplátce
    IDENTIFIED_PERSON = "identified_person"  # identifikovaná osoba: no VAT on sales at home


class VatClass(StrEnum):
    """What an item carries; the percentage follows from the date of the supply."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO = "zero"  # exempt or outside VAT


@dataclass(frozen=True)
class VatRate:
    """One percentage of one class, valid from a day up to the day before the next one of the class."""

    vat_class: VatClass
    percent: int
    valid_from: date


# Act 235/2004 as changed by Act 349/2023: 21 % and 12 % since 2024-01-01.
CZECH_VAT_RATES = (
    VatRate(VatClass.STANDARD, 21, date(2013, 1, 1)),
    VatRate(VatClass.REDUCED, 15, date(2013, 1, 1)),
    VatRate(VatClass.REDUCED, 12, date(2024, 1, 1)),
    VatRate(VatClass.ZERO, 0, date(2013, 1, 1)),
)


class NoVatRate(ValueError):
    """No rate of this class is valid on this day."""


@dataclass(frozen=True)
class VatRow:
    """One rate of a document: gross = base + tax."""

    percent: int
    base: Money
    tax: Money

    @property
    def gross(self) -> Money:
        return self.base + self.tax


def percent_on(vat_class: VatClass, day: date, rates: Iterable[VatRate] = CZECH_VAT_RATES) -> int:
    """The percentage of a class on the day of the supply. Raises NoVatRate."""
    valid = [rate for rate in rates if rate.vat_class == vat_class and rate.valid_from <= day]
    if not valid:
        raise NoVatRate(f"{vat_class} on {day}")
    return max(valid, key=lambda rate: rate.valid_from).percent


def tax_in_gross(gross: Money, percent: int) -> Money:
    """The tax contained in a price with VAT, to the haléř (§ 37 Act 235/2004)."""
    return Money(divide_half_away(gross.haler * percent, 100 + percent))


def vat_rows(lines: Iterable[tuple[int, Money]]) -> tuple[VatRow, ...]:
    """The VAT table of a document from (percent, gross) of its lines: one rounding per rate, highest rate first."""
    gross_by_percent: dict[int, Money] = {}
    for percent, gross in lines:
        gross_by_percent[percent] = gross_by_percent.get(percent, ZERO) + gross
    rows = []
    for percent in sorted(gross_by_percent, reverse=True):
        gross = gross_by_percent[percent]
        tax = tax_in_gross(gross, percent)
        rows.append(VatRow(percent, gross - tax, tax))
    return tuple(rows)
