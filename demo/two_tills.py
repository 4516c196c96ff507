"""`script/demo --two-tills`: two tills of one account with different labels, one story through their real screens.

S14 to S20 in the order in which an owner meets them. Each step is seen on the screen it must show on, and kept as a
picture; what must not be there is looked for too.
"""

import contextlib
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from demo.owner import Owner
from demo.processes import DemoFailed, Process, pokladna, run
from demo.screen import Screen, View
from demo.settings import toml_of
from tests.xvfb import xvfb

OWNER = "majitel@example.cz"
SYNC_TIMEOUT_S = 60.0
SIZE = (1280, 800)
GOODS = (
    "ean,name,price,category\n8594001021234,Rohlík tukový,3.50,Pečivo\n8594002030405,Mléko polotučné 1 l,24.90,Mléčné\n"
)
ROLL, MILK, BERRIES, LEMONADE = "Rohlík tukový", "Mléko polotučné 1 l", "Jahody 250 g", "Malinovka 0,5 l"

Say = Callable[[str], None]


class Till:
    """One till with a screen, a printer and a daemon of its own."""

    def __init__(self, office: "TwoTills", number: int, stack: contextlib.ExitStack) -> None:
        self.name = f"Pokladna {number}"
        self.label = f"pokl{number}"
        self._office = office
        self.folder = office.out / f"till-{number}"
        self.folder.mkdir()
        self.run_dir = Path(tempfile.mkdtemp(prefix="pokladna-two-"))
        stack.callback(shutil.rmtree, self.run_dir, ignore_errors=True)
        self._display = stack.enter_context(xvfb(width=SIZE[0], height=SIZE[1])).environment()
        self._stack = stack
        self.config = self.folder / "till.toml"
        printer = self._printer()
        self.config.write_text(self._settings(number, printer_port=printer), "utf-8")

    def command(self, *arguments: str) -> str:
        return run(pokladna("--config", str(self.config), *arguments), self._office.log)

    def start(self) -> None:
        inspect = self.run_dir / "screen"
        for name in ("print", "sync", "ui"):
            command = pokladna("--config", str(self.config), name)
            ready = inspect if name == "ui" else None
            process = Process(name, command, self.folder / f"{name}.log", environment=self._display, ready_file=ready)
            process.start()
            self._stack.callback(process.stop)
        self.screen = Screen(inspect, self._display)
        self._stack.callback(self.screen.close)
        self.screen.see(lambda v: v.screen == "sale", f"the sale screen of {self.name}")

    def _printer(self) -> int:
        ready = self.run_dir / "printer.ready"
        options = ["--dir", str(self.folder), "--port", "0", "--page-port", "0", "--ready-file", str(ready)]
        printer = Process(
            "printer",
            [sys.executable, "-m", "drivers.virtual", *options],
            self.folder / "printer.log",
            ready_file=ready,
        )
        printer.start()
        self._stack.callback(printer.stop)
        return int(ready.read_text().split()[1])

    def _settings(self, number: int, *, printer_port: int) -> str:
        return toml_of(
            {
                "till": {"name": self.name, "prefix": f"P{number}", "user": "Jana" if number == 1 else "Petr"},
                "shop": {"name": "Potraviny U Lípy", "address": ["Lipová 7", "602 00 Brno"]},
                "eet": {"id_pokl": f"P{number}"},
                "backoffice": {"url": self._office.url, "ca_file": str(self._office.ca_file), "status_s": 5},
                "printer": {"host": "127.0.0.1", "port": printer_port},
                "paths": {
                    "data": str(self.folder / "data"),
                    "secret": str(self.folder / "secret"),
                    "run": str(self.run_dir),
                },
                "ui": {
                    "width": SIZE[0],
                    "height": SIZE[1],
                    "fullscreen": False,
                    "inspect_socket": str(self.run_dir / "screen"),
                },
            }
        )

    # ---- what a person does at this till

    def go(self, page: str) -> View:
        self.screen.tap("menu")
        self.screen.tap(f"menu:{page}")
        return self.screen.see(lambda v: v.screen == page and not v.dialog, f"the page {page}")

    def open_data(self) -> View:
        self.go("settings")
        self.screen.tap("settings:data")
        return self.screen.see(lambda v: v.screen == "data", "Data a synchronizace")

    def restrict(self) -> None:
        """S17: Nastavení → Data a synchronizace → Omezit synchronizaci položek, with this till's label."""
        self.open_data()
        self.screen.tap("data:scope")
        self.screen.tap("scope:other")
        self.fill("dialog.field", self.label)
        self.screen.tap("dialog.ok")
        self.screen.tap("scope.confirm")
        self.screen.see(lambda v: not v.dialog and self.label in v.text("data:scope"), f"the label {self.label}")
        self.wait_for_sync("data.last")

    def switch_sync(self, words: str) -> None:
        """S14"""
        self.open_data()
        self.screen.tap("data:sync")
        self.screen.tap("sync.switch")
        self.screen.see(lambda v: not v.dialog and words in v.text("data:sync"), f"item sync {words}")

    def synchronise(self) -> None:
        """S15: Ceník → ⋮ → Synchronizace s BackOffice."""
        self.go("pricelist")
        self.screen.tap("pricelist.menu")
        self.screen.tap("menu:sync")
        self.wait_for_sync("sync.title")

    def wait_for_sync(self, title: str) -> None:
        self.screen.see(
            lambda v: v.text(title).startswith(DONE), "the end of the synchronisation", timeout_s=SYNC_TIMEOUT_S
        )

    def items(self) -> dict[str, str]:
        """name → the whole row of Ceník."""
        view = self.go("pricelist")
        rows = [view.text(name) for name in view.ids("item:")]
        return {row.split(" | ")[0].strip(): row for row in rows}

    def edit(self, name: str, **fields: str) -> None:
        view = self.go("pricelist")
        row = next(each for each in view.ids("item:") if view.text(each).startswith(name))
        self.screen.tap(row)
        self._save(fields)

    def add(self, **fields: str) -> None:
        self.go("pricelist")
        self.screen.tap("pricelist.new")
        self._save(fields)

    def _save(self, fields: dict[str, str]) -> None:
        self.screen.see(lambda v: v.screen == "item_edit", "the item")
        for field, text in fields.items():
            self.fill(f"item.{field}", text)
        self.screen.tap("item.save")
        self.screen.see(lambda v: v.screen == "pricelist" and not v.dialog, "the price list again")

    def fill(self, field: str, text: str) -> None:
        """Touch a field, empty it, type."""
        self.screen.tap(field)
        view = self.screen.see(lambda v: v.keyboard or v.has("pad:enter"), "something to type with")
        for _ in view.text(field):
            self.screen.press("backspace")
        self.screen.write(text)
        self.screen.see(lambda v: v.text(field).endswith(text[-6:]), f"{text} in {field}")

    def picture(self, name: str) -> None:
        self.screen.picture(self._office.pictures / f"{name}.png")


DONE = "Synchronizace je hotová"


class TwoTills:
    """One Backoffice, two tills, everything in one folder."""

    def __init__(self, out: Path, say: Say) -> None:
        self.out = out.resolve()
        self.pictures = self.out / "screens"
        self.pictures.mkdir(parents=True)
        self.log = self.out / "install.log"
        self.say = say
        self._password = secrets.token_urlsafe(12)
        self.ca_file = self.out / "backoffice" / "tls" / "ca.pem"

    def play(self) -> None:
        """Raises DemoFailed with what was not to be seen, and where."""
        with contextlib.ExitStack() as stack:
            self._start_backoffice(stack)
            self.owner = Owner(self.url, self.ca_file, email=OWNER, password=self._password)
            self.one, self.two = (Till(self, number, stack) for number in (1, 2))
            for till in (self.one, self.two):
                code = run(pokladna("backoffice", "pairing-code", *self._data(), "--account", OWNER), self.log).strip()
                till.command("pair", code)
            goods = self.out / "goods.csv"
            goods.write_text(GOODS, "utf-8")
            self.one.command("items", "import", str(goods))
            for till in (self.one, self.two):
                till.start()
            for step in (
                self.the_other_till_gets_the_list,
                self.an_edit_reaches_the_other_till,
                self.each_till_shows_its_own,
                self.a_new_item_gets_the_tills_label,
                self.a_second_label_shows_it_on_both,
                self.off_means_off,
                self.on_again,
            ):
                step()

    # ---- the story

    def the_other_till_gets_the_list(self) -> None:
        self.two.synchronise()
        self._expect(self.two, MILK, there=True)
        self.two.picture("01-s15-the-list-on-the-other-till")
        self.say("S15  Pokladna 2 has fetched the price list that Pokladna 1 imported")

    def an_edit_reaches_the_other_till(self) -> None:
        self.one.edit(MILK, price="26,50")
        self.one.picture("02-s16-edited-on-one-till")
        self.owner.wait_for_item(MILK, price_haler=2650)
        self.two.synchronise()
        self._expect(self.two, MILK, there=True, words="26,50")
        self.two.picture("03-s16-seen-on-the-other")
        self.say("S16  a price changed on Pokladna 1 went up when saved and came to Pokladna 2 by its next sync")

    def each_till_shows_its_own(self) -> None:
        for till, name in ((self.one, MILK), (self.two, ROLL)):
            self.owner.label(name, till.label)
            till.restrict()
        self.one.picture("04-s17-restricted-to-a-label")
        for till, there, not_there in ((self.one, MILK, ROLL), (self.two, ROLL, MILK)):
            self._expect(till, not_there, there=False)
            self._expect(till, there, there=True)
            till.picture(f"05-s17-what-{till.label}-shows")
        self.say("S17  each till shows only the items with its own label, given in the Backoffice (S19)")

    def a_new_item_gets_the_tills_label(self) -> None:
        self.one.add(name=BERRIES, price="59")
        self._expect(self.one, BERRIES, there=True, words="pokl1")
        self.one.picture("06-s18-labelled-by-itself")
        self.owner.wait_for_item(BERRIES, price_haler=5900, labels=("pokl1",))
        self.two.synchronise()
        self._expect(self.two, BERRIES, there=False)
        self.say("S18  an item made on Pokladna 1 got its label by itself and is not on Pokladna 2")

    def a_second_label_shows_it_on_both(self) -> None:
        self.owner.label(BERRIES, "pokl2")
        for till in (self.one, self.two):
            till.synchronise()
            self._expect(till, BERRIES, there=True)
            till.picture(f"07-s20-with-two-labels-on-{till.label}")
        self.say("S20  with two labels the item shows on both tills")

    def off_means_off(self) -> None:
        self.two.switch_sync("vypnut")
        self.two.picture("08-s14-off")
        self.two.add(name=LEMONADE, price="35")
        self.owner.price(BERRIES, "65,00")
        self.two.synchronise()
        self._expect(self.two, BERRIES, there=True, words="59,00")
        if self.owner.has_item(LEMONADE):
            raise DemoFailed(f"S14: item sync is off, yet {LEMONADE} has come to the Backoffice")
        self.say("S14  off: nothing comes down to Pokladna 2, and what it makes is its own")

    def on_again(self) -> None:
        self.two.switch_sync("zapnut")
        self.owner.wait_for_item(LEMONADE, price_haler=3500, labels=("pokl2",))
        self.two.synchronise()
        self._expect(self.two, BERRIES, there=True, words="65,00")
        self.two.picture("09-s14-on-again")
        self.say("S14  on again: what was made meanwhile has gone up, what was changed has come down")

    def _expect(self, till: Till, name: str, *, there: bool, words: str = "") -> None:
        items = till.items()
        if (name in items) is not there:
            raise DemoFailed(f"{till.name} {'does not show' if there else 'shows'} {name}: {sorted(items)}")
        if words and words not in items[name]:
            raise DemoFailed(f"{till.name} shows {items[name]!r}, which does not say {words}")

    # ---- the house

    def _data(self) -> list[str]:
        return ["--data-dir", str(self.out / "backoffice")]

    def _start_backoffice(self, stack: contextlib.ExitStack) -> None:
        (self.out / "backoffice").mkdir()
        password_file = self.out / "password"
        password_file.write_text(self._password + "\n")
        create = ["owner", "create", *self._data(), OWNER, "--password-file", str(password_file)]
        run(pokladna("backoffice", *create), self.log)
        ready = self.out / "backoffice.ready"
        serve = ["serve", *self._data(), "--host", "127.0.0.1", "--no-advertise", "--port", "0"]
        office = Process(
            "backoffice",
            pokladna("backoffice", *serve, "--ready-file", str(ready)),
            self.out / "backoffice.log",
            ready_file=ready,
        )
        office.start()
        stack.callback(office.stop)
        self.url = ready.read_text().strip().rstrip("/")
