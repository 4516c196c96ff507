"""What every use case is given: the store, who sells, and where time, ids and wake-ups come from."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from appliance.domain.fiscal import Regime, Taxpayer
from appliance.domain.receipt import ClockState, Seller
from appliance.service.errors import StoreFailed
from appliance.store.db import Store, StoreError
from appliance.store.tables import Tables

if TYPE_CHECKING:
    from appliance.service.clock import TillClock


@dataclass(frozen=True)
class Shop:
    """`now` gives aware moments with the shop's offset, `wake` tells processes there is work.

    `new_id` names a document: a UUID of any version. `new_message_id` names a message to the tax office, which knows
    versions 1 to 5 only.

    `boot` names this start of the machine: a print job of an earlier one is never repeated by itself. `till_clock` is
    None where the time cannot be set.
    """

    store: Store
    seller: Seller
    till_name: str
    user: str
    taxpayer: Taxpayer
    regimes: tuple[Regime, ...]
    boot: str
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_message_id: Callable[[], str]
    wake: Callable[..., None]
    clock: Callable[[], ClockState]
    till_clock: "TillClock | None" = None

    @contextmanager
    def fact(self) -> Iterator[Tables]:
        """A transaction that is on disk when it ends. Raises StoreFailed, and nothing has happened then."""
        try:
            with self.store.fact() as tables:
                yield tables
        except StoreError as error:
            raise StoreFailed(str(error)) from error

    @contextmanager
    def mark(self) -> Iterator[Tables]:
        """A transaction that may be lost in a power cut. Raises StoreFailed."""
        try:
            with self.store.mark() as tables:
                yield tables
        except StoreError as error:
            raise StoreFailed(str(error)) from error

    @contextmanager
    def snapshot(self) -> Iterator[Tables]:
        """Several reads of one moment. Raises StoreFailed."""
        try:
            with self.store.snapshot() as tables:
                yield tables
        except StoreError as error:
            raise StoreFailed(str(error)) from error

    @property
    def tables(self) -> Tables:
        return self.store.tables
