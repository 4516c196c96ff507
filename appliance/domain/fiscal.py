"""How sales are reported to EET: the regime in force, who reports, what an item says of itself, and the frozen record.

What of a receipt is reported is in `domain/reported.py`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TAXPAYER_NUMBER = re.compile("CZ[0-9]{8,10}")


class Dialect(StrEnum):
    V3 = "v3"
    V4 = "v4"


class Mode(StrEnum):
    OFF = "off"
    VERIFICATION = "verification"
    PLAYGROUND = "playground"
    LIVE = "live"


class Reporting(StrEnum):
    """What the sale of an item is to EET."""

    REPORTED = "reported"
    NOT_REPORTED = "not_reported"
    VOUCHER = "voucher"  # a voucher or credit sold: reported as meant for later drawing


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

    def is_own(self, number: str) -> bool:
        """Whether a taxpayer's number is this taxpayer's own, under either name."""
        return bool(number) and number in {self.eic, self.dic_popl}


@dataclass(frozen=True)
class FrozenSale:
    """What `fiscal_record` keeps and every send repeats to the character."""

    dialect: Dialect
    mode: Mode
    data: dict[str, str]


def regime_at(regimes: Iterable[Regime], now: datetime) -> Regime | None:
    """The last regime that has begun; None before the first one."""
    begun = [regime for regime in regimes if regime.valid_from <= now]
    return max(begun, key=lambda regime: regime.valid_from) if begun else None


def reporting_regimes(regimes: Iterable[Regime], now: datetime) -> tuple[Regime, ...]:
    """The regime in force and those to come, as far as they report anything, in the order they begin."""
    every = sorted(regimes, key=lambda regime: regime.valid_from)
    current = regime_at(every, now)
    return tuple(each for each in every if each.mode != Mode.OFF and (each is current or each.valid_from > now))
