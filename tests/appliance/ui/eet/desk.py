"""What the tests of the EET page share: the daemon's part, a stick, and ways around the screen."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.domain.delivery import FiscalState
from appliance.dropbox import DropBox
from appliance.eet.keyfolder import KeyFolder
from appliance.service.fiscal import ChannelTest, channel_test, finish_test
from appliance.service.shop import Shop
from appliance.store import fiscal
from appliance.sync.certificates import CertificateImport
from appliance.wake import WakeListener
from script.lib.till_window import TillWindow

EIC = "CZ12345678"
PATIENCE_S = 10


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
