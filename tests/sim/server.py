"""The Backoffice as functions: the real tables, intake and pages, asked without HTTP, and falling between commits."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from appliance.domain.clock import iso
from appliance.wire import Takeover, UploadReply
from backoffice.accounts import secret_hash
from backoffice.api import journal as journal_api
from backoffice.api.takeover import read_have
from backoffice.contained import CursorAhead
from backoffice.events import Hub
from backoffice.migrations import migrate
from backoffice.pairing import TOKEN_MARK, till_of_token
from backoffice.pricelist.pulling import changes_page
from backoffice.problem import ApiError
from backoffice.projected import Place
from backoffice.settings import BackofficeSettings
from backoffice.site import Limits, Site
from backoffice.stock import stock_page
from backoffice.tables import SQLITE_FILE, Tables, open_database
from backoffice.takeover import replacement_page, rows_beyond, takeover_of
from tests.shops import OPENING
from tests.sim.scenario import Scenario
from tests.sim.world import World

ACCOUNT = 1
PAGE_ROWS = 4
"""Of a pulled page: few, so that much can happen between two."""


class ServerFell(BaseException):
    """The server's process is gone in the middle of a request."""


class FallingTables(Tables):
    """Tables whose commits may be the last thing their process does."""

    before_commit: Any = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        outermost = self.database.transaction_depth() == 0
        with super().writing():
            yield
            if outermost and self.before_commit:
                self.before_commit("before")
        if outermost and self.before_commit:
            self.before_commit("after")


@cache
def empty_database() -> Path:
    """A migrated database, made once in a process."""
    folder = Path(tempfile.mkdtemp(prefix="pokladna-sim-"))
    tables = Tables(open_database(url="", data_dir=folder))
    migrate(tables)
    with tables.writing():
        tables.account.insert(
            account_id=ACCOUNT, email="majitel@obchod.cz", password_hash="-", created_at=iso(OPENING)
        ).execute()
    return folder / SQLITE_FILE


@dataclass
class Server:
    world: World
    scenario: Scenario
    folder: Path
    calm: bool = False
    tables: FallingTables = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        shutil.copy(empty_database(), self.folder / SQLITE_FILE)
        self.tables = FallingTables(open_database(url="", data_dir=self.folder))
        self.tables.database.connect()  # one that stays: opening one for each request takes longer than the request
        self.tables.before_commit = self._maybe_fall
        settings = BackofficeSettings(data_dir=self.folder, host="127.0.0.1", port=0, tls=False)
        self.site = Site(settings, self.tables, Hub(), Limits.made(lambda: self.world.now), {}, self.now)

    def now(self) -> datetime:
        return OPENING + timedelta(seconds=self.world.now)

    def close(self) -> None:
        self.tables.database.close()

    def _maybe_fall(self, when: str) -> None:
        if not self.calm and self.world.chance(self.scenario.server_crash / 2):
            self.world.note("server", f"falls {when} its commit")
            raise ServerFell

    def add_till(self, till_id: str, prefix: str) -> str:
        """A paired till; returns its token."""
        token = TOKEN_MARK + self.world.new_id()
        with self.tables.writing():
            self.tables.till.insert(
                account_id=ACCOUNT,
                till_id=till_id,
                prefix=prefix,
                id_pokl=prefix,
                name=f"Pokladna {prefix}",
                token_hash=secret_hash(token),
                paired_at=iso(self.now()),
            ).execute()
        return token

    def replace_till(self, till_id: str) -> tuple[str, Takeover]:
        """What a device gets that was paired with a code that replaces this till: its token and who it becomes."""
        token = TOKEN_MARK + self.world.new_id()
        till = self.tables.till
        with Tables.writing(self.tables):
            till.update(token_hash=secret_hash(token)).where(till.c.till_id == till_id).execute()
            given = takeover_of(self.tables, Place(ACCOUNT, till_id, ""))
        return token, Takeover.model_validate_json(given.model_dump_json())

    # ---- one request

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, bytes]:
        """Status and JSON. Raises ServerFell."""
        place = till_of_token(self.tables, token)
        try:
            if place is None:
                raise ApiError(401, "pairing_revoked")
            return 200, self._routed(method, path, place, body).encode()
        except ApiError as error:
            problem = error.problem
            return error.status, problem.model_dump_json().encode()

    def _routed(self, method: str, path: str, place: Place, body: bytes) -> str:
        parts = urlsplit(path)
        asked = dict(parse_qsl(parts.query))
        till, _, rest = parts.path.removeprefix("/tills/").partition("/")
        assert till == place.till_id, path
        epochs = [epoch for epoch in asked.get("epochs", "").split(",") if epoch]
        since, limit = int(asked.get("since", 0)), min(PAGE_ROWS, int(asked.get("limit", PAGE_ROWS)))
        try:
            match (method, rest.partition("/")[0]):
                case ("POST", "journal"):
                    return take_journal(self.site, place, body).model_dump_json()
                case ("GET", "shifts"):
                    closing = asked.get("closing", "")
                    shift_id = rest.partition("/")[2]
                    return journal_api.shift_proof(shift_id, place, self.site, closing).model_dump_json()
                case ("GET", "changes"):
                    label, count = asked.get("label", ""), re.match("1|true", asked.get("count", "")) is not None
                    return changes_page(
                        self.tables, place, since=since, limit=limit, label=label, epochs=epochs, count=count
                    )
                case ("GET", "stock"):
                    warehouse = asked["warehouse"]
                    return stock_page(
                        self.tables, place, warehouse_id=warehouse, since=since, limit=limit, epochs=epochs
                    )
                case ("GET", "takeover"):
                    return self._takeover(place, asked)
        except CursorAhead as error:
            raise ApiError(409, "cursor_ahead") from error
        raise AssertionError(f"{method} {path}")

    def _takeover(self, place: Place, asked: dict[str, str]) -> str:
        if "have" in asked:
            have = read_have(asked["have"])
            return rows_beyond(self.tables, place, have, after=asked.get("after", "")).model_dump_json()
        page = replacement_page(
            self.tables,
            place,
            epoch=asked.get("epoch", ""),
            seq=int(asked.get("seq", 0)),
            shift_id=asked.get("shift", ""),
            after=asked.get("after", ""),
        )
        return page.model_dump_json()


def take_journal(site: Site, place: Place, body: bytes) -> UploadReply:
    """The handler of an upload without its thread pool (backoffice.api.journal.take_journal)."""
    taken, (changes, levels) = journal_api._take(site, place, body, "")
    if taken.fork is not None:
        raise ApiError(409, "fork", seq=taken.fork)
    if taken.gap is not None:
        raise ApiError(409, "gap", seq=taken.gap)
    return UploadReply(acked=taken.acked, changes_waiting=changes, stock_waiting=levels)
