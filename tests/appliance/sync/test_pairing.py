"""Pairing against real servers: the right key, a wrong one, somebody in between who hears nothing."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import uvicorn

from appliance.service.pairing import (
    PAIRED_NOTE,
    PairingResult,
    Server,
    pairing_result,
    request_pairing,
)
from appliance.store import journal, queues
from appliance.sync.link import BackofficeLink, Failed, packed
from appliance.sync.pairing import Joined, Pairing, PairingKeeper, Refused, url_of
from appliance.sync.pinning import PinnedKeys, look_at
from appliance.wire import PairRequest, TillStatus, Upload, UploadReply
from backoffice.accounts import create_account
from backoffice.app import app_of, make_site
from backoffice.pairing import make_code
from backoffice.settings import BackofficeSettings
from backoffice.site import Site
from backoffice.trust import prepare_next_key, stored_key_mark, use_next_key
from tests.appliance.sync.tls_server import EXPIRED_SINCE, dripping, listening_tls, trust_in
from tests.shops import TestShop, make_shop

EMAIL = "majitel@obchod.cz"
STATUS = TillStatus(
    version="1", unsent=0, eet_waiting=0, eet_parked=0, eet_oldest_age_s=0, printer="ok", clock="verified",
    disk_free_mb=1, sent_at="2027-02-01T08:00:00+01:00",
)  # fmt: skip


@dataclass
class Office:
    """A whole Backoffice over TLS with its own certificate, as in a shop without a public name."""

    site: Site
    address: str
    account_id: int

    @property
    def mark(self) -> str:
        return self.site.key_mark

    def code(self, mark: str | None = None) -> str:
        code = make_code(self.site.tables, self.account_id, now=self.site.now())
        return code + (self.mark if mark is None else mark)


@contextmanager
def office_in(folder: Path) -> Iterator[Office]:
    site = make_site(BackofficeSettings(data_dir=folder, host="127.0.0.1", port=0))
    account_id = create_account(site.tables, email=f"{folder.name}@obchod.cz", password="dlouhé heslo", now=site.now())
    assert site.trust
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app_of(site), ssl_keyfile=str(site.trust.key_file), ssl_certfile=str(site.trust.certificate_file),
            log_level="critical",
        )
    )  # fmt: skip
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield Office(site, f"127.0.0.1:{listening.getsockname()[1]}", account_id)
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_in(tmp_path / "office") as made:
        yield made


@dataclass
class Kept:
    joined: list[Joined] = field(default_factory=list)

    def __call__(self, joined: Joined) -> None:
        self.joined.append(joined)


@dataclass
class Till:
    test_shop: TestShop
    kept: Kept
    servers: list[Server] = field(default_factory=list)
    address: str = ""
    ca_file: Path | None = None

    def find(self, *, within_s: float, key_mark: str) -> Sequence[Server]:
        assert within_s > 0
        return self.servers

    @property
    def pairing(self) -> Pairing:
        return Pairing(
            self.test_shop.shop, address=self.address, ca_file=self.ca_file, find=self.find, keep=self.kept,
            new_epoch=lambda: "e" * 16,
        )  # fmt: skip

    def pair(self, code: str, address: str = "") -> PairingResult:
        return self.pairing.pair("request-1", code, address)[0]

    def link(self) -> BackofficeLink:
        joined = self.kept.joined[-1]
        keys = PinnedKeys(joined.pins, keep=lambda pins: self.kept(replace(joined, pins=pins))) if joined.pins else None
        return BackofficeLink(joined.url, token=joined.token, ca_file=self.ca_file, keys=keys)

    def upload(self) -> object:
        till = journal.the_till(self.test_shop.shop.tables)
        link = self.link()
        reply = link.upload(till.till_id, packed(Upload(epoch=till.epoch, rows=(), status=STATUS)))
        link.close()
        return reply


@pytest.fixture
def till(tmp_path: Path) -> Till:
    (tmp_path / "till").mkdir()
    return Till(make_shop(tmp_path / "till"), Kept())


def test_a_till_pairs_with_the_server_whose_key_the_code_names_and_pins_it(office: Office, till: Till) -> None:
    result = till.pair(office.code(), office.address)
    assert (result.word, result.account) == ("", "office@obchod.cz")
    (joined,) = till.kept.joined
    (pin,) = joined.pins
    assert pin.startswith(office.mark)
    assert isinstance(till.upload(), UploadReply)
    assert queues.note(till.test_shop.shop.tables, PAIRED_NOTE)["pinned"] is True


def test_the_code_may_be_small_and_in_groups(office: Office, till: Till) -> None:
    code = office.code().lower()
    assert till.pair("-".join(code[at : at + 4] for at in range(0, 16, 4)), office.address).word == ""


def test_the_server_is_found_by_the_mark_of_its_key(office: Office, till: Till, tmp_path: Path) -> None:
    with listening_tls(trust_in(tmp_path / "other")) as (other, heard):
        till.servers = [Server("cizí", other, "AAAAAAAA"), Server("naše", office.address, office.mark)]
        assert till.pair(office.code()).word == ""
    assert heard.connections == 0


def test_one_that_only_says_it_is_the_server_is_passed_over(office: Office, till: Till, tmp_path: Path) -> None:
    with listening_tls(trust_in(tmp_path / "other")) as (other, heard):
        till.servers = [Server("lže", other, office.mark), Server("naše", office.address, office.mark)]
        assert till.pair(office.code()).word == ""
    assert heard.content == b""


def test_somebody_in_between_hears_nothing(office: Office, till: Till, tmp_path: Path) -> None:
    with listening_tls(trust_in(tmp_path / "between")) as (between, heard):
        result = till.pair(office.code(), between)
    assert result.word == "wrong_key"
    assert heard.connections > 0
    assert heard.content == b""
    assert till.kept.joined == []


def test_a_paired_till_says_nothing_to_another_key(office: Office, till: Till, tmp_path: Path) -> None:
    assert till.pair(office.code(), office.address).word == ""
    with listening_tls(trust_in(tmp_path / "between")) as (between, heard):
        till.kept.joined[-1] = replace(till.kept.joined[-1], url=f"https://{between}")
        reply = till.upload()
    assert isinstance(reply, Failed)
    assert reply.word == "wrong_key"
    assert (heard.connections, heard.content) == (1, b"")


def test_without_the_key_nobody_is_believed_whom_no_ca_vouches_for(office: Office, till: Till) -> None:
    assert till.pair(office.code(mark=""), office.address).word == "key_needed"


def test_where_a_ca_vouches_for_the_name_the_short_code_will_do_and_nothing_is_pinned(
    office: Office, till: Till
) -> None:
    assert office.site.trust
    till.ca_file = office.site.trust.ca_file
    assert till.pair(office.code(mark=""), office.address).word == ""
    assert till.kept.joined[-1].pins == ()
    assert isinstance(till.upload(), UploadReply)


def test_a_ca_that_is_not_the_servers_changes_nothing_when_the_key_is_right(
    office: Office, till: Till, tmp_path: Path
) -> None:
    till.ca_file = trust_in(tmp_path / "other").ca_file
    assert till.pair(office.code(), office.address).word == ""
    assert len(till.kept.joined[-1].pins) == 1
    assert isinstance(till.upload(), UploadReply)


def test_an_expired_certificate_of_the_pinned_key_is_still_that_key(till: Till, tmp_path: Path) -> None:
    expired = trust_in(tmp_path / "expired", at=EXPIRED_SINCE)
    with listening_tls(expired) as (address, heard):
        host, port = address.split(":")
        seen = look_at(host, int(port), ca_file=expired.ca_file)
        assert seen.key.startswith(expired.key_mark)
        assert not seen.vouched
        keys = PinnedKeys([seen.key], keep=lambda _: None)
        link = BackofficeLink(f"https://{address}", token="", ca_file=None, keys=keys)
        threading.Timer(0.5, lambda: None).start()
        till_request = PairRequest(code="ABCDEFGH", till_id="1" * 36, prefix="P1", id_pokl="1", name="x")
        closing = threading.Thread(target=link.pair, args=(till_request,), daemon=True)
        closing.start()
        closing.join(1)
    closing.join(10)
    assert heard.content.startswith(b"POST /api/v1/pair")


def test_a_handshake_that_drips_ends(till: Till) -> None:
    with dripping() as address:
        host, port = address.split(":")
        with pytest.raises(OSError, match="timed out"):
            look_at(host, int(port), ca_file=None, timeout_s=0.5)


@pytest.mark.parametrize(
    "address", ["http://shop", "https://", "shop:0", "shop:x", "https://a/b", "https://u@h", "https://:p@h", "a b"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(Refused) as refused:
        url_of(address)
    assert refused.value.word == "address"


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("obchod.local", "https://obchod.local:8443"),
        ("192.168.1.5:9000", "https://192.168.1.5:9000"),
        ("fd00::2", "https://[fd00::2]:8443"),
        ("[fd00::2]:9000", "https://[fd00::2]:9000"),
        ("https://backoffice.cz/", "https://backoffice.cz"),
    ],
)
def test_an_address_is_completed(address: str, url: str) -> None:
    assert url_of(address) == url


def test_a_used_code_a_taken_prefix_and_another_account_have_words(office: Office, till: Till, tmp_path: Path) -> None:
    code = office.code()
    assert till.pair(code, office.address).word == ""
    assert till.pair(code, office.address).word == "code_invalid"
    (tmp_path / "second").mkdir()
    second = Till(make_shop(tmp_path / "second", node=7), Kept())
    assert second.pair(office.code(), office.address).word == "prefix_taken"


def test_a_journal_that_one_account_holds_is_not_given_to_another(till: Till, tmp_path: Path) -> None:
    with office_in(tmp_path / "first") as first, office_in(tmp_path / "second") as second:
        assert till.pair(first.code(), first.address).word == ""
        assert till.pair(second.code(), second.address).word == ""  # nothing is held anywhere yet
        assert till.pair(first.code(), first.address).word == ""
        with till.test_shop.shop.fact() as tables:
            journal.ack(tables, journal.last_place(tables))
        code = second.code()
        assert till.pair(code, second.address).word == "till_of_other_account"
        assert till.kept.joined[-1].account == "first@obchod.cz"
        assert till.pair(first.code(), first.address).word == ""


def test_nobody_there_and_nothing_found_are_told_apart(till: Till) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert till.pair("ABCDEFGHABCD2345", f"127.0.0.1:{nobody.getsockname()[1]}").word == "unreachable"
    assert till.pair("ABCDEFGHABCD2345").word == "no_server"
    till.servers = [Server("jiný", "127.0.0.1:1", "ZZZZ2222")]
    assert till.pair("ABCDEFGHABCD2345").word == "no_server"


def test_a_pairing_that_cannot_be_kept_is_told(office: Office, till: Till) -> None:
    def full(_: Joined) -> None:
        raise OSError(28, "No space left on device")

    pairing = Pairing(till.test_shop.shop, address="", ca_file=None, find=till.find, keep=full, new_epoch=lambda: "")
    result, joined = pairing.pair("request-1", office.code(), office.address)
    assert (result.word, result.detail, joined) == ("not_kept", "No space left on device", None)


def test_a_successor_of_the_key_is_learned_beforehand_and_then_used(till: Till, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    with office_in(folder) as office:
        assert till.pair(office.code(), office.address).word == ""
        assert isinstance(till.upload(), UploadReply)
        assert len(till.kept.joined[-1].pins) == 1
    next_mark = prepare_next_key(folder)
    with restarted(folder, till):
        assert isinstance(till.upload(), UploadReply)
    assert [pin[:8] for pin in till.kept.joined[-1].pins] == [stored_key_mark(folder), next_mark]
    assert use_next_key(folder)
    with restarted(folder, till) as office:
        assert office.mark == next_mark
        assert isinstance(till.upload(), UploadReply)


@contextmanager
def restarted(folder: Path, till: Till) -> Iterator[Office]:
    """The same server at another address; its account is there already."""
    site = make_site(BackofficeSettings(data_dir=folder, host="127.0.0.1", port=0))
    assert site.trust
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app_of(site), ssl_keyfile=str(site.trust.key_file), ssl_certfile=str(site.trust.certificate_file),
        log_level="critical",
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    address = f"127.0.0.1:{listening.getsockname()[1]}"
    till.kept.joined[-1] = replace(till.kept.joined[-1], url=f"https://{address}")
    try:
        yield Office(site, address, 1)
    finally:
        server.should_exit = True
        thread.join(20)


@dataclass
class Daemon:
    """The keeper with what it would give the uploader."""

    till: Till
    used: list[Joined] = field(default_factory=list)
    follows: bool = True

    @property
    def keeper(self) -> PairingKeeper:
        return PairingKeeper(
            self.till.test_shop.shop,
            self.till.pairing,
            use=self.used.append,
            load=lambda: self.till.kept.joined[-1] if self.till.kept.joined else None,
            follows=self.follows,
            find=self.till.find,
            keep=self.till.kept,
        )


def test_the_daemon_pairs_when_the_screen_asks_and_uploads_without_a_restart(office: Office, till: Till) -> None:
    daemon = Daemon(till)
    keeper, shop = daemon.keeper, till.test_shop.shop
    assert keeper.step() > 0
    request_id = request_pairing(shop, office.code(), office.address)
    assert pairing_result(shop, request_id) is None
    assert keeper.step() == 0
    result = pairing_result(shop, request_id)
    assert result is not None
    assert (result.word, len(daemon.used)) == ("", 1)
    assert keeper.step() > 0
    assert len(daemon.used) == 1


def test_a_server_that_has_moved_is_known_again_by_its_key(office: Office, till: Till) -> None:
    assert till.pair(office.code(), office.address).word == ""
    joined = till.kept.joined[-1] = replace(till.kept.joined[-1], url="https://127.0.0.1:1")
    till.servers = [Server("lže", "127.0.0.1:1", office.mark), Server("naše", office.address, office.mark)]
    daemon = Daemon(till)
    keeper, shop = daemon.keeper, till.test_shop.shop
    with shop.mark() as tables:
        queues.set_note(tables, "backoffice", {"paired": True, "fault": "unreachable"}, at="2027-02-01T08:00:00+01:00")
    keeper.step()
    assert daemon.used == []
    keeper.step()
    assert daemon.used == [replace(joined, url=f"https://{office.address}")]


def test_whatever_answers_on_the_network_a_moved_server_is_found(office: Office, till: Till) -> None:
    assert till.pair(office.code(), office.address).word == ""
    joined = till.kept.joined[-1] = replace(till.kept.joined[-1], url="https://127.0.0.1:1")
    lies = [Server("lže", address, office.mark) for address in ("a b", "[fe80::1", f"{'ž' * 70}:1")]
    till.servers = [*lies, Server("naše", office.address, office.mark)]
    daemon = Daemon(till)
    keeper, shop = daemon.keeper, till.test_shop.shop
    with shop.mark() as tables:
        queues.set_note(tables, "backoffice", {"paired": True, "fault": "unreachable"}, at="2027-02-01T08:00:00+01:00")
    keeper.step()
    keeper.step()
    assert daemon.used == [replace(joined, url=f"https://{office.address}")]
