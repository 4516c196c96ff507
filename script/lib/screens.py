"""Draws every screen of the till, light at three sizes and dark at one: the real window over the demo shop."""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageGrab

from appliance.domain.delivery import PrintState
from appliance.domain.fiscal import Mode
from appliance.service.shop import Shop
from appliance.store import queues
from script.lib import eet_scenes, stock_scenes, sync_scenes, sync_walk
from script.lib.demo_shop import CLOCK_UNKNOWN, NO_PRICE, PIECES, make_shop
from script.lib.till_window import TillWindow, till_window

SIZES = ("800x480", "1024x600", "1280x800")
SETTLE_S = 0.4


class Camera:
    """Saves pictures as NAME-WxH[-dark].png, with few colours so that they stay small."""

    def __init__(self, till: TillWindow, folder: Path, suffix: str) -> None:
        self._till, self._folder, self._suffix = till, folder, suffix

    def take(self, name: str) -> None:
        self._till.look()  # two frames later everything is laid out
        time.sleep(SETTLE_S)
        os.environ["XAUTHORITY"] = str(self._till.display.authority)
        picture = ImageGrab.grab(xdisplay=self._till.display.name).convert("RGB")
        picture = picture.quantize(200, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        picture.save(self._folder / f"{name}-{self._suffix}.png", optimize=True)


def walk(till: TillWindow, camera: Camera, folder: Path) -> None:
    """A short day, photographed."""
    camera.take("sale-closed")
    till.tap("sale.open_shift")
    till.wait_for("dialog.field")
    till.type("1500")
    camera.take("open-shift")
    till.press("Return")
    till.wait_for("key:pay")
    sell(till, camera)
    pay(till, camera, folder)
    manage(till, camera)


MARKED = (Mode.PLAYGROUND, Mode.VERIFICATION)


def look_at_mark(till: TillWindow, camera: Camera, mode: Mode) -> None:
    """What stands on every screen of a till that does not record sales for real."""
    till.tap("sale.open_shift")
    till.wait_for("dialog.field")
    till.type("1500")
    till.press("Return")
    till.wait_for("key:pay")
    for code in ("5", "2", "6"):
        till.type(code)
        till.press("Return")
    till.type("99999")
    till.press("Return")
    camera.take(f"sale-{mode}")
    till.press("plus")
    till.wait_screen("pay")
    camera.take(f"pay-{mode}")


def look_at_eet(till: TillWindow, camera: Camera) -> None:
    """A till whose sales are all reported."""
    till.press("F9")
    till.tap("menu:eet")
    till.wait_screen("eet")
    camera.take("eet")
    till.tap("eet.import")
    till.wait_for("dialog.more")
    camera.take("import-no-stick")


def look_at_trouble(till: TillWindow, camera: Camera, folder: Path, refused: list[str]) -> None:
    """Refused sales, others that wait, a certificate that is to be replaced and is somebody else's."""
    till.wait_for("banner.yes")
    camera.take("eet-banner")
    till.tap("banner.yes")
    till.wait_screen("eet")
    camera.take("eet-parked")
    till.tap(f"eet:{refused[1]}")
    till.wait_for("fiscal.retry")
    camera.take("eet-sale")
    import_a_certificate(till, camera, folder)
    till.press("F3")
    till.wait_screen("receipts")
    till.type("P1A-000001")
    till.press("Return")
    till.tap(f"receipt:{refused[0]}")
    till.wait_for("fiscal.retry")
    camera.take("receipt-parked")


def import_a_certificate(till: TillWindow, camera: Camera, folder: Path) -> None:
    eet_scenes.plug_in_a_stick(folder)
    shop = make_shop(folder)
    daemon = eet_scenes.RefusingDaemon(shop, folder)
    till.tap("eet.import")
    till.wait_for("file:1")
    camera.take("import-file")
    till.tap("file:1")
    till.wait_for("dialog.field", lambda field: field["focused"])
    till.type("Tajne-12")
    camera.take("import-password")
    till.press("Return")
    till.wait_for("dialog.sentence")
    camera.take("import-waiting")
    daemon.answer()
    till.wait_for("dialog.more")
    camera.take("import-failed")
    till.press("Escape")
    daemon.close()
    shop.store.close()


def sell(till: TillWindow, camera: Camera) -> None:
    last = len(PIECES) - 2  # the television set
    for code in ("5", "2", "3*2", "22", str(last), "6"):
        till.type(code)
        till.press("Return")
    till.press("Up", "Up", "Up")
    camera.take("sale")
    till.type("10/")
    till.type("12*85900")
    camera.take("sale-entry")
    till.press("Escape")
    till.type("99999")
    till.press("Return")
    camera.take("sale-not-found")
    till.type("1")
    till.press("Return")
    till.wait_for("dialog.title")
    camera.take("several-hits")
    till.press("Escape")
    till.type(f"90{len(NO_PRICE)}")
    till.press("Return")
    till.wait_for("dialog.field")
    till.type("35,50")
    camera.take("price-question")
    till.press("Return")
    till.press("F2")
    till.wait_for("dialog.field")
    till.type("5")
    camera.take("bill-discount")
    till.press("Return")
    till.tap("sale.keypad")
    camera.take("sale-keypad")
    till.tap("sale.keypad")
    till.tap("sale.search")
    till.wait_for("pad:enter")
    for letter in "ml":
        till.tap(f"pad:text:{letter}")
    camera.take("search")
    till.press("Escape")
    till.press("Escape")
    till.press("Right", "Right", "Down")
    camera.take("sale-focus")
    till.press("Escape")


def break_off_the_print(folder: Path) -> None:
    """As after a power cut in the middle of the paper."""
    shop = make_shop(folder)
    with shop.fact() as tables:
        for job in queues.jobs(tables, PrintState.WAITING):
            queues.set_job(tables, job.job_id, PrintState.ASK)
    shop.store.close()


def pay(till: TillWindow, camera: Camera, folder: Path) -> None:
    till.press("plus")
    till.wait_screen("pay")
    camera.take("pay-many")
    till.type("100000")
    till.press("F2")
    till.type("20000")
    till.press("F4")
    camera.take("pay-split")
    till.type("60000")
    camera.take("pay-change")
    till.press("Return")
    till.wait_for("receipt.number")
    camera.take("paid")
    break_off_the_print(folder)
    till.wait_for("banner.yes")
    camera.take("print-question")
    till.tap("banner.no")
    for code in ("8", "2*3", "20"):
        till.type(code)
        till.press("Return")
    till.press("plus")
    till.wait_screen("pay")
    camera.take("pay")
    till.press("plus")
    till.wait_for("receipt.number")
    for n in range(1, 24):
        till.type(f"{n % 7 + 2}*{n}" if n != 1 else "4")
        till.press("Return")
    camera.take("sale-long")
    till.press("plus")
    till.wait_screen("pay")
    till.press("F2")
    till.wait_for("receipt.number")


def manage(till: TillWindow, camera: Camera) -> None:
    till.press("F6")
    till.wait_screen("till")
    camera.take("till")
    till.tap("till.deposit")
    till.wait_for("reason:1")
    camera.take("deposit")
    till.press("Escape")
    till.press("F3")
    till.wait_screen("receipts")
    first = next(w["id"] for w in till.look()["widgets"] if w["id"].startswith("receipt:"))
    till.tap(first)
    camera.take("receipts")
    till.tap("receipts.refund")
    till.wait_for("reason:1")
    camera.take("refund-reason")
    till.tap("reason:1")
    till.wait_for("receipt.number")
    camera.take("refunded")
    edit(till, camera)
    close(till, camera)


def edit(till: TillWindow, camera: Camera) -> None:
    till.press("F4")
    till.wait_screen("pricelist")
    camera.take("pricelist")
    till.tap("pricelist.menu")
    till.wait_for("menu:sync")
    camera.take("pricelist-menu")
    till.press("Escape")
    till.tap("pricelist.search")
    till.type("mydlo")
    camera.take("pricelist-search")
    till.press("Return")
    item = next(w["id"] for w in till.look()["widgets"] if w["id"].startswith("item:"))
    till.tap(item)
    till.wait_screen("item_edit")
    camera.take("item-edit")
    till.tap("item.name")
    camera.take("keyboard")
    till.press("Escape")
    till.tap("item.category")
    till.wait_for("category:none")
    camera.take("category")
    till.press("Escape")
    till.tap("item.reporting")
    till.wait_for("reporting:voucher")
    camera.take("reporting")
    till.press("Escape")
    till.tap("item.back")


def close(till: TillWindow, camera: Camera) -> None:
    till.press("F5")
    till.tap("banner.yes")
    till.wait_screen("sync")
    camera.take("sync")
    till.tap("menu")
    till.wait_for("menu:status")
    camera.take("menu")
    till.tap("menu:status")
    till.wait_screen("status")
    camera.take("status")
    till.press("F6")
    till.tap("till.close")
    till.wait_for("dialog.field")
    till.type("1600")
    till.press("Return")
    till.wait_for("closing.count")
    camera.take("till-closed")


def look_at_clock(till: TillWindow, camera: Camera, folder: Path) -> None:
    """A till without a clock of its own, after a power cut."""
    (folder / CLOCK_UNKNOWN).touch()
    till.wait_for("banner.yes")
    camera.take("clock-banner")
    till.tap("banner.yes")
    till.wait_for("clock.wrong")
    camera.take("clock-question")
    till.tap("clock.wrong")
    till.wait_for("dialog.field")
    till.type("050120270915")
    camera.take("clock-typed")


PARTS = ("day", "marks", "eet", "sync", "stock", "clock")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, action="append")
    parser.add_argument("--theme", choices=("light", "dark"), action="append")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part of the pictures")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for theme in given.theme or ("light", "dark"):
        for size in given.size or (SIZES if theme == "light" else SIZES[-1:]):
            suffix = size if theme == "light" else f"{size}-{theme}"
            for part in given.only or PARTS:
                draw(part, given.out, suffix, size=size, theme=theme)


def draw(part: str, out: Path, suffix: str, *, size: str, theme: str) -> None:
    if part == "day":
        with shown(size, theme) as (till, folder):
            walk(till, Camera(till, out, suffix), folder)
    elif part == "sync":
        with shown(size, theme, before=sync_scenes.pictured) as (till, folder):
            sync_walk.look_at_sync(till, Camera(till, out, suffix).take, folder)
    elif part == "stock":
        with shown(size, theme, before=stock_scenes.stocked) as (till, _folder):
            stock_scenes.look_at_stock(till, Camera(till, out, suffix).take)
    elif part == "clock":
        with shown(size, theme) as (till, folder):
            look_at_clock(till, Camera(till, out, suffix), folder)
    elif part == "marks":
        for mode in MARKED:
            with shown(size, theme, mode=mode) as (till, _folder):
                look_at_mark(till, Camera(till, out, suffix), mode)
    else:
        with shown(size, theme, before=eet_scenes.all_is_well) as (till, _folder):
            look_at_eet(till, Camera(till, out, suffix))
        refused: list[str] = []
        with shown(size, theme, before=lambda shop: refused.extend(eet_scenes.much_is_wrong(shop))) as (till, folder):
            look_at_trouble(till, Camera(till, out, suffix), folder, refused)


@contextmanager
def shown(
    size: str, theme: str, *, mode: Mode = Mode.LIVE, before: Callable[[Shop], None] = lambda _shop: None
) -> Iterator[tuple[TillWindow, Path]]:
    """A till of this size, and its folder; `before` is what has happened there already."""
    width, height = (int(part) for part in size.split("x"))
    with tempfile.TemporaryDirectory(prefix="pokladna-screens-") as name:
        folder = Path(name)
        shop = make_shop(folder, mode=mode)
        before(shop)
        shop.store.close()
        with till_window(folder, width=width, height=height, theme=theme, mode=mode) as till:
            yield till, folder


if __name__ == "__main__":
    main()
