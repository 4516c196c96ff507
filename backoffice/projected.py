"""The words of projecting: whose row it is, what became of it, and what open pages are told."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appliance.domain.clock import iso
from backoffice.movements import Movements
from backoffice.pricelist.registers import RowWrite

NOT_REPORTED = "none"
PROJECTED, DEFERRED, FAILED, FORKED = "projected", "deferred", "failed", "forked"
KEY_CHARS_MAX = 64
REASON_CHARS_MAX = 200


class ProjectionFailed(ValueError):
    """The row cannot be shown in the tables; says why."""


@dataclass(frozen=True)
class Event:
    """What open pages are told: `subject` is the document, `data` what a notification says about it."""

    kind: str
    subject: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Whose row it is; both come from the token."""

    account_id: int
    till_id: str
    till_name: str


@dataclass(frozen=True)
class Projected:
    """`inserts` are rows to be written, each with the name of its table. `shift_id` names a shift whose proof is to be
    counted anew, once after the whole batch; `movements` and `write` are what is to be written to the stock and the
    price list then."""

    state: str
    reason: str = ""
    events: tuple[Event, ...] = ()
    shift_id: str = ""
    inserts: tuple[tuple[str, dict[str, Any]], ...] = ()
    movements: Movements | None = None
    write: RowWrite | None = None


def utc_text(at: datetime) -> str:
    return iso(at.astimezone(UTC))


def check_key(text: str) -> None:
    """What stands in an index must be short: PostgreSQL takes no long keys."""
    if len(text) > KEY_CHARS_MAX:
        raise ProjectionFailed("an identifier is too long")
