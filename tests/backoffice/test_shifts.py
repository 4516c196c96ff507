"""Closings of one shift by several devices: each is proven against its own line of descent (decisions/0013)."""

import copy

import pytest

from appliance.domain.journal import EpochOpened, Kind, RowsTakenOver
from backoffice import closings
from backoffice.closings import closing_proof, shift_page, shift_row
from backoffice.epochs import branch_epochs
from backoffice.journal_check import paper_head_held
from backoffice.projected import Place
from backoffice.reports import tills_of
from tests.backoffice.house import Office
from tests.backoffice.test_reports import plans_of
from tests.journals import MORNING, TillJournal


def gone_on(journal: TillJournal, epoch: str, *, reason: str = "other_board", rows: int = 0) -> TillJournal:
    """The same till in a new epoch, after `rows` rows (all unless told); its open shift goes on."""
    other = copy.deepcopy(journal)
    parent = journal.rows[(rows or len(journal.rows)) - 1]
    other.epoch, other.rows, other.series = epoch, [], journal.prefix + epoch[0].upper()
    other._n = 0
    other._random.seed(epoch)
    body = EpochOpened(reason, other.series, parent.epoch, parent.seq, parent.hash.hex(), journal.shift_id)
    other.append(Kind.EPOCH_OPENED, body)
    return other


def taken(office: Office, place: Place, *journals: TillJournal) -> None:
    for journal in journals:
        assert office.take(place, journal.rows, epoch=journal.epoch).acked.seq == len(journal.rows)


def proofs(office: Office) -> list[tuple[str, int, int, bool]]:
    """Of every closing: series of its epoch, receipts held and expected, complete."""
    rows = sorted(office.content("closing"), key=lambda row: row["epoch"])
    return [(r["epoch"][0], r["receipts_held"], r["receipts_expected"], bool(r["complete"])) for r in rows]


def test_a_moved_card_and_its_copy_both_close_the_shift_and_both_are_complete(office: Office) -> None:
    card = TillJournal(seed=3)
    card.epoch, card.rows = "0" * 16, []
    card.append(Kind.EPOCH_OPENED, EpochOpened("first_start", card.series))
    card.open_shift()
    card.sell()
    moved = gone_on(card, "b" * 16)
    moved.sell()
    card.sell()
    card.sell()
    card.close_shift()
    moved.close_shift()
    taken(office, office.place(card), card, moved)
    assert proofs(office) == [("0", 3, 3, True), ("b", 2, 2, True)]
    page, older = shift_page(office.tables, office.account_id)
    assert [(row["shift_id"], row["receipts_held"], row["complete"]) for row in page] == [
        (card.shift_id, row["receipts_expected"], 1) for row in page
    ]
    assert (len(page), older) == (2, "")
    for row in page:
        found = shift_row(office.tables, office.account_id, card.shift_id, closing=row["closed_doc_id"])
        assert found is not None
        assert (found["head_epoch"], f'"{card.shift_id}"' in found["body"]) == (row["head_epoch"], True)


def test_what_one_closing_lacks_is_not_made_up_by_the_other_device(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    card.sell()
    moved = gone_on(card, "b" * 16)
    lost = moved.sell()
    row = moved.rows.pop()
    card.sell()
    moved.close_shift()
    place = office.place(card)
    taken(office, place, card, moved)
    (closing,) = office.content("closing")
    assert (closing["receipts_held"], closing["receipts_expected"], closing["complete"]) == (1, 2, 0)
    moved.append_text(row.kind, row.body, doc_id=lost.doc_id)
    taken(office, place, moved)
    assert proofs(office) == [("b", 2, 2, True)]


def test_the_proof_goes_back_through_several_epochs(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    card.sell()
    second = gone_on(card, "b" * 16)
    second.sell()
    card.sell()  # of the copy that went on alone
    third = gone_on(second, "c" * 16, reason="fork", rows=2)
    third.sell()
    second.sell()
    third.close_shift()
    taken(office, office.place(card), card, second, third)
    assert proofs(office) == [("c", 3, 3, True)]


def test_a_replacement_counts_of_its_forerunner_what_it_has_taken_over_before_the_closing(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    first = card.sell()
    card.sell()
    after_first = next(row.seq for row in card.rows if row.doc_id == first.doc_id)
    new = gone_on(card, "b" * 16, reason="replacement")
    new.append(Kind.ROWS_TAKEN_OVER, RowsTakenOver(card.epoch, after_first, "backoffice"))
    new.receipts = [first]
    new.sell()
    new.close_shift()
    new.append(Kind.ROWS_TAKEN_OVER, RowsTakenOver(card.epoch, len(card.rows), "backoffice"))
    taken(office, office.place(card), card, new)
    assert proofs(office) == [("b", 2, 2, True)]


def test_a_restored_till_counts_what_came_back_beyond_its_backup(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    card.sell()
    backup = len(card.rows)
    restored = gone_on(card, "b" * 16, reason="restore", rows=backup)
    beyond = card.sell()
    restored.append(Kind.ROWS_TAKEN_OVER, RowsTakenOver(card.epoch, len(card.rows), "backoffice"))
    restored.receipts.append(beyond)
    restored.close_shift()
    taken(office, office.place(card), card, restored)
    assert proofs(office) == [("b", 2, 2, True)]


def test_a_receipt_that_stands_again_on_the_line_counts_wherever_it_came_first(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    card.sell()
    common = len(card.rows)
    copied = copy.deepcopy(card)
    copied._random.seed("copy")
    copied.sell()
    sold = card.sell()
    restored = copy.deepcopy(card)
    taken(office, office.place(card), copied)
    forked = gone_on(card, "b" * 16, reason="fork", rows=common)
    again = gone_on(restored, "c" * 16, reason="fork", rows=common)
    for journal in (forked, again):
        journal.append_text(card.rows[-1].kind, card.rows[-1].body, doc_id=sold.doc_id)
    again.close_shift()
    taken(office, office.place(card), forked, again)
    assert proofs(office) == [("c", 2, 2, True)]


def test_the_till_is_told_of_the_closing_it_means(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    moved = gone_on(card, "b" * 16)
    moved.sell()
    card.close_shift()
    moved.at = card.at
    moved.close_shift()
    place = office.place(card)
    taken(office, place, card, moved)

    def expected(closing: str) -> int:
        row = closing_proof(office.tables, place, card.shift_id, closing=closing)
        assert row is not None
        return int(row["receipts_expected"])

    assert (expected(card.rows[-1].doc_id), expected(moved.rows[-1].doc_id), expected("")) == (0, 1, 1)
    assert closing_proof(office.tables, place, card.shift_id, closing="nobody's") is None


def test_many_closings_are_shown_page_by_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    others = [gone_on(card, letter * 16) for letter in "bcdef"]
    for each in others:
        each.close_shift()
    taken(office, office.place(card), card, *others)
    seen: list[str] = []
    before = ""
    monkeypatch.setattr(closings, "PAGE_ROWS", 2)
    while True:
        page, before = shift_page(office.tables, office.account_id, before=before)
        seen += [row["head_epoch"] for row in page]
        if not before:
            break
    assert sorted(seen) == sorted(each.epoch for each in others)


def flagged(office: Office) -> int:
    return sum(view.flagged for view in tills_of(office.tables, office.account_id, now=MORNING))


def test_rows_that_lost_a_fork_are_red_only_until_their_documents_came_in(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    copied = copy.deepcopy(card)
    card.sell()
    copied._random.seed("copy")
    sold = copied.sell()
    place = office.place(card)
    taken(office, place, card)
    assert office.take(place, copied.rows, epoch=copied.epoch).fork == 3
    assert flagged(office) == 1
    again = gone_on(copied, "b" * 16, reason="fork", rows=2)
    again.append_text("receipt_issued", copied.rows[2].body, doc_id=sold.doc_id)
    taken(office, place, again)
    assert flagged(office) == 0


@pytest.mark.parametrize("moved", [False, True], ids=["on the same board", "moved before it closed"])
def test_a_closing_of_a_branch_that_lost_is_complete_when_the_head_on_its_paper_has_come(
    office: Office, *, moved: bool
) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    copied = copy.deepcopy(card)
    card.sell()
    copied._random.seed("copy")
    copied.sell()
    last = gone_on(copied, "d" * 16) if moved else copied
    last.sell()
    last.close_shift()
    place = office.place(card)
    taken(office, place, card)
    assert office.take(place, copied.rows[:3], epoch=copied.epoch).fork == 3
    again = gone_on(copied, "b" * 16, reason="fork", rows=2)
    for row in (*copied.rows[2:], *(last.rows[1:] if moved else ())):
        again.append_text(row.kind, row.body, doc_id=row.doc_id, v=row.v)
    taken(office, place, again)
    assert proofs(office) == [("b", 2, 2, False)]
    head = last.rows[-2]
    typed = f"{head.seq}:{head.hash.hex()[:16]}"
    assert paper_head_held(office.tables, office.account_id, place.till_id, typed) is False
    for each in (copied, last):
        lost = each.rows[2:] if each is copied else each.rows
        office.take(place, lost, epoch=each.epoch, lost=True)
    assert proofs(office) == [("b", 2, 2, True)]
    assert paper_head_held(office.tables, office.account_id, place.till_id, typed) is True


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_looking_for_epochs_that_lost_walks_no_journal(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    def look() -> None:
        with office.tables.reading():
            branch_epochs(office.tables, office.account_id, "till")

    plans = plans_of(office.tables, caplog, look)
    assert plans == ["SEARCH t1 USING INDEX journal_row_state (account_id=? AND state=?)"]


def test_a_receipt_that_names_the_shift_of_another_till_changes_nothing_there(office: Office) -> None:
    journal, other = TillJournal(seed=1), TillJournal(seed=2, prefix="P2")
    journal.day(sales=3)
    taken(office, office.place(journal), journal)
    shifts, closed = office.content("shift"), office.content("closing")
    other.open_shift()
    other.shift_id = journal.shift_id
    other.sell()
    taken(office, office.place(other), other)
    assert [row for row in office.content("shift") if row["till_id"] == journal.till_id] == shifts
    assert office.content("closing") == closed
