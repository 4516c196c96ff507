"""Pictures of Nastavení, Data a synchronizace, Obsluha and a synchronisation under way."""

from collections.abc import Callable
from pathlib import Path

from appliance.service.shop import Shop
from script.lib import sync_scenes
from script.lib.demo_shop import make_shop
from script.lib.till_window import TillWindow

Take = Callable[[str], None]
QUESTIONS = (
    ("sync", "sync.switch", "data-off"),
    ("scope", "scope:all", "data-scope"),
    ("apply", "apply:manual", "data-apply"),
    ("warehouse", "warehouse:none", "data-warehouse"),
)  # row, an answer to wait for, picture


def look_at_sync(till: TillWindow, take: Take, folder: Path) -> None:
    shop = make_shop(folder)
    till.wait_for("status.changes")
    take("sale-changes")
    till.press("F9")
    till.tap("menu:settings")
    till.wait_screen("settings")
    take("settings")
    till.tap("settings:data")
    till.wait_screen("data")
    take("data")
    for name, tag, answer in QUESTIONS:
        till.tap(f"data:{name}")
        till.wait_for(tag)
        take(answer)
        till.press("Escape")
    till.tap("data:scope")
    till.tap("scope:other")
    till.wait_for("dialog.field")
    take("data-label")
    till.press("BackSpace", "2", "Return")
    till.wait_for("scope.confirm")
    take("data-label-confirm")
    till.press("Escape")
    choose_user(till, take)
    pair(till, take, folder, shop)
    synchronise(till, take, shop)
    shop.store.close()


def choose_user(till: TillWindow, take: Take) -> None:
    till.press("Escape")
    till.wait_screen("settings")
    till.tap("settings:users")
    till.wait_for("user:user-petr")
    take("users")
    till.tap("user:user-petr")
    till.type("1111")
    till.press("Return")
    till.wait_for("dialog.message", lambda w: "nesouhlasí" in w["text"])
    take("user-pin")
    till.type("2580")
    till.press("Return")
    till.wait_for("settings:users", lambda w: "Petr" in w["text"])


def pair(till: TillWindow, take: Take, folder: Path, shop: Shop) -> None:
    sync_scenes.servers_answer(folder)
    till.tap("settings:data")
    till.tap("data:pairing")
    till.wait_for("server:1")
    take("pairing-servers")
    till.tap("server:1")
    till.wait_for("dialog.field", lambda field: field["focused"])
    till.type("K7PW-2M9X-QJ4T-AB3D")
    take("pairing-code")
    till.press("Return")
    till.wait_for("dialog.sentence")
    take("pairing-waiting")
    sync_scenes.pairing_ends(shop, "code_invalid")
    till.wait_for("dialog.ok")
    take("pairing-failed")
    till.press("Escape")


def synchronise(till: TillWindow, take: Take, shop: Shop) -> None:
    till.press("F1", "F5")
    till.wait_for("banner.yes")
    sync_scenes.goes_on(shop, phase="download", done=240, total=1200)
    till.wait_for("key:f5")
    take("sale-sync")
    till.tap("banner.yes")
    till.wait_screen("sync")
    take("sync-running")
    sync_scenes.synchronised(shop)
    till.wait_for("sync.title", lambda w: "hotová" in w["text"])
    take("sync-done")
