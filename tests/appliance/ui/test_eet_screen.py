"""The EET page, the import of a certificate and a receipt's EET: the real window, a real database and drop box."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Mode
from appliance.dropbox import DropBox
from appliance.eet.keyfolder import KeyFolder
from appliance.eet.sandbox.ca import Issued, issue_certificate, make_server_material
from appliance.service import fiscal as service
from appliance.service import sync
from appliance.service.certificates import certificate_state
from appliance.service.fiscal import ChannelTest, channel_test, finish_test
from appliance.service.key_files import KEY_STORE_BYTES_MAX
from appliance.service.shop import Shop
from appliance.store import fiscal
from appliance.sync.certificates import CertificateImport
from appliance.wake import WakeListener
from script.lib.demo_shop import BEGIN, make_shop
from script.lib.eet_scenes import POK, all_is_well, much_is_wrong, sell
from script.lib.till_window import TillWindow, till_window

pytestmark = [pytest.mark.screen, pytest.mark.timeout(180)]

EIC = "CZ12345678"
PATIENCE_S = 10


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = make_shop(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def refused(shop: Shop) -> list[str]:
    return much_is_wrong(shop)


@pytest.fixture
def till(shop: Shop, tmp_path: Path) -> Iterator[TillWindow]:
    sell(shop, "item-01")
    with till_window(tmp_path, width=800, height=480) as window:
        window.wait_for("key:f1")
        yield window


@dataclass
class Daemon:
    """What the sync daemon does for the screen, when the test says so."""

    shop: Shop
    folder: Path

    def __post_init__(self) -> None:
        self.ear = WakeListener(self.folder, "sync")
        self.box = DropBox(self.folder)
        (self.folder / "secret").mkdir()
        keys = KeyFolder(self.folder / "secret", write_secret=lambda path, content: path.write_bytes(content))
        self.imports = CertificateImport(self.shop, keys)

    def take_over(self) -> None:
        """The key store that is dropped next."""
        found = until(lambda: list(self.box.take()), "a file in the drop box")
        for dropped in found:
            self.imports.take_over(dropped.request_id, dropped.p12, dropped.password)

    def answer_test(self, **outcome: object) -> None:
        asked = until(
            lambda: found if (found := channel_test(self.shop)) and not found.outcome else None, "a test asked for"
        )
        finish_test(self.shop, ChannelTest(asked.test_id, mode="live", dialect="v4", took_ms=480, **outcome))


@pytest.fixture
def daemon(shop: Shop, tmp_path: Path) -> Iterator[Daemon]:
    made = Daemon(shop, tmp_path)
    yield made
    made.ear.close()


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    folder = tmp_path_factory.mktemp("authority")
    make_server_material(folder, host="127.0.0.1")
    return issue_certificate(folder, eic=EIC, at=BEGIN, playground=False)


def until(find: Callable[[], object], what: str) -> object:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := find()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def stick(folder: Path, content: bytes, name: str = "eet-pokladna.p12") -> None:
    place = folder / "media" / "FLASH"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content)


def state_of(shop: Shop, doc_id: str) -> FiscalState:
    record = fiscal.load_record(shop.tables, doc_id)
    assert record is not None
    return record.state


def open_page(till: TillWindow) -> None:
    till.press("F9")
    till.wait_for("menu:eet")
    till.press("7")
    till.wait_screen("eet")


def focus(till: TillWindow, name: str) -> None:
    """By Tab alone."""
    for _ in range(40):
        till.press("Tab")
        focused = [w["id"] for w in till.look()["widgets"] if w["focused"]]
        if focused == [name]:
            return
    raise AssertionError(f"Tab does not lead to {name}")


# ---- the page


def test_a_refused_sale_is_found_read_and_released_by_keys_alone(
    shop: Shop, refused: list[str], till: TillWindow
) -> None:
    open_page(till)
    assert till.text("eet.channel").startswith("Server finanční správy je nedostupný.")
    focus(till, f"eet:{refused[0]}")
    till.press("Return")
    till.wait_for("fiscal.reason", lambda w: "kód 6" in w["text"])
    assert till.text("fiscal.advice") == "Opraví technik: pokladna eet correct P1A-000001"
    assert till.text("fiscal.said") == "6: Chybna struktura EIC"
    focus(till, "fiscal.retry")
    till.press("Return")
    till.wait_for("banner.text", lambda w: "P1A-000001 se odešle znovu" in w["text"])
    assert state_of(shop, refused[0]) == FiscalState.WAITING
    till.press("Escape")
    assert till.text("eet.queue").startswith("Neodeslané tržby: 11")
    till.press("Escape")
    till.wait_screen("sale")


def test_everything_refused_goes_again_at_one_touch(shop: Shop, refused: list[str], till: TillWindow) -> None:
    till.tap("status.eet")
    till.wait_screen("eet")
    till.tap("eet.retry_all")
    till.wait_for("eet.retry_all", lambda w: not w["enabled"])
    assert {state_of(shop, doc_id) for doc_id in refused} == {FiscalState.WAITING}
    assert sync.last_sync_run(shop) is not None


def test_send_now_asks_the_daemon(shop: Shop, till: TillWindow) -> None:
    open_page(till)
    assert sync.last_sync_run(shop) is None
    till.tap("eet.send")
    till.wait_for("banner.text", lambda w: "Čeká na spuštění" in w["text"])
    assert sync.last_sync_run(shop) is not None


def test_a_banner_leads_to_the_page_from_anywhere_and_is_not_on_it(refused: list[str], till: TillWindow) -> None:
    assert till.text("banner.text").startswith("EET: 3 tržby odmítnuty.")
    till.press("F6")
    till.tap("banner.yes")
    till.wait_screen("eet")
    assert "banner.text" not in till.widgets()
    assert till.text(f"eet:{refused[0]}").endswith("| odmítnuta")


def test_a_sale_looked_at_shows_its_code_when_it_comes(shop: Shop, refused: list[str], till: TillWindow) -> None:
    open_page(till)
    till.tap(f"eet:{refused[1]}")
    assert till.text("fiscal.state").startswith("EET: odmítnuta")
    with shop.fact() as tables:
        fiscal.update_record(tables, refused[1], state="confirmed", code=POK, reason="")
    till.wait_for("fiscal.code", lambda w: w["text"] == f"POK {POK}")
    shown = till.widgets()
    assert "fiscal.retry" not in shown
    assert f"eet:{refused[1]}" not in shown


def test_hundreds_that_wait_are_turned_in_pages(shop: Shop, till: TillWindow) -> None:
    doc_ids = [sell(shop, "item-01") for _ in range(520)]
    open_page(till)
    till.wait_for("eet.queue", lambda w: w["text"].startswith("Neodeslané tržby: 521"))
    rows = [w["id"] for w in till.look()["widgets"] if w["role"] == "line"]
    assert 3 <= len(rows) <= 8, "one page, not all of them"
    till.press(*["Next"] * (521 // len(rows) + 1))
    till.wait_for("eet.next", lambda w: not w["enabled"])
    till.wait_for(f"eet:{doc_ids[-1]}")


@pytest.mark.parametrize("chosen", [False, True])
def test_every_id_of_the_page_is_unique_and_inside_the_window(
    refused: list[str], till: TillWindow, chosen: bool
) -> None:
    open_page(till)
    till.wait_for(f"eet:{refused[0]}")
    if chosen:
        till.tap(f"eet:{refused[0]}")
    seen = till.look()
    names = [widget["id"] for widget in seen["widgets"]]
    assert len(names) == len(set(names))
    for widget in seen["widgets"]:
        left, top, wide, high = widget["rect"]
        assert 0 <= left <= left + wide <= 801, widget
        assert 0 <= top <= top + high <= 481, widget


# ---- a test of the channel


def test_the_channel_is_tried_and_the_answer_is_a_sentence(daemon: Daemon, till: TillWindow) -> None:
    open_page(till)
    till.tap("eet.test")
    assert till.text("dialog.sentence").startswith("Pokladna posílá zkušební zprávu")
    daemon.answer_test(outcome="passed", warnings=("4: id_pokl",))
    till.wait_for("dialog.sentence", lambda w: "Spojení funguje (ostrý provoz)" in w["text"])
    till.press("Return")
    till.wait_until(lambda seen: seen if not seen["dialog"] else None, "no card")


def test_a_test_that_ends_after_its_card_was_closed_is_told_in_the_banner(daemon: Daemon, till: TillWindow) -> None:
    open_page(till)
    till.tap("eet.test")
    till.wait_for("dialog.sentence")
    till.press("Escape")
    till.press("F1")
    daemon.answer_test(outcome="dns", detail="unknown host")
    till.wait_for("banner.text", lambda w: w["text"].startswith("Spojení nefunguje. Adresu serveru"))


def test_without_the_daemon_a_test_says_so_at_once(till: TillWindow) -> None:
    open_page(till)
    till.tap("eet.test")
    till.wait_for("dialog.sentence", lambda w: "pokladna-sync neběží" in w["text"])


# ---- importing a certificate


def test_a_certificate_is_imported_from_a_stick_and_the_password_is_told_to_nobody(
    shop: Shop, daemon: Daemon, issued: Issued, till: TillWindow, tmp_path: Path
) -> None:
    stick(tmp_path, issued.p12)
    open_page(till)
    assert till.text("eet.certificate").startswith("Certifikát pro EET chybí.")
    till.tap("eet.import")
    assert till.text("file:1") == "eet-pokladna.p12"
    till.tap("file:1")
    till.wait_for("dialog.field", lambda w: w["focused"])
    till.type("wrong-1")
    till.wait_for("dialog.field", lambda w: w["text"] == "•••••••")
    till.press("Return")
    daemon.take_over()
    till.wait_for("dialog.sentence", lambda w: w["text"] == "Heslo k certifikátu nesouhlasí.")
    till.tap("dialog.ok")
    till.wait_for("dialog.field", lambda w: w["focused"] and w["text"] == "")
    till.type(issued.password)
    till.tap("dialog.eye")
    till.wait_for("dialog.eye", lambda w: w["text"] == "Skrýt")
    assert issued.password not in str(till.look()), "what is drawn for the person is not told to others"
    till.tap("dialog.ok")
    daemon.take_over()
    till.wait_for("dialog.sentence", lambda w: w["text"].startswith(f"Certifikát poplatníka {EIC} je nahraný"))
    assert certificate_state(shop).eic == EIC
    till.press("Escape")
    till.wait_for("eet.certificate", lambda w: w["text"].startswith(f"{EIC}, ostrý, platí do"))
    told = [path for path in tmp_path.rglob("*") if path.is_file() and issued.password.encode() in path.read_bytes()]
    assert told == []


def test_the_password_is_typed_on_the_screen_too(
    shop: Shop, daemon: Daemon, issued: Issued, till: TillWindow, tmp_path: Path
) -> None:
    stick(tmp_path, issued.p12)
    open_page(till)
    till.tap("eet.import")
    till.tap("file:1")
    till.wait_for("pad:enter")
    for key in ("pad:⇧", "pad:text:A", "pad:text:b", "pad:123", "pad:text:$", "pad:text:1", "pad:backspace"):
        till.tap(key)
    till.wait_for("dialog.field", lambda w: w["text"] == "•••")
    till.tap("pad:enter")
    dropped = until(lambda: list(daemon.box.take()), "a file in the drop box")
    assert [each.password for each in dropped] == ["Ab$"]


def test_a_certificate_of_another_taxpayer_is_refused_with_both_numbers(
    daemon: Daemon, till: TillWindow, tmp_path: Path
) -> None:
    make_server_material(tmp_path / "ca", host="127.0.0.1")
    foreign = issue_certificate(tmp_path / "ca", eic="CZ99887766", at=BEGIN, playground=False)
    stick(tmp_path, foreign.p12)
    open_page(till)
    till.tap("eet.import")
    till.tap("file:1")
    till.wait_for("dialog.field", lambda w: w["focused"])
    till.type(foreign.password)
    till.press("Return")
    daemon.take_over()
    sentence = till.wait_for("dialog.sentence", lambda w: "patří" in w["text"])["text"]
    assert "CZ99887766" in sentence
    assert EIC in sentence


def test_a_stick_that_is_not_there_is_asked_for_and_found_when_it_comes(till: TillWindow, tmp_path: Path) -> None:
    open_page(till)
    till.tap("eet.import")
    till.wait_for("dialog.sentence", lambda w: w["text"] == "USB disk tu není.")
    stick(tmp_path, b"photo", "photo.jpg")
    till.press("Return")
    till.wait_for("dialog.sentence", lambda w: w["text"] == "Na USB disku není soubor .p12 ani .pfx.")
    stick(tmp_path, b"whatever", "certifikat.PFX")
    till.press("Return")
    till.wait_for("file:1", lambda w: w["text"] == "certifikat.PFX")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (bytes(KEY_STORE_BYTES_MAX + 1), "Soubor je na certifikát příliš velký."),
        (b"key store", "Služba pokladna-sync neběží, certifikát nemá kdo převzít."),
    ],
    ids=["too large", "no daemon"],
)
def test_a_file_that_cannot_be_handed_over_says_why(
    till: TillWindow, tmp_path: Path, content: bytes, sentence: str
) -> None:
    stick(tmp_path, content)
    open_page(till)
    till.tap("eet.import")
    till.tap("file:1")
    till.wait_for("dialog.field", lambda w: w["focused"])
    till.type("secret")
    till.press("Return")
    till.wait_for("dialog.sentence", lambda w: w["text"] == sentence)


def test_a_daemon_that_says_nothing_is_given_up_after_a_while_and_selling_goes_on(
    daemon: Daemon, till: TillWindow, tmp_path: Path
) -> None:
    stick(tmp_path, b"key store")
    open_page(till)
    till.tap("eet.import")
    till.tap("file:1")
    till.wait_for("dialog.field", lambda w: w["focused"])
    till.type("secret")
    till.press("Return")
    till.wait_for("dialog.sentence", lambda w: "ověřuje" in w["text"])
    till.press("Escape")
    till.press("F1")
    till.type("2")
    till.press("Return")
    till.wait_for("sale.total", lambda w: w["text"].startswith("49,90"))
    till.wait_for("banner.text", lambda w: "neodpověděla do 15 sekund" in w["text"])
    assert daemon.ear.wait(0), "it was woken"


# ---- a receipt


def test_a_receipt_shows_its_code_and_a_refused_one_its_reason(
    shop: Shop, refused: list[str], till: TillWindow
) -> None:
    till.press("F3")
    till.wait_screen("receipts")
    till.type("000003")
    till.press("Return")
    till.tap(f"receipt:{refused[2]}")
    till.wait_for("fiscal.reason", lambda w: w["text"] == "Server zprávu odmítl jako chybnou.")
    assert till.text("fiscal.said") == "soapenv:Client: Message cannot be parsed"
    till.tap("fiscal.retry")
    till.wait_for("fiscal.state", lambda w: w["text"].startswith("EET: čeká"))
    assert state_of(shop, refused[2]) == FiscalState.WAITING
    with shop.fact() as tables:
        fiscal.update_record(tables, refused[2], state="confirmed", code=POK, reason="", warnings="4: id_pokl")
    till.wait_for("fiscal.code", lambda w: w["text"] == f"POK {POK}")
    assert till.text("fiscal.warnings") == "Finanční správa upozorňuje: 4: id_pokl"


def test_a_practice_receipt_says_that_it_is_one(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, mode=Mode.PLAYGROUND)
    all_is_well(shop)
    first = service.reported_sale(shop, sell(shop, "item-02"))
    assert first is not None
    with till_window(tmp_path, width=800, height=480, mode=Mode.PLAYGROUND) as till:
        till.press("F3")
        till.tap(f"receipt:{first.sale.doc_id}")
        assert till.text("fiscal.state").startswith("EET: čeká · zkušební prostředí")
    shop.store.close()
