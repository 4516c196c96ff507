"""What waits for the Backoffice, by kind, with the age of the oldest (B8)."""

from dataclasses import dataclass

from appliance.domain.clock import parse_iso
from appliance.service.shop import Shop
from appliance.store import unsent

LOOK_AT_MAX = 10_000
"""So many rows are looked at; a till that was offline for months has more, and the sum is in the till's status."""


@dataclass(frozen=True)
class UnsentKind:
    """`kind` as the journal names it."""

    kind: str
    count: int
    oldest_age_s: int


def unsent_by_kind(shop: Shop) -> tuple[UnsentKind, ...]:
    """The most frequent kind first, of the oldest LOOK_AT_MAX rows."""
    now = shop.now()
    with shop.snapshot() as tables:
        found = unsent.unsent_kinds(tables, limit=LOOK_AT_MAX)
    kinds = [
        UnsentKind(kind, count, max(0, round((now - parse_iso(oldest)).total_seconds())))
        for kind, count, oldest in found
    ]
    return tuple(sorted(kinds, key=lambda each: (-each.count, each.kind)))
