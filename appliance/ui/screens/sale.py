"""The sale: the bill at the left, entry line, tabs and tiles at the right. Keys and fingers do the same things."""

from collections.abc import Sequence
from typing import Any, ClassVar

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from appliance.domain.cart import CartError
from appliance.domain.catalogue import Category, Item
from appliance.domain.money import Money, Quantity
from appliance.i18n import _
from appliance.service import catalogue
from appliance.ui.frame import FunctionKey
from appliance.ui.keyboard import NumberPad
from appliance.ui.presenter.bill import (
    PaidView,
    bill_view,
    discount_of,
    entry_text,
)
from appliance.ui.presenter.status import StatusView
from appliance.ui.presenter.words import error_sentence
from appliance.ui.screens.base import TillScreen
from appliance.ui.screens.bill_list import BillList
from appliance.ui.screens.line_questions import (
    ask_bill_discount,
    ask_line_discount,
    ask_new_price,
    ask_price,
    ask_which,
)
from appliance.ui.screens.search import SearchDialog
from appliance.ui.screens.shift_questions import ask_to_open
from appliance.ui.screens.stock_warning import ask_levels, warn_of_line, warn_of_stock
from appliance.ui.screens.tiles import LAST, ItemGrid, LastUsed, TabBar
from appliance.ui.theme import T
from appliance.ui.widgets import Seen, Touch, load_kv

__all__ = ["BillList", "ItemGrid", "LastUsed", "SaleScreen", "TabBar"]  # named in the .kv file

HITS_MAX = 50
READ_S = 3.0  # so long a person needs to see what to give back
READ_AGAIN_S = 0.1
SALE_PAD = (
    (("7", "7"), ("8", "8"), ("9", "9"), ("⌫", "backspace")),
    (("4", "4"), ("5", "5"), ("6", "6"), ("×", "*")),
    (("1", "1"), ("2", "2"), ("3", "3"), (_("storno"), "-")),
    (("0", "0"), (",", ","), (_("sleva"), "/"), (_("Vložit"), "enter")),
)


class EntryBar(Seen, BoxLayout):
    """What keypad or scanner has typed, or why it meant nothing."""

    tag = StringProperty("entry")
    role = StringProperty("field")
    typed = StringProperty("")
    error = StringProperty("")
    placeholder = StringProperty("")

    def said(self) -> str:
        return self.error or self.typed


class PaidPanel(BoxLayout):
    """The receipt just issued: the change stays large until the next key, and in the banner when that comes at once."""

    read_until = 0.0

    title = StringProperty("")
    number = StringProperty("")
    paid_label = StringProperty("")
    paid = StringProperty("")
    change_label = StringProperty("")
    change = StringProperty("")

    def show(self, view: PaidView) -> None:
        self.title, self.paid_label = _("Zaplaceno"), _("Celkem")
        self.number, self.paid, self.change_label, self.change = view.number, view.paid, view.change_label, view.change
        self.opacity = 1
        self.read_until = Clock.get_time() + READ_S if view.gives_change else 0.0

    def on_touch_down(self, touch: Any) -> bool:
        if self.opacity and self.collide_point(*touch.pos):
            self.opacity = 0
            return True
        return False


class SaleScreen(TillScreen):
    """`can_sell`: a shift is open. `payable`: there is something on the bill."""

    name: ClassVar[str] = "sale"
    can_sell = BooleanProperty(True)
    payable = BooleanProperty(False)
    keypad_shown = BooleanProperty(False)
    total = StringProperty("")
    due_label = StringProperty("")
    count_words = StringProperty("")
    discount_words = StringProperty("")
    empty_words = StringProperty("")
    empty_reason = StringProperty("")
    pay_caption = StringProperty("")
    search_caption = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.categories: Sequence[Category] = ()
        self.pad: NumberPad | None = None
        self.due_label, self.search_caption = _("K úhradě"), _("Hledat")
        self.empty_reason = _("Účet je prázdný. Přidejte položku.")
        self.ids.entry.placeholder = _("Kód, EAN nebo množství ×")
        self.ids.grid.ask_levels = lambda items, then: ask_levels(self.app, items, then)

    # ---- showing

    def enter(self, *, paid: PaidView | None = None, **_given: Any) -> None:
        self.touched()
        if paid is not None:
            self.ids.paid.show(paid)  # at once; what else may have changed is read when the change is on the screen
            Clock.schedule_once(lambda _dt: self.read_again(), READ_AGAIN_S)
        else:
            self.read_again()
        self.refresh()

    def read_again(self) -> None:
        """Categories, tiles and the items sold last, as they are in the price list now."""
        self.categories = catalogue.categories(self.app.shop)
        self.ids.tabs.show(self.categories)
        self.show_tiles(self.ids.tabs.chosen, page=int(self.ids.grid.page))
        if T.last_used:
            self.ids.last.show(catalogue.last_sold(self.app.shop, limit=T.last_used))

    def pricelist_changed(self) -> None:
        self.read_again()

    def state_changed(self, view: StatusView) -> None:
        self.can_sell = view.shift_open
        self._say_empty()

    def refresh(self) -> None:
        """The bill and the entry line as they are now; equal strings change nothing."""
        bill = self.app.bill
        view = bill_view(bill.cart)
        self.ids.bill.show(view, bill.selected)
        self.total, self.count_words, self.discount_words = view.total, view.count, view.discount
        self.payable = view.payable
        self.ids.entry.typed = entry_text(bill.entry)
        self.can_sell = self.app.shift_open
        self._say_empty()

    def _say_empty(self) -> None:
        self.pay_caption = _("Zaplatit") if self.can_sell else _("Otevřít pokladnu")
        if self.app.bill.cart.lines or self.ids.paid.opacity:
            self.empty_words = ""
        elif self.can_sell:
            self.empty_words = _("Účet je prázdný. Načtěte kód nebo klepněte na položku.")
        else:
            self.empty_words = _("Pokladna je zavřená. Před prvním prodejem ji otevřete.")

    def refuse(self, sentence: str) -> None:
        """Said in the entry line, where the eyes are, until the next key."""
        self.ids.entry.error = sentence

    def touched(self) -> None:
        """The next key or tap: the last receipt and the last refusal are history."""
        paid = self.ids.paid
        if paid.opacity and Clock.get_time() < paid.read_until:  # a quick scan: nobody has read it yet
            self.app.say(f"{paid.change_label} {paid.change}", "good")
        paid.opacity = 0
        self.ids.entry.error = ""

    def choose_category(self, category_id: str) -> None:
        self.touched()
        self.show_tiles(category_id)

    def show_tiles(self, category_id: str, page: int = 0) -> None:
        if category_id == LAST:
            items = catalogue.last_sold(self.app.shop, limit=self.ids.grid.per_page)
            self.ids.grid.show(len(items), lambda _limit, _offset: items, self.categories)
            return
        shop, category = self.app.shop, category_id or None
        grid = self.ids.grid
        grid.show(
            catalogue.count_items(shop, category),
            lambda limit, offset: catalogue.items_in(shop, category, limit=limit, offset=offset),
            self.categories,
            page=page,
        )

    def toggle_keypad(self) -> None:
        self.keypad_shown = not self.keypad_shown
        area = self.ids.area
        if self.pad is None:
            self.pad = NumberPad(self.app.keys.press, SALE_PAD)
        if self.keypad_shown:
            self._tiles = list(reversed(area.children))
            area.clear_widgets()
            area.add_widget(self.pad)
        else:
            area.clear_widgets()
            for widget in self._tiles:
                area.add_widget(widget)

    # ---- selling

    def sell(self, item: Item, ean: str = "") -> bool:
        """The item with the typed quantity; without a price it is asked. False when the bill refused it."""
        self.touched()
        quantity = self.app.bill.entry.quantity_or_one
        if item.price is None:
            ask_price(self.app, item, lambda price: self._add(item, quantity, price, ean))
            return True
        return self._add(item, quantity, None, ean)

    def _add(self, item: Item, quantity: Quantity, price: Money | None, ean: str) -> bool:
        try:
            self.app.bill.add(item, quantity=quantity, price=price, ean=ean)
        except CartError as error:
            self.refuse(error_sentence(error))
            return False
        else:
            self.app.bill.clear_entry()
            warn_of_stock(self.app, item)
            return True
        finally:
            self.refresh()

    def add_code(self) -> None:
        """Enter: the typed EAN or PLU; several hits ask, none says so and the line is free for the next scan."""
        bill = self.app.bill
        code = bill.entry.text
        if not code:
            return
        hits = catalogue.find_by_code(self.app.shop, code)[:HITS_MAX]
        bill.entry = type(bill.entry)("", bill.entry.quantity)
        taken = bool(hits)
        if not hits:
            bill.clear_entry()
            self.refresh()
            self.refuse(_("Kód {code} není v ceníku. Účet se nezměnil.").format(code=code))
        elif len(hits) == 1:
            taken = self.sell(hits[0], ean=code if code in hits[0].eans else "")
        else:
            ask_which(self.app, code, hits, lambda item: self.sell(item, ean=code if code in item.eans else ""))
        # who does not look must hear that it is not on the bill
        self.app.sounds.play("found" if taken else "not_found")
        self.refresh()

    def search(self, *, by_touch: bool, text: str = "") -> None:
        self.touched()
        self.app.ask(SearchDialog(app=self.app, chosen=self.sell, text=text, by_touch=by_touch))

    def pay(self) -> None:
        self.touched()
        if not self.app.shift_open:
            ask_to_open(self.app, self.refresh)
        elif not self.app.bill.entry.empty:  # goods typed but not added must not leave unpaid
            words = _("Na řádku zůstalo {typed}. Enter ho vloží, Esc smaže, pak zaplaťte.")
            self.refuse(words.format(typed=entry_text(self.app.bill.entry)))
        elif not self.app.bill.cart.lines:
            self.refuse(self.empty_reason)
        else:
            self.app.open("pay")

    # ---- changing lines

    def select(self, line_id: int) -> None:
        self.touched()
        self.app.bill.select(line_id)
        self.refresh()

    def step_bill(self, direction: int) -> None:
        self.app.bill.move(direction * max(1, self.ids.bill.slots - 1))
        self.refresh()

    def line_action(self, action: str) -> None:
        """−, +, cena, sleva, storno of the selected line."""
        self.touched()
        bill = self.app.bill
        if bill.selected is None:
            self.refuse(self.empty_reason)
            return
        actions = {
            "less": bill.less,
            "more": bill.more,
            "void": bill.void,
            "price": lambda line_id: ask_new_price(self.app, line_id, self.refresh),
            "discount": lambda line_id: ask_line_discount(self.app, line_id, self.refresh),
        }
        try:
            actions[action](bill.selected)
            if action == "more":
                warn_of_line(self.app, bill.selected)
        except CartError as error:
            self.refuse(error_sentence(error))
        self.refresh()

    def ask_bill_discount(self) -> None:
        self.touched()
        if self.app.bill.cart.lines:
            ask_bill_discount(self.app, self.refresh)
        else:
            self.refuse(self.empty_reason)

    def _discount_key(self) -> None:
        """`10 /` takes 10 % off the selected line, `/` alone asks."""
        bill = self.app.bill
        if not bill.entry.text:
            self.line_action("discount")
            return
        try:
            discount = discount_of(bill.entry.text, in_percent=True)
            if bill.selected is not None:
                bill.discount_line(bill.selected, discount)
        except ValueError as error:
            self.refuse(error_sentence(error))
        bill.clear_entry()
        self.refresh()

    # ---- keys

    def function_keys(self) -> Sequence[FunctionKey]:
        usual = list(self.app.usual_keys())
        usual[0] = FunctionKey(_("Hledat"), lambda: self.search(by_touch=True))
        usual[1] = FunctionKey(_("Sleva na účet"), self.ask_bill_discount)
        usual[7] = FunctionKey(_("Klávesnice"), self.toggle_keypad)
        return usual

    def focus_start(self, _key: str) -> Touch | None:
        """Where the focus begins when arrows leave the entry line: the first tile."""
        return self.ids.grid.tiles[0]

    def on_key(self, key: str) -> bool:
        if self.ids.paid.opacity and key in {"enter", "+"}:
            return True  # one press too many: the change stays to be read
        self.touched()
        self._say_empty()
        bill = self.app.bill
        if key.isdigit() or key in {",", "*"}:
            bill.type(key)
        elif key == "backspace":
            bill.backspace()
        elif key == "esc" and not bill.entry.empty:
            bill.clear_entry()
        elif key in {"up", "down"} and bill.cart.lines:
            bill.move(-1 if key == "up" else 1)
        elif not self._command(key):
            return False
        self.refresh()
        return True

    def _command(self, key: str) -> bool:
        commands = {
            "enter": self.add_code,
            "+": self.pay,
            "-": lambda: self.line_action("void"),
            "delete": lambda: self.line_action("void"),
            "/": self._discount_key,
            "pageup": lambda: self.ids.grid.turn(-1),
            "pagedown": lambda: self.ids.grid.turn(1),
        }
        if key in commands:
            commands[key]()
            return True
        if key.startswith("text:") and key.removeprefix("text:").strip():
            self.search(by_touch=False, text=key.removeprefix("text:"))
            return True
        return False


load_kv(__file__)
