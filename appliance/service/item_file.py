"""A price list as a CSV file: `ean,name[,price,vat,category,…]`, read row by row with what is wrong with each."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.domain.catalogue import NAME_CHARS_MAX, Item, ItemInvalid, Unit, check_item
from appliance.domain.fiscal import Reporting
from appliance.domain.money import Money, NotAnAmount, parse_amount
from appliance.domain.vat import VatClass

DELIMITERS = ",;\t"
COLUMNS = ("ean", "name", "price", "vat", "category", "labels", "plu", "unit", "evidence", "za_poplatnika")
BYTES_MAX = 64 * 1024 * 1024
# A Windows-1250 byte that somebody read as Latin-1 stands as a control character: `su\x9aené` means `sušené`.
CONTROLS_MENDED = {code: bytes([code]).decode("cp1250", "ignore") or chr(code) for code in range(0x80, 0xA0)}
VAT_WORDS = {
    "": VatClass.STANDARD,
    "21": VatClass.STANDARD,
    "12": VatClass.REDUCED,
    "0": VatClass.ZERO,
    "standard": VatClass.STANDARD,
    "reduced": VatClass.REDUCED,
    "zero": VatClass.ZERO,
}
REPORTING_WORDS = {
    "": Reporting.REPORTED,
    "ano": Reporting.REPORTED,
    "ne": Reporting.NOT_REPORTED,
    "poukaz": Reporting.VOUCHER,
    **{reporting.value: reporting for reporting in Reporting},
}


class FileUnreadable(ValueError):
    """The whole file cannot be read; the message says why."""


@dataclass(frozen=True)
class BadRow:
    """`rule` is a machine word: bad_price, bad_vat, bad_unit, bad_category, bad_evidence, or a rule of `check_item`."""

    line: int
    rule: str
    value: str


@dataclass
class ItemFile:
    """`category_id` of an item holds the category's name here; `categories` are the names in order of appearance.

    `silent_on` tells by item_id which fields hold a default because the row says nothing about them.
    """

    items: list[Item] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    silent_on: dict[str, frozenset[str]] = field(default_factory=dict)


def read_item_file(content: bytes, *, new_id: Callable[[], str]) -> ItemFile:
    """Raises FileUnreadable; a single bad row only lands in `bad`."""
    text = _text(content)
    header_line = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header_line.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [(name or "").strip().lower() for name in reader.fieldnames or ()]
    if "name" not in names:
        raise FileUnreadable(f"the first line must name the columns {', '.join(COLUMNS)}; `name` is missing")
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise FileUnreadable(f"unknown column {unknown[0]!r}; known are {', '.join(COLUMNS)}")
    reader.fieldnames = names
    out = ItemFile()
    try:
        for row in reader:
            _take(row, reader.line_num, out, new_id)
    except csv.Error as error:
        raise FileUnreadable(f"line {reader.line_num + 1}: {error}") from error
    return out


def _text(content: bytes) -> str:
    """UTF-8 with or without a mark, else the code page of Czech Windows."""
    if len(content) > BYTES_MAX:
        raise FileUnreadable(f"{len(content)} bytes are too many, at most {BYTES_MAX}")
    if b"\x00" in content:
        raise FileUnreadable("this is not a text file")
    try:
        return content.decode("utf-8-sig").translate(CONTROLS_MENDED)
    except UnicodeDecodeError:
        try:
            return content.decode("cp1250")
        except UnicodeDecodeError as error:
            raise FileUnreadable("neither UTF-8 nor Windows-1250") from error


def _take(row: dict[str | None, str | list[str] | None], line: int, out: ItemFile, new_id: Callable[[], str]) -> None:
    def cell(name: str) -> str:
        value = row.get(name)
        return value.strip() if isinstance(value, str) else ""

    def bad(rule: str, value: str) -> None:
        out.bad.append(BadRow(line, rule, value))

    if not any(cell(name) for name in COLUMNS):
        return
    if any(extra.strip() for extra in row.get(None) or ()):
        bad("too_many_columns", "")
        return
    price: Money | None = None
    try:
        price = parse_amount(cell("price")) if cell("price") else None
    except NotAnAmount:
        bad("bad_price", cell("price"))
        return
    vat = VAT_WORDS.get(cell("vat").lower().removesuffix("%").strip())
    if vat is None:
        bad("bad_vat", cell("vat"))
        return
    if cell("unit") not in {"", *Unit}:
        bad("bad_unit", cell("unit"))
        return
    reporting = REPORTING_WORDS.get(cell("evidence").lower())
    if reporting is None:
        bad("bad_evidence", cell("evidence"))
        return
    category = cell("category")
    if len(category) > NAME_CHARS_MAX or not category.isprintable():
        bad("bad_category", category[:NAME_CHARS_MAX])
        return
    item = Item(
        item_id=new_id(),
        name=" ".join(cell("name").split()),
        price=price,
        vat_class=vat,
        category_id=category or None,
        plu=cell("plu"),
        unit=Unit(cell("unit") or Unit.PIECE),
        eans=tuple(cell("ean").split()),
        labels=tuple(dict.fromkeys(label.strip() for label in cell("labels").split("|") if label.strip())),
        reporting=reporting,
        principal="".join(cell("za_poplatnika").split()).upper(),
    )
    try:
        out.items.append(check_item(item))
    except ItemInvalid as error:
        bad(f"{error.field}_{error.rule}", str(getattr(item, error.field)))
        return
    said = {"vat_class": "vat", "unit": "unit", "reporting": "evidence", "principal": "za_poplatnika"}
    out.silent_on[item.item_id] = frozenset(name for name, column in said.items() if not cell(column))
    if category and category not in out.categories:
        out.categories.append(category)
