"""Whatever happens in whatever order: a till that applies pages comes to what the Backoffice has in its scope; and on
PostgreSQL no reader skips a row that commits late."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.journal import FieldStamp, ItemEdited, Kind
from appliance.domain.pricelist import DELETED, RowKind
from appliance.domain.stamps import Stamp
from appliance.wire import Changes
from backoffice.migrations import migrate
from backoffice.pricelist.pulling import changes_page, changes_waiting
from backoffice.pricelist.registers import Edit, RowWrite
from backoffice.pricelist.writing import edit_row, write_rows
from backoffice.projected import Place
from backoffice.tables import Tables, open_database
from tests.backoffice.house import Office
from tests.journals import MORNING, TillJournal

LABELS = ("bar", "krám")
MORNING_MS = int(MORNING.timestamp() * 1000)
_account_ids = itertools.count(1)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    made = Tables(open_database(url="", data_dir=tmp_path_factory.mktemp("convergence")))
    migrate(made)
    made.keep_open()
    yield made
    made.shut()


def new_account(tables: Tables) -> int:
    account_id = next(_account_ids)
    with tables.writing():
        tables.account.insert(
            account_id=account_id, email=f"{account_id}@obchod.cz", password_hash="", created_at=""
        ).execute()
    return account_id


@dataclass
class Client:
    """What a till does with pages, in memory: a change of the label begins a snapshot."""

    tables: Tables
    place: Place
    label: str = ""
    pulled_label: str = ""
    since: int = 0
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: set[str] | None = None

    def pull(self, *, limit: int) -> bool:
        """One page; whether there is more."""
        if self.label != self.pulled_label:
            self.pulled_label, self.since, self.seen = self.label, 0, set()
        text = changes_page(
            self.tables, self.place, since=self.since, limit=limit, label=self.label, epochs=[], count=False
        )
        page = Changes.model_validate_json(text)
        assert len(page.rows) <= limit
        for row in page.rows:
            if row.gone:
                self.rows.pop(row.id, None)
            else:
                self.rows[row.id] = row.fields
            if self.seen is not None:
                (self.seen.discard if row.gone else self.seen.add)(row.id)
        self.since = page.version
        if not page.more and self.seen is not None:
            self.rows = {row_id: fields for row_id, fields in self.rows.items() if row_id in self.seen}
            self.seen = None
        return page.more

    def shown(self) -> dict[str, dict[str, Any]]:
        return {row_id: fields for row_id, fields in self.rows.items() if not fields.get(DELETED)}


def scope(tables: Tables, account_id: int, label: str) -> dict[str, dict[str, Any]]:
    """What a till with this label is to see, from a snapshot of one page."""
    place = Place(account_id, "", "")
    text = changes_page(tables, place, since=0, limit=500, label="", epochs=[], count=False)
    rows = Changes.model_validate_json(text).rows
    return {
        row.id: row.fields
        for row in rows
        if row.kind != RowKind.ITEM.value or not label or row.fields.get(f"label:{label}") is True
    }


item_ids = st.sampled_from(["i1", "i2", "i3", "i4"])
fields_of_items = st.one_of(
    st.tuples(st.just("price"), st.integers(0, 5)),
    st.tuples(st.sampled_from([f"label:{label}" for label in LABELS]), st.booleans()),
    st.tuples(st.just(DELETED), st.booleans()),
)
steps = st.one_of(
    st.tuples(st.just("edit"), item_ids, fields_of_items),
    st.tuples(st.just("till_edit"), item_ids, fields_of_items, st.integers(-9, 9)),
    st.tuples(st.just("category"), st.integers(0, 3)),
    st.tuples(st.just("pull"), st.integers(0, 1), st.integers(1, 3)),
    st.tuples(st.just("label"), st.integers(0, 1), st.sampled_from(["", *LABELS])),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(steps, max_size=30))
def test_s20_two_tills_that_apply_pages_end_with_what_is_in_their_scope(
    tables: Tables, history: list[tuple[Any, ...]]
) -> None:
    account_id = new_account(tables)
    clients = [Client(tables, Place(account_id, f"till-{n}", "")) for n in range(2)]
    for step, *what in history:
        if step == "edit":
            row_id, (name, value) = what
            edit_row(tables, account_id, RowKind.ITEM, row_id, {name: value}, user="", now=MORNING)
        elif step == "till_edit":
            row_id, (name, value), off_ms = what
            edits = (Edit(name, value, Stamp(MORNING_MS + off_ms, 0, "till-0")),)
            with tables.writing():
                write_rows(tables, account_id, [RowWrite(RowKind.ITEM, row_id, edits, "", "till-0", "")], now=MORNING)
        elif step == "category":
            edit_row(tables, account_id, RowKind.CATEGORY, "c1", {"position": what[0]}, user="", now=MORNING)
        elif step == "pull":
            clients[what[0]].pull(limit=what[1])
        else:
            clients[what[0]].label = what[1]
    for client in clients:
        while client.pull(limit=2):
            pass
        assert client.shown() == scope(tables, account_id, client.label)
        with tables.reading():
            assert changes_waiting(tables, client.place, since=client.since, label=client.label) == 0


WRITERS = 2
ROUNDS = 40


def test_a_reader_skips_no_row_while_two_write_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    made = Tables(open_database(url=postgres_url, data_dir=tmp_path))
    with made.reading():
        made.run_sql("DROP SCHEMA public CASCADE")
        made.run_sql("CREATE SCHEMA public")
    migrate(made)
    account_id = new_account(made)
    written = threading.Event()
    left = itertools.count(1)

    def write_turn(n: int, turn: int) -> None:
        # an own row, one that the other has made, one that both make
        writes = [
            RowWrite(RowKind.ITEM, row_id, (Edit("price", turn, Stamp(1000 + turn, 0, f"t{n}")),), "", f"t{n}", "")
            for row_id in (f"w{n}-{turn}", f"w{1 - n}-{turn // 2}", "both", f"w{n}-{turn}-b")
        ]
        with made.writing():
            assert write_rows(made, account_id, writes, now=MORNING) == {}

    def write(n: int) -> None:
        try:
            for turn in range(ROUNDS):
                write_turn(n, turn)
        finally:
            if next(left) == WRITERS:
                written.set()

    def read(limit: int) -> dict[str, dict[str, Any]]:
        client = Client(made, Place(account_id, "reader", ""))
        while not written.is_set():
            client.pull(limit=limit)
        while client.pull(limit=limit):
            pass
        return client.shown()

    with ThreadPoolExecutor(max_workers=WRITERS + 2) as pool:
        writers = [pool.submit(write, n) for n in range(WRITERS)]
        readers = [pool.submit(read, limit) for limit in (3, 500)]
        for writer in writers:
            writer.result()
        for reader in readers:
            assert reader.result() == scope(made, account_id, "")
    made.shut()


def test_a_page_contains_exactly_the_edits_that_it_says_while_a_till_sends(office: Office) -> None:
    journal = TillJournal()
    place = office.place(journal)
    for seq in range(2, 60):
        stamp = f"{MORNING_MS + seq}:0:{journal.till_id}"
        journal.append(Kind.ITEM_EDITED, ItemEdited("i1", "Jana", (FieldStamp("price", str(seq), stamp),)))
    sent = threading.Event()

    def send() -> None:
        try:
            for row in journal.rows:
                office.take(place, [row], epoch=journal.epoch)
        finally:
            sent.set()

    def page() -> Changes:
        text = changes_page(office.tables, place, since=0, limit=9, label="", epochs=[journal.epoch], count=False)
        return Changes.model_validate_json(text)

    pages: list[Changes] = []
    with ThreadPoolExecutor(max_workers=1) as pool:
        sending = pool.submit(send)
        while not sent.is_set():
            pages.append(page())
        sending.result()
    told = [(each.as_of.seq, each.rows[0].fields["price"]) for each in (*pages, page()) if each.as_of and each.rows]
    assert told[-1] == (59, 59)
    assert all(seq == price for seq, price in told)
