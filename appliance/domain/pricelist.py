"""The rows of the price list as they travel: registers, each with the stamp of its last write (sync.md §5).

A row is an item, a category, a warehouse, a user, a VAT rate, or the settings of a till. Its fields are registers by
name; a value is JSON. Of what an item can have several (`ean`, `label`), each member is a register of its own,
`ean:8594001021234`, true or false. Deletion is the register `deleted`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from appliance.domain.catalogue import (
    CODE_CHARS_MAX,
    NAME_CHARS_MAX,
    Category,
    Item,
    ItemInvalid,
    Unit,
    check_item,
)
from appliance.domain.fiscal import Reporting
from appliance.domain.money import AMOUNT_LIMIT_HALER, Money
from appliance.domain.vat import VatClass, VatRate

DELETED = "deleted"
MEMBER_MARK = ":"
LABEL_CHARS_MAX = 32
DIVIDERS = frozenset(" ,;")
"""Between several labels or codes in one field."""
ROW_ID_CHARS_MAX = 64
FIELDS_MAX = 200

Fields = Mapping[str, Any]
"""Field → value as JSON gives it: text, number, true or false, None."""


class RowKind(StrEnum):
    ITEM = "item"
    CATEGORY = "category"
    WAREHOUSE = "warehouse"
    USER = "user"
    VAT_RATE = "vat_rate"
    TILL = "till"  # row_id is the till_id


class ApplyWhen(StrEnum):
    """When a till takes over what the Backoffice has changed."""

    MANUAL = "manual"
    SHIFT_OPEN = "shift_open"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Warehouse:
    """`branch` is the name of the shop where it is."""

    warehouse_id: str
    name: str
    branch: str = ""


@dataclass(frozen=True)
class User:
    """Who works at the tills; `pin` is '' or a salted hash (domain.pin)."""

    user_id: str
    name: str
    pin: str = ""


@dataclass(frozen=True)
class TillSettings:
    """What the owner decides about one till, on the till itself or in the Backoffice.

    Restricted to `label`, a till shows only items that carry it; `warehouse_id` is where its sales are taken from.
    """

    label: str = ""
    restricted: bool = False
    apply_when: ApplyWhen = ApplyWhen.MANUAL
    warehouse_id: str = ""
    branch: str = ""

    @property
    def scope(self) -> str:
        """The label to which the price list is restricted; '' means all items."""
        return self.label if self.restricted else ""


class FieldInvalid(ValueError):
    """A register that this kind of row does not have, or a value it cannot have; says which."""


def check_field(kind: RowKind, field: str, value: object) -> None:
    """Whether a register may hold this value. Raises FieldInvalid."""
    name, mark, member = field.partition(MEMBER_MARK)
    allowed = _MEMBERS.get(kind, {}) if mark else _FIELDS[kind]
    check = allowed.get(name)
    if check is None or not ((check(member) and isinstance(value, bool)) if mark else check(value)):
        raise FieldInvalid(f"{kind}.{field} = {value!r}"[:200])


def known_fields(kind: RowKind, row: Fields) -> dict[str, Any]:
    """What this version knows of a row, which may come from a newer one. Raises FieldInvalid for a value it cannot
    read."""
    checks, of_members = _FIELDS[kind], _MEMBERS.get(kind, {})
    known: dict[str, Any] = {}
    for field, value in row.items():
        name, mark, member = field.partition(MEMBER_MARK)
        check = of_members.get(name) if mark else checks.get(name)
        if check is None:
            continue
        if not ((value is True or value is False) and check(member) if mark else check(value)):
            raise FieldInvalid(f"{kind}.{field} = {value!r}"[:200])
        known[field] = value
    return known


def members(row: Fields, register: str) -> tuple[str, ...]:
    """The members that are in, such as all labels, in alphabetical order."""
    start = register + MEMBER_MARK
    return tuple(
        sorted(field[len(start) :] for field, value in row.items() if value is True and field.startswith(start))
    )


def item_fields(item: Item) -> dict[str, Any]:
    """Every register of an item that says something."""
    return {
        "name": item.name,
        "price": item.price.haler if item.price is not None else None,
        "vat_class": item.vat_class.value,
        "category_id": item.category_id,
        "plu": item.plu,
        "unit": item.unit.value,
        "reporting": item.reporting.value,
        "principal": item.principal,
        "stocked": item.stocked,
        **{f"ean:{ean}": True for ean in item.eans},
        **{f"label:{label}": True for label in item.labels},
    }


def item_of_fields(item_id: str, row: Fields) -> Item:
    """What is not said has its default; a row without a name (its other fields are still on their way) is shown by its
    id. Of EANs the order is alphabetical: no till has its own."""
    price = row.get("price")
    return Item(
        item_id=item_id,
        name=row.get("name") or item_id,
        price=Money(price) if price is not None else None,
        vat_class=VatClass(row.get("vat_class") or VatClass.STANDARD),
        category_id=row.get("category_id"),
        plu=row.get("plu") or "",
        unit=Unit(row.get("unit") or Unit.PIECE),
        eans=members(row, "ean"),
        labels=members(row, "label"),
        reporting=Reporting(row.get("reporting") or Reporting.REPORTED),
        principal=row.get("principal") or "",
        stocked=bool(row.get("stocked", False)),
    )


def category_fields(category: Category) -> dict[str, Any]:
    return {"name": category.name, "colour": category.colour, "position": category.position}


def category_of_fields(category_id: str, row: Fields) -> Category:
    return Category(
        category_id, row.get("name") or category_id, row.get("colour") or DEFAULT_COLOUR, row.get("position") or 0
    )


def warehouse_of_fields(warehouse_id: str, row: Fields) -> Warehouse:
    return Warehouse(warehouse_id, row.get("name") or warehouse_id, row.get("branch") or "")


def user_of_fields(user_id: str, row: Fields) -> User:
    return User(user_id, row.get("name") or user_id, row.get("pin") or "")


def vat_rate_fields(rate: VatRate) -> dict[str, Any]:
    return {"vat_class": rate.vat_class.value, "percent": rate.percent, "valid_from": rate.valid_from.isoformat()}


def vat_rate_of_fields(row: Fields) -> VatRate | None:
    """None while a part of it is still on its way."""
    if not all(name in row for name in ("vat_class", "percent", "valid_from")):
        return None
    return VatRate(VatClass(row["vat_class"]), row["percent"], date.fromisoformat(row["valid_from"]))


def till_fields(settings: TillSettings) -> dict[str, Any]:
    return {field.name: getattr(settings, field.name) for field in fields(TillSettings)}


def till_settings_of_fields(row: Fields) -> TillSettings:
    return TillSettings(
        label=row.get("label") or "",
        restricted=bool(row.get("restricted", False)),
        apply_when=ApplyWhen(row.get("apply_when") or ApplyWhen.MANUAL),
        warehouse_id=row.get("warehouse_id") or "",
        branch=row.get("branch") or "",
    )


def changed_fields(before: Fields, after: Fields) -> dict[str, Any]:
    """What is different now; a member that is no longer there is false."""
    changes = {field: value for field, value in after.items() if field not in before or before[field] != value}
    gone = (field for field in before if MEMBER_MARK in field and before[field] is True and field not in after)
    return changes | dict.fromkeys(gone, False)


def value_text(value: object) -> str:
    """A value as it stands in a journal body: one JSON text for one value, so that equal values are equal texts."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


DEFAULT_COLOUR = "#5B6570"

Check = Callable[[Any], bool]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= NAME_CHARS_MAX and value.isprintable()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= NAME_CHARS_MAX and (not value or value.isprintable())


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) <= ROW_ID_CHARS_MAX and (not value or value.isprintable())


def _is_id_or_none(value: object) -> bool:
    return value is None or (bool(value) and _is_id(value))


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_code(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= CODE_CHARS_MAX


def is_label(value: object) -> bool:
    """A label is one word, so that several can be typed into one field, divided by spaces or commas."""
    if not isinstance(value, str) or not value.isprintable():
        return False
    return 0 < len(value) <= LABEL_CHARS_MAX and DIVIDERS.isdisjoint(value)


def _is_price(value: Any) -> bool:
    return value is None or (_is_whole(value) and 0 <= value < AMOUNT_LIMIT_HALER)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_principal(value: object) -> bool:
    """The rule of a taxpayer's number is the item's own."""
    if not isinstance(value, str):
        return False
    if not value:
        return True
    try:
        check_item(Item("", "x", None, VatClass.STANDARD, principal=value))
    except ItemInvalid:
        return False
    return True


def _is_colour(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) == len(DEFAULT_COLOUR)
        and value[0] == "#"
        and all(c in "0123456789abcdefABCDEF" for c in value[1:])
    )


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_one_of(values: type[StrEnum]) -> Check:
    texts = frozenset(each.value for each in values)
    return lambda value: isinstance(value, str) and value in texts


_FIELDS: dict[RowKind, dict[str, Check]] = {
    RowKind.ITEM: {
        "name": _is_name,
        "price": _is_price,
        "vat_class": _is_one_of(VatClass),
        "category_id": _is_id_or_none,
        "plu": lambda value: value == "" or _is_code(value),
        "unit": _is_one_of(Unit),
        "reporting": _is_one_of(Reporting),
        "principal": _is_principal,
        "stocked": _is_bool,
        DELETED: _is_bool,
    },
    RowKind.CATEGORY: {
        "name": _is_name,
        "colour": _is_colour,
        "position": lambda value: _is_whole(value) and 0 <= value < 2**31,
        DELETED: _is_bool,
    },
    RowKind.WAREHOUSE: {"name": _is_name, "branch": _is_text, DELETED: _is_bool},
    RowKind.USER: {"name": _is_name, "pin": _is_text, DELETED: _is_bool},
    RowKind.VAT_RATE: {
        "vat_class": _is_one_of(VatClass),
        "percent": lambda value: _is_whole(value) and 0 <= value <= 100,
        "valid_from": _is_date,
        DELETED: _is_bool,
    },
    RowKind.TILL: {
        "label": lambda value: value == "" or is_label(value),
        "restricted": _is_bool,
        "apply_when": _is_one_of(ApplyWhen),
        "warehouse_id": _is_id,
        "branch": _is_text,
    },
}
_MEMBERS: dict[RowKind, dict[str, Check]] = {
    RowKind.ITEM: {"ean": _is_code, "label": is_label},
}
