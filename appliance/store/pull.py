"""Where the pull of the price list stands, and which of this till's own edits no pulled page has contained yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from appliance.store import journal
from appliance.store.tables import Tables

UNSHARED = SQL("unshared = 1")  # word for word the conditions of the partial indexes
LEAVING = SQL("hide = 1")


@dataclass(frozen=True)
class Pull:
    """`since` is the cursor under the scope `label`; `snapshot` is the number of the one under way, 0 for none.

    `stock_since` is the cursor of the levels of `warehouse_id`. `wanted`: a pull is under way or asked for, whatever
    the settings say. `shift_id`: at whose opening was pulled last.
    """

    since: int
    label: str
    snapshot: int
    warehouse_id: str
    stock_since: int
    changes_waiting: int
    stock_waiting: int
    wanted: bool
    shift_id: str

    @property
    def asked(self) -> tuple[int, str, int]:
        """What a page was asked for with: it fits only as long as this is the same."""
        return (self.since, self.label, self.snapshot)


def load_pull(tables: Tables) -> Pull:
    found = tables.one(_pull)
    assert found is not None, "the row of the pull is made with its table"
    since, label, snapshot, warehouse_id, stock_since, changes, levels, wanted, shift_id = found
    return Pull(since, label, snapshot, warehouse_id, stock_since, changes, levels, bool(wanted), shift_id)


def _pull(tables: Tables) -> Any:
    p = tables.pull
    return p.select(
        p.since,
        p.label,
        p.snapshot,
        p.warehouse_id,
        p.stock_since,
        p.changes_waiting,
        p.stock_waiting,
        p.wanted,
        p.shift_id,
    )


def update_pull(tables: Tables, **columns: object) -> None:
    tables.pull.update(**columns).execute()


def pull_anew(tables: Tables) -> None:
    """Another device has gone on under this till's name. What it has edited counts as this till's own and is not
    among the changes that wait, so the price list is pulled without being told."""
    update_pull(tables, wanted=1)


# ---- own edits


@dataclass(frozen=True)
class OwnEdit:
    """An edit that this till has journalled itself."""

    place: int
    row_id: str
    kind: str
    v: int
    body: str


def add_own_edit(tables: Tables, place: int, row_id: str, *, unshared: bool = False) -> None:
    add_own_edits(tables, [(place, row_id)], unshared=unshared)


def add_own_edits(tables: Tables, edits: Sequence[tuple[int, str]], *, unshared: bool = False) -> None:
    """From (place, row_id)."""
    if edits:
        rows = [{"place": place, "row_id": row_id, "unshared": int(unshared)} for place, row_id in edits]
        tables.own_edit.insert(rows).execute()


def last_own_edit(tables: Tables) -> int:
    """The place of the newest: whoever prepared something outside a transaction sees whether one came meanwhile."""
    return int(tables.own_edit.select(fn.MAX(tables.own_edit.place)).scalar() or 0)


def own_edits(tables: Tables, row_ids: Sequence[str], *, after: int) -> list[OwnEdit]:
    """Of these rows, made after a place, in their order."""
    o, j = tables.own_edit, tables.journal
    query = (
        o.select(o.place, o.row_id, j.kind, j.v, j.body)
        .join(j, on=(j.row == o.place))
        .where(o.row_id.in_(list(row_ids)) & (o.place > after))
        .order_by(o.place)
    )
    return [OwnEdit(*found) for found in query.tuples()]


def edited_ids(tables: Tables, row_ids: Sequence[str], *, after: int) -> set[str]:
    """Which of these rows have own edits after a place."""
    o = tables.own_edit
    query = o.select(o.row_id).where(o.row_id.in_(list(row_ids)) & (o.place > after)).distinct()
    return {row_id for (row_id,) in query.tuples()}


def drop_own_edits(tables: Tables, row_ids: Sequence[str], *, upto: int) -> None:
    """A page that contains these edits has brought the rows; what is left of them is not to hide the rows any more."""
    o = tables.own_edit
    mine = o.row_id.in_(list(row_ids))
    o.delete().where(mine & (o.place <= upto)).execute()
    o.update(hide=0).where(mine & (o.hide == 1)).execute()


def hide_when_contained(tables: Tables, row_ids: Sequence[str]) -> None:
    """These rows are not in the till's list any more, but own edits of them are on their way to the Backoffice."""
    o = tables.own_edit
    o.update(hide=1).where(o.row_id.in_(list(row_ids))).execute()


def leaving_place(tables: Tables, *, upto: int) -> int:
    """The newest own edit up to a place whose row only waits to leave the list; 0 for none."""
    o = tables.own_edit
    return int(o.select(fn.MAX(o.place)).where(LEAVING & (o.place <= upto)).scalar() or 0)


def contained_edits(tables: Tables, *, upto: int, limit: int) -> list[tuple[int, str, bool]]:
    """(place, row_id, hide) of the oldest that a page contained which did not bring their rows."""
    o = tables.own_edit
    query = o.select(o.place, o.row_id, o.hide).where(o.place <= upto).order_by(o.place).limit(limit)
    return [(place, row_id, bool(hide)) for place, row_id, hide in query.tuples()]


def drop_places(tables: Tables, places: Iterable[int]) -> None:
    tables.own_edit.delete().where(tables.own_edit.place.in_(list(places))).execute()


def unshared_ids(tables: Tables, *, limit: int) -> list[str]:
    """Rows with edits that were kept back while item sync was off."""
    o = tables.own_edit
    query = o.select(o.row_id).where(UNSHARED).distinct().order_by(o.row_id).limit(limit)
    return [row_id for (row_id,) in query.tuples()]


def unshared_edits(tables: Tables, row_ids: Sequence[str]) -> list[OwnEdit]:
    o, j = tables.own_edit, tables.journal
    query = (
        o.select(o.place, o.row_id, j.kind, j.v, j.body)
        .join(j, on=(j.row == o.place))
        .where(UNSHARED & o.row_id.in_(list(row_ids)))
        .order_by(o.place)
    )
    return [OwnEdit(*found) for found in query.tuples()]


# ---- what the server is asked with


def epochs_to_ask(tables: Tables, *, limit: int) -> list[str]:
    """This till's epochs, the newest first, back to that of the last row the server has acked."""
    till = journal.the_till(tables)
    acked = tables.journal.select(tables.journal.epoch).where(tables.journal.row == till.acked_row).scalar()
    epochs = journal.epochs(tables)
    first = epochs.index(acked) if acked in epochs else 0
    newest_last = [*(epoch for epoch in epochs[first:] if epoch != till.epoch), till.epoch]
    return newest_last[::-1][:limit]


def place_upto(tables: Tables, epoch: str, seq: int) -> int:
    """Up to which place the Backoffice has everything, when it has an epoch up to a seq and none newer; 0 for none.

    Rows of an older epoch may have come after newer ones were begun (a restored till): those do not contain what was
    written here in between.
    """
    j = tables.journal
    found = j.select(j.row).where((j.epoch == epoch) & (j.seq <= seq)).order_by(j.seq.desc()).limit(1).scalar()
    till = journal.the_till(tables)
    if found is None or epoch == till.epoch:
        return int(found or 0)
    known = journal.epochs(tables)
    newer = {till.epoch, *known[known.index(epoch) + 1 :]}
    begun = [journal.place_of(tables, each, 1) for each in newer]
    return min([int(found), *(place - 1 for place in begun if place is not None)])
