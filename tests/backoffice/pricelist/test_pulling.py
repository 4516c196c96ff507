import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from peewee import SQL

from appliance.domain.pricelist import FIELDS_MAX, RowKind
from appliance.sync.link import REPLY_BYTES_MAX
from appliance.wire import Changes, Position
from backoffice.contained import CursorAhead
from backoffice.pricelist import pulling
from backoffice.pricelist.pulling import changes_page, changes_waiting
from backoffice.pricelist.registers import Edit, RowWrite
from backoffice.pricelist.writing import edit_row, write_rows
from backoffice.projected import Place
from backoffice.site import Site
from tests.backoffice.house import Office
from tests.journals import MORNING, TillJournal

ITEM = RowKind.ITEM


@pytest.fixture
def till(office: Office) -> Place:
    return office.place(TillJournal())


def put(office: Office, row_id: str, fields: Mapping[str, Any], *, kind: RowKind = ITEM) -> None:
    edit_row(office.tables, office.account_id, kind, row_id, fields, user="Majitel", now=MORNING)


def put_many(office: Office, count: int, fields: Callable[[int], Mapping[str, Any]]) -> None:
    writes = [
        RowWrite(ITEM, f"i{n:06}", tuple(Edit(*field) for field in fields(n).items()), "", "", "") for n in range(count)
    ]
    with office.tables.writing():
        write_rows(office.tables, office.account_id, writes, now=MORNING)


def pull(
    office: Office, till: Place, since: int = 0, *, label: str = "", limit: int = 500, count: bool = False
) -> Changes:
    text = changes_page(office.tables, till, since=since, limit=limit, label=label, epochs=[], count=count)
    assert set(json.loads(text)) <= set(Changes.model_fields)
    return Changes.model_validate_json(text)


def ids(changes: Changes) -> list[str]:
    return [row.id for row in changes.rows]


def waiting(office: Office, till: Place, since: int, label: str = "") -> int:
    with office.tables.reading():
        return changes_waiting(office.tables, till, since=since, label=label)


def test_a_till_without_a_label_is_sent_everything_in_the_order_of_versions(office: Office, till: Place) -> None:
    put(office, "i1", {"name": 'Čaj "zelený"', "price": 4900, "ean:859": True})
    put(office, "c1", {"name": "Nápoje"}, kind=RowKind.CATEGORY)
    put(office, "i1", {"price": 5900})
    changes = pull(office, till)
    assert ids(changes) == ["c1", "i1"]
    assert (changes.version, changes.more, changes.left, changes.as_of) == (3, False, None, None)
    (category, item) = changes.rows
    assert (category.kind, category.fields) == ("category", {"name": "Nápoje"})
    assert (item.kind, item.fields) == ("item", {"name": 'Čaj "zelený"', "price": 5900, "ean:859": True})
    assert item.stamp.endswith(":1:backoffice")


def test_pages_follow_each_other_without_a_hole(office: Office, till: Place) -> None:
    put_many(office, 25, lambda n: {"price": n})
    first = pull(office, till, limit=10, count=True)
    second = pull(office, till, first.version, limit=10)
    third = pull(office, till, second.version, limit=10)
    assert ids(first) + ids(second) + ids(third) == [f"i{n:06}" for n in range(25)]
    assert (first.left, first.more, second.more, third.more, third.version) == (15, True, True, False, 25)
    assert ids(pull(office, till, third.version)) == []


def test_a_full_page_that_is_the_last_one_says_so(office: Office, till: Place) -> None:
    put_many(office, 10, lambda n: {"price": n})
    assert not pull(office, till, limit=10).more


def test_a_page_of_rows_that_say_much_is_shorter_than_a_till_reads(office: Office, till: Place) -> None:
    put_many(office, 300, lambda n: {f"label:{n:03}{k:03}{'ř' * 26}": True for k in range(FIELDS_MAX)})
    read: list[str] = []
    since, more = 0, True
    while more:
        text = changes_page(office.tables, till, since=since, limit=500, label="", epochs=[], count=False)
        assert len(text.encode()) < REPLY_BYTES_MAX
        page = Changes.model_validate_json(text)
        read += ids(page)
        since, more = page.version, page.more
    assert read == [f"i{n:06}" for n in range(300)]


def test_s18_a_till_with_a_label_is_sent_the_items_that_carry_it(office: Office, till: Place) -> None:
    put(office, "i1", {"price": 1, "label:bar": True})
    put(office, "i2", {"price": 2})
    put(office, "c1", {"name": "Nápoje"}, kind=RowKind.CATEGORY)
    put(office, "i3", {"price": 3, "label:bar": True, "label:krám": True})
    assert ids(pull(office, till, label="bar", count=True)) == ["i1", "c1", "i3"]
    assert ids(pull(office, till, label="krám")) == ["c1", "i3"]
    assert ids(pull(office, till)) == ["i1", "i2", "c1", "i3"]


def test_an_item_that_lost_the_label_is_gone_for_those_who_were_before_the_loss(office: Office, till: Place) -> None:
    put(office, "i1", {"price": 1, "label:bar": True})
    put(office, "i1", {"label:bar": False})
    put(office, "i1", {"price": 3})
    changes = pull(office, till, 1, label="bar")
    assert [(row.id, row.gone, row.fields) for row in changes.rows] == [("i1", True, {})]
    assert ids(pull(office, till, 2, label="bar")) == []
    assert ids(pull(office, till, 0, label="bar")) == []
    assert [row.gone for row in pull(office, till, 1).rows] == [False]


def test_a_loss_is_told_though_the_row_changed_again_behind_the_page(office: Office, till: Place) -> None:
    put(office, "i1", {"price": 1, "label:bar": True})
    put(office, "i1", {"label:bar": False})
    put(office, "i2", {"price": 2, "label:bar": True})
    put(office, "i1", {"price": 9})
    first = pull(office, till, 1, label="bar", limit=1)
    second = pull(office, till, first.version, label="bar", limit=1)
    assert [(row.id, row.gone) for row in (*first.rows, *second.rows)] == [("i1", True), ("i2", False)]


def test_a_deleted_item_is_sent_as_deleted_but_not_to_a_till_that_begins(office: Office, till: Place) -> None:
    put(office, "i1", {"price": 1, "label:bar": True})
    put(office, "i1", {"deleted": True})
    for label in ("", "bar"):
        (row,) = pull(office, till, 1, label=label).rows
        assert (row.gone, row.fields["deleted"]) == (False, True)
        assert ids(pull(office, till, 0, label=label)) == []


def test_a_till_is_sent_its_own_settings_only(office: Office, till: Place) -> None:
    put(office, till.till_id, {"label": "bar"}, kind=RowKind.TILL)
    put(office, "till-b", {"label": "krám"}, kind=RowKind.TILL)
    for label in ("", "bar"):
        changes = pull(office, till, label=label, count=True)
        assert (ids(changes), changes.version) == ([till.till_id], 2)
        assert waiting(office, till, 0, label) == 1


def test_another_account_is_another_price_list(office: Office, till: Place) -> None:
    other = Office(office.tables, email="jina@obchod.cz")
    put(other, "i1", {"price": 1, "label:bar": True})
    put(office, "i1", {"price": 2})
    assert pull(office, till).rows[0].fields == {"price": 2}
    assert ids(pull(office, till, label="bar")) == []


def test_a_cursor_that_was_never_given_is_told(office: Office, till: Place) -> None:
    put(office, "i1", {"price": 1})
    with pytest.raises(CursorAhead):
        pull(office, till, 2)
    assert waiting(office, till, 2) == 1
    assert waiting(office, till, 1) == 0


def test_a_page_says_how_much_of_the_journal_is_in_it(office: Office) -> None:
    journal = TillJournal()
    place = office.place(journal)
    journal.day(sales=1)
    office.take(place, journal.rows, epoch=journal.epoch)
    for epochs, as_of in (
        ([journal.epoch], Position(epoch=journal.epoch, seq=len(journal.rows))),
        (["0" * 16, journal.epoch], Position(epoch=journal.epoch, seq=len(journal.rows))),
        (["0" * 16], None),
    ):
        text = changes_page(office.tables, place, since=0, limit=5, label="", epochs=epochs, count=False)
        assert Changes.model_validate_json(text).as_of == as_of


def test_changes_wait_until_they_are_pulled(office: Office, till: Place) -> None:
    put(office, "i1", {"price": 1, "label:bar": True})
    put(office, "i2", {"price": 2})
    put(office, "i3", {"price": 3})
    put(office, "i3", {"deleted": True})
    assert [waiting(office, till, since) for since in (0, 1, 2, 4)] == [2, 2, 1, 0]
    assert [waiting(office, till, since, "bar") for since in (0, 1)] == [1, 0]
    put(office, "i1", {"label:bar": False})
    assert waiting(office, till, 4, "bar") == 1


def test_a_tills_own_edits_do_not_wait_for_it_but_for_the_others(office: Office, till: Place) -> None:
    put(office, "i1", {"price": 1})
    other = office.place(TillJournal(seed=2, prefix="P2"))
    write = RowWrite(ITEM, "i1", (Edit("price", 2),), "Jana", till.till_id, "")
    with office.tables.writing():
        write_rows(office.tables, office.account_id, [write], now=MORNING)
    assert [waiting(office, till, since) for since in (0, 1)] == [1, 0]
    assert [waiting(office, other, since) for since in (0, 1)] == [1, 1]


def test_no_more_changes_are_counted_than_anybody_wants_to_know(
    office: Office, till: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "CHANGES_WAITING_MAX", 20)
    put_many(office, 21, lambda n: {"price": n, "label:bar": n % 2 == 0})
    put(office, "c1", {"name": "Nápoje"}, kind=RowKind.CATEGORY)
    assert waiting(office, till, 0) == 20
    assert waiting(office, till, 0, "bar") == 12
    monkeypatch.setattr(pulling, "CHANGES_WAITING_MAX", 11)
    assert waiting(office, till, 0, "bar") == 11


@pytest.mark.parametrize("label", ["", "bar"])
@pytest.mark.parametrize("since", [0, 500])
def test_a_page_is_read_by_an_index_and_counted_from_one(site: Site, label: str, since: int) -> None:
    office = Office(site.tables)
    put_many(office, 700, lambda n: {"price": n, "label:bar": n % 100 == 0})
    till = office.place(TillJournal())
    with office.tables.reading():
        for query in pulling._queries(office.tables, till, since=since, label=label):
            for asked in (query.limit(501), query.columns(SQL("1")).order_by()):
                statement, parameters = asked.sql()
                plan = office.tables.run_sql(f"EXPLAIN QUERY PLAN {statement}", *parameters).fetchall()
                steps = [step[3] for step in plan]
                assert all(step.startswith("SEARCH") for step in steps), steps
                assert "version>?" in steps[0]
                assert not label or "pricelist_others" in steps[0] or "pricelist_member_order" in steps[0]


def test_s17_a_label_the_till_itself_took_away_waits_for_it_as_a_change(office: Office, till: Place) -> None:
    put(office, "i1", {"name": "Čaj", "label:pokl1": True})
    since = pull(office, till, label="pokl1").version
    taken = RowWrite(ITEM, "i1", (Edit("label:pokl1", False),), "Jana", till.till_id, "")
    renamed = RowWrite(ITEM, "i1", (Edit("name", "Kafe"),), "Jana", till.till_id, "")
    for write, expected in ((renamed, 0), (taken, 1)):
        with office.tables.writing():
            assert write_rows(office.tables, office.account_id, [write], now=MORNING) == {}
        assert waiting(office, till, since, "pokl1") == expected
    (left,) = pull(office, till, since, label="pokl1").rows
    assert left.gone


def test_s17_an_item_whose_label_came_and_went_in_one_batch_is_gone_for_the_till_that_made_it(
    office: Office, till: Place
) -> None:
    put(office, "i1", {"name": "Čaj", "label:bar": True})
    since = pull(office, till, label="bar").version
    made = RowWrite(ITEM, "i2", (Edit("name", "Novinka"), Edit("label:bar", True)), "Jana", till.till_id, "")
    taken = RowWrite(ITEM, "i2", (Edit("label:bar", False), Edit("label:kiosk", True)), "Jana", till.till_id, "")
    with office.tables.writing():
        assert write_rows(office.tables, office.account_id, [made, taken], now=MORNING) == {}
    assert waiting(office, till, since, "bar") == 1
    assert [(row.id, row.gone) for row in pull(office, till, since, label="bar").rows] == [("i2", True)]
    assert [(row.id, row.gone) for row in pull(office, till, since, label="kiosk").rows] == [("i2", False)]
    assert ids(pull(office, till, label="bar")) == ["i1"]
