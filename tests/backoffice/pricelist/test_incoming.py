from typing import Any

import pytest

from appliance.domain.journal import (
    CategoryEdited,
    FieldStamp,
    ItemEdited,
    Kind,
    SettingsChanged,
    WarehouseEdited,
)
from appliance.domain.pricelist import FieldInvalid, RowKind
from appliance.domain.stamps import Stamp
from backoffice.pricelist.incoming import write_of
from backoffice.pricelist.registers import Edit, RowWrite
from tests.journals import TillJournal


def changes(*fields: tuple[str, str], stamp: str = "5:0:till") -> tuple[FieldStamp, ...]:
    return tuple(FieldStamp(field, value, stamp) for field, value in fields)


def written(kind: Kind, body: Any) -> RowWrite | None:
    journal = TillJournal()
    return write_of(journal.append(kind, body), body)


def test_an_edited_item_is_a_write_of_its_changed_fields_by_its_till() -> None:
    till_id = TillJournal().till_id
    write = written(Kind.ITEM_EDITED, ItemEdited("i1", "Jana", changes(("name", '"Čaj"'), ("price", "null"))))
    assert write == RowWrite(
        RowKind.ITEM,
        "i1",
        (Edit("name", "Čaj", Stamp(5, 0, till_id)), Edit("price", None, Stamp(5, 0, till_id))),
        "Jana",
        till_id,
        "2026-11-24T07:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("kind", "body", "row"),
    [
        (Kind.CATEGORY_EDITED, CategoryEdited("c1", "Jana", changes(("name", '"Nápoje"'))), (RowKind.CATEGORY, "c1")),
        (Kind.WAREHOUSE_EDITED, WarehouseEdited("w1", "Jana", changes(("name", '"Sklep"'))), (RowKind.WAREHOUSE, "w1")),
        (
            Kind.SETTINGS_CHANGED,
            SettingsChanged("Jana", changes(("restricted", "true")), item_sync=True),
            (RowKind.TILL, TillJournal().till_id),
        ),
    ],
)
def test_what_else_a_till_edits(kind: Kind, body: Any, row: tuple[RowKind, str]) -> None:
    write = written(kind, body)
    assert write is not None
    assert (write.kind, write.row_id) == row


def test_s14_an_edit_made_while_price_list_sync_is_off_is_not_shared() -> None:
    assert written(Kind.ITEM_EDITED, ItemEdited("i1", "Jana", changes(("price", "5")), shared=False)) is None


def test_turning_price_list_sync_off_changes_no_shared_setting() -> None:
    assert written(Kind.SETTINGS_CHANGED, SettingsChanged("Jana", (), item_sync=False)) is None


@pytest.mark.parametrize(
    "change",
    [
        FieldStamp("price", "1.5", "5:0:till"),
        FieldStamp("price", "{", "5:0:till"),
        FieldStamp("price", "5", "yesterday"),
        FieldStamp("price", "5", "-5:0:till"),
        FieldStamp("price", "5", f"{2**60}:0:till"),
        FieldStamp("price", "5", "5:" + "9" * 90 + ":till"),
        FieldStamp("nothing", "5", "5:0:till"),
        FieldStamp("name", '"\\u0000"', "5:0:till"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(change: FieldStamp) -> None:
    with pytest.raises(ValueError, match=r".+"):
        written(Kind.ITEM_EDITED, ItemEdited("i1", "Jana", (change,)))


def test_a_till_cannot_take_the_place_of_its_own_settings() -> None:
    body = ItemEdited(TillJournal().till_id, "Jana", changes(("name", '"Čaj"')))
    with pytest.raises(FieldInvalid):
        written(Kind.ITEM_EDITED, body)
