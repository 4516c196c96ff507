import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from appliance.domain.pricelist import FIELDS_MAX, FieldInvalid, RowKind
from appliance.domain.stamps import Stamp
from backoffice.pricelist.registers import Edit, RowWrite
from backoffice.pricelist.writing import edit_row, merge_items, write_rows
from tests.backoffice.house import Office
from tests.journals import MORNING

MORNING_MS = int(MORNING.timestamp() * 1000)
ITEM = RowKind.ITEM


def write(
    row_id: str,
    fields: Mapping[str, Any],
    *,
    at_ms: int = MORNING_MS,
    till_id: str = "till-a",
    kind: RowKind = ITEM,
) -> RowWrite:
    edits = tuple(Edit(field, value, Stamp(at_ms, 0, till_id)) for field, value in fields.items())
    return RowWrite(kind, row_id, edits, "Jana", till_id, "2026-11-24T07:00:00+00:00")


def put(office: Office, *writes: RowWrite, now: datetime = MORNING) -> dict[int, str]:
    with office.tables.writing():
        return write_rows(office.tables, office.account_id, writes, now=now)


def edit(office: Office, row_id: str, changes: Mapping[str, Any], *, now: datetime = MORNING) -> None:
    edit_row(office.tables, office.account_id, ITEM, row_id, changes, user="Majitel", now=now)


def row(office: Office, row_id: str = "i1") -> dict[str, Any]:
    (found,) = [each for each in office.content("pricelist_row") if each["row_id"] == row_id]
    return found


def fields(office: Office, row_id: str = "i1") -> dict[str, Any]:
    return dict(json.loads(row(office, row_id)["body"]))


def counter(office: Office) -> int:
    (account,) = office.content("account")
    return int(account["pricelist_version"])


def history(office: Office) -> list[tuple[Any, ...]]:
    names = ("row_id", "field", "value", "user_name", "till_id", "lost")
    return [tuple(each[name] for name in names) for each in office.content("pricelist_history")]


def member(office: Office, name: str, row_id: str = "i1") -> tuple[int, int]:
    """At which version it left, and where it is looked for."""
    (found,) = [
        each
        for each in office.content("pricelist_member")
        if (each["register"] + ":" + each["member"], each["row_id"]) == (name, row_id)
    ]
    return found["left_version"], found["version"]


def test_a_new_row_can_be_listed_and_searched_by_what_it_says(office: Office) -> None:
    assert put(office, write("i1", {"name": "Čaj Černý", "price": 4900, "category_id": "c1", "ean:859": True})) == {}
    found = row(office)
    assert (found["name"], found["folded"], found["category_id"], found["price_haler"]) == (
        "Čaj Černý",
        "caj cerny",
        "c1",
        4900,
    )
    assert (found["kind"], found["deleted"], found["version"], found["changed_by"]) == ("item", 0, 1, "till-a")
    assert fields(office) == {"name": "Čaj Černý", "price": 4900, "category_id": "c1", "ean:859": True}
    assert found["stamp"] == f"{MORNING_MS}:0:till-a"


def test_every_changed_row_has_a_version_of_its_own_and_repeats_none(office: Office) -> None:
    writes = [write(f"i{n}", {"price": n}) for n in range(700)]
    put(office, *writes)
    assert sorted(each["version"] for each in office.content("pricelist_row")) == list(range(1, 701))
    before = office.content("pricelist_row")
    put(office, *writes)
    assert office.content("pricelist_row") == before


def test_two_writes_of_one_row_in_one_batch_are_one_version(office: Office) -> None:
    put(office, write("i1", {"price": 1}), write("i1", {"price": 2}, at_ms=MORNING_MS + 1))
    assert (row(office)["version"], fields(office)) == (1, {"price": 2})
    assert history(office) == [("i1", "price", "1", "Jana", "till-a", 0)]


def test_b4_what_was_overwritten_and_what_lost_stand_in_the_history(office: Office) -> None:
    put(office, write("i1", {"price": 100}))
    put(office, write("i1", {"price": 300}, at_ms=MORNING_MS + 20, till_id="till-b"))
    put(office, write("i1", {"price": 200}, at_ms=MORNING_MS + 10))
    assert fields(office) == {"price": 300}
    assert sorted(history(office)) == [
        ("i1", "price", "100", "Jana", "till-a", 0),
        ("i1", "price", "200", "Jana", "till-a", 1),
    ]
    assert row(office)["version"] == 3
    assert row(office)["changed_by"] == ""


def test_an_edit_that_lost_once_does_not_come_back_by_being_sent_again(office: Office) -> None:
    ahead = write("i1", {"price": 1}, at_ms=MORNING_MS + 86_400_000)
    put(office, ahead)
    edit(office, "i1", {"price": 2})
    put(office, ahead, now=MORNING + timedelta(hours=1))
    assert fields(office) == {"price": 2}
    assert history(office) == [("i1", "price", "1", "Jana", "till-a", 0)]


def test_an_edit_sent_again_after_it_was_overwritten_makes_its_till_hear_what_counts(office: Office) -> None:
    """Two copies of one card hold the same edit, each in a row of its own. The second copy may have pulled the row
    while its own was on the way, and kept its value: the row has to come once more."""
    first = write("i1", {"name": "Rohlík", "label:pokl1": True})
    put(office, first)
    put(office, first)
    assert (row(office)["version"], row(office)["changed_by"]) == (1, "till-a")
    edit(office, "i1", {"name": "Houska", "label:pokl1": False})
    before = row(office)
    put(office, first)
    assert row(office) == {**before, "version": before["version"] + 1, "foreign_version": before["version"] + 1}
    assert member(office, "label:pokl1") == (row(office)["version"], row(office)["version"])
    assert len(history(office)) == 2


def test_the_same_lost_edit_twice_in_one_batch_is_one_line_of_history(office: Office) -> None:
    edit(office, "i1", {"price": 2})
    late = write("i1", {"price": 1}, at_ms=5)
    assert put(office, late, late) == {}
    assert history(office) == [("i1", "price", "1", "Jana", "till-a", 1)]


def test_an_edit_of_the_backoffice_is_above_a_till_whose_clock_is_ahead(office: Office) -> None:
    put(office, write("i1", {"price": 1}, at_ms=MORNING_MS + 3_600_000))
    edit(office, "i1", {"price": 2})
    assert fields(office) == {"price": 2}
    put(office, write("i1", {"price": 3}, at_ms=MORNING_MS + 86_400_000), now=MORNING + timedelta(minutes=1))
    assert fields(office) == {"price": 3}


def test_two_edits_of_one_clock_far_ahead_keep_their_order(office: Office) -> None:
    day = 86_400_000
    put(
        office, write("i1", {"price": 1}, at_ms=MORNING_MS + day), write("i1", {"price": 2}, at_ms=MORNING_MS + day + 1)
    )
    assert fields(office) == {"price": 2}
    assert json.loads(row(office)["registers"])["price"]["original"] == f"{MORNING_MS + day + 1}:0:till-a"


def test_what_is_so_already_is_not_written_again(office: Office) -> None:
    edit(office, "i1", {"name": "Čaj", "price": 100})
    edit(office, "i1", {"name": "Čaj", "price": 200}, now=MORNING + timedelta(hours=1))
    stamps = {name: each["stamp"] for name, each in json.loads(row(office)["registers"]).items()}
    assert stamps == {"name": f"{MORNING_MS}:0:backoffice", "price": f"{MORNING_MS + 3_600_000}:0:backoffice"}
    before = row(office)
    edit(office, "i1", {"price": 200}, now=MORNING + timedelta(hours=2))
    edit(office, "i1", {}, now=MORNING + timedelta(hours=2))
    assert row(office) == before


def test_an_edit_tells_open_pages(office: Office) -> None:
    edit(office, "i1", {"price": 1})
    assert [(each["kind"], each["subject"]) for each in office.content("event")] == [("pricelist", "i1")]


def test_members_are_kept_in_step_with_the_version_of_their_loss(office: Office) -> None:
    edit(office, "i1", {"label:bar": True, "ean:859": True})
    assert member(office, "label:bar") == (0, 1)
    edit(office, "i1", {"price": 5})
    assert (member(office, "label:bar"), member(office, "ean:859")) == ((0, 2), (0, 2))
    edit(office, "i1", {"label:bar": False})
    edit(office, "i1", {"price": 6})
    assert (member(office, "label:bar"), member(office, "ean:859")) == ((3, 3), (0, 4))
    edit(office, "i1", {"label:bar": True, "deleted": True})
    assert (member(office, "label:bar"), row(office)["deleted"]) == ((0, 5), 1)


def test_s17_a_label_put_in_and_taken_away_by_one_batch_has_left(office: Office) -> None:
    made, taken = write("i1", {"price": 1, "label:bar": True}), write("i1", {"label:bar": False}, at_ms=MORNING_MS + 1)
    put(office, made, taken)
    assert (member(office, "label:bar"), fields(office)) == ((1, 1), {"price": 1})
    put(office, made, taken)
    edit(office, "i1", {"price": 2})
    assert (member(office, "label:bar"), row(office)["version"]) == ((2, 2), 3)  # told once more with the repeat


def test_s14_a_label_that_came_and_went_while_item_sync_was_off_has_left(office: Office) -> None:
    put(office, write("i1", {"price": 1, "label:bar": False}))  # each field once, as it was at last
    assert (member(office, "label:bar"), fields(office)) == ((1, 1), {"price": 1})
    put(office, write("i1", {"label:bar": False}, at_ms=MORNING_MS + 1, till_id="till-b"))
    assert member(office, "label:bar") == (2, 2)
    edit(office, "i2", {"label:bar": False})  # no till has it from the Backoffice
    assert [each["row_id"] for each in office.content("pricelist_member")] == ["i1"]


def test_s17_a_label_that_was_put_in_too_late_to_count_has_left_for_its_till_too(office: Office) -> None:
    put(office, write("i1", {"label:bar": True}), write("i2", {"price": 1}))
    put(office, write("i1", {"label:bar": False}, at_ms=MORNING_MS + 20, till_id="till-b"))
    assert member(office, "label:bar") == (3, 3)
    put(office, write("i1", {"label:bar": True}, at_ms=MORNING_MS + 10))
    assert (member(office, "label:bar"), fields(office)) == ((4, 4), {})


def test_a_till_is_not_told_of_what_only_itself_has_written(office: Office) -> None:
    put(office, write("i1", {"price": 1}))
    edit(office, "i1", {"price": 2})
    assert (row(office)["changed_by"], row(office)["foreign_version"]) == ("", 1)
    put(office, write("i1", {"price": 3}, at_ms=MORNING_MS + 60_000))
    put(office, write("i1", {"price": 4}, at_ms=MORNING_MS + 60_001))
    assert (row(office)["changed_by"], row(office)["foreign_version"], row(office)["version"]) == ("till-a", 2, 4)


def test_a_row_of_another_kind_is_left_alone_and_the_others_are_written(office: Office) -> None:
    put(office, write("i1", {"price": 1}))
    refused = put(
        office,
        write("i2", {"price": 2}),
        write("i1", {"name": "Nápoje"}, kind=RowKind.CATEGORY),
        write("i3", {"price": 3}),
    )
    assert list(refused) == [1]
    assert [each["row_id"] for each in office.content("pricelist_row")] == ["i1", "i2", "i3"]
    assert fields(office) == {"price": 1}


def test_a_row_takes_no_more_than_its_number_of_fields(office: Office) -> None:
    put(office, write("i1", {f"ean:{n}": True for n in range(FIELDS_MAX)}))
    assert list(put(office, write("i1", {"price": 1}))) == [0]
    with pytest.raises(FieldInvalid):
        edit(office, "i1", {"price": 1})
    assert "price" not in fields(office)


@pytest.mark.parametrize("changes", [{"price": -1}, {"colour": "#112233"}, {"label:dvě slova": True}])
def test_the_backoffice_can_write_nothing_that_a_till_could_not_read(office: Office, changes: dict[str, Any]) -> None:
    with pytest.raises(FieldInvalid):
        edit(office, "i1", changes)
    assert office.content("pricelist_row") == []


def test_a_name_that_grows_when_folded_fits_the_index_of_every_database(office: Office) -> None:
    edit(office, "i1", {"name": "\ufdfa" * 120})
    assert row(office)["name"] == "\ufdfa" * 120


def test_of_two_merged_items_one_is_left_with_the_codes_and_labels_of_both(office: Office) -> None:
    edit(office, "i1", {"name": "Čaj", "ean:1": True, "label:bar": True})
    edit(office, "i2", {"name": "Čaj černý", "ean:2": True, "ean:3": True, "label:krám": True})
    edit(office, "i2", {"ean:3": False})
    merge_items(office.tables, office.account_id, kept_id="i1", merged_id="i2", user="Majitel", now=MORNING)
    assert fields(office) == {
        "name": "Čaj",
        "ean:1": True,
        "ean:2": True,
        "label:bar": True,
        "label:krám": True,
    }
    assert (row(office, "i1")["deleted"], row(office, "i2")["deleted"]) == (0, 1)


def test_an_item_without_codes_can_be_merged_too(office: Office) -> None:
    edit(office, "i1", {"name": "Čaj"})
    edit(office, "i2", {"name": "Čaj černý"})
    merge_items(office.tables, office.account_id, kept_id="i1", merged_id="i2", user="Majitel", now=MORNING)
    assert (fields(office), row(office, "i2")["deleted"]) == ({"name": "Čaj"}, 1)


@pytest.mark.parametrize(("kept_id", "merged_id"), [("i1", "i1"), ("i1", "c1"), ("i1", "nic"), ("nic", "i1")])
def test_only_two_items_can_be_merged(office: Office, kept_id: str, merged_id: str) -> None:
    edit(office, "i1", {"name": "Čaj", "ean:1": True})
    put(office, write("c1", {"name": "Nápoje"}, kind=RowKind.CATEGORY))
    before = office.content("pricelist_row")
    with pytest.raises(FieldInvalid):
        merge_items(office.tables, office.account_id, kept_id=kept_id, merged_id=merged_id, user="Majitel", now=MORNING)
    assert office.content("pricelist_row") == before
    assert counter(office) == 2
