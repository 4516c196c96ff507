import copy
from dataclasses import replace

import pytest

from appliance.domain.journal import EpochOpened, Kind, SettingsChanged
from backoffice import journal_check
from backoffice.journal_check import check_journal, epochs_of, flagged_rows, item_sync_of, paper_head_held
from tests.backoffice.house import Office
from tests.journals import TillJournal


def sent(office: Office, journal: TillJournal) -> str:
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    return place.till_id


def test_a_long_journal_is_checked_in_several_calls(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_check, "ROWS_PER_CALL", 5)
    monkeypatch.setattr(journal_check, "ROWS_AT_ONCE", 2)
    journal = TillJournal()
    journal.day(sales=4)
    till = sent(office, journal)
    checked, calls = check_journal(office.tables, office.account_id, till, after=("", 0), rows=0), 1
    while not checked.done:
        assert checked.flaw is None
        checked = check_journal(office.tables, office.account_id, till, after=checked.after, rows=checked.rows)
        calls += 1
    assert (checked.rows, calls) == (len(journal.rows), -(-len(journal.rows) // 5))


@pytest.mark.parametrize(("column", "value", "reason"), [("prev_hash", "ab" * 32, "chain"), ("body", "{}", "hash")])
def test_the_first_bad_row_is_named(office: Office, column: str, value: str, reason: str) -> None:
    journal = TillJournal()
    journal.day(sales=3)
    till = sent(office, journal)
    rows = office.tables.journal_row
    with office.tables.writing():
        rows.update(**{column: value}).where((rows.c.seq == 5) | (rows.c.seq == 7)).execute()
    checked = check_journal(office.tables, office.account_id, till, after=("", 0), rows=0)
    assert checked.flaw is not None
    assert (checked.flaw.seq, checked.flaw.reason, checked.rows) == (5, reason, 4)


def test_a_missing_row_is_named(office: Office) -> None:
    journal = TillJournal()
    journal.day(sales=3)
    till = sent(office, journal)
    rows = office.tables.journal_row
    with office.tables.writing():
        rows.delete().where(rows.c.seq == 3).execute()
    checked = check_journal(office.tables, office.account_id, till, after=("", 0), rows=0)
    assert checked.flaw is not None
    assert (checked.flaw.seq, checked.flaw.reason) == (4, "gap")


def test_epochs_are_told_with_the_row_they_go_on_from(office: Office) -> None:
    journal = TillJournal()
    journal.open_shift()
    till = sent(office, journal)
    parent = journal.rows[-1]
    later = TillJournal(seed=2)
    later.till_id = journal.till_id
    later.rows = []
    body = EpochOpened("restored", "P1B", parent.epoch, parent.seq, parent.hash.hex())
    later.append(Kind.EPOCH_OPENED, body)
    office.take(replace(office.place(journal), till_id=till), later.rows, epoch=later.epoch)
    epochs = {epoch.epoch: epoch for epoch in epochs_of(office.tables, office.account_id, till)}
    assert epochs[journal.epoch].parent_held is None
    assert epochs[later.epoch].parent_held is True
    assert epochs[later.epoch].on_paper == f"1:{later.rows[-1].hash.hex()[:16]}"
    assert paper_head_held(office.tables, office.account_id, till, f"{parent.seq}:{parent.hash.hex()[:8]}") is True
    rows = office.tables.journal_row
    with office.tables.writing():
        rows.delete().where((rows.c.epoch == journal.epoch) & (rows.c.seq == parent.seq)).execute()
    (orphan,) = [e for e in epochs_of(office.tables, office.account_id, till) if e.epoch == later.epoch]
    assert orphan.parent_held is False


def test_a_journal_that_is_not_there_has_no_flaw(office: Office) -> None:
    assert check_journal(office.tables, office.account_id, "nothing", after=("x", 9), rows=0).done
    assert epochs_of(office.tables, office.account_id, "nothing") == []


@pytest.mark.parametrize(
    "body",
    [
        '{"parent_epoch": "\\u0000", "parent_seq": 1}',
        '{"parent_epoch": "\\ud800", "reason": "\\ud800", "series": "\\ud800"}',
        '{"parent_epoch": "ab", "parent_seq": 1180591620717411303424}',
        '{"parent_epoch": "ab", "parent_seq": -1}',
        '{"parent_epoch": ["ab"], "reason": {"a": 1}}',
        "[" * 100_000,
    ],
)
def test_an_epoch_that_opens_with_nonsense_is_listed_like_any_other(office: Office, body: str) -> None:
    journal = TillJournal()
    journal.rows = []
    journal.append_text(Kind.EPOCH_OPENED, body)
    till = sent(office, journal)
    [epoch] = epochs_of(office.tables, office.account_id, till)
    assert (epoch.epoch, epoch.rows) == (journal.epoch, 1)
    assert "\ud800" not in epoch.reason + epoch.series
    assert check_journal(office.tables, office.account_id, till, after=("", 0), rows=0).done


def test_settings_that_are_nonsense_tell_nothing(office: Office) -> None:
    journal = TillJournal()
    journal.append_text(Kind.SETTINGS_CHANGED, "[" * 100_000)
    till = sent(office, journal)
    assert item_sync_of(office.tables, office.account_id, till) is None


@pytest.mark.parametrize("on", [True, False])
def test_of_settings_that_came_together_the_last_ones_count(office: Office, *, on: bool) -> None:
    """S14: a till that was offline tells of all its switching in one batch, which has one moment of arrival."""
    journal = TillJournal()
    for each in (on, not on) * 10 + (on,):
        journal.append(Kind.SETTINGS_CHANGED, SettingsChanged("Jana", (), item_sync=each))
    assert item_sync_of(office.tables, office.account_id, sent(office, journal)) is on


def test_rows_of_the_branch_that_lost_a_fork_are_flagged_only_until_their_documents_have_come(office: Office) -> None:
    """After a fork the till sends them once more in a new epoch; then nothing of them is missing."""
    journal = TillJournal()
    journal.open_shift()
    lost = copy.deepcopy(journal)
    lost._random.seed("lost")
    journal.sell()
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    lost.sell()
    lost.sell()
    office.take(place, lost.rows, epoch=journal.epoch)
    flagged = [row["seq"] for row in flagged_rows(office.tables, office.account_id, place.till_id)]
    assert sorted(flagged) == [row.seq for row in lost.rows[2:]]
    again = copy.deepcopy(journal)
    again.epoch, again.rows = "f" * 16, []
    again.append(Kind.EPOCH_OPENED, EpochOpened("fork", "P1B", journal.epoch, 2, journal.rows[1].hash.hex()))
    again.append_text(lost.rows[2].kind, lost.rows[2].body, doc_id=lost.rows[2].doc_id)
    office.take(place, again.rows, epoch=again.epoch)
    left = [row["seq"] for row in flagged_rows(office.tables, office.account_id, place.till_id)]
    assert sorted(left) == [row.seq for row in lost.rows[3:]]


@pytest.mark.parametrize("after", [("f" * 16, 3), ("", 7), (None, 10**6)])
def test_a_check_that_goes_on_after_a_row_that_is_not_here_begins_anew(
    office: Office, after: tuple[str | None, int]
) -> None:
    """What an address says was right before is not believed then."""
    journal = TillJournal()
    journal.day(sales=2)
    till = sent(office, journal)
    place = (journal.epoch if after[0] is None else after[0], after[1])
    checked = check_journal(office.tables, office.account_id, till, after=place, rows=1000)
    assert (checked.done, checked.rows) == (True, len(journal.rows))
