"""Whatever is edited, pulled, hidden and switched in between: after quiet a till equals a small model of the server."""

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.catalogue import Item
from appliance.domain.journal import read_body
from appliance.domain.money import Money
from appliance.domain.pricelist import TillSettings, item_of_fields
from appliance.domain.stamps import Stamp
from appliance.domain.vat import VatClass
from appliance.service import catalogue, pricelist
from appliance.service.errors import Refused
from appliance.service.settings import save_settings, switch_item_sync, till_settings
from appliance.service.sharing import share_some, something_is_unshared
from appliance.store import journal
from appliance.store.pull import load_pull, place_upto
from appliance.wire import ChangedRow, Changes
from tests.appliance.service.test_pricelist import finish, visible
from tests.shops import NON_PAYER, TestShop, count, make_shop


@dataclass
class Server:
    """Registers with stamps; the later wins; each written row gets the next version."""

    registers: dict[str, dict[str, tuple[Stamp, Any]]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    version: int = 0
    held: int = 0  # the last seq of the till's journal
    clock: int = 1

    def write(self, item_id: str, changes: dict[str, tuple[Stamp, Any]]) -> None:
        row = self.registers.setdefault(item_id, {})
        for name, (stamp, value) in changes.items():
            if name not in row or row[name][0] < stamp:
                row[name] = (stamp, value)
        self.version += 1
        self.versions[item_id] = self.version

    def edit(self, item_id: str, changes: dict[str, Any]) -> None:
        self.clock += 1
        above = [stamp for stamp, _ in self.registers.get(item_id, {}).values()]
        wall_ms = max([self.clock, *(stamp.wall_ms for stamp in above)])
        stamp = Stamp(wall_ms, self.clock, "backoffice")
        self.write(item_id, {name: (stamp, value) for name, value in changes.items()})

    def take_in(self, till: TestShop, rows_max: int) -> None:
        epoch = journal.the_till(till.shop.tables).epoch
        for stored in journal.rows_of_epoch(till.shop.tables, epoch, after_seq=self.held, limit=rows_max):
            self.held = stored.row.seq
            if stored.row.kind == "item_edited":
                body = read_body(stored.row.kind, stored.row.v, stored.row.body)
                if body.shared:
                    changes = {c.field: (Stamp.parse(c.stamp), json.loads(c.value)) for c in body.changes}
                    self.write(body.item_id, changes)

    def fields(self, item_id: str) -> dict[str, Any]:
        return {name: value for name, (_, value) in self.registers[item_id].items()}

    def sees(self, item_id: str, label: str) -> bool:
        fields = self.fields(item_id)
        return not fields.get("deleted") and (not label or fields.get(f"label:{label}") is True)

    def page(self, since: int, label: str, limit: int) -> Changes:
        due = sorted((version, item_id) for item_id, version in self.versions.items() if version > since)
        if since == 0:
            due = [(version, item_id) for version, item_id in due if self.sees(item_id, label)]
        page, more = due[:limit], len(due) > limit
        sent = []
        for _, item_id in page:
            fields = self.fields(item_id)
            if label and fields.get(f"label:{label}") is not True:
                sent.append(ChangedRow(kind="item", id=item_id, gone=True))
            else:
                stamp = max(stamp for stamp, _ in self.registers[item_id].values())
                sent.append(ChangedRow(kind="item", id=item_id, stamp=str(stamp), fields=fields))
        return Changes(rows=tuple(sent), version=page[-1][0] if more else self.version, more=more)


IDS = st.sampled_from(["item-a", "item-b", "item-c"])
LABELS = st.sampled_from([(), ("pokl1",), ("pokl1", "pokl2")])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("server_price"), IDS, st.integers(1, 9)),
        st.tuples(st.just("server_label"), IDS, st.booleans()),
        st.tuples(st.just("server_delete"), IDS, st.booleans()),
        st.tuples(st.just("till_edit"), IDS, st.integers(10, 19), LABELS),
        st.tuples(st.just("till_delete"), IDS),
        st.tuples(st.just("upload"), st.integers(1, 4)),
        st.tuples(st.just("page"), st.integers(1, 3)),
        st.tuples(st.just("scope"), st.sampled_from(["", "pokl1"])),
        st.tuples(st.just("clock"), st.integers(-90_000, 90_000)),
        st.tuples(st.just("sync"), st.booleans()),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_after_quiet_the_till_equals_the_backoffice_within_its_scope(steps: list[tuple[Any, ...]]) -> None:
    with TemporaryDirectory() as folder:
        till = make_shop(Path(folder), regimes=(), seller=NON_PAYER)
        server = Server()
        for step in steps:
            do(till, server, step)
        switch_item_sync(till.shop, on=True)
        for _ in range(3):
            settle(till, server)
        label = till_settings(till.shop).scope
        expected = {
            item_id: item_of_fields(item_id, server.fields(item_id))
            for item_id in server.registers
            if server.sees(item_id, label)
        }
        found = {item_id: replace(item, eans=tuple(sorted(item.eans)), labels=tuple(sorted(item.labels)))
                 for item_id, item in visible(till).items()}  # fmt: skip
        assert found == expected
        assert count(till.shop, "own_edit") == 0
        till.store.close()


def do(till: TestShop, server: Server, step: tuple[Any, ...]) -> None:
    match step:
        case ("server_price", item_id, price):
            server.edit(item_id, {"name": item_id, "price": price, "vat_class": "zero"})
        case ("server_label", item_id, on):
            server.edit(item_id, {"label:pokl1": on})
        case ("server_delete", item_id, deleted):
            server.edit(item_id, {"deleted": deleted})
        case ("till_edit", item_id, price, labels):
            with suppress(Refused):  # one that has left the list meanwhile
                catalogue.save_item(till.shop, Item(item_id, item_id, Money(price), VatClass.ZERO, labels=labels))
        case ("till_delete", item_id):
            if item_id in visible(till):
                catalogue.delete_item(till.shop, item_id)
        case ("upload", rows_max):
            server.take_in(till, rows_max)
        case ("page", limit):
            one_page(till, server, limit)
        case ("scope", label):
            save_settings(till.shop, TillSettings(label="pokl1", restricted=bool(label)))
        case ("clock", seconds):
            till.clock.forward(seconds=seconds)
        case ("sync", on):
            switch_item_sync(till.shop, on=on)


def settle(till: TestShop, server: Server) -> None:
    while share_some(till.shop):
        pass
    server.take_in(till, 10_000)
    while one_page(till, server, 2):
        pass


def one_page(till: TestShop, server: Server, limit: int) -> bool:
    """As the downloader does it; a crash after any commit is another call of this."""
    if something_is_unshared(till.shop.tables):
        return False
    other_scope = load_pull(till.shop.tables).label != till_settings(till.shop).scope
    if other_scope or pricelist.is_first_pull(till.shop.tables):
        pricelist.begin_snapshot(till.shop, label=till_settings(till.shop).scope)
    pull = load_pull(till.shop.tables)
    page = server.page(pull.since, pull.label, limit)
    epoch = journal.the_till(till.shop.tables).epoch
    as_of = (epoch, server.held) if server.held else None
    prepared = pricelist.prepare_page(till.shop, page, asked=pull.asked, as_of=as_of)
    if prepared is None:
        return False
    assert pricelist.write_page(till.shop, prepared)
    if not page.more:
        assert prepared.place == (place_upto(till.shop.tables, *as_of) if as_of else 0)
        if pull.snapshot:
            finish(till, place=prepared.place)
        while pricelist.forget_contained(till.shop, place=prepared.place):
            pass
        pricelist.finish_pull(till.shop)
    return page.more
