"""A device takes a dead till's place, or goes on from a backup: its identity, and what of the journal is still to come
(decisions/0014)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.domain.clock import iso
from appliance.domain.journal import Row
from appliance.domain.money import Money
from appliance.service import incoming
from appliance.service.errors import Refused
from appliance.service.incoming import FROM_BACKOFFICE, Source, TakenIn
from appliance.service.shop import Shop
from appliance.store import branches, identity, journal, queues, sales
from appliance.store.journal import Head
from appliance.store.sales import ShiftRow

EVERY_ROW = 2**53  # more rows than any epoch has
DOWNLOAD_NOTE = "takeover"  # {"mode": replacement | restore, …} while rows are still to come from the Backoffice
REASON = "replacement"


@dataclass(frozen=True)
class Forerunner:
    """The till whose place is taken: who it is, the row its journal goes on after, its series, its open shift."""

    till_id: str
    prefix: str
    id_pokl: str
    parent: Head
    used_letters: tuple[str, ...]
    letters: str
    open_shift: ShiftRow | None


def is_fresh(shop: Shop) -> bool:
    """Whether this device has no journal of its own but its opening: only then it can become another till."""
    return identity.is_fresh(shop.tables)


def begin(shop: Shop, forerunner: Forerunner, *, new_epoch: Callable[[], str]) -> None:
    """This device becomes the other till, in one step; the rows it needs come by and by. A device that is that till
    already stays as it is. Raises Refused: not_fresh, series_used."""
    at = iso(shop.now())
    with shop.fact() as tables:
        till = journal.the_till(tables)
        if till.till_id == forerunner.till_id:
            return
        if not identity.is_fresh(tables):
            raise Refused("not_fresh")
        identity.become(tables, till_id=forerunner.till_id, prefix=forerunner.prefix, id_pokl=forerunner.id_pokl)
        for letters in forerunner.used_letters:
            journal.use_series(tables, forerunner.prefix + letters, "")
        shift, parent = forerunner.open_shift, forerunner.parent
        if shift is not None:
            sales.insert_shift(tables, shift)
        try:
            journal.open_epoch(
                tables,
                epoch=new_epoch(),
                reason=REASON,
                doc_id=shop.new_id(),
                at=at,
                board_serial=till.board_serial,
                open_shift=shift.shift_id if shift else "",
                parent=parent,
                letters=forerunner.letters,
            )
        except journal.SeriesUsed as error:
            raise Refused("series_used") from error
        if parent.epoch:
            branches.add_partial(tables, [parent.epoch], at=at)
        shift_id = shift.shift_id if shift else ""
        note = {"mode": REASON, "epoch": parent.epoch, "seq": parent.seq, "shift": shift_id, "after": ""}
        queues.set_note(tables, DOWNLOAD_NOTE, note, at=at)
    shop.wake("sync", "ui")


@dataclass(frozen=True)
class Download:
    """What is still to be asked of the Backoffice: the query of its address.

    `ready`: a restored till first sends what its backup holds unsent. Only then it is known whether both hold the same
    rows up to there; where a copy of the card went another way, nothing is wanted beyond.
    """

    query: Mapping[str, str]
    ready: bool = True


def download_under_way(shop: Shop) -> Download | None:
    note: dict[str, Any] | None = queues.note(shop.tables, DOWNLOAD_NOTE)
    if note is None:
        return None
    if note["mode"] != REASON:
        have = ",".join(f"{epoch}:{seq}" for epoch, seq in _have(shop).items())
        return Download({"have": have, "after": str(note.get("after", ""))}, ready=_older_rows_are_sent(shop))
    return Download({key: str(note[key]) for key in ("epoch", "seq", "shift", "after")})


def _have(shop: Shop) -> dict[str, int]:
    """The last row of each epoch here; of one that lost a fork, and of the one that is being written, no more are
    wanted."""
    finished = branches.lost_rows(shop.tables).keys() | {journal.the_till(shop.tables).epoch}
    return {
        epoch: EVERY_ROW if epoch in finished else journal.head_of(shop.tables, epoch)
        for epoch in journal.epochs(shop.tables)
    }


def _older_rows_are_sent(shop: Shop) -> bool:
    till = journal.the_till(shop.tables)
    begun = journal.place_of(shop.tables, till.epoch, 1)
    assert begun is not None, "the till's epoch has an opening"
    return till.acked_row >= begun - 1


def take_page(shop: Shop, rows: Sequence[Row], *, whole: bool) -> Iterator[TakenIn]:
    """One answer of the Backoffice. Raises Refused: other_till, damaged."""
    note = queues.note(shop.tables, DOWNLOAD_NOTE)
    if note["mode"] == REASON and rows:
        with shop.fact() as tables:
            branches.add_partial(tables, sorted({row.epoch for row in rows}), at=iso(shop.now()))
    yield from incoming.take_in(shop, rows, Source(FROM_BACKOFFICE, whole=whole))


def page_taken(shop: Shop, *, after: str, more: bool) -> None:
    """Remember how far the download is; at its end it is over."""
    with shop.fact() as tables:
        note = queues.note(tables, DOWNLOAD_NOTE)
        if more:
            queues.set_note(tables, DOWNLOAD_NOTE, {**note, "after": after}, at=iso(shop.now()))
        else:
            queues.drop_note(tables, DOWNLOAD_NOTE)
    if not more:
        shop.wake("sync", "ui")


def open_shift_row(*, shift_id: str, number: int, opened_at: str, user: str, float_haler: int) -> ShiftRow:
    return ShiftRow(shift_id, number, opened_at, user, Money(float_haler), None, None, None)
