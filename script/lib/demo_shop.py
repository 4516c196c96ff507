"""A till with a small Czech shop in a folder, for the screen tests and `script/screens`: real window, real database.

`python -m script.lib.demo_shop DIR --width 800 --height 480` opens the window. The clock there moves only when asked.
"""

import argparse
import json
import uuid
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.domain.catalogue import Item, Unit
from appliance.domain.clock import iso
from appliance.domain.fiscal import Mode, Regime, Taxpayer
from appliance.domain.money import Money
from appliance.domain.receipt import ClockState, Seller
from appliance.domain.vat import VatClass, VatStatus
from appliance.service.identity import ensure_identity
from appliance.service.item_import import import_items
from appliance.service.pairing import Server, request_pairing
from appliance.service.shop import Shop
from appliance.store.db import Store

CLOCK_UNKNOWN = "clock.unknown"
BEGIN = datetime(2027, 1, 4, 8, 30, tzinfo=ZoneInfo("Europe/Prague"))
SELLER = Seller(
    "Potraviny U Nováků", ("Dlouhá 12", "110 00 Praha 1"), "12345678", "CZ12345678", VatStatus.VAT_PAYER, ("Děkujeme",)
)
PIECES = (
    ("Pečivo", 12, "Rohlík tukový", 290), ("Pečivo", 12, "Chléb Šumava kmínový krájený 1200 g", 4990),
    ("Pečivo", 12, "Kobliha s meruňkovou náplní", 1590), ("Pečivo", 12, "Houska cereální", 690),
    ("Pečivo", 12, "Vánočka máslová s mandlemi a rozinkami ručně pletená 500 g", 8990),
    ("Mléčné", 12, "Mléko polotučné 1,5 % 1 l", 2190), ("Mléčné", 12, "Jogurt bílý řecký 0 % tuku 140 g", 1990),
    ("Mléčné", 12, "Máslo 250 g", 5490), ("Mléčné", 12, "Eidam 30 % plátky 100 g", 2690),
    ("Mléčné", 12, "Žervé s pažitkou", 3450), ("Mléčné", 12, "Tvaroh měkký odtučněný ve vaničce 250 g", 2990),
    ("Ovoce a zelenina", 12, "Jablka Gála", 3490), ("Ovoce a zelenina", 12, "Banány", 3290),
    ("Ovoce a zelenina", 12, "Rajčata keříková", 5990), ("Ovoce a zelenina", 12, "Okurka salátová", 2490),
    ("Nápoje", 21, "Kofola originál 2 l", 3990), ("Nápoje", 21, "Minerální voda jemně perlivá 1,5 l", 1690),
    ("Nápoje", 21, "Pivo Plzeň 12° 0,5 l", 3290), ("Nápoje", 21, "Víno Rulandské šedé pozdní sběr 0,75 l", 18990),
    ("Nápoje", 21, "Káva", 4500), ("Nápoje", 12, "Čaj zázvorový", 3900),
    ("Drogerie", 21, "Mýdlo tekuté s levandulí náhradní náplň 1000 ml", 7990),
    ("Drogerie", 21, "Toaletní papír třívrstvý 8 rolí", 9990), ("Drogerie", 21, "Zubní pasta", 6490),
    ("Drogerie", 21, "Žiletky", 12990), ("Tabák a noviny", 21, "Zapalovač", 1500),
    ("Tabák a noviny", 21, "Křížovky", 3990), ("Tabák a noviny", 21, "Sirky", 50),
    ("Elektro", 21, "Pračka s předním plněním 9 kg, sušička a parní program", 1599000),
    ("Elektro", 21, "Televizor OLED 195 cm", 13499950), ("Elektro", 21, "Žárovka LED E27 teplá bílá", 8900),
    ("Elektro", 21, "Ň", 100),
)  # fmt: skip
NO_PRICE = (("Pečivo", 12, "Dort na objednávku"), ("Ovoce a zelenina", 12, "Bylinky řezané"))
WEIGHED = {"Jablka Gála", "Banány"}
VAT = {21: VatClass.STANDARD, 12: VatClass.REDUCED}


def make_shop(folder: Path, *, mode: Mode = Mode.LIVE) -> Shop:
    """The shop in this folder, made when it is not there yet. Time begins at BEGIN and goes on with each question."""
    ids = count(1)
    ticks = count()

    def now() -> datetime:
        return BEGIN + timedelta(milliseconds=50 * next(ticks))

    def new_id() -> str:
        return str(uuid.uuid4())

    store = Store(folder / "till.db")
    ensure_identity(
        store, new_id=new_id, new_epoch=lambda: f"{next(ids):016x}", prefix="P1", board_serial="", at=iso(BEGIN)
    )
    shop = Shop(
        store=store,
        seller=SELLER,
        till_name="Pokladna 1",
        user="Jana Dvořáková",
        taxpayer=Taxpayer("CZ12345678", "11", "P1"),
        regimes=(Regime(BEGIN - timedelta(days=1), mode),),
        boot="boot-1",
        now=now,
        new_id=new_id,
        new_message_id=new_id,
        wake=lambda *_names: None,  # there is no other process here
        clock=lambda: ClockState.VERIFIED,
        till_clock=DemoClock(folder / CLOCK_UNKNOWN),
    )
    from appliance.service.catalogue import count_items

    if not count_items(shop, None):
        fill(shop)
    return shop


def fill(shop: Shop) -> None:
    """The price list: EAN and PLU in order, one EAN carried by two items."""
    items = [
        Item(
            item_id=f"item-{n:02d}", name=name, price=Money(haler), vat_class=VAT[vat], category_id=category,
            plu=str(n), unit=Unit.KILOGRAM if name in WEIGHED else Unit.PIECE, eans=(f"859000{n:07d}",),
        )
        for n, (category, vat, name, haler) in enumerate(PIECES, 1)
    ]  # fmt: skip
    items += [
        Item(item_id=f"item-9{n}", name=name, price=None, vat_class=VAT[vat], category_id=category, plu=f"90{n}")
        for n, (category, vat, name) in enumerate(NO_PRICE, 1)
    ]
    items.append(
        Item(item_id="item-99", name="Rohlík tukový, starý kód", price=Money(250), vat_class=VatClass.REDUCED,
             category_id="Pečivo", plu="1")
    )  # fmt: skip
    for _done in import_items(shop, items, list(dict.fromkeys(piece[0] for piece in PIECES))):
        pass


class DemoClock:
    """Nobody has said what time it is as long as a file is there."""

    def __init__(self, unknown: Path) -> None:
        self._unknown = unknown

    def unconfirmed(self) -> bool:
        return self._unknown.exists()

    def confirm(self, at: datetime) -> None:
        self._unknown.write_text(at.isoformat())
        self._unknown.rename(self._unknown.with_suffix(".confirmed"))

    def correction(self) -> None:
        return None

    def settle(self, correction: object) -> None:
        del correction

    def save(self) -> None:
        pass


class DemoDesk:
    """As bootstrap's PairingDesk, with the servers that a file names instead of a search on the network."""

    def __init__(self, shop: Shop, servers: Path) -> None:
        self._shop, self._servers = shop, servers

    def search(self) -> list[Server]:
        found = json.loads(self._servers.read_text("utf-8")) if self._servers.exists() else []
        return [Server(name, address, "") for name, address in found]

    def pair(self, code: str, address: str = "") -> str:
        return request_pairing(self._shop, code, address)


def main() -> None:
    from appliance.bootstrap.certificates import CertificateDesk
    from appliance.ui.app import UiOptions, run_ui

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=800)
    parser.add_argument("--theme", default="light")
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--mode", type=Mode, default=Mode.LIVE)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    shop = make_shop(given.folder, mode=given.mode)
    options = UiOptions(
        CertificateDesk(given.folder, [given.folder / "media"], new_id=shop.new_id),
        DemoDesk(shop, given.folder / "servers.json"),
        width=given.width,
        height=given.height,
        theme=given.theme,
        inspect_socket=given.socket,
        home=given.folder / "kivy",
    )
    run_ui(shop, options)


if __name__ == "__main__":
    main()
