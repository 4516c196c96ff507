"""What goes out to the Backoffice in one request."""

from dataclasses import dataclass
from typing import NamedTuple

from appliance.store.journal import Stored
from appliance.sync.link import Packed
from appliance.wire import PullState


class Sent(NamedTuple):
    """Where a row that goes out stands: in this database, and in its journal. Its body is in the request already."""

    place: int
    epoch: str
    seq: int

    @classmethod
    def of(cls, stored: Stored) -> "Sent":
        return cls(stored.place, stored.row.epoch, stored.row.seq)


@dataclass(frozen=True)
class Batch:
    """Rows ready to go out, those after the place `after`; `lost` if all of them lost a fork, else none of them has.

    `pull` is what the server is told of the price list."""

    after: int
    rows: tuple[Sent, ...]
    lost: bool
    pull: PullState | None
    body: Packed
