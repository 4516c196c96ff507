"""Item sync on again (S14): what was edited while it was off is journalled once more, this time to be shared."""

from appliance.domain.clock import iso
from appliance.domain.journal import FieldStamp, Kind, read_body
from appliance.domain.stamps import Stamp
from appliance.service.edits import Body
from appliance.service.shop import Shop
from appliance.store import journal, settings
from appliance.store.pull import (
    OwnEdit,
    add_own_edits,
    drop_places,
    last_own_edit,
    unshared_edits,
    unshared_ids,
)
from appliance.store.tables import Tables

SHARED_AT_ONCE = 50
"""Rows of the price list; keeps each transaction short (sync.md §9)."""


def something_is_unshared(tables: Tables) -> bool:
    """Item sync is on, but edits made while it was off have not been shared yet."""
    return settings.item_sync_is_on(tables) and bool(unshared_ids(tables, limit=1))


def share_some(shop: Shop) -> int:
    """Each field of the next rows once, with the stamp of its last edit. Returns how many rows; 0 when all is shared.

    Those edits are marked as shared in the same transaction: a crash repeats none. What somebody else edits meanwhile
    is looked at with the next call.
    """
    with shop.snapshot() as tables:
        newest = last_own_edit(tables)
        if not something_is_unshared(tables):
            return 0
        edits = unshared_edits(tables, unshared_ids(tables, limit=SHARED_AT_ONCE))
    merged = _merged(edits)
    at = iso(shop.now())
    with shop.fact() as tables:
        if last_own_edit(tables) != newest or not something_is_unshared(tables):
            return len(merged)
        drop_places(tables, [edit.place for edit in edits])
        for kind in sorted({kind for kind, _ in merged}):
            row_ids = [row_id for each, row_id in merged if each == kind]
            documents = [(shop.new_id(), merged[kind, row_id]) for row_id in row_ids]
            last = journal.append_all(tables, Kind(kind), documents, at=at)
            add_own_edits(tables, list(enumerate(row_ids, start=last - len(row_ids) + 1)))
    return len(merged)


def _merged(edits: list[OwnEdit]) -> dict[tuple[str, str], Body]:
    """By kind and row: one edit of each row, of each field the last."""
    changes: dict[tuple[str, str], dict[str, FieldStamp]] = {}
    bodies: dict[tuple[str, str], Body] = {}
    for edit in edits:
        key = (edit.kind, edit.row_id)
        body = bodies[key] = read_body(edit.kind, edit.v, edit.body)
        fields = changes.setdefault(key, {})
        for change in body.changes:
            known = fields.get(change.field)
            if known is None or Stamp.parse(known.stamp) <= Stamp.parse(change.stamp):
                fields[change.field] = change
    return {key: type(body)(key[1], body.user, tuple(changes[key].values()), True) for key, body in bodies.items()}
