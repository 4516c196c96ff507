from dataclasses import replace

import pytest

from appliance.domain.journal import EpochOpened, Kind
from backoffice import journal_check
from backoffice.journal_check import check_journal, epochs_of, item_sync_of, paper_head_held
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
