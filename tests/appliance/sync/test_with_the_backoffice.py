"""Both sides of sync.md §2 as they are: the till's uploader against the real Backoffice over HTTP."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn

from appliance.domain.money import Money, crowns
from appliance.domain.pricelist import RowKind
from appliance.service import cash, catalogue, item_import, receipts, settings, shift, sync
from appliance.service.shift import last_closing
from appliance.store import journal
from appliance.sync.download import Downloader
from appliance.sync.link import BackofficeLink
from appliance.sync.upload import Uploader, UploadOptions
from appliance.wire import PairReply, PairRequest
from backoffice.accounts import create_account
from backoffice.app import app_of, make_site
from backoffice.pairing import make_code, revoke
from backoffice.pricelist.writing import edit_row
from backoffice.settings import BackofficeSettings
from backoffice.site import Site
from tests.appliance.sync.till import Seconds, Till
from tests.shops import ROLL, TestShop, counted_epochs, make_shop, open_for_sale, sell


@dataclass
class Office:
    site: Site
    url: str
    account_id: int

    def held(self) -> list[tuple[str, int, str]]:
        """(epoch, seq, state) of every row it keeps."""
        row = self.site.tables.journal_row
        query = row.select(row.c.epoch, row.c.seq, row.c.state).order_by(row.c.epoch, row.c.seq)
        with self.site.tables.reading():
            found = self.site.tables.rows(query)
        return [(each["epoch"], each["seq"], each["state"]) for each in found]

    def pair(self, till_shop: TestShop, *, id_pokl: str = "1") -> str:
        till = journal.the_till(till_shop.shop.tables)
        link = BackofficeLink(self.url, token="", ca_file=None)
        code = make_code(self.site.tables, self.account_id, now=self.site.now())
        asked = PairRequest(code=code, till_id=till.till_id, prefix=till.prefix, id_pokl=id_pokl, name="Pokladna")
        reply = link.pair(asked)
        link.close()
        assert isinstance(reply, PairReply), reply
        return reply.token

    def till(self, till_shop: TestShop, token: str) -> Till:
        time = Seconds()
        epochs = counted_epochs()
        uploader = Uploader(
            till_shop.shop,
            UploadOptions(poll_s=15, status_s=60, version="1.2.3"),
            link=BackofficeLink(self.url, token=token, ca_file=None),
            new_epoch=lambda: "f" + epochs()[1:],
            monotonic=time,
            random=lambda: 0.5,
        )
        downloader = Downloader(
            till_shop.shop,
            poll_s=15,
            link=BackofficeLink(self.url, token=token, ca_file=None),
            monotonic=time,
            random=lambda: 0.5,
        )
        return Till(till_shop, uploader, downloader, time)


@contextmanager
def serving(site: Site) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app_of(site), log_level="critical", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def till_shop(tmp_path: Path) -> Iterator[TestShop]:
    made = make_shop(tmp_path / "till")
    yield made
    made.store.close()


@pytest.fixture
def office(tmp_path: Path, till_shop: TestShop) -> Iterator[Office]:
    settings = BackofficeSettings(data_dir=tmp_path / "backoffice", host="127.0.0.1", port=0, tls=False)
    site = make_site(settings, now=till_shop.clock)
    account_id = create_account(site.tables, email="eva@obchod.cz", password="dlouhé tajné heslo", now=site.now())
    with serving(site) as url:
        yield Office(site, url, account_id)


def test_a_day_of_a_till_is_held_whole_and_its_shift_is_complete(office: Office, till_shop: TestShop) -> None:
    till = office.till(till_shop, office.pair(till_shop))
    open_for_sale(till_shop.shop)
    sold = [sell(till_shop.shop) for _ in range(5)]
    receipts.refund(till_shop.shop, sold[0].doc_id, reason="vrácení")
    till.work()
    shift.close_shift(till_shop.shop, counted=crowns(1000))
    till.until_quiet()
    closing = last_closing(till_shop.shop)
    assert closing is not None
    assert (closing.complete, closing.receipts_held, closing.receipts_expected) == (True, 6, 6)
    assert office.held() == [(row.epoch, row.seq, "projected") for row in till.journal]
    assert till.fault == ""


@pytest.fixture
def two_tills(office: Office, till_shop: TestShop, tmp_path: Path) -> Iterator[tuple[Till, Till]]:
    other_shop = make_shop(tmp_path / "other", prefix="P2", node=2)
    yield (
        office.till(till_shop, office.pair(till_shop)),
        office.till(other_shop, office.pair(other_shop, id_pokl="2")),
    )
    other_shop.store.close()


def synchronise(till: Till) -> None:
    run_id = sync.request_sync(till.shop)
    till.until_quiet()
    run = sync.sync_run(till.shop, run_id)
    assert run is not None
    assert (run.finished, run.error) == (True, "")


def change(office: Office, kind: RowKind, row_id: str, **fields: object) -> None:
    tables, now = office.site.tables, office.site.now()
    edit_row(tables, office.account_id, kind, row_id, fields, user="eva@obchod.cz", now=now)


def test_s1_items_categories_and_warehouses_travel_both_ways(office: Office, two_tills: tuple[Till, Till]) -> None:
    here, there = two_tills
    list(item_import.import_items(here.shop, [replace(ROLL, category_id="Pečivo")], ["Pečivo"]))
    change(office, RowKind.WAREHOUSE, "warehouse-1", name="Sklep", branch="Lipová")
    synchronise(here)
    synchronise(there)
    (item,) = catalogue.items_in(there.shop, None, limit=10)
    (category,) = catalogue.categories(there.shop)
    assert (item.name, item.price, item.eans, category.name) == (ROLL.name, ROLL.price, ROLL.eans, "Pečivo")
    assert item.category_id == category.category_id
    assert [warehouse.name for warehouse in settings.warehouses(there.shop)] == ["Sklep"]
    catalogue.save_item(there.shop, replace(item, price=Money(390)))
    change(office, RowKind.ITEM, item.item_id, name="Rohlík grahamový")
    synchronise(there)
    synchronise(here)
    for till in two_tills:
        (merged,) = catalogue.items_in(till.shop, None, limit=10)
        assert (merged.name, merged.price) == ("Rohlík grahamový", Money(390)), "both changes stay (B4)"


def test_s2_whatever_happened_at_the_till_is_in_the_backoffice(office: Office, till_shop: TestShop) -> None:
    till = office.till(till_shop, office.pair(till_shop))
    shop = till.shop
    open_for_sale(shop)
    sold = sell(shop)
    cash.move_cash(shop, crowns(-200), reason="nákup známek")
    receipts.reprint(shop, sold.doc_id)
    receipts.refund(shop, sold.doc_id, reason="vrácení")
    catalogue.save_item(shop, ROLL)
    shift.close_shift(shop, counted=crowns(800))
    till.until_quiet()
    row = office.site.tables.journal_row
    with office.site.tables.reading():
        held = office.site.tables.rows(row.select(row.c.kind, row.c.body).order_by(row.c.seq))
    assert [(each["kind"], each["body"]) for each in held] == [(own.kind, own.body) for own in till.journal]
    assert {"shift_opened", "cash_moved", "receipt_reprinted", "item_edited", "shift_closed"} <= {
        each["kind"] for each in held
    }


def test_s22_two_tills_work_under_one_account(office: Office, two_tills: tuple[Till, Till]) -> None:
    for till in two_tills:
        open_for_sale(till.shop)
        sell(till.shop)
        till.until_quiet()
    receipt = office.site.tables.receipt
    with office.site.tables.reading():
        found = office.site.tables.rows(receipt.select(receipt.c.account_id, receipt.c.number))
    assert {each["account_id"] for each in found} == {office.account_id}
    assert sorted(each["number"] for each in found) == ["P1A-000001", "P2A-000001"]


def test_a_copied_card_goes_on_in_a_new_epoch_and_its_shift_is_complete(
    office: Office, till_shop: TestShop, tmp_path: Path
) -> None:
    token = office.pair(till_shop)
    open_for_sale(till_shop.shop)
    sell(till_shop.shop)
    till_shop.store.checkpoint(truncate=True)
    till_shop.store.close()
    shutil.copytree(tmp_path / "till", tmp_path / "copy")
    sell(till_shop.shop)
    office.till(till_shop, token).work()
    copied = make_shop(tmp_path / "copy", node=7)
    other = office.till(copied, token)
    sell(copied.shop)
    other.work()
    assert other.unsent == 0
    assert [row.kind for row in other.journal][-2:] == ["epoch_opened", "receipt_issued"]
    shift.close_shift(copied.shop, counted=crowns(1000))
    other.until_quiet()
    assert [row.kind for row in other.journal].count("epoch_opened") == 2
    assert [state for _, _, state in office.held()].count("forked") == 1
    copied.store.close()


def test_a_revoked_pairing_stops_the_uploads(office: Office, till_shop: TestShop) -> None:
    till = office.till(till_shop, office.pair(till_shop))
    till.work()
    till_id = journal.the_till(till_shop.shop.tables).till_id
    assert revoke(office.site.tables, office.account_id, till_id, now=office.site.now())
    open_for_sale(till_shop.shop)
    till.work()
    assert (till.fault, till.unsent) == ("pairing_revoked", 1)
