"""A certificate imported from a stick: the real window, a real drop box, and the daemon's own judge behind it."""

from pathlib import Path

import pytest

from appliance.eet.sandbox.ca import Issued, issue_certificate, make_server_material
from appliance.service.certificates import certificate_state
from appliance.service.key_files import KEY_STORE_BYTES_MAX
from appliance.service.shop import Shop
from script.lib.demo_shop import BEGIN
from script.lib.till_window import TillWindow
from tests.appliance.ui.eet.desk import EIC, Daemon, open_page, stick, until

pytestmark = [pytest.mark.screen, pytest.mark.timeout(180)]


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
    till.wait_for("dialog.more")
    assert till.text("dialog.sentence") == "USB disk tu není."
    stick(tmp_path, b"photo", "photo.jpg")
    till.press("Return")
    till.wait_for("dialog.sentence", lambda w: w["text"] == "Na USB disku není soubor .p12 ani .pfx.")
    stick(tmp_path, b"whatever", "certifikat.PFX")
    till.press("Return")
    assert till.text("file:1") == "certifikat.PFX"


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
    till.wait_for("dialog.more")
    assert till.text("dialog.sentence") == sentence


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
