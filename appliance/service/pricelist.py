"""The price list comes down: pages of the Backoffice's rows put in the place of the till's own (sync.md §5).

A page is read and compared before its transaction, which is a mark: rows and cursor are lost together in a power cut.
Edits of this till that the page does not contain yet (own edits after `as_of`) are put on top of its rows again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from appliance.domain.catalogue import Item, fold
from appliance.domain.journal import FieldStamp, read_body
from appliance.domain.pricelist import (
    DELETED,
    RowKind,
    TillSettings,
    category_of_fields,
    item_of_fields,
    known_fields,
    till_fields,
    till_settings_of_fields,
    user_of_fields,
    vat_rate_of_fields,
    warehouse_of_fields,
)
from appliance.domain.stamps import Stamp
from appliance.service.shop import Shop
from appliance.store import journal, pages, pull, sales, settings
from appliance.store.pages import Columns, ItemRow
from appliance.store.pull import OwnEdit
from appliance.store.tables import Tables

STEP_ROWS = 500
"""What one transaction hides or forgets at most."""


class PulledRow(Protocol):
    """`gone`: it has left the till's scope and says nothing else."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def stamp(self) -> str: ...
    @property
    def gone(self) -> bool: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...


class Page(Protocol):
    """Rows in the order of versions; `version` is the next cursor."""

    @property
    def rows(self) -> Sequence[PulledRow]: ...
    @property
    def version(self) -> int: ...


@dataclass(frozen=True)
class Counts:
    """Of items as a person sees them; `skipped` are rows of any kind that this version cannot read."""

    changed: int = 0
    new: int = 0
    removed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.changed + other.changed,
            self.new + other.new,
            self.removed + other.removed,
            self.skipped + other.skipped,
        )


@dataclass
class Prepared:
    """A page as it will be written. `asked` and `newest` say for which state of the till it was made; `place` is that
    of `as_of`."""

    asked: tuple[int, str, int]
    newest: int
    place: int
    version: int
    held: dict[str, ItemRow]
    items: list[ItemRow] = field(default_factory=list)
    others: dict[RowKind, list[Columns]] = field(default_factory=dict)
    unreadable: dict[RowKind, list[str]] = field(default_factory=dict)
    settings: TillSettings | None = None
    settings_stamp: str = ""
    brought: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    gone_later: list[str] = field(default_factory=list)
    counts: Counts = Counts()


def prepare_page(
    shop: Shop, page: Page, *, asked: tuple[int, str, int], as_of: tuple[str, int] | None
) -> Prepared | None:
    """Before the write lock is taken. None when the page does not fit any more: it was asked for under another scope,
    or item sync was switched off."""
    assert len(page.rows) <= STEP_ROWS
    with shop.snapshot() as tables:
        if not _still_asked(tables, asked):
            return None
        prepared = Prepared(
            asked=asked,
            newest=pull.last_own_edit(tables),
            place=pull.place_upto(tables, *as_of) if as_of else 0,
            version=page.version,
            held=pages.held_items(tables, [row.id for row in page.rows if row.kind == RowKind.ITEM.value]),
        )
        edits = pull.own_edits(tables, [row.id for row in page.rows], after=prepared.place) if prepared.newest else []
        till_id = journal.the_till(tables).till_id
    own = _by_row(edits)
    last_of = {row.id: row for row in page.rows}
    for row in last_of.values():
        if row.gone:
            _leave(prepared, row, edited=row.id in own)
        else:
            _take(prepared, row, own.get(row.id, ()), till_id=till_id)
    prepared.counts = _counted(prepared)
    return prepared


def write_page(shop: Shop, prepared: Prepared) -> bool:
    """Rows and cursor in one transaction. False, and nothing is written, when the till has changed since it was
    prepared: an edit was made, another scope was set."""
    _, _, snapshot = prepared.asked
    with shop.mark() as tables:
        if not _still_asked(tables, prepared.asked) or pull.last_own_edit(tables) != prepared.newest:
            return False
        pages.put_items(tables, prepared.items, prepared.held)
        for kind, rows in prepared.others.items():
            pages.put_rows(tables, kind, rows)
        for kind, row_ids in prepared.unreadable.items():
            pages.mark_seen(tables, kind, row_ids, snapshot=snapshot)
        pages.hide(tables, prepared.gone)
        if prepared.settings is not None:
            settings.put_settings(tables, till_fields(prepared.settings), stamp=prepared.settings_stamp)
        if prepared.newest:
            pull.drop_own_edits(tables, prepared.brought, upto=prepared.place)
            pull.hide_when_contained(tables, prepared.gone_later)
        pull.update_pull(tables, since=prepared.version, wanted=1)
    return True


def is_first_pull(tables: Tables) -> bool:
    """Nothing was ever pulled. What the Backoffice has deleted is not told to a till that begins, so the first pull is
    a snapshot too: an item made here may have been deleted there already."""
    found = pull.load_pull(tables)
    return found.since == 0 and found.snapshot == 0


def begin_snapshot(shop: Shop, *, label: str) -> None:
    """From now on the whole list is pulled under this scope, from its beginning."""
    number = pages.last_snapshot(shop.tables) + 1
    with shop.mark() as tables:
        number = max(number, pull.load_pull(tables).snapshot + 1)
        pull.update_pull(tables, since=0, label=label, snapshot=number, wanted=1)


@dataclass(frozen=True)
class Sweep:
    """How far the rows that a snapshot has not contained are looked for; ids of one kind after the other."""

    kind: RowKind = RowKind.ITEM
    after: str = ""


def sweep_some(shop: Shop, sweep: Sweep, *, place: int) -> tuple[Sweep | None, int]:
    """The next rows that the snapshot has not contained leave the list, but for those with own edits after `place`,
    which wait until a page contains these. Returns where to go on (None: nowhere), and how many items left."""
    with shop.snapshot() as tables:
        snapshot, newest = pull.load_pull(tables).snapshot, pull.last_own_edit(tables)
        unseen = pages.unseen_ids(tables, sweep.kind, snapshot=snapshot, after=sweep.after, limit=STEP_ROWS)
        edited = pull.edited_ids(tables, unseen, after=place)
    hidden = [row_id for row_id in unseen if row_id not in edited]
    if unseen:
        with shop.mark() as tables:
            if pull.load_pull(tables).snapshot != snapshot or pull.last_own_edit(tables) != newest:
                return sweep, 0
            pages.hide(tables, hidden)
            pull.hide_when_contained(tables, sorted(edited))
    removed = len(hidden) if sweep.kind is RowKind.ITEM else 0
    if len(unseen) == STEP_ROWS:
        return Sweep(sweep.kind, unseen[-1]), removed
    kinds = list(pages.COLUMNS)
    rest = kinds[kinds.index(sweep.kind) + 1 :]
    return (Sweep(rest[0]) if rest else None), removed


def forget_contained(shop: Shop, *, place: int) -> bool:
    """Own edits up to `place` are in the Backoffice, and its rows have been pulled: they are not put on top of anything
    any more. Returns whether there are more of them."""
    with shop.snapshot() as tables:
        newest = pull.last_own_edit(tables)
        contained = pull.contained_edits(tables, upto=place, limit=STEP_ROWS)
        leaving = {row_id for _, row_id, leaves in contained if leaves}
        edited = pull.edited_ids(tables, sorted(leaving), after=place)
    if not contained:
        return False
    with shop.mark() as tables:
        if pull.last_own_edit(tables) != newest:
            return True
        pull.drop_places(tables, [at for at, _, _ in contained])
        pages.hide(tables, sorted(leaving - edited))
        pull.hide_when_contained(tables, sorted(edited))
    return len(contained) == STEP_ROWS


def finish_pull(shop: Shop) -> None:
    """All pages are in."""
    with shop.mark() as tables:
        shift = sales.open_shift(tables)
        shift_id = shift.shift_id if shift else pull.load_pull(tables).shift_id
        pull.update_pull(tables, snapshot=0, wanted=0, changes_waiting=0, shift_id=shift_id)
    shop.wake("ui")


def _still_asked(tables: Tables, asked: tuple[int, str, int]) -> bool:
    return pull.load_pull(tables).asked == asked and settings.item_sync_is_on(tables)


def _by_row(edits: Sequence[OwnEdit]) -> dict[str, list[FieldStamp]]:
    """The changes of each row, the latest last."""
    changes: dict[str, list[FieldStamp]] = {}
    for edit in edits:
        changes.setdefault(edit.row_id, []).extend(read_body(edit.kind, edit.v, edit.body).changes)
    for of_row in changes.values():
        of_row.sort(key=lambda change: Stamp.parse(change.stamp))
    return changes


def _leave(prepared: Prepared, row: PulledRow, *, edited: bool) -> None:
    (prepared.gone_later if edited else prepared.gone).append(row.id)


def _take(prepared: Prepared, row: PulledRow, changes: Sequence[FieldStamp], *, till_id: str) -> None:
    try:
        kind = RowKind(row.kind)
    except ValueError:
        prepared.counts += Counts(skipped=1)
        return
    try:
        fields, stamp = known_fields(kind, row.fields), row.stamp
        above = Stamp.parse(stamp) if stamp else None
        for change in changes:
            fields[change.field] = json.loads(change.value)
            if above is None or Stamp.parse(change.stamp) > above:
                stamp, above = change.stamp, Stamp.parse(change.stamp)
        _place(prepared, kind, row.id, fields, stamp, till_id=till_id)
    except ValueError:
        prepared.counts += Counts(skipped=1)
        if kind is not RowKind.TILL:
            prepared.unreadable.setdefault(kind, []).append(row.id)


def _place(
    prepared: Prepared, kind: RowKind, row_id: str, fields: Mapping[str, Any], stamp: str, *, till_id: str
) -> None:
    """What of the row goes into which table."""
    deleted = int(fields.get(DELETED, False))
    marks = (deleted, stamp, prepared.asked[2])
    match kind:
        case RowKind.ITEM:
            row = _item_row(item_of_fields(row_id, fields), *marks)
            if not deleted or row_id in prepared.held:
                prepared.items.append(row)
        case RowKind.CATEGORY:
            category = category_of_fields(row_id, fields)
            _add(prepared, kind, (row_id, category.name, category.colour, category.position, *marks))
        case RowKind.WAREHOUSE:
            warehouse = warehouse_of_fields(row_id, fields)
            _add(prepared, kind, (row_id, warehouse.name, warehouse.branch, *marks))
        case RowKind.USER:
            user = user_of_fields(row_id, fields)
            _add(prepared, kind, (row_id, user.name, user.pin, *marks))
        case RowKind.VAT_RATE:
            if rate := vat_rate_of_fields(fields):
                valid_from = rate.valid_from.isoformat()
                _add(prepared, kind, (row_id, rate.vat_class.value, rate.percent, valid_from, *marks))
        case RowKind.TILL:
            if row_id == till_id:
                prepared.settings, prepared.settings_stamp = till_settings_of_fields(fields), stamp
    prepared.brought.append(row_id)


def _add(prepared: Prepared, kind: RowKind, columns: Columns) -> None:
    prepared.others.setdefault(kind, []).append(columns)


def _item_row(item: Item, deleted: int, stamp: str, seen: int) -> ItemRow:
    """In the order of store.pages.ITEM_COLUMNS."""
    columns = (
        item.item_id,
        item.name,
        fold(item.name),
        item.price.haler if item.price is not None else None,
        item.vat_class.value,
        item.category_id,
        item.plu,
        item.unit.value,
        item.reporting.value,
        item.principal,
        int(item.stocked),
        deleted,
        1,
        stamp,
        seen,
    )
    return ItemRow(columns, item.eans, item.labels)


def _counted(prepared: Prepared) -> Counts:
    changed = new = removed = 0
    for row in prepared.items:
        held = prepared.held.get(row.item_id)
        was_visible = held is not None and held.is_visible
        if row.is_visible and not was_visible:
            new += 1
        elif was_visible and not row.is_visible:
            removed += 1
        elif held is not None and was_visible and not row.says_the_same(held):
            changed += 1
    left = sum(1 for row_id in prepared.gone if row_id in prepared.held and prepared.held[row_id].is_visible)
    return prepared.counts + Counts(changed, new, removed + left)
