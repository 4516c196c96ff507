"""What the tests of the Backoffice share: a clock, a signed-in owner with paired tills, a throw-away PostgreSQL."""

import gzip
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from appliance.domain.journal import Row
from appliance.wire import PairRequest, TillStatus
from backoffice.accounts import create_account
from backoffice.intake import Taken, take_batch
from backoffice.pairing import make_code, pair
from backoffice.projected import Place
from backoffice.site import Site
from backoffice.tables import Tables
from tests.journals import MORNING, TillJournal, upload_of

EMAIL = "majitel@obchod.cz"
PASSWORD = "dlouhé tajné heslo"


@dataclass
class Clock:
    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Shop:
    """One account with its browser; `pair` and `upload` speak as a till does."""

    site: Site
    app: FastAPI
    account_id: int
    browser: TestClient

    @classmethod
    @contextmanager
    def opened(cls, site: Site, app: FastAPI, *, email: str = EMAIL) -> Iterator["Shop"]:
        account_id = create_account(site.tables, email=email, password=PASSWORD, now=site.now())
        with TestClient(app, base_url="https://testserver", follow_redirects=False) as browser:
            shop = cls(site, app, account_id, browser)
            shop.sign_in(email=email)
            yield shop

    def sign_in(self, *, email: str = EMAIL, password: str = PASSWORD) -> None:
        answer = self.browser.post("/api/v1/session", json={"email": email, "password": password})
        assert answer.status_code == 204

    def stranger(self) -> TestClient:
        """A browser that has never been here."""
        return TestClient(self.app, base_url="https://testserver", follow_redirects=False)

    def csrf(self, page: str = "/tills") -> str:
        return field(self.browser.get(page).text, "csrf")

    def code(self) -> str:
        return make_code(self.site.tables, self.account_id, now=self.site.now())

    def pair(self, journal: TillJournal) -> str:
        answer = self.browser.post("/api/v1/pair", json=pair_request(journal, self.code()))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def upload(
        self,
        journal: TillJournal,
        token: str,
        rows: Sequence[Row] | None = None,
        *,
        status: TillStatus | None = None,
        packed: bool = True,
    ) -> Any:
        body = upload_of(journal.rows if rows is None else rows, epoch=journal.epoch, status=status)
        content = body.model_dump_json().encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if packed:
            content, headers["Content-Encoding"] = gzip.compress(content), "gzip"
        return self.browser.post(f"/api/v1/tills/{journal.till_id}/journal", content=content, headers=headers)

    def till_with(self, journal: TillJournal) -> str:
        """Paired and everything sent; returns the token."""
        token = self.pair(journal)
        for at in range(0, len(journal.rows), 400):
            answer = self.upload(journal, token, journal.rows[at : at + 400])
            assert answer.status_code == 200, answer.text
        return token


WHEN = frozenset({"received_at", "last_seen", "paired_at", "token_hash"})


class Office:
    """Intake alone, without HTTP: one account and its tills."""

    def __init__(self, tables: Tables, *, email: str = "majitel@obchod.cz") -> None:
        self.tables = tables
        self.account_id = create_account(tables, email=email, password=PASSWORD, now=MORNING)

    def place(self, journal: TillJournal) -> Place:
        code = make_code(self.tables, self.account_id, now=MORNING)
        request = PairRequest(
            code=code, till_id=journal.till_id, prefix=journal.prefix, id_pokl=journal.prefix, name=journal.name
        )
        pair(self.tables, request, now=MORNING)
        return Place(self.account_id, journal.till_id, journal.name)

    def take(
        self, place: Place, rows: Sequence[Row], *, epoch: str, status: TillStatus | None = None, lost: bool = False
    ) -> Taken:
        upload = upload_of(rows, epoch=epoch, status=status).model_copy(update={"lost": lost})
        return take_batch(self.tables, place, upload, now=MORNING)

    def content(self, name: str) -> list[dict[str, Any]]:
        """A table as a whole, without moments of arrival, in a stable order."""
        with self.tables.reading():
            rows = self.tables.rows(getattr(self.tables, name).select())
        return sorted(({k: v for k, v in row.items() if k not in WHEN} for row in rows), key=repr)

    def states(self) -> dict[int, tuple[str, str]]:
        return {row["seq"]: (row["state"], row["reason"]) for row in self.content("journal_row")}


def pair_request(journal: TillJournal, code: str) -> dict[str, str]:
    return {
        "code": code,
        "till_id": journal.till_id,
        "prefix": journal.prefix,
        "id_pokl": journal.prefix,
        "name": journal.name,
    }


def field(page: str, name: str) -> str:
    match = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert match is not None, f"no field {name}"
    return match.group(1)


def words(html: str) -> str:
    """The text of a page with plain spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " "))


def postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL server is installed")
    return found[-1].parent


@contextmanager
def postgres_cluster(folder: Path) -> Iterator[str]:
    """A cluster of its own on loopback; as the user postgres when we are root, because it refuses root."""
    tools = postgres_bin()
    as_postgres: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("runuser") is None:
            pytest.skip("root without runuser cannot start PostgreSQL")
        as_postgres = ["runuser", "-u", "postgres", "--"]
        # pytest's own folders are closed to other users
        folder = Path(tempfile.mkdtemp(prefix="backoffice-pg-"))
        shutil.chown(folder, "postgres")
    data = folder / "data"

    def run(*command: str | Path) -> None:
        subprocess.run([*as_postgres, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")

    run(tools / "initdb", "-D", data, "-A", "trust", "-U", "owner", "-E", "UTF8", "--no-sync")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    run(tools / "pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", options, "start")
    try:
        yield f"postgresql://owner@127.0.0.1:{port}/postgres"
    finally:
        run(tools / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
