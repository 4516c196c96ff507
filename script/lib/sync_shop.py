"""A till and its Backoffice in one folder, for proofs and benchmarks: real processes, real HTTPS, real code."""

import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from appliance.bootstrap.shop import open_shop
from appliance.config import Config, load_config
from appliance.domain.cart import Cart, add_item
from appliance.domain.catalogue import Item
from appliance.domain.money import Money, Quantity, crowns
from appliance.domain.sale import PaymentMethod, Tender, cash_due
from appliance.domain.vat import VatClass
from appliance.service import checkout, shift
from appliance.service.shop import Shop
from demo.owner import Owner
from demo.processes import Process, pokladna, run
from demo.recorder import Recorder
from demo.settings import toml_of

OWNER = "bench@example.cz"
GOODS = (
    ("Rohlík tukový", 350, VatClass.REDUCED),
    ("Mléko polotučné 1 l", 2490, VatClass.REDUCED),
    ("Káva zrnková Arabica 1 kg, pomalu pražená, v dóze s ventilem", 48900, VatClass.REDUCED),
    ("Pivo světlé výčepní 0,5 l", 1890, VatClass.STANDARD),
    ("Sýr eidam 30 % plátky 100 g", 3290, VatClass.REDUCED),
)


class SyncShop:
    """`start` brings the Backoffice up and pairs the till with it. A recorded till speaks through `recorder`."""

    def __init__(
        self, folder: Path, *, recorded: bool = False, settings: Mapping[str, Mapping[str, object]] | None = None
    ) -> None:
        self.folder = folder
        self.recorder: Recorder | None = None
        self._recorded = recorded
        self._more_settings = settings or {}
        self.log = folder / "log.txt"
        self._password = secrets.token_urlsafe(12)
        self._owner: Owner | None = None
        ready = folder / "backoffice.ready"
        serve = ["serve", *self._data(), "--host", "127.0.0.1", "--no-advertise", "--port", "0"]
        self.backoffice = Process(
            "backoffice", pokladna("backoffice", *serve, "--ready-file", str(ready)), self.log, ready_file=ready
        )

    def start(self) -> None:
        password_file = self.folder / "password"
        password_file.write_text(self._password + "\n")
        run(
            pokladna("backoffice", "owner", "create", *self._data(), OWNER, "--password-file", str(password_file)),
            self.log,
        )
        self.backoffice.start()
        self.url = (self.folder / "backoffice.ready").read_text().strip().rstrip("/")
        port = int(self.url.rpartition(":")[2])
        self.backoffice.replace_argument("--port", str(port))
        if self._recorded:
            tls = self.folder / "backoffice" / "tls"
            self.recorder = Recorder(port, certificate=tls / "leaf.pem", key=tls / "leaf.key")
        self.config_file = self.folder / "till.toml"
        self.config_file.write_text(self._settings(), "utf-8")
        self.config: Config = load_config(self.config_file)
        code = run(pokladna("backoffice", "pairing-code", *self._data(), "--account", OWNER), self.log).strip()
        run(pokladna("--config", str(self.config_file), "pair", code), self.log)

    def open_shop(self) -> Shop:
        return open_shop(self.config)

    def sign_in(self) -> None:
        """As the owner, anew: another database knows no earlier session."""
        ca_file = self.folder / "backoffice" / "tls" / "ca.pem"
        self._owner = Owner(self.url, ca_file, email=OWNER, password=self._password)

    def held(self) -> tuple[int, int]:
        """Count and sum in haléře of what stands in Historie."""
        if self._owner is None:
            self.sign_in()
        assert self._owner is not None
        return self._owner.summary()

    def process(self, *arguments: str) -> Process:
        """One of the till's own processes, by its command."""
        command = pokladna("--config", str(self.config_file), *arguments)
        return Process(arguments[0], command, self.log)

    def stop(self) -> None:
        self.backoffice.stop()
        if self.recorder:
            self.recorder.stop()

    def _data(self) -> list[str]:
        return ["--data-dir", str(self.folder / "backoffice")]

    def _settings(self) -> str:
        own: dict[str, dict[str, object]] = {
            "till": {"name": "Pokladna 1", "prefix": "P1"},
            "backoffice": {
                "url": f"https://localhost:{self.recorder.port if self.recorder else self.url.rpartition(':')[2]}",
                "ca_file": str(self.folder / "backoffice" / "tls" / "ca.pem"),
            },
            "paths": {name: str(self.folder / name) for name in ("data", "secret", "run")},
        }
        for section, leafs in self._more_settings.items():
            own.setdefault(section, {}).update(leafs)
        return toml_of(own)


def sell(shop: Shop, receipts: int, *, progress: Callable[[int], None]) -> int:
    """Sell that many times, one to three lines each, through the till's own checkout; the sum in haléře."""
    if shift.current_shift(shop) is None:
        shift.open_shift(shop, crowns(1000))
    items = [Item(f"item-{n}", name, Money(price), vat) for n, (name, price, vat) in enumerate(GOODS)]
    total = 0
    for n in range(receipts):
        cart = Cart()
        for line in range(n % 3 + 1):
            cart = add_item(cart, items[(n + line) % len(items)], quantity=Quantity(1000 * (n % 2 + 1)))
        method = PaymentMethod.CARD if n % 4 == 0 else PaymentMethod.CASH
        due = cart.total if method is PaymentMethod.CARD else cash_due(cart.total, [])
        total += checkout.pay(shop, cart, [Tender(method, due)]).paid.haler
        if n % 500 == 0:
            progress(n)
    return total


def on_terminal(text: str) -> None:
    """Progress for whoever waits; stdout belongs to the report."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
