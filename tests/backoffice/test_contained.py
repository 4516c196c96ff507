from backoffice.contained import contained
from tests.backoffice.house import Office
from tests.journals import TillJournal


def test_of_several_epochs_the_first_that_is_held_counts(office: Office) -> None:
    journal = TillJournal()
    place = office.place(journal)
    journal.day(sales=2)
    office.take(place, journal.rows[:3], epoch=journal.epoch)
    with office.tables.reading():
        held = contained(office.tables, place, ["f" * 16, journal.epoch, "0" * 16])
        assert held is not None
        assert (held.epoch, held.seq) == (journal.epoch, 3)
        assert contained(office.tables, place, ["f" * 16]) is None
        assert contained(office.tables, place, []) is None


def test_a_branch_that_is_kept_as_evidence_does_not_count(office: Office) -> None:
    journal = TillJournal()
    place = office.place(journal)
    journal.open_shift()
    office.take(place, journal.rows, epoch=journal.epoch)
    other = TillJournal(user="Eva")
    other.rows = journal.rows[:1]
    for _ in range(3):
        other.open_shift()
    assert office.take(place, other.rows, epoch=journal.epoch).fork == 2
    with office.tables.reading():
        held = contained(office.tables, place, [journal.epoch])
    assert held is not None
    assert held.seq == 2


def test_the_rows_of_another_till_do_not_count(office: Office) -> None:
    journal, other = TillJournal(), TillJournal(seed=2, prefix="P2")
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    with office.tables.reading():
        assert contained(office.tables, office.place(other), [journal.epoch]) is None
