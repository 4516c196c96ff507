"""Edits and movements that come with a till's journal."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.journal import (
    CategoryEdited,
    FieldStamp,
    ItemEdited,
    Kind,
    SettingsChanged,
    WarehouseEdited,
)
from appliance.domain.money import Quantity
from appliance.domain.pricelist import value_text
from appliance.domain.stock import MoveKind, StockMove, StockMoved
from backoffice.intake import project_waiting
from backoffice.site import Site
from tests.backoffice.house import Office
from tests.journals import MORNING, TillJournal

MORNING_MS = int(MORNING.timestamp() * 1000)


def edited(journal: TillJournal, row_id: str, *, off_ms: int = 0, shared: bool = True, **fields: Any) -> None:
    stamp = f"{MORNING_MS + off_ms}:0:{journal.till_id}"
    changes = tuple(FieldStamp(field, value_text(value), stamp) for field, value in fields.items())
    journal.append(Kind.ITEM_EDITED, ItemEdited(row_id, journal.user, changes, shared))


def sold(journal: TillJournal, *, warehouse_id: str = "w1") -> dict[str, int]:
    """One more sale out of a warehouse; what left it, by item."""
    receipt = replace(journal.sell(), warehouse_id=warehouse_id)
    journal.rows.pop()
    journal.append(Kind.RECEIPT_ISSUED, receipt, doc_id=receipt.doc_id)
    left: dict[str, int] = {}
    for line in receipt.lines:
        assert line.item_id is not None
        left[line.item_id] = left.get(line.item_id, 0) - line.quantity.thousandths
    return left


def send(office: Office, journal: TillJournal) -> None:
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)


def bodies(office: Office) -> dict[str, dict[str, Any]]:
    return {each["row_id"]: json.loads(each["body"]) for each in office.content("pricelist_row")}


def levels(office: Office) -> dict[str, int]:
    return {each["item_id"]: each["quantity"] for each in office.content("stock_level")}


def told(office: Office) -> list[tuple[str, str]]:
    return [(each["kind"], each["subject"]) for each in office.content("event") if each["kind"] != "till"]


def test_s16_what_is_edited_on_a_till_is_in_the_price_list(office: Office) -> None:
    journal = TillJournal()
    edited(journal, "i1", name="Čaj", price=4900)
    edited(journal, "i2", name="Káva")
    edited(journal, "i1", off_ms=1, price=5900)
    changes = (FieldStamp("name", '"Nápoje"', f"{MORNING_MS}:0:x"),)
    journal.append(Kind.CATEGORY_EDITED, CategoryEdited("c1", "Jana", changes))
    journal.append(Kind.WAREHOUSE_EDITED, WarehouseEdited("w1", "Jana", changes))
    send(office, journal)
    assert bodies(office) == {
        "i1": {"name": "Čaj", "price": 5900},
        "i2": {"name": "Káva"},
        "c1": {"name": "Nápoje"},
        "w1": {"name": "Nápoje"},
    }
    assert {state for state, _ in office.states().values()} == {"projected"}
    assert told(office) == [("pricelist", "")]


def test_one_edit_tells_open_pages_which_row_it_was(office: Office) -> None:
    journal = TillJournal()
    edited(journal, "i1", name="Čaj")
    send(office, journal)
    assert told(office) == [("pricelist", "i1")]


def test_a_till_changes_its_own_settings_only(office: Office) -> None:
    journal = TillJournal()
    changes = (FieldStamp("label", '"bar"', f"{MORNING_MS}:0:x"),)
    journal.append(Kind.SETTINGS_CHANGED, SettingsChanged("Jana", changes, item_sync=True))
    send(office, journal)
    assert bodies(office) == {journal.till_id: {"label": "bar"}}


def test_s14_edits_that_are_not_shared_are_kept_and_not_projected(office: Office) -> None:
    journal = TillJournal()
    edited(journal, "i1", shared=False, name="Čaj")
    send(office, journal)
    assert bodies(office) == {}
    assert office.states()[2] == ("projected", "")


def test_the_same_documents_in_a_new_epoch_are_neither_edited_nor_moved_again(office: Office) -> None:
    journal = TillJournal()
    journal.open_shift()
    edited(journal, "i1", name="Čaj")
    left = sold(journal)
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    before = office.content("pricelist_row")
    again = TillJournal(seed=9)
    again.till_id = journal.till_id
    again.rows = []
    for row in journal.rows:
        again.append_text(row.kind, row.body, doc_id=row.doc_id, v=row.v)
    office.take(place, again.rows, epoch=again.epoch)
    assert (levels(office), office.content("pricelist_row")) == (left, before)


def test_an_edit_that_no_row_can_take_is_flagged_and_blocks_nothing(office: Office) -> None:
    journal = TillJournal()
    edited(journal, "i1", name="Čaj")
    edited(journal, "i1", price="drahé")
    journal.append(
        Kind.CATEGORY_EDITED, CategoryEdited("i1", "Jana", (FieldStamp("name", '"Nápoje"', f"{MORNING_MS}:0:x"),))
    )
    edited(journal, "i2", name="Káva")
    send(office, journal)
    states = office.states()
    assert [states[seq][0] for seq in range(2, 6)] == ["projected", "failed", "failed", "projected"]
    assert "category" in states[4][1]
    assert bodies(office) == {"i1": {"name": "Čaj"}, "i2": {"name": "Káva"}}
    assert len(office.content("journal_row")) == 5


def test_sales_and_documents_of_tills_are_summed_to_levels(office: Office) -> None:
    first, second = TillJournal(), TillJournal(seed=2, prefix="P2")
    wanted: dict[str, int] = {"i1": 5000}
    for journal in (first, second):
        journal.open_shift()
        for _ in range(6):
            for item_id, quantity in sold(journal).items():
                wanted[item_id] = wanted.get(item_id, 0) + quantity
    moved = StockMoved(MoveKind.GOODS_RECEIPT, "Jana", (StockMove("w1", "i1", Quantity(5000)),))
    doc_id = first.append(Kind.STOCK_MOVED, moved).doc_id
    send(office, first)
    send(office, second)
    assert levels(office) == wanted
    (movement,) = [each for each in office.content("stock_movement") if each["doc_id"] == doc_id]
    assert (movement["till_id"], movement["user_name"], movement["kind"]) == (first.till_id, "Jana", "goods_receipt")
    assert {state for state, _ in office.states().values()} == {"projected"}


def test_a_receipt_without_a_warehouse_moves_no_stock(office: Office) -> None:
    journal = TillJournal()
    journal.day(sales=3)
    send(office, journal)
    assert office.content("stock_movement") == []


def test_a_document_that_moves_nothing_is_flagged(office: Office) -> None:
    journal = TillJournal()
    journal.append(Kind.STOCK_MOVED, StockMoved(MoveKind.GOODS_RECEIPT, "Jana", ()))
    send(office, journal)
    assert office.states()[2] == ("failed", "empty")
    assert office.content("stock_movement") == []


def test_an_edit_and_a_movement_that_waited_for_an_upgrade_come_in_at_the_next_start(office: Office) -> None:
    journal = TillJournal()
    edited(journal, "i1", name="Čaj")
    moved = StockMoved(MoveKind.GOODS_RECEIPT, "Jana", (StockMove("w1", "i1", Quantity(5000)),))
    journal.append(Kind.STOCK_MOVED, moved)
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    journal_row = office.tables.journal_row
    with office.tables.writing():  # as a server that could not read them left them
        for table in ("pricelist_row", "stock_movement", "stock_level", "stock_counter"):
            getattr(office.tables, table).delete().execute()
        journal_row.update(state="deferred").where(journal_row.c.seq > 1).execute()
    assert project_waiting(office.tables, now=MORNING + timedelta(days=1)) == 2
    assert (bodies(office), levels(office)) == ({"i1": {"name": "Čaj"}}, {"i1": 5000})
    assert project_waiting(office.tables, now=MORNING + timedelta(days=2)) == 0


def test_a_level_does_not_depend_on_how_the_journal_was_cut(site: Site) -> None:
    office = Office(site.tables)
    journal = TillJournal()
    journal.open_shift()
    wanted: dict[str, int] = {}
    for _ in range(10):
        for item_id, quantity in sold(journal).items():
            wanted[item_id] = wanted.get(item_id, 0) + quantity
    place = office.place(journal)
    for start in range(0, len(journal.rows), 3):
        rows = journal.rows[max(0, start - 2) : start + 3]
        office.take(place, rows, epoch=journal.epoch)
    assert levels(office) == wanted


NAMES = ["name", "price", "ean:859", "label:bar", "deleted", "category_id", "principal", "plu"]
VALUES = ["true", "false", "null", "0", "1e3", '"\\ud800"', '"Čaj"', "[", '"12345678"']
TILLS = itertools.count(1)
STAMPS = ["0:0:x", "5:5:", "99999999999999:0:x", "1:2", ":::", "9" * 5000 + ":0:x"]


@pytest.fixture
def on_sqlite(site: Site) -> Office:
    return Office(site.tables)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_till_says_of_a_row_its_journal_is_taken(on_sqlite: Office, data: st.DataObject) -> None:
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
    said = st.builds(
        FieldStamp,
        st.one_of(st.sampled_from(NAMES), text),
        st.one_of(st.sampled_from(VALUES), text.map(value_text)),
        st.one_of(st.sampled_from(STAMPS), text),
    )
    edits = data.draw(st.lists(st.builds(ItemEdited, text, text, st.lists(said, max_size=3).map(tuple)), max_size=4))
    n = next(TILLS)
    journal = TillJournal(seed=n, prefix=f"P{n}")
    for edit in edits:
        journal.append(Kind.ITEM_EDITED, edit)
    taken = on_sqlite.take(on_sqlite.place(journal), journal.rows, epoch=journal.epoch)
    assert taken.acked.seq == len(journal.rows)
