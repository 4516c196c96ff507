"""The price list as the till knows it: items and categories, their editable fields, and codes that name an item."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from appliance.domain.fiscal import TAXPAYER_NUMBER, Reporting
from appliance.domain.money import Money
from appliance.domain.vat import VatClass

NAME_CHARS_MAX = 120
CODE_CHARS_MAX = 32


class Unit(StrEnum):
    PIECE = "ks"
    KILOGRAM = "kg"
    LITRE = "l"
    METRE = "m"
    HOUR = "h"


@dataclass(frozen=True)
class Category:
    category_id: str
    name: str
    colour: str  # "#RRGGBB"
    position: int


@dataclass(frozen=True)
class Item:
    """`price` is gross, per unit; None means the price is asked at the sale.

    `principal` is the number of the taxpayer for whom the item is sold, '' for the shop itself. Of a `stocked` item the
    level in the warehouse is shown and counted.
    """

    item_id: str
    name: str
    price: Money | None
    vat_class: VatClass
    category_id: str | None = None
    plu: str = ""
    unit: Unit = Unit.PIECE
    eans: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    reporting: Reporting = Reporting.REPORTED
    principal: str = ""
    stocked: bool = False


class ItemInvalid(ValueError):
    """A field of an item breaks a rule; `field` names it, `rule` says which (a machine word)."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


def check_item(item: Item) -> Item:
    """The item itself if it may stand in the price list. Raises ItemInvalid."""
    if not item.name.strip():
        raise ItemInvalid("name", "empty")
    if len(item.name) > NAME_CHARS_MAX:
        raise ItemInvalid("name", "too_long")
    if not item.name.isprintable():
        raise ItemInvalid("name", "unprintable")
    if item.price is not None and item.price.haler < 0:
        raise ItemInvalid("price", "negative")
    if item.plu and not (item.plu.isascii() and item.plu.isdigit() and len(item.plu) <= CODE_CHARS_MAX):
        raise ItemInvalid("plu", "not_digits")
    for ean in item.eans:
        if not (ean.isascii() and ean.isdigit() and len(ean) <= CODE_CHARS_MAX):
            raise ItemInvalid("eans", "not_digits")
    if item.principal and not TAXPAYER_NUMBER.fullmatch(item.principal):
        raise ItemInvalid("principal", "not_a_number")
    return item


def fold(text: str) -> str:
    """Lower case without diacritics: what a search compares."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join([char for char in decomposed if not unicodedata.combining(char)]).casefold()
