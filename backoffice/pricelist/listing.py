"""The price list as pages read it: lists that stay fast with 100,000 items, and what happened to one row."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import tzinfo
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from peewee import SQL, Tuple, fn

from appliance.domain.catalogue import fold
from appliance.domain.clock import iso, parse_iso
from appliance.domain.pricelist import Fields, RowKind
from backoffice.pricelist.registers import read_registers
from backoffice.tables import Tables

PAGE_ROWS = 50
TEXT_CHARS_MAX = 60
NO_CATEGORY = "-"
"""In an address: items without a category."""
LABELS_MAX = 200
ROWS_MAX = 500
"""Of categories, warehouses, users, VAT rates: more are not listed."""
TWINS_MAX = 100
HISTORY_ROWS_MAX = 200
NOTHING = ("", False, None)
"""Values with which an item begins; as its first ones they are no news."""
HAS_PLU = SQL("plu <> ''")  # in the very words of the index `pricelist_plu`


@dataclass(frozen=True)
class ItemFilter:
    """What stands in the address; empty means everything that is not deleted."""

    q: str = ""
    category: str = ""
    label: str = ""
    deleted: str = ""

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> "ItemFilter":
        return cls(**{f.name: query.get(f.name, "").strip()[:TEXT_CHARS_MAX].replace("\0", "") for f in fields(cls)})

    @property
    def query(self) -> str:
        return urlencode({f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)})

    @property
    def is_set(self) -> bool:
        return self != ItemFilter()


@dataclass(frozen=True)
class ItemPage:
    """`further` is the cursor of the next page, empty at the end; `count` is that of the whole filter."""

    rows: list[dict[str, Any]]
    further: str
    count: int


@dataclass(frozen=True)
class Change:
    """What somebody wrote at one moment: (field, value, lost) each; a lost one never counted."""

    at: str
    user: str
    till: str
    values: tuple[tuple[str, Any, bool], ...]

    def in_zone(self, zone: tzinfo) -> "Change":
        return replace(self, at=iso(parse_iso(self.at).astimezone(zone)))

    @property
    def has_lost(self) -> bool:
        return any(lost for _, _, lost in self.values)


def item_page(tables: Tables, account_id: int, wanted: ItemFilter, *, after: str = "") -> ItemPage:
    """In the order of names. `after` is the id of the last item seen."""
    row = tables.pricelist_row
    where = _where(tables, account_id, wanted)
    with tables.reading():
        last = tables.first(row.select(row.c.folded).where(_here(tables, account_id, after))) if after else None
        on_page = where & (Tuple(row.c.folded, row.c.row_id) > Tuple(last["folded"], after)) if last else where
        rows = tables.rows(
            row.select(row.c.row_id, row.c.name, row.c.deleted, row.c.body)
            .where(on_page)
            .order_by(row.c.folded, row.c.row_id)
            .limit(PAGE_ROWS + 1)
        )
        counted = tables.first(row.select(fn.COUNT(row.c.row_id).alias("n")).where(where))
    assert counted is not None
    shown = [{**each, "fields": json.loads(each["body"])} for each in rows[:PAGE_ROWS]]
    return ItemPage(shown, shown[-1]["row_id"] if rows[PAGE_ROWS:] else "", int(counted["n"]))


def find_items(tables: Tables, account_id: int, typed: str, *, limit: int) -> list[dict[str, Any]]:
    """What somebody may mean: those with just this EAN or PLU, else those that the search finds."""
    row = tables.pricelist_row
    listed = (row.c.account_id == account_id) & (row.c.kind == RowKind.ITEM.value) & (row.c.deleted == 0)
    columns = row.select(row.c.row_id, row.c.name, row.c.body).order_by(row.c.folded, row.c.row_id).limit(limit)
    with tables.reading():
        coded = row.c.row_id.in_(members_with(tables, account_id, "ean", typed)) | row.c.row_id.in_(
            _with_plu(tables, account_id, typed)
        )
        exact = tables.rows(columns.where(listed & coded)) if typed.isascii() and typed.isdigit() else []
        return exact or tables.rows(columns.where(_where(tables, account_id, ItemFilter(q=typed))))


def _here(tables: Tables, account_id: int, row_id: str) -> Any:
    row = tables.pricelist_row
    return (row.c.account_id == account_id) & (row.c.row_id == row_id)


def _where(tables: Tables, account_id: int, wanted: ItemFilter) -> Any:
    row = tables.pricelist_row
    where = (row.c.account_id == account_id) & (row.c.kind == RowKind.ITEM.value)
    where &= row.c.deleted == int(bool(wanted.deleted))
    if wanted.category:
        where &= row.c.category_id == ("" if wanted.category == NO_CATEGORY else wanted.category)
    if wanted.label:
        where &= row.c.row_id.in_(members_with(tables, account_id, "label", wanted.label))
    if wanted.q:
        where &= found_by(tables, account_id, wanted.q)
    return where


def found_by(tables: Tables, account_id: int, typed: str) -> Any:
    """Names with every word, with diacritics or without; digits are the beginning of an EAN or a whole PLU, too."""
    row = tables.pricelist_row
    contains = fn.INSTR if tables.is_sqlite else fn.STRPOS
    found: Any = SQL("1 = 1")
    for word in fold(typed).split():
        found &= contains(row.c.folded, word) > 0
    if typed.isascii() and typed.isdigit():
        member = tables.pricelist_member
        eans = member.select(member.c.row_id).where(
            (member.c.account_id == account_id) & (member.c.register == "ean") & (member.c.left_version == 0)
        )
        begins = eans.where((member.c.member >= typed) & (member.c.member < typed + ":"))  # ':' is the one after '9'
        found = found | row.c.row_id.in_(begins) | row.c.row_id.in_(_with_plu(tables, account_id, typed))
    return found


def members_with(tables: Tables, account_id: int, register: str, member_text: str) -> Any:
    member = tables.pricelist_member
    return member.select(member.c.row_id).where(
        (member.c.account_id == account_id)
        & (member.c.register == register)
        & (member.c.member == member_text)
        & (member.c.left_version == 0)
    )


def _with_plu(tables: Tables, account_id: int, plu: str) -> Any:
    other = tables.pricelist_row.alias("with_plu")
    return other.select(other.c.row_id).where(
        (other.c.account_id == account_id) & (other.c.plu == plu) & SQL('"with_plu"."plu" <> \'\'')
    )


def row_of(tables: Tables, account_id: int, kind: RowKind, row_id: str) -> dict[str, Any] | None:
    """One row with its `fields` and whether it is deleted."""
    row = tables.pricelist_row
    with tables.reading():
        found = tables.first(
            row.select(row.c.row_id, row.c.name, row.c.deleted, row.c.body, row.c.version).where(
                _here(tables, account_id, row_id) & (row.c.kind == kind.value)
            )
        )
    return {**found, "fields": json.loads(found["body"])} if found else None


def rows_of(tables: Tables, account_id: int, kind: RowKind) -> list[dict[str, Any]]:
    """All rows of a kind of which there are few, in the order of names; not the deleted ones."""
    row = tables.pricelist_row
    with tables.reading():
        rows = tables.rows(
            row.select(row.c.row_id, row.c.name, row.c.body)
            .where((row.c.account_id == account_id) & (row.c.kind == kind.value) & (row.c.deleted == 0))
            .order_by(row.c.folded, row.c.row_id)
            .limit(ROWS_MAX)
        )
    return [{**each, "fields": json.loads(each["body"])} for each in rows]


def categories_of(tables: Tables, account_id: int) -> list[dict[str, Any]]:
    """In the order in which tills show them."""
    return sorted(rows_of(tables, account_id, RowKind.CATEGORY), key=lambda each: each["fields"].get("position") or 0)


def items_in_categories(tables: Tables, account_id: int) -> dict[str, int]:
    row = tables.pricelist_row
    query = row.select(row.c.category_id, fn.COUNT(row.c.row_id).alias("n")).where(
        (row.c.account_id == account_id) & (row.c.kind == RowKind.ITEM.value) & (row.c.deleted == 0)
    )
    with tables.reading():
        return {each["category_id"]: int(each["n"]) for each in tables.rows(query.group_by(row.c.category_id))}


def labels_of(tables: Tables, account_id: int) -> list[str]:
    """The labels that items carry or carried. Each is reached by one step in an index, whatever the number of items."""
    member = tables.pricelist_member
    labels: list[str] = []
    here = (member.c.account_id == account_id) & (member.c.register == "label")
    with tables.reading():
        while len(labels) < LABELS_MAX:
            where = here & (member.c.member > labels[-1]) if labels else here
            found = tables.first(member.select(fn.MIN(member.c.member).alias("next")).where(where))
            if found is None or found["next"] is None:
                break
            labels.append(found["next"])
    return labels


def items_with_labels(tables: Tables, account_id: int) -> dict[str, int]:
    member, row = tables.pricelist_member, tables.pricelist_row
    query = (
        member.select(member.c.member, fn.COUNT(member.c.row_id).alias("n"))
        .join(row, on=((row.c.account_id == member.c.account_id) & (row.c.row_id == member.c.row_id)))
        .where((member.c.account_id == account_id) & (member.c.register == "label"))
        .where((member.c.left_version == 0) & (row.c.deleted == 0))
        .group_by(member.c.member)
    )
    with tables.reading():
        return {each["member"]: int(each["n"]) for each in tables.rows(query)}


def till_settings(tables: Tables, account_id: int) -> dict[str, Fields]:
    """By till_id."""
    return {each["row_id"]: each["fields"] for each in rows_of(tables, account_id, RowKind.TILL)}


def history_of(tables: Tables, account_id: int, row_id: str) -> list[Change]:
    """Who wrote what into a row, newest first: what counts now, what counted once, and what lost a conflict."""
    row, past, till = tables.pricelist_row, tables.pricelist_history, tables.till
    with tables.reading():
        held = tables.first(row.select(row.c.registers).where(_here(tables, account_id, row_id)))
        if held is None:
            return []
        before = tables.rows(
            past.select(past.c.field, past.c.value, past.c.user_name, past.c.till_id, past.c.at, past.c.lost)
            .where((past.c.account_id == account_id) & (past.c.row_id == row_id))
            .order_by(past.c.at.desc())
            .limit(HISTORY_ROWS_MAX)
        )
        names = {
            each["till_id"]: each["name"]
            for each in tables.rows(till.select(till.c.till_id, till.c.name).where(till.c.account_id == account_id))
        }
    written = [
        (r["at"], r["user_name"], r["till_id"], r["field"], json.loads(r["value"]), bool(r["lost"])) for r in before
    ]
    registers = read_registers(held["registers"])
    written += [(r.at, r.user, r.till_id, field, r.value, False) for field, r in registers.items()]
    written.sort(key=lambda each: (each[:4], each[5]))
    said: set[str] = set()
    told = []
    for each in written:
        if each[3] in said or each[4] not in NOTHING:
            told.append(each)
            said.add(each[3])
    return [
        Change(at, user, names.get(till_id, till_id), tuple((e[3], e[4], e[5]) for e in some))
        for (at, user, till_id), some in groupby(told, key=lambda each: each[:3])
    ][::-1]


def twins_of_list(tables: Tables, account_id: int) -> list[dict[str, Any]]:
    """Codes that several items have: `register` ean or plu, the `code`, and the `rows` of the items."""
    member, row = tables.pricelist_member, tables.pricelist_row
    eans = (
        member.select(member.c.member)
        .join(row, on=((row.c.account_id == member.c.account_id) & (row.c.row_id == member.c.row_id)))
        .where((member.c.account_id == account_id) & (member.c.register == "ean") & (member.c.left_version == 0))
        .where(row.c.deleted == 0)
        .group_by(member.c.member)
        .having(fn.COUNT(member.c.row_id) > 1)
        .limit(TWINS_MAX)
    )
    plus = (
        row.select(row.c.plu)
        .where((row.c.account_id == account_id) & HAS_PLU & (row.c.deleted == 0))
        .group_by(row.c.plu)
        .having(fn.COUNT(row.c.row_id) > 1)
        .limit(TWINS_MAX)
    )
    with tables.reading():
        codes = [("ean", each["member"]) for each in tables.rows(eans)] + [("plu", r["plu"]) for r in tables.rows(plus)]
        groups = [(register, code, _with_code(tables, account_id, register, code)) for register, code in codes]
    return [{"register": register, "code": code, "rows": rows} for register, code, rows in groups if len(rows) > 1]


def twins_of_item(
    tables: Tables, account_id: int, row_id: str, item: Fields, eans: Sequence[str]
) -> list[dict[str, Any]]:
    """Other items with one of its codes."""
    codes = [("ean", ean) for ean in eans] + ([("plu", str(item["plu"]))] if item.get("plu") else [])
    with tables.reading():
        rows = [each for register, code in codes for each in _with_code(tables, account_id, register, code)]
    return list({each["row_id"]: each for each in rows if each["row_id"] != row_id}.values())


def _with_code(tables: Tables, account_id: int, register: str, code: str) -> list[dict[str, Any]]:
    row = tables.pricelist_row
    ids = _with_plu(tables, account_id, code) if register == "plu" else members_with(tables, account_id, "ean", code)
    here = (row.c.account_id == account_id) & (row.c.kind == RowKind.ITEM.value) & (row.c.deleted == 0)
    rows = tables.rows(
        row.select(row.c.row_id, row.c.name, row.c.body)
        .where(here & row.c.row_id.in_(ids))
        .order_by(row.c.folded, row.c.row_id)
        .limit(TWINS_MAX)
    )
    return [{**each, "fields": json.loads(each["body"])} for each in rows]
