"""Lists stay fast with 100,000 items: their plans are looked at, in the words of SQLite."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.pricelist import RowKind
from backoffice.migrations import migrate
from backoffice.pricelist.listing import (
    PAGE_ROWS,
    ItemFilter,
    find_items,
    history_of,
    item_page,
    items_in_categories,
    labels_of,
    twins_of_list,
)
from backoffice.pricelist.writing import edit_row
from backoffice.stock_listing import StockFilter, level_page, movement_page
from backoffice.tables import Tables, open_database
from tests.backoffice.house import Office
from tests.journals import MORNING


def write(office: Office, row_id: str, fields: dict[str, Any], *, minutes: int = 0, user: str = "Jana") -> None:
    now = MORNING + timedelta(minutes=minutes)
    edit_row(office.tables, office.account_id, RowKind.ITEM, row_id, fields, user=user, now=now)


@pytest.fixture
def many(office: Office) -> Office:
    return with_many_items(office)


@pytest.fixture
def many_on_sqlite(tmp_path: Path) -> Iterator[Office]:
    tables = Tables(open_database(url="", data_dir=tmp_path))
    migrate(tables)
    yield with_many_items(Office(tables))
    tables.shut()


def with_many_items(office: Office) -> Office:
    for n in range(PAGE_ROWS + 10):
        labels = {"label:pokl1": True} if n % 2 else {"label:akce": True}
        fields = {
            "name": f"Zboží {n:03d}",
            "price": 100,
            "vat_class": "standard",
            "plu": str(n),
            f"ean:8594{n:04d}": True,
        }
        write(office, f"i{n}", fields | labels)
    return office


def plans(tables: Tables, monkeypatch: pytest.MonkeyPatch, read: Callable[[], object]) -> list[str]:
    """What SQLite says of every query that is read meanwhile."""
    told: list[str] = []
    run: Any = tables.database.execute_sql

    def explained(sql: str, params: Any = None) -> Any:
        if sql.startswith("SELECT"):
            told.extend(row[-1] for row in run(f"EXPLAIN QUERY PLAN {sql}", params).fetchall())
        return run(sql, params)

    monkeypatch.setattr(tables.database, "execute_sql", explained)
    read()
    assert told
    return told


@pytest.mark.parametrize(
    "wanted",
    [
        ItemFilter(),
        ItemFilter(q="zboží 00"),
        ItemFilter(q="8594"),
        ItemFilter(category="-"),
        ItemFilter(category="c", q="7"),
        ItemFilter(deleted="1"),
    ],
)
def test_a_page_of_items_is_read_in_the_order_of_an_index(
    many_on_sqlite: Office, wanted: ItemFilter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = plans(
        many_on_sqlite.tables,
        monkeypatch,
        lambda: item_page(many_on_sqlite.tables, many_on_sqlite.account_id, wanted, after=f"i{PAGE_ROWS // 2}"),
    )
    assert not [line for line in told if "TEMP B-TREE" in line or line.startswith("SCAN")], told


def test_a_page_of_a_warehouse_and_of_movements_is_read_by_an_index(
    many_on_sqlite: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = StockFilter(warehouse="w1", q="zboží")
    told = plans(
        many_on_sqlite.tables,
        monkeypatch,
        lambda: level_page(many_on_sqlite.tables, many_on_sqlite.account_id, wanted, after="i3"),
    )
    told += plans(
        many_on_sqlite.tables,
        monkeypatch,
        lambda: movement_page(many_on_sqlite.tables, many_on_sqlite.account_id, StockFilter()),
    )
    told += plans(
        many_on_sqlite.tables,
        monkeypatch,
        lambda: movement_page(
            many_on_sqlite.tables, many_on_sqlite.account_id, StockFilter(day="2026-11-24", warehouse="w1", item="i1")
        ),
    )
    assert not [line for line in told if line.startswith("SCAN")], told


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (StockFilter(), "stock_movement_time"),
        (StockFilter(item="i1"), "stock_movement_item"),
        (StockFilter(warehouse="w1", item="i1"), "stock_movement_item"),
        (StockFilter(kind="stocktake"), "stock_movement_document"),
        (StockFilter(kind="write_off", warehouse="w1"), "stock_movement_document"),
    ],
)
def test_movements_are_found_without_a_look_at_all_sales(
    many_on_sqlite: Office, wanted: StockFilter, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = many_on_sqlite
    told = plans(office.tables, monkeypatch, lambda: movement_page(office.tables, office.account_id, wanted))
    assert any(f"USING INDEX {index} " in line for line in told), told
    assert not [line for line in told if "TEMP B-TREE" in line], told


def test_lists_are_the_same_on_both_databases(many: Office) -> None:
    tables, account_id = many.tables, many.account_id
    page = item_page(tables, account_id, ItemFilter(label="akce"))
    assert (page.count, len(page.rows), page.further) == (PAGE_ROWS // 2 + 5, PAGE_ROWS // 2 + 5, "")
    first = item_page(tables, account_id, ItemFilter())
    rest = item_page(tables, account_id, ItemFilter(), after=first.further)
    assert [row["row_id"] for row in first.rows + rest.rows] == [f"i{n}" for n in range(PAGE_ROWS + 10)]
    assert item_page(tables, account_id, ItemFilter(q="ZBOZI 007")).rows[0]["row_id"] == "i7"
    assert labels_of(tables, account_id) == ["akce", "pokl1"]
    assert items_in_categories(tables, account_id) == {"": PAGE_ROWS + 10}
    assert [row["row_id"] for row in find_items(tables, account_id, "85940003", limit=5)] == ["i3"]
    assert [row["row_id"] for row in find_items(tables, account_id, "12", limit=5)] == ["i12"]
    assert len(find_items(tables, account_id, "zboží", limit=5)) == 5


def test_codes_of_deleted_items_are_no_twins(office: Office) -> None:
    for row_id in ("a", "b", "c"):
        write(office, row_id, {"name": row_id, "plu": "1", "ean:85940001": True})
    assert [len(group["rows"]) for group in twins_of_list(office.tables, office.account_id)] == [3, 3]
    write(office, "a", {"deleted": True})
    write(office, "b", {"deleted": True})
    assert twins_of_list(office.tables, office.account_id) == []


def test_the_history_leaves_out_what_was_nothing_from_the_beginning(office: Office) -> None:
    write(office, "a", {"name": "Rohlík", "plu": "", "stocked": False, "price": None})
    write(office, "a", {"price": 350, "plu": "7"}, minutes=1, user="Petr")
    write(office, "a", {"plu": ""}, minutes=2)
    told = [(change.user, change.values) for change in history_of(office.tables, office.account_id, "a")]
    assert told == [
        ("Jana", (("plu", "", False),)),
        ("Petr", (("plu", "7", False), ("price", 350, False))),
        ("Jana", (("name", "Rohlík", False),)),
    ]
    assert history_of(office.tables, office.account_id, "nothing") == []
