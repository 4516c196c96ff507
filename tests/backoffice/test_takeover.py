"""What a device is given that takes a till's place, on both databases."""

import pytest

from appliance.domain.fiscal import Dialect, FrozenSale, Mode
from appliance.domain.journal import EpochOpened, FiscalCorrected, Kind, RowsTakenOver
from appliance.wire import SEQ_MAX, PairRequest, TakeoverPage
from backoffice import takeover
from backoffice.pairing import PairingRefused, make_code, pair, till_of_token
from backoffice.projected import Place
from backoffice.takeover import replacement_page, rows_beyond, takeover_of
from tests.backoffice.house import Office
from tests.backoffice.test_shifts import gone_on, taken
from tests.journals import MORNING, TillJournal

NEW_DEVICE = "11111111-1111-4111-8111-111111111111"


def request(code: str, *, till_id: str = NEW_DEVICE, fresh: bool = True) -> PairRequest:
    return PairRequest(code=code, till_id=till_id, prefix="P9", id_pokl="9", name="Nová", fresh=fresh)


def all_pages(office: Office, place: Place, *, epoch: str, seq: int, shift_id: str) -> list[TakeoverPage]:
    pages: list[TakeoverPage] = []
    after = ""
    while not pages or after:
        page = replacement_page(office.tables, place, epoch=epoch, seq=seq, shift_id=shift_id, after=after)
        pages.append(page)
        after = page.next
    return pages


def test_a_device_becomes_the_till_whose_place_its_code_gives_and_the_old_token_ends(office: Office) -> None:
    card = TillJournal(seed=3)
    card.day(sales=1)
    card.open_shift()
    sold = card.sell()
    place = office.place(card)
    old = pair(office.tables, PairRequest(**_same(office, card)), now=MORNING).token
    taken(office, place, card)
    code = make_code(office.tables, office.account_id, now=MORNING, replaces=card.till_id)
    paired = pair(office.tables, request(code), now=MORNING)
    assert till_of_token(office.tables, old) is None
    assert till_of_token(office.tables, paired.token) == place
    given = paired.takeover
    assert given is not None
    assert (given.till_id, given.prefix, given.id_pokl, given.name) == (card.till_id, "P1", "P1", card.name)
    assert (given.parent_epoch, given.parent_seq) == (card.epoch, len(card.rows))
    assert given.parent_hash == card.rows[-1].hash.hex()
    assert (given.used_letters, given.letters) == (("A",), "B")
    assert given.open_shift is not None
    assert (given.open_shift.shift_id, given.open_shift.number) == (sold.shift_id, 2)
    assert [row["till_id"] for row in office.content("till")] == [card.till_id]


def _same(office: Office, card: TillJournal) -> dict[str, str]:
    code = make_code(office.tables, office.account_id, now=MORNING)
    return {"code": code, "till_id": card.till_id, "prefix": "P1", "id_pokl": "P1", "name": card.name}


def test_a_device_with_a_journal_of_its_own_is_refused_and_the_code_stays_good(office: Office) -> None:
    card = TillJournal(seed=3)
    office.place(card)
    code = make_code(office.tables, office.account_id, now=MORNING, replaces=card.till_id)
    with pytest.raises(PairingRefused, match="not_fresh"):
        pair(office.tables, request(code, fresh=False), now=MORNING)
    assert pair(office.tables, request(code, till_id=card.till_id, fresh=False), now=MORNING).takeover is not None


def test_a_till_that_has_sent_nothing_is_taken_over_with_nothing(office: Office) -> None:
    card = TillJournal(seed=3)
    given = takeover_of(office.tables, office.place(card))
    assert (given.parent_epoch, given.parent_seq, given.letters, given.open_shift) == ("", 0, "B", None)


def test_the_rows_of_the_open_shift_come_whole_and_then_what_waits_for_a_code(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover, "PAGE_ROWS_MAX", 2)
    card = TillJournal(seed=3)
    card.open_shift()
    waiting, done = card.sell(), card.sell()
    card.fiscalise(done)
    frozen = FrozenSale(Dialect.V4, Mode.PLAYGROUND, {"celk_trzba": "1.00"})
    corrected = card.append(
        Kind.FISCAL_CORRECTED, FiscalCorrected(waiting.doc_id, waiting.number, "Jana", "code_6", frozen, frozen)
    )
    card.close_shift()
    card.open_shift()
    opened = card.rows[-1]
    card.sell()
    moved = gone_on(card, "b" * 16)
    moved.sell()
    place = office.place(card)
    taken(office, place, card, moved)
    given = takeover_of(office.tables, place)
    assert (given.parent_epoch, given.parent_seq) == (moved.epoch, len(moved.rows))
    pages = all_pages(office, place, epoch=moved.epoch, seq=len(moved.rows), shift_id=card.shift_id)
    whole = [(row.epoch, row.seq) for page in pages if page.whole for row in page.rows]
    assert whole == [(row.epoch, row.seq) for row in (*card.rows[opened.seq - 1 :], *moved.rows)]
    rest = [row.doc_id for page in pages if not page.whole for row in page.rows]
    assert rest[rest.index(waiting.doc_id) + 1] == corrected.doc_id
    assert done.doc_id not in rest
    assert len(rest) == 4  # and the two of the open shift
    assert max(len(page.rows) for page in pages) <= 2


def test_what_the_forerunner_had_taken_over_is_handed_on(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    card.sell()
    backup = len(card.rows)
    restored = gone_on(card, "b" * 16, reason="restore", rows=backup)
    beside = gone_on(card, "c" * 16, reason="other_board", rows=backup)
    sold = beside.sell()
    restored.append(Kind.ROWS_TAKEN_OVER, RowsTakenOver(beside.epoch, len(beside.rows), "backoffice"))
    restored.sell()
    place = office.place(card)
    taken(office, place, card, beside, restored)
    pages = all_pages(office, place, epoch=restored.epoch, seq=len(restored.rows), shift_id=sold.shift_id)
    given = [(row.epoch, row.seq) for page in pages if page.whole for row in page.rows]
    assert given == [
        *((beside.epoch, row.seq) for row in beside.rows),
        *((card.epoch, row.seq) for row in card.rows[1:]),  # from the opening of the shift on
        *((restored.epoch, row.seq) for row in restored.rows),
    ]


def test_what_a_replacement_had_not_taken_over_yet_is_handed_on_when_it_is_replaced_itself(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    sold = card.sell()
    first = gone_on(card, "b" * 16, reason="replacement")
    second = gone_on(first, "c" * 16, reason="replacement")
    second.sell()
    place = office.place(card)
    taken(office, place, card, first, second)
    pages = all_pages(office, place, epoch=second.epoch, seq=len(second.rows), shift_id=sold.shift_id)
    given = [(row.epoch, row.seq) for page in pages if page.whole for row in page.rows]
    assert given == [(row.epoch, row.seq) for row in (*card.rows[1:], *first.rows, *second.rows)]


def test_without_an_open_shift_only_what_waits_comes(office: Office) -> None:
    card = TillJournal(seed=3)
    card.open_shift()
    waiting = card.sell()
    card.close_shift()
    place = office.place(card)
    taken(office, place, card)
    pages = all_pages(office, place, epoch=card.epoch, seq=len(card.rows), shift_id="")
    assert [row.doc_id for page in pages for row in page.rows] == [waiting.doc_id]


def test_a_restored_till_is_given_all_rows_beyond_its_backup_epoch_by_epoch(office: Office) -> None:
    card = TillJournal(seed=3)
    card.day(sales=1)
    moved = gone_on(card, "b" * 16)
    moved.append(Kind.EPOCH_OPENED, EpochOpened("odd", "P1X"))  # flagged, but it verifies and is part of the chain
    place = office.place(card)
    for journal in (card, moved):
        office.take(place, journal.rows, epoch=journal.epoch)
    have: dict[str, int] = {card.epoch: 3, "c" * 16: 7}
    seen: list[tuple[str, int]] = []
    while not (page := rows_beyond(office.tables, place, have, after="")).next:
        seen += [(row.epoch, row.seq) for row in page.rows]
        have[page.rows[-1].epoch] = page.rows[-1].seq
    assert sorted(seen) == sorted((row.epoch, row.seq) for row in (*card.rows[3:], *moved.rows))


def test_a_restored_till_is_given_what_waits_for_a_code_whatever_became_of_its_branch(office: Office) -> None:
    """The till lost a fork to the card that died: that one's rows it never gets, but its sales must be reported."""
    card = TillJournal(seed=3)
    card.open_shift()
    waiting = [card.sell() for _ in range(3)]
    card.fiscalise(waiting.pop(1))
    place = office.place(card)
    taken(office, place, card)
    assert rows_beyond(office.tables, place, {card.epoch: SEQ_MAX}).rows == (), "a till that does not know of them"
    first = rows_beyond(office.tables, place, {card.epoch: SEQ_MAX}, after="")
    assert [row.doc_id for row in first.rows] == [receipt.doc_id for receipt in waiting]
    assert not first.whole
    last = rows_beyond(office.tables, place, {card.epoch: SEQ_MAX}, after=first.next)
    assert (last.rows, last.next) == ((), "")
    with pytest.raises(ValueError, match="shift"):
        rows_beyond(office.tables, place, {}, after="shift:0:1")


def test_a_page_is_bounded_in_bytes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover, "PAGE_BYTES_MAX", 10)
    card = TillJournal(seed=3)
    card.day(sales=2)
    place = office.place(card)
    taken(office, place, card)
    assert len(rows_beyond(office.tables, place, {}).rows) == 1


def test_rows_that_lost_a_fork_are_not_given_back(office: Office) -> None:
    card, other = TillJournal(seed=3), TillJournal(seed=3)
    other._random.seed("other")
    card.open_shift()
    other.open_shift()
    place = office.place(card)
    taken(office, place, card)
    assert office.take(place, other.rows, epoch=other.epoch).fork == 2
    assert [row.hash for row in rows_beyond(office.tables, place, {}).rows] == [row.hash.hex() for row in card.rows]


def test_a_cursor_that_is_none_is_refused(office: Office) -> None:
    card = TillJournal(seed=3)
    with pytest.raises(ValueError, match="nonsense"):
        replacement_page(office.tables, office.place(card), epoch="", seq=0, shift_id="", after="nonsense:1:2")
