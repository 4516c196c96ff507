"""Where the pull of the price list stands, and which of this till's own edits no pulled page has contained yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.store.tables import Tables


@dataclass(frozen=True)
class Pull:
    """`since` is the cursor under the scope `label`; `snapshot` is the number of the one under way, 0 for none.

    `stock_since` is the cursor of the levels of `warehouse_id`. `unshared_from`: the place in the journal from which on
    edits were kept back because item sync is off, 0 while it is on. `shift_id`: at whose opening was pulled last.
    """

    since: int
    label: str
    snapshot: int
    warehouse_id: str
    stock_since: int
    changes_waiting: int
    unshared_from: int
    shift_id: str


def load_pull(tables: Tables) -> Pull:
    p = tables.pull
    found = (
        p.select(
            p.since, p.label, p.snapshot, p.warehouse_id, p.stock_since, p.changes_waiting, p.unshared_from, p.shift_id
        )
        .tuples()
        .first()
    )  # fmt: skip
    return Pull(*found)


def update_pull(tables: Tables, **columns: object) -> None:
    tables.pull.update(**columns).execute()


def add_own_edit(tables: Tables, place: int, row_id: str) -> None:
    tables.own_edit.insert(place=place, row_id=row_id).execute()


def add_own_edits(tables: Tables, edits: Sequence[tuple[int, str]]) -> None:
    """From (place, row_id)."""
    if edits:
        tables.own_edit.insert([{"place": place, "row_id": row_id} for place, row_id in edits]).execute()
