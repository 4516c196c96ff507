"""Paying: suggested notes, methods, parts as chips. The commit starts on key down; nothing pays twice."""

from collections.abc import Sequence
from typing import Any, ClassVar

from kivy.properties import BooleanProperty, StringProperty

from appliance.domain.money import Money, NotAnAmount
from appliance.domain.receipt import Receipt
from appliance.domain.sale import PaymentMethod, PaymentRefused, Tender
from appliance.i18n import _
from appliance.service import checkout
from appliance.ui.editing import AMOUNT, Editing, press
from appliance.ui.frame import FunctionKey
from appliance.ui.keyboard import NumberPad
from appliance.ui.presenter.bill import amount_or_none, paid_view, typed_amount
from appliance.ui.presenter.pay import METHODS, pay_view, pays, tender_of
from appliance.ui.presenter.words import error_sentence, method_name
from appliance.ui.screens.base import TillScreen
from appliance.ui.theme import T
from appliance.ui.widgets import TouchButton, load_kv

NOTES_SHOWN = {True: 4, False: 6}  # on a low display one row, else two
PAY_PAD = (
    (("7", "7"), ("8", "8"), ("9", "9"), ("⌫", "backspace")),
    (("4", "4"), ("5", "5"), ("6", "6"), ("C", "clear")),
    (("1", "1"), ("2", "2"), ("3", "3"), ("00", "00")),
    (("0", "0"), (",", ","), ("OK", "enter"), (_("přesně"), "+")),
)


class PayScreen(TillScreen):
    """`typed` is the amount being typed; `tenders` the parts already paid."""

    name: ClassVar[str] = "pay"
    due = StringProperty("")
    rounded = StringProperty("")
    tendered = StringProperty("")
    left_label = StringProperty("")
    left = StringProperty("")
    enough = BooleanProperty(False)
    typed = StringProperty("")
    due_label = StringProperty("")
    tendered_label = StringProperty("")
    back_caption = StringProperty("")
    placeholder = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tenders: tuple[Tender, ...] = ()
        self.shown_notes: tuple[tuple[str, Money], ...] = ()
        self.shown_chips: tuple[str, ...] = ()
        self.due_label, self.tendered_label = _("K úhradě"), _("Přijato")
        self.back_caption, self.placeholder = _("Zpět"), _("Přijatá částka")
        self.ids.pad_area.add_widget(NumberPad(self.app.keys.press, PAY_PAD))
        self.notes = [TouchButton(tag="", kind="plain", font_size=T.body) for _n in range(NOTES_SHOWN[T.short])]
        for number, note in enumerate(self.notes):
            note.bind(on_tap=lambda _, at=number: self.hand_over(self.shown_notes[at][1]))
            self.ids.notes.add_widget(note)
        for method in METHODS:
            button = TouchButton(
                caption=method_name(method), tag=f"pay.{method}", font_size=T.body,
                kind="pay" if method == PaymentMethod.CASH else "plain",
            )  # fmt: skip
            button.bind(on_tap=lambda _, method=method: self.take(method))
            self.ids.methods.add_widget(button)

    # ---- showing

    def enter(self, **_given: Any) -> None:
        self.tenders, self.typed = (), ""
        self.ids.entry.error = ""
        self.refresh()

    @property
    def total(self) -> Money:
        return self.app.bill.cart.total

    def refresh(self) -> None:
        view = pay_view(self.total, self.tenders, amount_or_none(self.typed))
        self.due, self.rounded, self.tendered = view.due, view.rounding, view.tendered
        self.left_label, self.left, self.enough = view.left_label, view.left, view.enough
        self._show_notes(view.notes)
        self._show_chips(view.chips)

    def _show_notes(self, notes: tuple[tuple[str, Money], ...]) -> None:
        self.shown_notes = notes
        for number, button in enumerate(self.notes):
            there = number < len(notes)
            button.opacity, button.enabled = (1, True) if there else (0, False)
            if there:
                exact = number == 0
                button.tag = "pay.exact" if exact else f"pay.note:{notes[number][1].haler}"
                button.caption, button.hint = notes[number][0], _("přesně") if exact else ""

    def _show_chips(self, chips: tuple[str, ...]) -> None:
        if chips == self.shown_chips:
            return
        self.shown_chips = chips
        grid = self.ids.chips
        grid.clear_widgets()
        grid.cols = 1 if len(chips) <= 3 else 2
        for number, words in enumerate(chips):
            chip = TouchButton(
                caption=f"{words}  ×", tag=f"pay.chip:{number}", kind="chip", role="chip", font_size=T.small
            )
            chip.bind(on_tap=lambda _, at=number: self.take_back(at))
            grid.add_widget(chip)

    # ---- paying

    def hand_over(self, cash: Money) -> None:
        """A suggested note: this much cash."""
        self._tender(Tender(PaymentMethod.CASH, cash))

    def take(self, method: PaymentMethod) -> None:
        """A method key: the typed amount, else all that is left."""
        try:
            typed = typed_amount(self.typed) if self.typed else None
        except NotAnAmount as error:
            self.ids.entry.error = error_sentence(error)
            return
        self._tender(tender_of(method, typed, self.total, self.tenders))

    def _tender(self, tender: Tender) -> None:
        tenders = (*self.tenders, tender)
        try:
            complete = pays(self.total, tenders)
            if not complete and not tender.amount:
                raise PaymentRefused("not_enough")
        except PaymentRefused as refused:
            self.ids.entry.error = error_sentence(refused)
            return
        if complete:
            self.commit(tenders)
        else:
            self.tenders, self.typed = tenders, ""
            self.refresh()

    def take_back(self, number: int) -> None:
        self.tenders = self.tenders[:number] + self.tenders[number + 1 :]
        self.refresh()

    def commit(self, tenders: tuple[Tender, ...]) -> None:
        """The worker is called before anything is drawn; until its result is back no key or touch does anything."""
        if not self.app.begin_payment():
            return
        shop, cart = self.app.shop, self.app.bill.cart
        self.app.write(lambda: checkout.pay(shop, cart, tenders), self._paid, self._refused)

    def _paid(self, receipt: Receipt) -> None:
        self.tenders = ()
        self.app.bill.paid()
        self.app.open("sale", paid=paid_view(receipt))
        self.app.end_payment(paid=True)

    def _refused(self, error: Exception) -> None:
        self.app.end_payment(paid=False)
        self.ids.entry.error = error_sentence(error, doing="sale")

    def may_leave(self) -> bool:
        """Not while a part is paid: a card may have been charged for it."""
        if self.tenders:
            self.ids.entry.error = _("Část už je zaplacená. Nejdřív ji vraťte klepnutím na ni.")
        return not self.tenders

    def back(self) -> None:
        self.app.open("sale")

    # ---- keys

    def function_keys(self) -> Sequence[FunctionKey]:
        """F1 leads to the bill, as everywhere; cash is Enter or +, never a key that means something else elsewhere."""
        others = [
            FunctionKey(method_name(method), lambda method=method: self.take(method))
            for method in METHODS
            if method != PaymentMethod.CASH
        ]
        nothing = FunctionKey("")
        return [FunctionKey(_("Zpět"), self.back), *others, self.app.usual_keys()[4], nothing, nothing, nothing]

    def on_key(self, key: str) -> bool:
        self.ids.entry.error = ""
        if key in {"enter", "+"}:
            self.take(PaymentMethod.CASH)
        elif key == "clear" or (key == "esc" and self.typed):
            self.typed = ""
        elif key == "esc":
            self.back()
            return True
        elif key == "-":
            if self.tenders:
                self.take_back(len(self.tenders) - 1)
        elif key.isdigit() or key in {",", "backspace"}:
            after = press(Editing.at_end(self.typed), key, AMOUNT)
            self.typed = after.value if after is not None else self.typed
        else:
            return False
        if self.app.keys.held is None:  # while the payment is being written, nothing is drawn
            self.refresh()
        return True


load_kv(__file__)
