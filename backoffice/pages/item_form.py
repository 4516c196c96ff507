"""An item as a form: what is shown, what was typed, and which registers that changes.

The form carries the registers it was opened with. Only what the person changed is written, so that an edit somebody
else made meanwhile in another field stays (B4).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.domain.catalogue import NAME_CHARS_MAX, Unit
from appliance.domain.fiscal import Reporting
from appliance.domain.money import Money, NotAnAmount, format_amount, parse_amount
from appliance.domain.pricelist import (
    DIVIDERS,
    FIELDS_MAX,
    FieldInvalid,
    Fields,
    RowKind,
    changed_fields,
    check_field,
    is_label,
    item_fields,
    item_of_fields,
    members,
)
from appliance.domain.vat import VatClass
from backoffice.pages.forms import Typed, one_line
from backoffice.pages.words import mark

WRONG = {
    "name": mark("Napište název, nejvýš 120 znaků."),
    "price": mark("Cena je číslo, nejvýš se dvěma desetinnými místy, například 49,90. Prázdná se zadá při prodeji."),
    "plu": mark("PLU jsou jen číslice, nejvýš 32."),
    "eans": mark("EAN jsou jen číslice, nejvýš 32. Více kódů oddělte mezerou."),
    "labels": mark("Štítek je jedno slovo, nejvýš 32 znaků. Více štítků oddělte mezerou."),
    "principal": mark("Pověřující poplatník je DIČ, například CZ12345678."),
    "category_id": mark("Vyberte kategorii ze seznamu."),
    "vat_class": mark("Vyberte sazbu ze seznamu."),
    "unit": mark("Vyberte jednotku ze seznamu."),
    "reporting": mark("Vyberte ze seznamu."),
}
TOO_MANY = mark("Tolik kódů a štítků jedna položka mít nemůže.")
PLAIN = ("name", "price", "vat_class", "category_id", "plu", "unit", "eans", "labels", "reporting", "principal")


@dataclass
class ItemForm:
    """`shown` are the texts in the fields, `was` the registers the form was opened with, as JSON; `errors` say at which
    field what is wrong."""

    shown: dict[str, Any]
    was: str
    errors: dict[str, str] = field(default_factory=dict)


def form_of_item(row_id: str, fields: Fields) -> ItemForm:
    return ItemForm(_shown(fields), json.dumps(registers_of(row_id, fields), ensure_ascii=False))


def registers_of(row_id: str, fields: Fields) -> dict[str, Any]:
    """All registers with their defaults, as the form shows them."""
    return item_fields(item_of_fields(row_id, fields))


def new_item(typed: Mapping[str, str]) -> ItemForm:
    """An empty form, or one that begins with what the address says."""
    ean = typed.get("ean", "")[:64]
    return ItemForm({**_shown({"name": ""}), "name": "", "eans": ean, "labels": typed.get("label", "")[:64]}, was="{}")


def _shown(fields: Fields) -> dict[str, Any]:
    price = fields.get("price")
    return {
        "name": fields.get("name") or "",
        "price": format_amount(Money(price)).replace("\u00a0", " ") if price is not None else "",
        "vat_class": fields.get("vat_class") or VatClass.STANDARD.value,
        "category_id": fields.get("category_id") or "",
        "plu": fields.get("plu") or "",
        "unit": fields.get("unit") or Unit.PIECE.value,
        "eans": " ".join(members(fields, "ean")),
        "labels": " ".join(members(fields, "label")),
        "reporting": fields.get("reporting") or Reporting.REPORTED.value,
        "principal": fields.get("principal") or "",
        "stocked": bool(fields.get("stocked")),
    }


def form_of_typed(typed: Typed) -> ItemForm:
    shown: dict[str, Any] = {name: typed.one(name) for name in PLAIN}
    return ItemForm({**shown, "stocked": typed.has("stocked")}, was=typed.one("was"))


def changes_of(form: ItemForm) -> dict[str, Any]:
    """The registers that the person changed; `form.errors` is filled when something typed cannot be."""
    registers = _registers(form)
    if len(registers) > FIELDS_MAX // 2:
        form.errors["labels"] = TOO_MANY
    before = _before(form.was)
    if one_line(str(before.get("name", ""))) == registers["name"]:
        registers["name"] = before["name"]  # the form only leaves out spaces that somebody typed elsewhere
    return {} if form.errors else changed_fields(before, registers)


def _registers(form: ItemForm) -> dict[str, Any]:
    shown = form.shown
    registers: dict[str, Any] = {
        "name": one_line(shown["name"]),
        "price": _price(form),
        "vat_class": shown["vat_class"],
        "category_id": shown["category_id"] or None,
        "plu": shown["plu"],
        "unit": shown["unit"],
        "reporting": shown["reporting"],
        "principal": shown["principal"].upper(),
        "stocked": shown["stocked"],
    }
    for name, value in registers.items():
        _check(form, name, name, value)
    for register, name in (("ean", "eans"), ("label", "labels")):
        for word in words_of(shown[name]):
            registers[f"{register}:{word}"] = True
            _check(form, name, f"{register}:{word}", value=True)
    return registers


def words_of(text: str) -> list[str]:
    """What is divided by spaces, commas or semicolons."""
    return "".join(" " if char in DIVIDERS else char for char in text).split()


def labels_typed(text: str) -> list[str] | None:
    """None when one of them is no label."""
    labels = words_of(text)
    return labels if labels and all(is_label(label) for label in labels) else None


def _check(form: ItemForm, shown: str, register: str, value: object) -> None:
    try:
        check_field(RowKind.ITEM, register, value)
    except FieldInvalid:
        form.errors.setdefault(shown, WRONG[shown])


def _price(form: ItemForm) -> int | None:
    typed = form.shown["price"].removesuffix("Kč")
    if not typed.strip():
        return None
    try:
        return parse_amount(typed).haler
    except NotAnAmount:
        form.errors["price"] = WRONG["price"]
        return None


def _before(text: str) -> Fields:
    """Without it, or with nonsense, everything typed is written."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


assert NAME_CHARS_MAX == 120, "as the sentence for the name says"
