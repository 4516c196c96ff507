"""A day at the till, played by keys and touch from a seed: the same seed sells the same goods for the same money."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from demo.goods import Good, price_haler
from demo.processes import DemoFailed
from demo.screen import Screen, TillRestarted, View, haler

HAND_S = 0.15  # from seeing what is due to the pay key; no hand is faster


@dataclass
class Day:
    """What the player has seen of the till: numbers as they appeared, and when the pay key of each went down.

    `due`: number → haléře the screen asked for, or gave back, before that key.
    """

    paid: dict[str, int] = field(default_factory=dict)  # number → monotonic ns of the pay key
    due: dict[str, int] = field(default_factory=dict)
    offline: set[str] = field(default_factory=set)


class Player:
    """`before` is called between documents with how many are done: there the cable is pulled, or a process killed."""

    def __init__(self, screen: Screen, goods: Sequence[Good], random: Random, before: Callable[[int], bool]) -> None:
        self.screen = screen
        self.goods = list(goods)
        self.random = random
        self.day = Day()
        self._before = before
        self._pressed_at = self._due = 0  # of the document under way

    def play(self, documents: int) -> None:
        """Open the till, sell and take back. Every fifteenth document is a storno."""
        self._surely(self.open_till)
        for n in range(documents):
            offline = self._before(n)
            seen = set(self.day.paid)
            self.answer_questions()
            self._surely(self.refund if n and n % 15 == 0 else self.sell)
            if offline:
                self.day.offline |= set(self.day.paid) - seen
        self._before(documents)

    def close(self, counted: str) -> None:
        """Close the till; when it dies meanwhile, look whether it is closed."""
        self._surely(lambda: self._close_if_open(counted))

    def answer_questions(self) -> None:
        """Paper that may be incomplete: print it again, as a cashier would."""
        view = self.screen.look()
        if view is not None and view.has("banner.no") and not view.dialog:  # a question, and no mere notice
            with contextlib.suppress(DemoFailed, TillRestarted):
                self.screen.tap("banner.yes", timeout_s=5)

    def _surely(self, act: Callable[[], None]) -> None:
        """Do it; when the till restarts in the middle, finish what lies on the bill and go on."""
        try:
            self.screen.renew()
            act()
        except TillRestarted:
            self._surely(self._after_restart if act in {self.sell, self.refund} else act)

    def _after_restart(self) -> None:
        view = self.screen.see(lambda v: v.screen == "sale", "the till after its restart", timeout_s=60)
        if self._lines(view):
            self._pay("exact", by_touch=False)
            self._issued()

    # ---- the shift

    def open_till(self) -> None:
        view = self.screen.see(lambda v: v.has("sale.open_shift") or v.has("key:pay"), "the sale")
        if view.has("key:pay"):
            return  # it is open already
        self.screen.tap("sale.open_shift")
        self.screen.see(lambda v: v.dialog, "the question for the float")
        self.screen.type("1000")
        self.screen.press("enter")
        self.screen.see(lambda v: not v.dialog and not v.has("sale.open_shift"), "the open till")

    def _close_if_open(self, counted: str) -> None:
        self.go("till")
        view = self.screen.see(lambda v: v.has("till.close"), "the till's page")
        if not view.widgets["till.close"]["enabled"]:
            return
        before = view.text("closing.title")
        self.screen.tap("till.close")
        self.screen.see(lambda v: v.dialog, "the question for counted cash")
        self.screen.type(counted)
        self.screen.press("enter")
        self.screen.see(
            lambda v: not v.dialog and v.has("closing.count") and v.text("closing.title") != before, "the closing"
        )

    def go(self, screen: str) -> None:
        """Open a page from the menu."""
        view = self.screen.see(lambda v: not v.dialog, "no dialog")
        if view.screen == screen:
            return
        self.screen.tap("menu")
        self.screen.tap(f"menu:{screen}")
        self.screen.see(lambda v: v.screen == screen, f"the page {screen}")

    # ---- a sale

    def sell(self) -> None:
        """One sale in one of the ways people sell."""
        self.go("sale")
        by_touch = self.random.random() < 0.3
        for _ in range(self.random.randint(1, 5)):
            if by_touch:
                self._add_by_touch()
            else:
                self._add_by_keys()
        if self.random.random() < 0.15:
            self._void_a_line()
        if self.random.random() < 0.2:
            self._discount_a_line(by_touch=by_touch)
        way = self.random.choice(("exact", "note", "card", "split", "voucher", "exact"))
        self._pay(way, by_touch=by_touch)
        self._issued()

    def _add_by_keys(self) -> None:
        good = self.random.choice(self.goods)
        quantity = self.random.choice((1, 1, 1, 2, 3, 12))
        price = self._price()
        before = self._bill()
        total = haler(before[0]) + quantity * price_haler(good.price or price)
        if quantity > 1:
            self.screen.type(str(quantity))
            self.screen.press("*")
        self.screen.type(good.ean)
        self.screen.press("enter")
        if not good.price:
            self.screen.see(lambda v: v.dialog, "the question for a price")
            self.screen.type(price)
            self.screen.press("enter")
        self._bill_changed(before)
        if haler(self._bill()[0]) != total:
            raise DemoFailed(f"{quantity} × {good.name} made {before[0]} to {self._bill()[0]}, not to {total} haléře")

    def _add_by_touch(self) -> None:
        price = self._price()
        place = self.random.random()
        before = self._bill()
        view = self.screen.see(lambda v: bool(v.ids("tile:")), "tiles")
        tiles = view.ids("tile:")
        self.screen.tap(tiles[int(place * len(tiles))])
        view = self.screen.see(lambda v: v.dialog or self._bill_of(v) != before, "the item or its question")
        if view.dialog:
            for char in price:
                self.screen.tap(f"pad:{char}")
            self.screen.tap("dialog.ok")
        self._bill_changed(before)

    def _void_a_line(self) -> None:
        before = self._bill()
        if len(self._lines(self._seen())) < 2:  # an empty bill cannot be paid
            return
        self.screen.press("-")
        self._bill_changed(before)

    def _discount_a_line(self, *, by_touch: bool) -> None:
        before = self._bill()
        if by_touch:
            self.screen.tap("line.discount")
            self.screen.see(lambda v: v.dialog, "the question for a discount")
            for key in ("pad:1", "pad:0", "dialog.ok"):
                self.screen.tap(key)
        else:
            self.screen.type("10")
            self.screen.press("/")
        self._bill_changed(before)

    def _pay(self, way: str, *, by_touch: bool) -> None:
        self._pressed_at = 0
        if by_touch:
            self.screen.tap("key:pay")
        else:
            self.screen.press("+")
        view = self.screen.see(lambda v: v.screen == "pay" and v.text("pay.due") != "", "the payment")
        if way in {"split", "voucher"}:
            part = self._part(view)
            self.screen.type(part)
            self._touch_or_key(
                "pay.card" if way == "split" else "pay.voucher", "F2" if way == "split" else "F4", by_touch
            )
            self.screen.see(lambda v: v.has("pay.chip:0"), "the part paid")
        self._due = haler(view.text("pay.due"))
        time.sleep(HAND_S)
        self._pressed_at = time.monotonic_ns()
        if way == "card":
            self._touch_or_key("pay.card", "F2", by_touch)
        elif way == "note":
            notes = view.ids("pay.note:")
            if by_touch and notes:
                self.screen.tap(notes[0])
            else:
                self.screen.type("20000")
                self.screen.press("enter")
        else:
            self._touch_or_key("pay.exact", "+", by_touch)

    def _touch_or_key(self, widget: str, key: str, by_touch: bool) -> None:  # noqa: FBT001 -- said at each call
        if by_touch:
            self.screen.tap(widget)
        else:
            self.screen.press(key)

    def _part(self, view: View) -> str:
        """About a third of what is due, in whole crowns: a part that always leaves something."""
        whole = "".join(char for char in view.text("pay.due").partition(",")[0] if char.isdigit())
        return str(max(1, int(whole) // 3))

    def _issued(self) -> None:
        """The receipt on the screen after the payment."""
        view = self.screen.see(lambda v: v.screen == "sale" and v.text("receipt.number") != "", "the receipt")
        self._seen_issued(view)

    def _seen_issued(self, view: View) -> None:
        number = view.text("receipt.number")
        self.day.paid[number], self.day.due[number] = self._pressed_at, self._due

    # ---- storno

    def refund(self) -> None:
        """Take back one of the receipts on the first page of the list that can be taken back."""
        self.go("receipts")
        wanted = self.random.random()
        listed = self.screen.see(lambda v: bool(v.ids("receipt:")), "receipts")
        rows = listed.ids("receipt:")
        for row in rows[int(wanted * len(rows)) :] + rows:
            number = listed.text(row).partition("|")[0].strip()
            self.screen.tap(row)
            view = self.screen.see(partial(_details, number), "the receipt's detail")
            if view.widgets["receipts.refund"]["enabled"]:
                break
        else:
            raise DemoFailed("no receipt on the first page can be taken back")
        self._due = -haler(view.text("detail.total"))
        self.screen.tap("receipts.refund")
        self._pressed_at = time.monotonic_ns()
        self.screen.tap("reason:1")
        view = self.screen.see(lambda v: v.text("receipt.number") != "", "the storno")
        self._seen_issued(view)

    # ---- the bill as seen

    def _price(self) -> str:
        return self.random.choice(("9,90", "24,50", "49", "129,90", "1290"))

    def _seen(self) -> View:
        return self.screen.see(lambda v: v.screen == "sale" and v.text("sale.total") != "", "the sale")

    @staticmethod
    def _lines(view: View) -> list[str]:
        return [view.text(name) for name in view.ids("line:")]

    def _bill_of(self, view: View) -> tuple[str, list[str]]:
        return view.text("sale.total"), self._lines(view)

    def _bill(self) -> tuple[str, list[str]]:
        return self._bill_of(self._seen())

    def _bill_changed(self, before: tuple[str, list[str]]) -> None:
        self.screen.see(
            lambda v: v.screen == "sale" and not v.dialog and self._bill_of(v) != before, "the changed bill"
        )


def _details(number: str, view: View) -> bool:
    return number in view.text("detail.number")
