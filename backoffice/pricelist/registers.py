"""What a row of the price list holds, and how edits are merged into it: per register the later stamp wins.

Nothing is forgotten: a value that is overwritten, or that came too late to count, goes into the row's history.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appliance.domain.pricelist import FIELDS_MAX, MEMBER_MARK, ROW_ID_CHARS_MAX, FieldInvalid, RowKind, check_field
from appliance.domain.stamps import Stamp

CLOCK_AHEAD_MAX = timedelta(minutes=5)
STAMP_CHARS_MAX = 80
WALL_MS_MAX = 2**53
COUNTER_ROOM = 1_000_000
USER_CHARS_MAX = 120
BACKOFFICE = "backoffice"
"""The node of stamps given here."""

Value = str | int | bool | None


@dataclass(frozen=True)
class Register:
    """One field with its last write: by whom, on which till ('' here), when (UTC). `original` is the stamp the till
    gave when its clock was too far ahead to be believed, else ''."""

    value: Value
    stamp: Stamp
    user: str
    till_id: str
    at: str
    original: str = ""

    @property
    def given(self) -> str:
        """The stamp as its writer gave it: which write this is."""
        return self.original or str(self.stamp)


Registers = Mapping[str, Register]


@dataclass(frozen=True)
class Edit:
    """One field is to have this value. Without a stamp it is written here and now, above all that the row has."""

    field: str
    value: Value
    stamp: Stamp | None = None


@dataclass(frozen=True)
class RowWrite:
    """What somebody changed in one row; `till_id` is '' for the Backoffice, `at` in UTC."""

    kind: RowKind
    row_id: str
    edits: tuple[Edit, ...]
    user: str
    till_id: str
    at: str


@dataclass(frozen=True)
class Past:
    """A value that does not count (any more); `lost` when it never did."""

    field: str
    register: Register
    lost: bool


@dataclass(frozen=True)
class Merged:
    """`changed`: something of the edit was new, even if it lost."""

    registers: dict[str, Register]
    past: tuple[Past, ...] = ()
    changed: bool = False

    @property
    def lost(self) -> bool:
        return any(past.lost for past in self.past)


def merge(held: Registers, writes: Iterable[tuple[str, Register]]) -> Merged:
    """Whatever the order and however often: the same writes come to the same registers."""
    registers = dict(held)
    past: list[Past] = []
    changed = False
    for field, new in writes:
        old = registers.get(field)
        if old is not None and new.given == old.given:
            continue
        changed = True
        wins = old is None or new.stamp > old.stamp
        if wins:
            registers[field] = new
        if old is not None and old.value != new.value:
            past.append(Past(field, old if wins else new, lost=not wins))
    return Merged(registers, tuple(past), changed)


def believed(stamp: Stamp, *, now: datetime) -> Stamp:
    """The stamp, or the latest one that can be true if a clock is far ahead. Stamps of one such clock keep their order
    by the counter."""
    limit_ms = int((now + CLOCK_AHEAD_MAX).timestamp() * 1000)
    if stamp.wall_ms <= limit_ms:
        return stamp
    ahead_ms = stamp.wall_ms - limit_ms
    return Stamp(limit_ms, ahead_ms * COUNTER_ROOM + min(stamp.counter, COUNTER_ROOM - 1), stamp.node)


def check_write(write: RowWrite) -> RowWrite:
    """The write itself if a row can take it. Raises FieldInvalid."""
    if not 0 < len(write.row_id) <= ROW_ID_CHARS_MAX or not _fits_in_an_address(write.row_id):
        raise FieldInvalid("row id")
    if not 0 < len(write.edits) <= FIELDS_MAX:
        raise FieldInvalid(f"{len(write.edits)} fields")
    for edit in write.edits:
        check_field(write.kind, edit.field, edit.value)
    return write


def _fits_in_an_address(row_id: str) -> bool:
    """Pages name rows in their addresses and forms, where edge spaces and the steps `.` and `..` get lost."""
    steps = row_id.split("/")
    return row_id.isprintable() and row_id == row_id.strip() and "." not in steps and ".." not in steps


def highest(registers: Registers) -> Stamp | None:
    return max((register.stamp for register in registers.values()), default=None)


def registers_text(registers: Registers) -> str:
    """As the database keeps them; `original` only where there is one."""
    return _json(
        {
            field: {
                "value": each.value,
                "stamp": str(each.stamp),
                "user": each.user,
                "till_id": each.till_id,
                "at": each.at,
                **({"original": each.original} if each.original else {}),
            }
            for field, each in sorted(registers.items())
        }
    )


def read_registers(text: str) -> dict[str, Register]:
    return {
        field: Register(
            each["value"],
            Stamp.parse(each["stamp"]),
            each["user"],
            each["till_id"],
            each["at"],
            each.get("original", ""),
        )
        for field, each in json.loads(text).items()
    }


def body_text(registers: Registers) -> str:
    """What tills are sent: the values. A member that is not in needs no word."""
    return _json(
        {
            field: each.value
            for field, each in sorted(registers.items())
            if each.value is not False or MEMBER_MARK not in field
        }
    )


def printable(text: str, *, chars_max: int = USER_CHARS_MAX) -> str:
    """Bounded, and without what a database does not keep (NUL, halves of a character)."""
    return "".join(c if c.isprintable() else "?" for c in text[:chars_max])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
