"""The regime in force: by the clock, but one that has begun never ends because a clock went back."""

from datetime import datetime

from appliance.domain.clock import iso, parse_iso
from appliance.domain.fiscal import Regime, regime_at
from appliance.domain.journal import Kind, RegimeStarted
from appliance.service.shop import Shop
from appliance.store import journal
from appliance.store.tables import Tables


def regime_in_force(shop: Shop, tables: Tables, now: datetime) -> Regime | None:
    """For a document of this moment; None before the first regime."""
    started = journal.the_till(tables).regime_from
    return regime_at(shop.regimes, max(now, parse_iso(started)) if started else now)


def begin_regime(shop: Shop, tables: Tables, now: datetime, *, shift_id: str) -> Regime | None:
    """The regime of the document about to be made, journalled if it is the first one under it."""
    regime = regime_in_force(shop, tables, now)
    if regime is None:
        return None
    started = journal.the_till(tables).regime_from
    if not started or parse_iso(started) != regime.valid_from:
        valid_from = regime.valid_from.isoformat()
        body = RegimeStarted(regime.mode, regime.dialect, valid_from)
        journal.append(tables, Kind.REGIME_STARTED, body, doc_id=shop.new_id(), at=iso(now), shift_id=shift_id)
        journal.regime_began(tables, valid_from)
    return regime


def regimes_by_date(shop: Shop) -> tuple[Regime, ...]:
    """All that are set, in the order they begin."""
    return tuple(sorted(shop.regimes, key=lambda each: each.valid_from))


def regime_now_and_next(shop: Shop) -> tuple[Regime | None, Regime | None]:
    """The regime in force and the first one after it."""
    now = shop.now()
    with shop.snapshot() as tables:
        current = regime_in_force(shop, tables, now)
    after = max(now, current.valid_from) if current else now
    return current, next((each for each in regimes_by_date(shop) if each.valid_from > after), None)
