"""The daemon's care for the certificate: imports from a real drop box, what everybody knows, the renewal's turn."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from appliance.domain.clock import iso
from appliance.domain.expiry import ExpiryLevel
from appliance.domain.fiscal import Mode, Regime
from appliance.dropbox import DropBox, DropSlot
from appliance.eet.certificate import fingerprint
from appliance.eet.keyfolder import KeyFolder
from appliance.eet.sandbox.ca import Issued
from appliance.service.certificates import ImportResult, certificate_state, import_result
from appliance.store import queues
from appliance.sync.certificates import CertificateImport, CertificateKeeper
from appliance.sync.renewal import Renewal
from tests.appliance.sync.renewals import BEFORE, FakeOffice, Papers
from tests.shared import shared
from tests.shops import OPENING, PLAYGROUND, TestShop, make_shop

LIVE = replace(PLAYGROUND, mode=Mode.LIVE)
COMING_LIVE = Regime(OPENING + timedelta(days=5), Mode.LIVE)


class Desk:
    """A daemon's keeper, and whoever puts something into its box."""

    def __init__(self, folder: Path, papers: Papers, regimes: tuple[Regime, ...] = (PLAYGROUND,)) -> None:
        self.folder = folder
        self.papers = papers
        self.secret = folder / "secret"
        self.secret.mkdir(exist_ok=True)
        self.test_shop: TestShop = make_shop(folder, regimes=regimes)
        self.office = FakeOffice(papers, self.test_shop.clock, polls=0)
        self.start()

    def start(self) -> None:
        shop = self.test_shop.shop
        self.keys = KeyFolder(self.secret, write_secret=self._write)
        renewal = Renewal(shop, self.keys, office=lambda _: self.office, before=BEFORE, random=lambda: 0.5)
        self.keeper = CertificateKeeper(CertificateImport(shop, self.keys), DropBox(self.folder), renewal)

    def _write(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)

    def drop(self, p12: bytes, password: str) -> str:
        request_id = self.test_shop.shop.new_id()
        DropSlot(self.folder).put(request_id, p12=p12, password=password)
        return request_id

    def work(self) -> None:
        for _ in range(20):
            if self.keeper.step():
                return
        raise AssertionError("it never rests")

    def imported(self, p12: bytes, password: str) -> ImportResult:
        request_id = self.drop(p12, password)
        self.work()
        found = import_result(self.test_shop.shop, request_id)
        assert found is not None
        return replace(found, request_id="")


@pytest.fixture
def desk(tmp_path: Path, papers: Papers) -> Iterator[Desk]:
    made = Desk(tmp_path, papers)
    yield made
    made.test_shop.store.close()


def desk_with(folder: Path, papers: Papers, *regimes: Regime) -> Desk:
    return Desk(folder, papers, regimes)


def test_a_dropped_key_store_is_taken_over_and_everybody_is_told(desk: Desk, papers: Papers) -> None:
    good = papers.successors[0]
    ends = iso(good.certificate.not_valid_after_utc)
    assert desk.imported(good.p12, good.password) == ImportResult("", eic="CZ00000019", valid_to=ends)
    current = desk.keys.current()
    assert current is not None
    assert current.certificate == good.certificate
    state = certificate_state(desk.test_shop.shop)
    assert (state.level, state.problem, state.warning) == (ExpiryLevel.OK, "", "")
    assert (state.eic, state.environment, state.issuer) == ("CZ00000019", "playground", "EET sandbox till CA")
    assert (state.serial, state.fingerprint) == (str(good.certificate.serial_number), fingerprint(good.certificate))
    assert {"sync", "ui"} <= set(desk.test_shop.wakes.names)
    assert list((desk.folder / "import").iterdir()) == []


def test_neither_key_nor_password_comes_into_the_database(desk: Desk, papers: Papers) -> None:
    good = papers.successors[0]
    desk.imported(good.p12, good.password)
    desk.imported(good.p12, "Wrong-Password-1234")
    desk.test_shop.store.checkpoint(truncate=True)
    content = (desk.folder / "till.db").read_bytes()
    assert fingerprint(good.certificate).encode() in content
    for secret in (good.password.encode(), b"Wrong-Password-1234", b"PRIVATE KEY"):
        assert secret not in content


def refused(desk: Desk, issued: Issued, password: str | None = None) -> ImportResult:
    found = desk.imported(issued.p12, issued.password if password is None else password)
    assert desk.keys.current() is None
    return found


def test_each_refusal_has_its_own_word(desk: Desk, papers: Papers) -> None:
    good = papers.successors[0]
    begins, ends = (iso(at) for at in (good.certificate.not_valid_before_utc, good.certificate.not_valid_after_utc))
    assert refused(desk, good, "wrong") == ImportResult("", "wrong_password")
    assert refused(desk, good, "") == ImportResult("", "wrong_password")
    assert refused(desk, replace(good, p12=b"no key store")) == ImportResult("", "not_a_key_store")
    assert refused(desk, replace(good, p12=elliptic(good), password="x")) == ImportResult("", "no_rsa_key")
    foreign = ImportResult("", "foreign_certificate", found="CZ683555118", expected="CZ00000019")
    assert refused(desk, papers.foreign) == foreign
    production = ImportResult("", "production_certificate", found="production", expected="playground")
    assert refused(desk, papers.production) == production
    desk.test_shop.clock.back(days=30)
    assert refused(desk, good) == ImportResult("", "not_yet_valid", moment=begins)
    desk.test_shop.clock.forward(days=500)
    assert refused(desk, good) == ImportResult("", "expired", moment=ends)


def elliptic(issued: Issued) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return pkcs12.serialize_key_and_certificates(
        b"n", key, None, [issued.certificate], BestAvailableEncryption(b"x")
    )  # fmt: skip


def test_a_playground_certificate_is_refused_by_a_live_till(tmp_path: Path, papers: Papers) -> None:
    desk = desk_with(tmp_path, papers, LIVE)
    expected = ImportResult("", "test_certificate", found="playground", expected="production")
    assert refused(desk, papers.successors[0]) == expected
    desk.test_shop.store.close()


def test_before_going_live_either_certificate_is_taken_over_with_a_warning(tmp_path: Path, papers: Papers) -> None:
    desk = desk_with(tmp_path, papers, PLAYGROUND, COMING_LIVE)
    test, production = papers.successors[0], papers.production
    assert desk.imported(test.p12, test.password).warning == "test_certificate"
    state = certificate_state(desk.test_shop.shop)
    assert (state.problem, state.warning) == ("", "test_certificate")
    assert desk.imported(production.p12, production.password).warning == "production_certificate"
    state = certificate_state(desk.test_shop.shop)
    assert (state.problem, state.warning) == ("production_certificate", "")
    desk.test_shop.clock.forward(days=5)
    desk.work()
    assert certificate_state(desk.test_shop.shop).problem == ""
    desk.test_shop.store.close()


def test_a_broken_file_is_told_to_whoever_waits_for_it(desk: Desk) -> None:
    (desk.folder / "import" / "who-waits.import").write_bytes(b"{")
    desk.work()
    assert import_result(desk.test_shop.shop, "who-waits") == ImportResult("who-waits", "not_a_key_store")


def test_a_key_that_cannot_be_written_is_told_and_the_daemon_lives(desk: Desk, papers: Papers) -> None:
    (desk.secret).rmdir()
    good = papers.successors[0]
    found = desk.imported(good.p12, good.password)
    assert (found.word, found.found) == ("not_kept", "No such file or directory")


def test_several_who_wait_each_find_their_own_and_only_the_last_are_kept(desk: Desk, papers: Papers) -> None:
    good = papers.successors[0]
    ids = [desk.drop(good.p12, "wrong" if n % 2 else good.password) for n in range(6)]
    desk.work()
    words = {request_id: import_result(desk.test_shop.shop, request_id) for request_id in ids}
    assert [found.word if found else None for found in words.values()] == ["", "wrong_password"] * 3
    for _ in range(20):
        desk.imported(good.p12, "wrong")
    assert len(queues.note(desk.test_shop.shop.tables, "certificate_import")) <= 8


def test_a_certificate_that_came_while_the_daemon_was_away_is_told_at_its_start(desk: Desk, papers: Papers) -> None:
    (desk.secret / "eet.pem").write_bytes(papers.identity(papers.successors[0]).to_pem())
    desk.start()
    desk.work()
    assert certificate_state(desk.test_shop.shop).eic == "CZ00000019"
    (desk.secret / "eet.pem").write_text("half a file")
    desk.work()
    state = certificate_state(desk.test_shop.shop)
    assert (state.level, state.problem, state.eic) == (ExpiryLevel.NONE, "unreadable", "")
    (desk.secret / "eet.pem").unlink()
    desk.work()
    assert certificate_state(desk.test_shop.shop).problem == ""


def test_what_is_known_is_written_only_when_it_changes(desk: Desk, papers: Papers) -> None:
    desk.imported(papers.successors[0].p12, papers.successors[0].password)
    desk.test_shop.wakes.names.clear()
    desk.work()
    desk.work()
    assert desk.test_shop.wakes.names == []


def test_a_certificate_near_its_end_is_renewed_by_the_same_worker(desk: Desk, papers: Papers) -> None:
    desk.imported(papers.old.p12, papers.old.password)
    desk.work()
    desk.work()
    state = certificate_state(desk.test_shop.shop)
    assert (state.renewal.phase, state.level) == ("done", ExpiryLevel.OK)
    assert state.serial == str(papers.successors[0].certificate.serial_number)


@pytest.mark.official
@pytest.mark.parametrize(
    ("name", "word"),
    [("CZ00000019", ""), ("CZ683555118", "foreign_certificate"), ("CZ8551015704", "foreign_certificate")],
)
def test_the_official_key_stores_are_judged(desk: Desk, name: str, word: str) -> None:
    p12 = shared(f"eet/v4/certs/CA_EET-Playground-{name}.p12").read_bytes()
    assert desk.imported(p12, "aaaa1111").word == word
