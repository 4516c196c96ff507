from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.journal import Row
from backoffice.intake import Taken, project_waiting, sort_out
from backoffice.migrations import migrate
from backoffice.tables import Tables, open_database
from tests.backoffice.house import Office
from tests.journals import MORNING, TillJournal

TABLES = ("till", "journal_row", "receipt", "payment", "shift")


def a_day(*, sales: int = 5, seed: int = 3) -> TillJournal:
    journal = TillJournal(seed=seed)
    journal.day(sales=sales)
    return journal


def test_a_day_of_a_till_stands_in_the_tables_with_the_sums_of_its_closing(office: Office) -> None:
    journal = TillJournal(seed=3)
    closing = journal.day(sales=8)
    taken = office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    assert (taken.acked.seq, taken.gap, taken.fork) == (len(journal.rows), None, None)
    receipts = office.content("receipt")
    assert len(receipts) == closing.totals.count == 9
    assert sum(row["paid_haler"] for row in receipts) == closing.totals.total.haler
    assert sum(row["amount_haler"] for row in office.content("payment")) == closing.totals.total.haler
    (closing_row,) = office.content("closing")
    assert [closing_row[key] for key in ("complete", "receipts_held", "head_held")] == [1, 9, 1]
    assert {state for state, _ in office.states().values()} == {"projected"}


def test_rows_are_kept_byte_for_byte_with_their_hashes(office: Office) -> None:
    journal = a_day(sales=2)
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    held = sorted(office.content("journal_row"), key=lambda row: row["seq"])
    assert [(row["body"], row["hash"]) for row in held] == [(row.body, row.hash.hex()) for row in journal.rows]


def test_a_repeat_is_a_success_and_changes_nothing(office: Office) -> None:
    journal = a_day()
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    before = {name: office.content(name) for name in TABLES}
    taken = office.take(place, journal.rows[3:9], epoch=journal.epoch)
    assert taken == Taken(taken.acked, news=False)
    assert taken.acked.seq == len(journal.rows)
    assert {name: office.content(name) for name in TABLES} == before


def test_a_gap_names_the_row_that_is_wanted(office: Office) -> None:
    journal = a_day()
    place = office.place(journal)
    office.take(place, journal.rows[:3], epoch=journal.epoch)
    taken = office.take(place, journal.rows[5:], epoch=journal.epoch)
    assert taken.gap == 4
    assert len(office.content("journal_row")) == 3


def test_an_epoch_that_does_not_begin_at_one_is_a_gap(office: Office) -> None:
    journal = a_day()
    assert office.take(office.place(journal), journal.rows[2:], epoch=journal.epoch).gap == 1


def test_rows_in_the_wrong_order_are_sorted_first(office: Office) -> None:
    journal = a_day()
    taken = office.take(office.place(journal), journal.rows[::-1], epoch=journal.epoch)
    assert taken.acked.seq == len(journal.rows)


def branch_of(journal: TillJournal, *, at: int) -> list[Row]:
    """The same till continued differently from a row on: a copied card."""
    other = TillJournal(seed=journal.seed)
    other.rows = journal.rows[: at - 1]
    other._random.seed(99)
    other.open_shift()
    other.sell()
    return other.rows[at - 1 :]


def test_a_fork_names_the_first_row_that_differs_and_keeps_both_branches(office: Office) -> None:
    journal = a_day()
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    other = branch_of(journal, at=5)
    for _ in range(2):
        taken = office.take(place, [*journal.rows[:4], *other], epoch=journal.epoch)
        assert taken.fork == 5
        assert taken.acked.seq == len(journal.rows)
    held = office.content("journal_row")
    assert [row["body"] for row in held if row["state"] == "forked"] == [row.body for row in other]
    assert len(held) == len(journal.rows) + len(other)
    assert len(office.content("receipt")) == 6


def test_rows_a_till_says_are_lost_are_kept_and_count_for_nothing(office: Office) -> None:
    journal = a_day()
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    before = [office.content(name) for name in ("receipt", "shift", "payment")]
    other = branch_of(journal, at=5)
    office.take(place, other[:1], epoch=journal.epoch)
    for _ in range(2):
        taken = office.take(place, other[1:], epoch=journal.epoch, lost=True)
        assert (taken.acked.seq, taken.fork, taken.gap) == (other[-1].seq, None, None)
    assert office.take(place, journal.rows[6:8], epoch=journal.epoch, lost=True).acked.seq == 8
    held = office.content("journal_row")
    assert [row["hash"] for row in held if row["state"] == "forked"] == [row.hash.hex() for row in other]
    assert len(held) == len(journal.rows) + len(other)
    assert [office.content(name) for name in ("receipt", "shift", "payment")] == before


def test_rows_kept_as_another_branch_count_when_they_come_as_the_only_ones(office: Office) -> None:
    """A restored server hears of a fork that it has forgotten before it hears of the rows themselves."""
    journal = a_day()
    place = office.place(journal)
    office.take(place, journal.rows[3:], epoch=journal.epoch, lost=True)
    assert office.content("receipt") == []
    assert office.take(place, journal.rows, epoch=journal.epoch).acked.seq == len(journal.rows)
    assert [state for state, _ in office.states().values()] == ["projected"] * len(journal.rows)
    assert len(office.content("receipt")) == 6


def test_after_a_fork_the_same_documents_in_a_new_epoch_are_not_counted_twice(office: Office) -> None:
    journal = a_day(sales=3)
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    receipts = office.content("receipt")
    again = TillJournal(seed=77)
    again.till_id = journal.till_id
    again.rows = []
    for row in journal.rows:
        again.append_text(row.kind, row.body, doc_id=row.doc_id, v=row.v)
    again.open_shift()
    again.sell()
    office.take(place, again.rows, epoch=again.epoch)
    assert len(office.content("receipt")) == len(receipts) + 1
    assert {row["state"] for row in office.content("journal_row")} == {"projected"}


def test_a_document_that_comes_back_with_other_content_is_flagged(office: Office) -> None:
    journal = a_day(sales=1)
    place = office.place(journal)
    first = next(row for row in journal.rows if row.kind == "receipt_issued")
    journal.append_text("receipt_issued", first.body.replace("Jana", "Petr"), doc_id=first.doc_id)
    office.take(place, journal.rows, epoch=journal.epoch)
    assert office.states()[len(journal.rows)] == ("failed", "doc_id_reused")


def test_a_row_whose_hash_does_not_fit_is_stored_flagged_and_acked(office: Office) -> None:
    journal = a_day()
    place = office.place(journal)
    rows = list(journal.rows)
    rows[2] = replace(rows[2], body=rows[2].body.replace("Jana", "Petr"))
    taken = office.take(place, rows, epoch=journal.epoch)
    assert taken.acked.seq == len(rows)
    assert office.states()[3] == ("failed", "hash")
    assert office.states()[4] == ("failed", "the receipt of this code is not held")
    assert [row.seq for row in rows[4:] if office.states()[row.seq][0] != "projected"] == []
    (closing,) = office.content("closing")
    assert (closing["receipts_held"], closing["receipts_expected"], closing["complete"]) == (5, 6, 0)


def test_a_row_that_does_not_continue_the_chain_is_flagged(office: Office) -> None:
    journal = a_day(sales=1)
    stranger = TillJournal(seed=8)
    stranger.till_id, stranger.epoch = journal.till_id, journal.epoch
    stranger.rows = [*journal.rows[:-1], replace(journal.rows[-1], hash=bytes(32))]
    row = stranger.append_text("drawer_opened", '{"shift_id":"s","user":"u","reason":"r"}')
    office.take(office.place(journal), [*journal.rows, row], epoch=journal.epoch)
    assert office.states()[row.seq] == ("failed", "chain")


@pytest.mark.parametrize(("kind", "v"), [("moon_landed", 1), ("receipt_issued", 4)])
def test_an_unknown_kind_or_a_higher_version_waits_for_an_upgrade(office: Office, kind: str, v: int) -> None:
    journal = TillJournal()
    row = journal.append_text(kind, '{"what":"ever"}', v=v)
    journal.open_shift()
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    assert office.states() == {1: ("projected", ""), row.seq: ("deferred", f"{kind} v{v}"), 3: ("projected", "")}


def test_a_row_that_cannot_be_projected_is_flagged_and_the_rows_after_it_count(office: Office) -> None:
    journal = TillJournal()
    journal.open_shift()
    broken = journal.append_text("receipt_issued", '{"doc_id":"half"}')
    journal.sell()
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    state, reason = office.states()[broken.seq]
    assert (state, "expected the key" in reason) == ("failed", True)
    assert len(office.content("receipt")) == 1


def test_a_receipt_whose_sums_do_not_add_up_is_flagged(office: Office) -> None:
    journal = TillJournal()
    journal.open_shift()
    journal.sell()
    row = journal.rows.pop()
    total = next(part for part in row.body.split(",") if part.startswith('"rounding"'))
    journal.append_text(row.kind, row.body.replace(total, '"rounding":4900'), doc_id=row.doc_id)
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    assert office.states()[row.seq][0] == "failed"
    assert office.content("receipt") == []


def test_rows_that_waited_are_projected_at_a_later_start(office: Office) -> None:
    journal = a_day(sales=2)
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    late = next(row for row in journal.rows if row.kind == "receipt_issued")
    with office.tables.writing():
        for table in (office.tables.payment, office.tables.receipt):
            table.delete().where(table.c.doc_id == late.doc_id).execute()
        held = office.tables.journal_row
        held.update(state="deferred").where(held.c.doc_id == late.doc_id).execute()
    assert project_waiting(office.tables, now=MORNING) == 1
    assert len(office.content("receipt")) == 3
    assert project_waiting(office.tables, now=MORNING) == 0


def test_a_late_receipt_completes_its_shift(office: Office) -> None:
    journal = TillJournal()
    journal.open_shift()
    journal.sell()
    late = journal.sell()
    late_row = journal.rows.pop()
    journal.close_shift()
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    (closing,) = office.content("closing")
    assert (closing["receipts_held"], closing["receipts_expected"], closing["complete"]) == (1, 2, 0)
    journal.append_text(late_row.kind, late_row.body, doc_id=late.doc_id)
    office.take(place, journal.rows[-1:], epoch=journal.epoch)
    (closing,) = office.content("closing")
    assert [closing[key] for key in ("receipts_held", "receipts_expected", "complete")] == [2, 2, 1]
    assert closing["sum_held_haler"] == closing["sum_expected_haler"]


def test_a_code_from_the_tax_office_comes_to_its_receipt(office: Office) -> None:
    journal = TillJournal()
    journal.open_shift()
    first, second = journal.sell(), journal.sell()
    journal.fiscalise(first)
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    states = {row["doc_id"]: row["fiscal_state"] for row in office.content("receipt")}
    assert states == {first.doc_id: "confirmed", second.doc_id: "waiting"}


def test_a_closing_whose_opening_was_lost_still_stands_in_the_overview(office: Office) -> None:
    journal = TillJournal()
    journal.open_shift()
    opened = journal.rows.pop()
    journal.append_text(opened.kind, '{"shift_id":"broken"}')
    journal.sell()
    journal.close_shift()
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    (shift,) = office.content("shift")
    assert [closing["complete"] for closing in office.content("closing")] == [1]
    assert (shift["opened_by"], shift["float_haler"]) == ("", 200000)


def test_an_empty_batch_carries_only_the_status(office: Office) -> None:
    journal = TillJournal()
    place = office.place(journal)
    taken = office.take(place, [], epoch=journal.epoch)
    assert (taken.acked.seq, taken.news) == (0, True)
    assert office.take(place, [], epoch=journal.epoch).news is False


def test_what_is_already_known_is_told_from_what_is_new() -> None:
    rows = a_day(sales=1).rows
    held = {row.seq: row.hash for row in rows[:3]}
    assert sort_out(rows[1:5], held=held, head=3).new == tuple(rows[3:5])
    assert sort_out(rows[4:], held={}, head=3).gap == 4
    assert sort_out([rows[0], rows[2]], held={}, head=0).gap == 2


JOURNAL = a_day(sales=3, seed=11)
BATCHES = st.lists(
    st.tuples(st.integers(0, len(JOURNAL.rows) - 1), st.integers(1, len(JOURNAL.rows))), min_size=0, max_size=5
)


def fresh_office(folder: Path) -> Office:
    tables = Tables(open_database(url="", data_dir=folder))
    migrate(tables)
    return Office(tables)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The tables after the journal came as one batch."""
    office = fresh_office(tmp_path_factory.mktemp("whole"))
    office.take(office.place(JOURNAL), JOURNAL.rows, epoch=JOURNAL.epoch)
    return {name: office.content(name) for name in TABLES}


@settings(max_examples=15, deadline=None)
@given(batches=BATCHES, step=st.integers(1, 7))
def test_any_split_and_repetition_of_a_journal_gives_the_same_tables(
    batches: list[tuple[int, int]],
    step: int,
    whole: dict[str, list[dict[str, Any]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    office = fresh_office(tmp_path_factory.mktemp("pieces"))
    place = office.place(JOURNAL)
    for start, count in batches:
        office.take(place, JOURNAL.rows[start : start + count], epoch=JOURNAL.epoch)
    for at in range(0, len(JOURNAL.rows), step):
        assert office.take(place, JOURNAL.rows[at : at + step], epoch=JOURNAL.epoch).gap is None
    assert {name: office.content(name) for name in TABLES} == whole
