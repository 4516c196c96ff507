"""Money in whole haléře, quantities in whole thousandths, and the few named ways to round.

No float and no true division anywhere: every rounding is one of the functions below.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

HALER_PER_CROWN = 100
THOUSANDTHS = 1000
AMOUNT_LIMIT_HALER = 10_000_000_000  # 100 million crowns: EET knows no such amount any more
NBSP = "\u00a0"

_AMOUNT = re.compile(r"(-?)(\d{1,8})(?:[.,](\d{1,2}))?")
_QUANTITY = re.compile(r"(\d{1,6})(?:[.,](\d{1,3}))?")


class NotAnAmount(ValueError):
    """The text is not an amount or a quantity; carries the text."""


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount in CZK as a whole number of haléře."""

    haler: int

    def __add__(self, other: Self) -> "Money":
        return Money(self.haler + other.haler)

    def __sub__(self, other: Self) -> "Money":
        return Money(self.haler - other.haler)

    def __neg__(self) -> "Money":
        return Money(-self.haler)

    def __abs__(self) -> "Money":
        return Money(abs(self.haler))

    def __bool__(self) -> bool:
        return self.haler != 0


ZERO = Money(0)


@dataclass(frozen=True, order=True, slots=True)
class Quantity:
    """A count, weight or volume as a whole number of thousandths of its unit."""

    thousandths: int

    def __neg__(self) -> "Quantity":
        return Quantity(-self.thousandths)


ONE = Quantity(THOUSANDTHS)


def crowns(whole: int) -> Money:
    return Money(whole * HALER_PER_CROWN)


def money_sum(amounts: Iterable[Money]) -> Money:
    return Money(sum([amount.haler for amount in amounts]))


def divide_half_away(numerator: int, denominator: int) -> int:
    """`numerator ÷ denominator` rounded half away from zero, hence symmetric: f(-x) == -f(x)."""
    assert denominator > 0
    quotient, remainder = divmod(abs(numerator), denominator)
    rounded = quotient + (1 if 2 * remainder >= denominator else 0)
    return rounded if numerator >= 0 else -rounded


def price_times_quantity(unit_price: Money, quantity: Quantity) -> Money:
    """A line's price, to the haléř."""
    return Money(divide_half_away(unit_price.haler * quantity.thousandths, THOUSANDTHS))


def percent_of(amount: Money, basis_points: int) -> Money:
    """A share of an amount; 1 % is 100 basis points."""
    return Money(divide_half_away(amount.haler * basis_points, 10_000))


def round_cash(amount: Money) -> Money:
    """To whole crowns, half away from zero: what is paid in cash (Act 235/2004, § 36(5))."""
    return crowns(divide_half_away(amount.haler, HALER_PER_CROWN))


def spread(total: Money, weights: Sequence[int]) -> list[Money]:
    """Split an amount over non-negative weights by largest remainder: the parts add up exactly.

    Ties go to the earlier part. With all weights zero everything goes to the first part.
    """
    assert weights
    assert all(weight >= 0 for weight in weights)
    whole = sum(weights)
    if whole == 0:
        return [total] + [ZERO] * (len(weights) - 1)
    sign = -1 if total.haler < 0 else 1
    shares = [divmod(abs(total.haler) * weight, whole) for weight in weights]
    left = abs(total.haler) - sum(share for share, _ in shares)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
    parts = [share for share, _ in shares]
    for i in by_remainder[:left]:
        parts[i] += 1
    return [Money(sign * part) for part in parts]


def format_amount(amount: Money) -> str:
    """`-1234550` haléře as `-12 345,50`, thousands parted by a no-break space."""
    whole, haler = divmod(abs(amount.haler), HALER_PER_CROWN)
    sign = "-" if amount.haler < 0 else ""
    return f"{sign}{whole:,}".replace(",", NBSP) + f",{haler:02d}"


def format_czk(amount: Money) -> str:
    return f"{format_amount(amount)}{NBSP}Kč"


def format_quantity(quantity: Quantity) -> str:
    """`1500` thousandths as `1,5`, whole numbers without decimals."""
    whole, rest = divmod(abs(quantity.thousandths), THOUSANDTHS)
    sign = "-" if quantity.thousandths < 0 else ""
    decimals = f",{rest:03d}".rstrip("0") if rest else ""
    return f"{sign}{whole}{decimals}"


def format_difference(quantity: Quantity) -> str:
    """With its sign: `+1,5`, `-2`, `0`."""
    return ("+" if quantity.thousandths > 0 else "") + format_quantity(quantity)


def parse_amount(text: str) -> Money:
    """A typed amount in crowns, comma or dot: `12`, `12,5`, `1 234,50`. Raises NotAnAmount."""
    match = _AMOUNT.fullmatch(text.replace(" ", "").replace(NBSP, ""))
    if match is None:
        raise NotAnAmount(text)
    sign, whole, decimals = match.groups()
    haler = int(whole) * HALER_PER_CROWN + int((decimals or "").ljust(2, "0"))
    return Money(-haler if sign else haler)


def parse_quantity(text: str) -> Quantity:
    """A typed quantity, comma or dot, at most three decimals. Raises NotAnAmount."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise NotAnAmount(text)
    whole, decimals = match.groups()
    return Quantity(int(whole) * THOUSANDTHS + int((decimals or "").ljust(3, "0")))
