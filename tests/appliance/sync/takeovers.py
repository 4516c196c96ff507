"""A Backoffice, a till that dies, and devices that go on in its place, for the tests of that."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.domain.clock import iso
from appliance.domain.journal import Kind, ReceiptFiscalised
from appliance.domain.money import crowns
from appliance.service import receipts, replacement, restore, shift
from appliance.service.shift import last_closing
from appliance.service.shop import Shop
from appliance.store import journal
from appliance.sync import takeover
from appliance.sync.link import BackofficeLink
from appliance.sync.takeover import TakeoverWorker
from appliance.wire import PairReply, PairRequest
from backoffice.accounts import create_account
from backoffice.app import make_site
from backoffice.pairing import make_code
from backoffice.settings import BackofficeSettings
from tests.appliance.sync.test_with_the_backoffice import Office, serving
from tests.shops import TestShop, make_shop, open_for_sale, sell

NEW_EPOCH = "b" * 16


@dataclass
class World:
    office: Office
    folder: Path
    dead: TestShop
    token: str

    def replace(self, device: TestShop, *, epoch: str = NEW_EPOCH) -> str:
        """Pair with a code that replaces the dead till; returns the token."""
        site = self.office.site
        till_id = journal.the_till(self.dead.shop.tables).till_id
        code = make_code(site.tables, self.office.account_id, now=site.now(), replaces=till_id)
        link = BackofficeLink(self.office.url, token="", ca_file=None)
        fresh = replacement.is_fresh(device.shop)
        own = journal.the_till(device.shop.tables).till_id
        reply = link.pair(PairRequest(code=code, till_id=own, prefix="P9", id_pokl="9", name="Nová", fresh=fresh))
        link.close()
        assert isinstance(reply, PairReply), reply
        assert reply.takeover is not None
        takeover.begin(device.shop, reply.takeover, new_epoch=lambda: epoch)
        return reply.token

    def worker(self, device: TestShop, token: str) -> TakeoverWorker:
        link = BackofficeLink(self.office.url, token=token, ca_file=None)
        return TakeoverWorker(device.shop, link=lambda: link)

    def download(self, device: TestShop, token: str) -> None:
        worker = self.worker(device, token)
        while not worker.step():
            pass
        assert replacement.download_under_way(device.shop) is None

    def complete(self, device: TestShop, token: str) -> tuple[bool | None, int, int]:
        """Close, send everything, and what the Backoffice says of the closing."""
        shift.close_shift(device.shop, counted=crowns(1000))
        self.office.till(device, token).until_quiet()
        closing = last_closing(device.shop)
        assert closing is not None
        return closing.complete, closing.receipts_held, closing.receipts_expected


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    dead = make_shop(folder / "till")
    settings = BackofficeSettings(data_dir=folder / "backoffice", host="127.0.0.1", port=0, tls=False)
    site = make_site(settings, now=dead.clock)
    account_id = create_account(site.tables, email="eva@obchod.cz", password="dlouhé tajné heslo", now=site.now())
    with serving(site) as url:
        office = Office(site, url, account_id)
        yield World(office, folder, dead, office.pair(dead))
    dead.store.close()


def fiscalise(shop: Shop, doc_id: str, number: str) -> None:
    with shop.fact() as tables:
        body = ReceiptFiscalised(doc_id, number, "code", "v4", "playground", "uuid", test=True, first=True)
        journal.append(tables, Kind.RECEIPT_FISCALISED, body, doc_id=shop.new_id(), at=iso(shop.now()))


def a_life(world: World) -> list[str]:
    """A till that has closed a shift and dies in the next; returns the receipts without a code."""
    shop = world.dead.shop
    open_for_sale(shop)
    old = sell(shop)
    fiscalised = sell(shop)
    fiscalise(shop, fiscalised.doc_id, fiscalised.number)
    shift.close_shift(shop, counted=crowns(1000))
    open_for_sale(shop)
    mine = sell(shop)
    refund = receipts.refund(shop, old.doc_id, reason="vrácení")
    world.office.till(world.dead, world.token).work()
    return [old.doc_id, mine.doc_id, refund.doc_id]


def new_device(world: World, name: str = "new", *, node: int = 5) -> TestShop:
    return make_shop(world.folder / name, prefix="P9", node=node)


def restored(world: World, backup: Path, *, letters: str = "") -> TestShop:
    """The backup in a folder of its own, opened as the next start would."""
    folder = world.folder / "restored"
    folder.mkdir()
    shutil.copy(backup, folder / "till.db")
    device = make_shop(folder, node=9)
    restore.go_on(device.store, new_id=device.shop.new_id, epoch=NEW_EPOCH, at=iso(device.shop.now()), letters=letters)
    return device


def backup_of(world: World) -> Path:
    world.dead.store.checkpoint(truncate=True)
    return Path(shutil.copy(world.folder / "till" / "till.db", world.folder / "backup.db"))
