"""What may have happened between the demo shop's till and a Backoffice: for pictures and tests of its screens."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from appliance.domain.clock import iso
from appliance.domain.pin import hash_pin
from appliance.domain.pricelist import ApplyWhen, TillSettings
from appliance.service import settings, sync, users
from appliance.service.pairing import PAIRED_NOTE, PairingResult, save_result
from appliance.service.shop import Shop
from appliance.service.status import BACKOFFICE_NOTE
from appliance.store import journal, queues
from appliance.store.pull import update_pull
from script.lib.eet_scenes import all_is_well, sell

ACCOUNT, URL = "jana.dvorakova@potravinyunovaku.cz", "https://pokladny.local:8443"
USERS = (("user-jana", "Jana Dvořáková", ""), ("user-petr", "Petr Černý", "2580"), ("user-eva", "Eva Horáková", "1234"))
WAREHOUSES = (
    ("sklad-1", "Hlavní sklad", "Dlouhá 12"),
    ("sklad-2", "Chladicí box", "Dlouhá 12"),
    ("sklad-3", "Stánek", ""),
)
LABEL = "pokl1"


def joined(shop: Shop, *, fault: str = "") -> None:
    """A till that is paired; users and warehouses have come."""
    with shop.mark() as tables:
        queues.set_note(tables, PAIRED_NOTE, {"account": ACCOUNT, "url": URL, "pinned": True}, at=iso(shop.now()))
        queues.set_note(tables, BACKOFFICE_NOTE, {"paired": True, "fault": fault}, at=iso(shop.now()))
        for user_id, name, pin in USERS:
            hashed = hash_pin(pin, b"pictures-of-till") if pin else ""
            tables.till_user.insert(user_id=user_id, name=name, pin=hashed).on_conflict("replace").execute()
        for warehouse_id, name, branch in WAREHOUSES:
            row = {"warehouse_id": warehouse_id, "name": name, "branch": branch}
            tables.warehouse.insert(row).on_conflict("replace").execute()


def restricted(shop: Shop) -> None:
    settings.save_settings(shop, TillSettings(LABEL, True, ApplyWhen.SHIFT_OPEN, "sklad-1", "Dlouhá 12"))


def synchronised(shop: Shop) -> None:
    """A synchronisation that has ended well, and everything acked."""
    run_id = sync.request_sync(shop)
    with shop.fact() as tables:
        journal.ack(tables, journal.last_place(tables))
    result = json.dumps({"changed": 12, "new": 3, "removed": 1, "sent": 48})
    with shop.mark() as tables:
        queues.update_run(tables, run_id, phase="done", done=64, total=64, finished_at=iso(shop.now()), result=result)


def day_of_a_paired_till(shop: Shop) -> None:
    """Synchronised in the morning; since then sales that wait, and changes of the price list."""
    joined(shop)
    all_is_well(shop)
    restricted(shop)
    synchronised(shop)


def then_without_network(shop: Shop) -> None:
    """Sales of a quarter of an hour ago that have not gone out."""
    earlier = replace(shop, now=lambda: shop.now() - timedelta(minutes=14))
    for item_id in ("item-02", "item-06", "item-08"):
        sell(earlier, item_id)
    with shop.mark() as tables:
        note = {"paired": True, "fault": "unreachable"}
        queues.set_note(tables, BACKOFFICE_NOTE, note, at=iso(shop.now()))


def changes_wait(shop: Shop, waiting: int = 12) -> None:
    with shop.mark() as tables:
        update_pull(tables, changes_waiting=waiting)


def goes_on(shop: Shop, *, phase: str, done: int, total: int) -> None:
    """As the daemon writes the progress of a synchronisation that was asked for."""
    run = sync.last_sync_run(shop)
    assert run is not None
    with shop.mark() as tables:
        queues.update_run(tables, run.run_id, phase=phase, done=done, total=total)


def servers_answer(folder: Path) -> None:
    found = [["Backoffice – prodejna Dlouhá", "pokladny.local:8443"], ["Backoffice (zkušební)", "192.168.1.20:8443"]]
    (folder / "servers.json").write_text(json.dumps(found), "utf-8")


def pairing_ends(shop: Shop, word: str = "", detail: str = "") -> None:
    """The daemon's word to the request that waits."""
    asked = queues.note(shop.tables, "pairing_request")
    account = "" if word else ACCOUNT
    save_result(shop, PairingResult(asked["id"], word, detail, account, URL))


def pictured(shop: Shop) -> None:
    """Everything at once."""
    day_of_a_paired_till(shop)
    then_without_network(shop)
    users.log_in(shop, "user-jana", "")
    changes_wait(shop)
