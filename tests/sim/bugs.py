"""Three mistakes that the simulator must find, each put in the place of the one line that avoids it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from appliance.store import pull
from appliance.store.tables import Tables as TillTables
from appliance.wire import Position, Upload, UploadReply
from backoffice.pricelist import writing
from backoffice.projected import Place
from backoffice.site import Site
from backoffice.tables import Tables
from tests.sim import server
from tests.sim.history import History
from tests.sim.server import ServerFell


@contextmanager
def _swapped(module: Any, name: str, other: Any) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, other)
    try:
        yield
    finally:
        setattr(module, name, before)


@contextmanager
def acked_before_commit() -> Iterator[None]:
    """The server's answer is on its way before the rows are: when it falls in between, they are nowhere."""
    true = server.take_journal

    def take_journal(site: Site, place: Place, body: bytes) -> UploadReply:
        upload = Upload.model_validate_json(body)
        try:
            return true(site, place, body)
        except ServerFell:
            if not upload.rows:
                raise
            last = max(row.seq for row in upload.rows)
            return UploadReply(acked=Position(epoch=upload.epoch, seq=last))

    with _swapped(server, "take_journal", take_journal):
        yield


@contextmanager
def as_of_ignored() -> Iterator[None]:
    """The till takes every page as if it contained all that the till has ever edited."""
    true = pull.place_upto

    def place_upto(tables: TillTables, epoch: str, seq: int) -> int:
        return pull.last_own_edit(tables) or true(tables, epoch, seq)

    with _swapped(pull, "place_upto", place_upto):
        yield


@contextmanager
def version_before_lock() -> Iterator[None]:
    """An edit in the Backoffice takes its versions, is held up, and writes under them when others have written.

    Writers exclude each other on SQLite, so two transactions cannot be interleaved there. What they would do is played
    at the border where the version is taken: the counter is moved in a transaction of its own, other tasks run, and the
    write then uses the versions that were taken before.
    """
    write, take = History._write, writing._take_versions

    def held_up(history: History, row_id: str, changes: dict[str, Any]) -> None:
        tables: Tables = history.server.tables
        with Tables.writing(tables):
            reserved = take(tables, server.ACCOUNT, [row_id])
        history.world.sleep(history.world.random.uniform(10.0, 120.0))

        def taken_before(_tables: Tables, _account_id: int, _row_ids: Sequence[str]) -> dict[str, int]:
            return reserved

        with _swapped(writing, "_take_versions", taken_before):
            write(history, row_id, changes)

    with _swapped(History, "_write", held_up):
        yield
