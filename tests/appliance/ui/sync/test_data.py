"""*Nastavení → Data a synchronizace* and *Obsluha* in the real window over a real database, by keys alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.pricelist import ApplyWhen, TillSettings
from appliance.service import pairing, settings, sync, users
from appliance.service.shop import Shop
from appliance.store import queues
from script.lib.demo_shop import CLOCK_UNKNOWN
from script.lib.sync_scenes import ACCOUNT, pairing_ends, servers_answer, then_without_network
from script.lib.till_window import TillWindow
from tests.appliance.ui.eet.desk import focus, until

pytestmark = [pytest.mark.screen, pytest.mark.timeout(180)]


def open_page(till: TillWindow) -> None:
    till.press("F9")
    till.wait_for("menu:settings")
    till.press("8")
    till.wait_screen("settings")
    till.press("1")
    till.wait_screen("data")


def test_item_sync_is_switched_off_and_on_again(shop: Shop, till: TillWindow) -> None:
    """S14"""
    open_page(till)
    till.press("2")
    till.wait_for("dialog.message", lambda w: "Účtenky a uzávěrky se odesílají dál" in w["text"])
    till.press("1")
    till.wait_for("data:sync", lambda w: "vypnuto" in w["text"])
    assert not settings.item_sync_is_on(shop)
    till.press("2", "1")
    till.wait_for("data:sync", lambda w: "zapnuto" in w["text"])
    assert settings.item_sync_is_on(shop)


def test_the_till_is_restricted_to_a_label_and_says_what_will_happen(shop: Shop, till: TillWindow) -> None:
    """S17"""
    open_page(till)
    till.press("3")
    till.wait_for("scope:other")
    till.press("2")
    till.wait_for("dialog.field", lambda field: field["focused"])
    till.type("pokl 1")
    till.press("Return")
    assert settings.till_settings(shop).scope == ""
    till.wait_for("dialog.field", lambda field: field["focused"])
    till.press(*["BackSpace"] * 6)
    till.type("pokl1")
    till.press("Return")
    till.wait_for("dialog.message", lambda w: "nic se nesmaže" in w["text"])
    till.press("1")
    till.wait_for("data:scope", lambda w: w["text"].split(" | ")[2] == "pokl1")
    assert settings.till_settings(shop).scope == "pokl1"
    until(lambda: sync.last_sync_run(shop), "a pull of the new scope")


def test_when_changes_apply_and_the_warehouse_are_chosen(shop: Shop, till: TillWindow) -> None:
    open_page(till)
    till.press("4")
    till.wait_for("apply:automatic")
    till.press("3")
    till.wait_for("data:apply", lambda w: "samo" in w["text"])
    till.press("5")
    till.wait_for("warehouse:sklad-1")
    till.tap("warehouse:sklad-1")
    till.wait_for("data:warehouse", lambda w: "Hlavní sklad (Dlouhá 12)" in w["text"])
    found = settings.till_settings(shop)
    assert (found.apply_when, found.warehouse_id) == (ApplyWhen.AUTOMATIC, "sklad-1")


def test_what_the_backoffice_changes_while_a_question_is_open_stays(shop: Shop, till: TillWindow) -> None:
    """B4: an answer changes what it is about and nothing else."""
    open_page(till)
    till.press("4")
    till.wait_for("apply:automatic")
    settings.save_settings(shop, replace(settings.till_settings(shop), warehouse_id="sklad-1", branch="Brno"))
    till.press("3")
    till.wait_for("data:apply", lambda w: "samo" in w["text"])
    found = settings.till_settings(shop)
    assert (found.apply_when, found.warehouse_id, found.branch) == (ApplyWhen.AUTOMATIC, "sklad-1", "Brno")


def test_a_label_may_be_any_word(shop: Shop, till: TillWindow) -> None:
    settings.save_settings(shop, TillSettings("all"))
    open_page(till)
    till.press("3")
    till.wait_for("scope:label", lambda w: "all" in w["text"])
    till.press("2")
    till.wait_for("dialog.message", lambda w: "nic se nesmaže" in w["text"])
    till.press("1")
    till.wait_for("data:scope", lambda w: w["text"].split(" | ")[2] == "all")
    assert settings.till_settings(shop).scope == "all"


def test_what_waits_is_told_by_kind_age_and_reason(shop: Shop, till: TillWindow) -> None:
    """B8"""
    then_without_network(shop)
    open_page(till)
    till.wait_for("data.waiting", lambda w: "3 účtenky" in w["text"] and "nejstarší" in w["text"])
    assert till.text("data.reason").startswith("Backoffice je nedostupný.")


def test_a_till_is_paired_by_keys_alone(shop: Shop, till: TillWindow, tmp_path: Path) -> None:
    servers_answer(tmp_path)
    open_page(till)
    till.press("1")
    till.wait_for("server:1")
    till.press("1")
    till.wait_for("dialog.field", lambda field: field["focused"])
    till.type("K7PW")
    till.press("Return")
    till.wait_for("dialog.field", lambda field: field["focused"])
    till.type("2M9X-QJ4T-AB3D")
    till.press("Return")
    till.wait_for("dialog.sentence")
    asked = until(lambda: queues.note(shop.tables, pairing.REQUEST_NOTE), "a request")
    assert asked["address"] == "pokladny.local:8443"  # type: ignore[index]
    pairing_ends(shop)
    till.wait_for("dialog.sentence", lambda w: ACCOUNT in w["text"])
    until(lambda: sync.last_sync_run(shop), "a pull right behind the pairing")


def test_a_code_that_is_refused_is_told_in_words_and_can_be_typed_again(shop: Shop, till: TillWindow) -> None:
    open_page(till)
    till.press("1")
    till.wait_for("server:typed")
    till.press("1")
    till.wait_for("dialog.field", lambda field: field["focused"])
    till.type("pokladny.local:8443")
    till.press("Return")
    till.wait_for("dialog.title", lambda w: w["text"] == "Párovací kód")
    till.wait_for("dialog.field", lambda field: field["focused"])
    till.type("K7PW-2M9X-QJ4T-AB3D")
    till.press("Return")
    until(lambda: queues.note(shop.tables, pairing.REQUEST_NOTE), "a request")
    pairing_ends(shop, "code_invalid")
    till.wait_for("dialog.sentence", lambda w: w["text"].startswith("Kód neplatí"))
    till.press("Return")
    assert till.wait_for("dialog.title", lambda w: w["text"] == "Párovací kód")


def test_who_works_is_chosen_with_a_pin_and_stands_in_the_bar(shop: Shop, till: TillWindow) -> None:
    till.wait_for("banner.text", lambda w: w["text"] == "Kdo u pokladny pracuje?")
    till.press("F9")
    till.wait_for("menu:settings")
    till.press("8")
    till.wait_screen("settings")
    focus(till, "settings:users")
    till.press("Return")
    till.wait_for("user:user-petr")
    till.press("3")
    till.wait_for("dialog.field")
    till.type("9999")
    till.press("Return")
    till.wait_for("dialog.message", lambda w: w["text"].startswith("PIN nesouhlasí"))
    assert "9999" not in str(till.look())
    till.type("2580")
    till.press("Return")
    till.wait_for("settings:users", lambda w: "Petr Černý" in w["text"])
    at_work = users.user_at_work(shop)
    assert at_work is not None
    assert at_work.name == "Petr Černý"
    till.wait_for("status.shift", lambda w: "Petr" in w["text"])


def test_date_and_time_are_confirmed_once_and_nothing_waits_for_it(till: TillWindow, tmp_path: Path) -> None:
    (tmp_path / CLOCK_UNKNOWN).touch()
    till.wait_for("banner.text", lambda w: w["text"].startswith("Je pondělí 4. 1. 2027"))
    till.type("2")
    till.press("Return")
    till.wait_for("sale.total", lambda w: w["text"].startswith("49,90"))
    till.tap("banner.yes")
    till.wait_for("clock.right")
    till.press("1")
    till.wait_for("banner.text", lambda w: w["text"].startswith("Pokladna počítá s časem"))
    assert not (tmp_path / CLOCK_UNKNOWN).exists()


def test_a_wrong_date_is_typed_as_digits(shop: Shop, till: TillWindow, tmp_path: Path) -> None:
    (tmp_path / CLOCK_UNKNOWN).touch()
    till.wait_for("banner.text", lambda w: w["text"].startswith("Je pondělí 4. 1. 2027"))
    till.tap("banner.yes")
    till.wait_for("clock.wrong")
    till.press("2")
    till.wait_for("dialog.field")
    till.type("3102")
    till.press("Return")
    till.wait_for("dialog.message", lambda w: w["text"].startswith("To není datum a čas."))
    till.type("20270915")
    till.press("Return")
    till.wait_for("dialog.message", lambda w: w["text"].startswith("To není datum a čas."))
    till.press(*["BackSpace"] * 12)
    till.type("050120270915")
    till.wait_for("dialog.field", lambda w: w["text"] == "05. 01. 2027  09:15")
    till.press("Return")
    said = until(lambda: next(tmp_path.glob("*.confirmed"), None), "a confirmed clock")
    assert said.read_text().startswith("2027-01-05T09:15:00")  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", ["settings", "data"])
def test_every_id_is_unique_and_inside_the_window(till: TillWindow, page: str) -> None:
    open_page(till)
    if page == "settings":
        till.press("Escape")
        till.wait_screen("settings")
    seen = till.look()
    names = [widget["id"] for widget in seen["widgets"]]
    assert len(names) == len(set(names))
    for widget in seen["widgets"]:
        left, top, wide, high = widget["rect"]
        assert 0 <= left <= left + wide <= 801, widget
        assert 0 <= top <= top + high <= 481, widget
