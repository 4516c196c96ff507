import pytest

from appliance.domain.journal import head_hex
from appliance.service import receipts
from appliance.service.audit import verify_journal
from appliance.store import branches, journal
from appliance.store.journal import Head
from tests.shops import TestShop, rows, sell

AT = "2027-02-01T08:00:00+01:00"


def history(till: TestShop) -> None:
    """Two epochs: rows 1 to 5 and 6 to 8."""
    sale = sell(till.shop)
    receipts.reprint(till.shop, sale.doc_id)
    with till.shop.fact() as tables:
        journal.open_epoch(
            tables, epoch="e" * 16, reason="restore", doc_id="d", at=AT, board_serial="board-1", open_shift=""
        )
    sell(till.shop)
    sell(till.shop)


def broken_at(till: TestShop) -> int | None:
    """The place of the first bad row the check found."""
    epoch, _, seq = verify_journal(till.shop).broken_at.partition("/")
    if not seq:
        return None
    ((place,),) = rows(till.shop, "SELECT row FROM journal WHERE epoch = ? AND seq = ?", epoch, int(seq)) or [(0,)]
    assert isinstance(place, int)
    return place


def test_an_honest_journal_of_several_epochs_verifies(selling: TestShop) -> None:
    history(selling)
    verdict = verify_journal(selling.shop)
    known = journal.the_till(selling.store.tables)
    assert (verdict.rows, verdict.broken_at, verdict.anchored) == (8, "", None)
    assert (verdict.head_seq, verdict.head) == (3, head_hex(known.head_hash))


@pytest.mark.parametrize("place", [1, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize(
    "change",
    [
        "body = replace(body, 'a', 'b')",
        "at = '2027-02-01T08:00:01+01:00'",
        "kind = 'cash_moved'",
        "doc_id = doc_id || 'x'",
        "v = 9",
        "prev_hash = zeroblob(31) || x'01'",
        "hash = zeroblob(32)",
    ],
)
def test_one_changed_part_of_one_row_is_found(selling: TestShop, place: int, change: str) -> None:
    history(selling)
    before = rows(selling.shop, "SELECT * FROM journal WHERE row = ?", place)
    rows(selling.shop, f"UPDATE journal SET {change} WHERE row = ?", place)
    assert rows(selling.shop, "SELECT * FROM journal WHERE row = ?", place) != before
    assert broken_at(selling) == place


def test_a_row_taken_out_is_missed(selling: TestShop) -> None:
    history(selling)
    rows(selling.shop, "PRAGMA foreign_keys = OFF")
    rows(selling.shop, "DELETE FROM journal WHERE row = 3")
    assert broken_at(selling) == 4


@pytest.mark.parametrize("from_row", [8, 7, 6])
def test_rows_cut_off_at_the_end_are_missed(selling: TestShop, from_row: int) -> None:
    history(selling)
    rows(selling.shop, "PRAGMA foreign_keys = OFF")
    rows(selling.shop, "DELETE FROM journal WHERE row >= ?", from_row)
    assert verify_journal(selling.shop).broken_at == f"{'e' * 16}/3"


def test_an_epoch_taken_out_is_missed_by_the_one_that_names_it(selling: TestShop) -> None:
    history(selling)
    rows(selling.shop, "PRAGMA foreign_keys = OFF")
    rows(selling.shop, "DELETE FROM journal WHERE row <= 5")
    assert broken_at(selling) == 6


def test_the_row_that_an_epoch_of_another_device_goes_on_after_may_be_missing(selling: TestShop) -> None:
    history(selling)
    with selling.shop.fact() as tables:
        branches.add_partial(tables, ["e" * 16], at=AT)
    rows(selling.shop, "PRAGMA foreign_keys = OFF")
    rows(selling.shop, "DELETE FROM journal WHERE row <= 5")
    assert broken_at(selling) is None
    rows(selling.shop, "UPDATE journal SET at = 'x' WHERE row = 6")
    assert broken_at(selling) == 6


@pytest.mark.parametrize("partial", [(), ("e" * 16,)])
def test_an_epoch_that_goes_on_after_another_row_than_the_one_here_is_found(
    selling: TestShop, partial: tuple[str, ...]
) -> None:
    known = journal.the_till(selling.store.tables)
    parent = Head(known.epoch, known.head_seq, "0" * 64)
    with selling.shop.fact() as tables:
        journal.open_epoch(
            tables,
            epoch="e" * 16,
            reason="restore",
            doc_id="d",
            at=AT,
            board_serial="board-1",
            open_shift="",
            parent=parent,
        )
        branches.add_partial(tables, partial, at=AT)
    assert verify_journal(selling.shop).broken_at == f"{'e' * 16}/1"


def test_a_whole_chain_written_anew_is_found_by_the_head_on_paper(selling: TestShop) -> None:
    history(selling)
    known = journal.the_till(selling.store.tables)
    on_paper = head_hex(known.head_hash)
    assert verify_journal(selling.shop, head_seq=3, head=on_paper).anchored is True
    rows(selling.shop, "UPDATE journal SET at = 'x', hash = zeroblob(32) WHERE row = 8")
    verdict = verify_journal(selling.shop, head_seq=3, head=on_paper)
    assert verdict.anchored is False


@pytest.mark.parametrize(("seq", "head"), [(2, "0" * 16), (99, "0" * 16)])
def test_a_head_that_was_never_there_does_not_anchor(selling: TestShop, seq: int, head: str) -> None:
    history(selling)
    verdict = verify_journal(selling.shop, head_seq=seq, head=head)
    assert (verdict.anchored, verdict.broken_at) == (False, "")


def test_a_long_journal_is_read_in_batches(selling: TestShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.service.audit.BATCH_ROWS", 2)
    history(selling)
    assert (verify_journal(selling.shop).rows, verify_journal(selling.shop).broken_at) == (8, "")
    rows(selling.shop, "UPDATE journal SET at = 'x' WHERE row = 7")
    assert broken_at(selling) == 7
