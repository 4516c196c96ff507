"""Writing the price list: every write of an account passes here, one after the other.

The account's counter is taken before the rows are read and is held until the commit. So versions are given in the
order in which they become visible, and a till that reads up to a version can never miss a row that commits later.
Whoever also needs a till or warehouses takes their locks before (till, warehouse, account).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from appliance.domain.catalogue import fold
from appliance.domain.clock import iso
from appliance.domain.pricelist import DELETED, FIELDS_MAX, MEMBER_MARK, FieldInvalid, RowKind, value_text
from appliance.domain.stamps import next_stamp
from backoffice.event_log import append_events
from backoffice.pricelist.registers import (
    BACKOFFICE,
    Edit,
    Past,
    Register,
    RowWrite,
    believed,
    body_text,
    check_write,
    highest,
    merge,
    printable,
    read_registers,
    registers_text,
)
from backoffice.projected import Event
from backoffice.tables import Tables

ROWS_READ_MAX = 500
ROW_KEY = ("account_id", "row_id")
MEMBER_KEY = ("account_id", "register", "member", "row_id")
HISTORY_KEY = ("account_id", "row_id", "field", "stamp")
FOLDED_CHARS_MAX = 240  # folding may lengthen a text; PostgreSQL takes no long keys
PRICE_LIST_EVENT = "pricelist"


@dataclass
class _Row:
    """A row being written; `was_in` are the members it had when it was read. `named` are those that a till
    wrote about, even if that lost, was undone at once or only takes away what never came here: the till may have shown
    the item as one that carries the label, and is to be told that it left."""

    row_id: str
    kind: RowKind
    registers: dict[str, Register]
    version: int = 0
    changed_by: str = ""
    foreign_version: int = 0
    was_in: frozenset[str] = frozenset()
    named: set[str] = field(default_factory=set)
    past: list[Past] = field(default_factory=list)


Repeats = set[tuple[str, str, str]]
"""Row, field and stamp of writes that are past already."""


def write_rows(tables: Tables, account_id: int, writes: Sequence[RowWrite], *, now: datetime) -> dict[int, str]:
    """Inside the caller's transaction, after all its other locks: only `append_events` may follow.

    Each row that is changed gets a version of its own, also when the edit lost. Returns why writes were refused, by
    their index; the others are written.
    """
    if not writes:
        return {}
    row_ids = list(dict.fromkeys(write.row_id for write in writes))
    versions = _take_versions(tables, account_id, row_ids)
    rows = _read(tables, account_id, row_ids)
    repeats = _repeats(tables, account_id, writes)
    changed: dict[str, _Row] = {}
    refused: dict[int, str] = {}
    for index, write in enumerate(writes):
        row = rows.get(write.row_id) or _Row(write.row_id, write.kind, {})
        try:
            if _apply(row, write, version=versions[write.row_id], repeats=repeats, now=now):
                rows[write.row_id] = changed[write.row_id] = row
        except FieldInvalid as error:
            refused[index] = str(error)
    _store(tables, account_id, list(changed.values()))
    return refused


def edit_row(
    tables: Tables, account_id: int, kind: RowKind, row_id: str, changes: Mapping[str, Any], *, user: str, now: datetime
) -> None:
    """A change made in the Backoffice: field → value as JSON gives it; what is so already stays untouched.

    A row that is not there is made. Raises FieldInvalid.
    """
    if not changes:
        return
    write = check_write(_own_write(kind, row_id, changes, user=user, now=now))
    with tables.writing():
        _write_own(tables, account_id, [write], now=now)


def merge_items(tables: Tables, account_id: int, *, kept_id: str, merged_id: str, user: str, now: datetime) -> None:
    """One item instead of two: the kept one gets the other's EANs and labels, the other is deleted. Both ids must be
    those of items. Raises FieldInvalid."""
    if kept_id == merged_id:
        raise FieldInvalid("an item cannot be merged with itself")
    with tables.writing():
        _take_versions(tables, account_id, [])
        rows = _read(tables, account_id, [kept_id, merged_id])
        if any(row_id not in rows or rows[row_id].kind is not RowKind.ITEM for row_id in (kept_id, merged_id)):
            raise FieldInvalid("no such item")
        writes = [_own_write(RowKind.ITEM, merged_id, {DELETED: True}, user=user, now=now)]
        if rows[merged_id].was_in:
            members = dict.fromkeys(sorted(rows[merged_id].was_in), True)
            writes.insert(0, _own_write(RowKind.ITEM, kept_id, members, user=user, now=now))
        _write_own(tables, account_id, writes, now=now)


def _own_write(kind: RowKind, row_id: str, changes: Mapping[str, Any], *, user: str, now: datetime) -> RowWrite:
    edits = tuple(Edit(name, value) for name, value in changes.items())
    return RowWrite(kind, row_id, edits, printable(user), till_id="", at=iso(now.astimezone(UTC)))


def _write_own(tables: Tables, account_id: int, writes: Sequence[RowWrite], *, now: datetime) -> None:
    """All of it or nothing. Raises FieldInvalid."""
    refused = write_rows(tables, account_id, writes, now=now)
    if refused:
        raise FieldInvalid(next(iter(refused.values())))
    append_events(tables, account_id, [Event(PRICE_LIST_EVENT, write.row_id, {}) for write in writes], now=now)


def _take_versions(tables: Tables, account_id: int, row_ids: Sequence[str]) -> dict[str, int]:
    """The next versions, one a row; the account is locked from here to the commit."""
    account = tables.account
    here = account.c.account_id == account_id
    account.update(pricelist_version=account.c.pricelist_version + len(row_ids)).where(here).execute()
    held = tables.first(account.select(account.c.pricelist_version).where(here))
    assert held is not None
    first = int(held["pricelist_version"]) - len(row_ids) + 1
    return {row_id: first + n for n, row_id in enumerate(row_ids)}


def _read(tables: Tables, account_id: int, row_ids: Sequence[str]) -> dict[str, _Row]:
    row = tables.pricelist_row
    columns = (row.c.row_id, row.c.kind, row.c.registers, row.c.version, row.c.changed_by, row.c.foreign_version)
    found: dict[str, _Row] = {}
    for start in range(0, len(row_ids), ROWS_READ_MAX):
        some = list(row_ids[start : start + ROWS_READ_MAX])
        for each in tables.rows(row.select(*columns).where((row.c.account_id == account_id) & row.c.row_id.in_(some))):
            registers = read_registers(each.pop("registers"))
            kind = RowKind(each.pop("kind"))
            found[each["row_id"]] = _Row(**each, kind=kind, registers=registers, was_in=_members_in(registers))
    return found


def _repeats(tables: Tables, account_id: int, writes: Sequence[RowWrite]) -> Repeats:
    past = tables.pricelist_history
    found: Repeats = set()
    for start in range(0, len(writes), ROWS_READ_MAX):
        some = writes[start : start + ROWS_READ_MAX]
        stamps = {str(edit.stamp) for write in some for edit in write.edits if edit.stamp is not None}
        if stamps:
            here = (past.c.account_id == account_id) & past.c.row_id.in_([write.row_id for write in some])
            query = past.select(past.c.row_id, past.c.field, past.c.stamp).where(here)
            found |= {key for key in query.tuples() if key[2] in stamps}
    return found


def _apply(row: _Row, write: RowWrite, *, version: int, repeats: Repeats, now: datetime) -> bool:
    """Merge a write into its row; False when there is nothing to tell of it. Raises FieldInvalid.

    A write that is past already, as the same edit from two copies of one card, changes nothing. But where another value
    counts by now, its till has kept its own until this row came, and has to hear the other.
    """
    if row.kind is not write.kind:
        raise FieldInvalid(f"{write.row_id} is a {row.kind}, not a {write.kind}")
    given = list(_registers_of(row, write, now=now))
    again = [(name, register) for name, register in given if (row.row_id, name, register.given) in repeats]
    merged = merge(row.registers, [each for each in given if each not in again])
    outdone = any(merged.registers[name].value != register.value for name, register in again)
    if not merged.changed and not outdone:
        return False
    if len(merged.registers) > FIELDS_MAX:
        raise FieldInvalid(f"{write.row_id} would have {len(merged.registers)} fields")
    repeats |= {(row.row_id, past.field, past.register.given) for past in merged.past}
    row.past += merged.past
    row.registers = merged.registers
    row.named |= {name for name, _ in given if write.till_id and MEMBER_MARK in name}
    if merged.lost or outdone:  # its till has something else now, and is told like every other
        row.changed_by, row.foreign_version = "", version
    elif row.changed_by != write.till_id or row.version == 0:
        row.changed_by, row.foreign_version = write.till_id, row.version
    row.version = version
    return True


def _registers_of(row: _Row, write: RowWrite, *, now: datetime) -> Iterable[tuple[str, Register]]:
    now_ms = int(now.timestamp() * 1000)
    own = next_stamp(now_ms=now_ms, node=BACKOFFICE, overwritten=highest(row.registers))
    for edit in write.edits:
        held = row.registers.get(edit.field)
        if edit.stamp is None:
            if held is None or held.value != edit.value:
                yield edit.field, Register(edit.value, own, write.user, write.till_id, write.at)
            continue
        stamp = believed(edit.stamp, now=now)
        original = "" if stamp == edit.stamp else str(edit.stamp)
        yield edit.field, Register(edit.value, stamp, write.user, write.till_id, write.at, original)


def _members_in(registers: Mapping[str, Register]) -> frozenset[str]:
    return frozenset(name for name, each in registers.items() if MEMBER_MARK in name and each.value is True)


def _store(tables: Tables, account_id: int, rows: Sequence[_Row]) -> None:
    tables.insert_all(tables.pricelist_row, [_columns(account_id, row) for row in rows], key=ROW_KEY)
    members = [member for row in rows for member in _member_columns(account_id, row)]
    tables.insert_all(tables.pricelist_member, members, key=MEMBER_KEY)
    history = [_past_columns(account_id, row.row_id, past) for row in rows for past in row.past]
    tables.insert_all(tables.pricelist_history, history, key=HISTORY_KEY)


def _columns(account_id: int, row: _Row) -> dict[str, Any]:
    values = {name: each.value for name, each in row.registers.items()}
    name = str(values.get("name") or "")
    return {
        "account_id": account_id,
        "row_id": row.row_id,
        "kind": row.kind.value,
        "version": row.version,
        "changed_by": row.changed_by,
        "foreign_version": row.foreign_version,
        "deleted": int(values.get(DELETED) is True),
        "body": body_text(row.registers),
        "stamp": str(highest(row.registers)),
        "name": name,
        "folded": fold(name)[:FOLDED_CHARS_MAX],
        "category_id": values.get("category_id") or "",
        "price_haler": values.get("price"),
        "plu": values.get("plu") or "",
        "registers": registers_text(row.registers),
    }


def _member_columns(account_id: int, row: _Row) -> Iterable[dict[str, Any]]:
    """Those that are in, at the row's version; those that are not any more, at that of their loss."""
    now_in = _members_in(row.registers)
    for name in now_in | row.was_in | row.named:
        register, _, member = name.partition(MEMBER_MARK)
        yield {
            "account_id": account_id,
            "register": register,
            "member": member,
            "row_id": row.row_id,
            "left_version": 0 if name in now_in else row.version,
            "version": row.version,
        }


def _past_columns(account_id: int, row_id: str, past: Past) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "row_id": row_id,
        "field": past.field,
        "stamp": past.register.given,
        "value": value_text(past.register.value),
        "user_name": past.register.user,
        "till_id": past.register.till_id,
        "at": past.register.at,
        "lost": int(past.lost),
    }
