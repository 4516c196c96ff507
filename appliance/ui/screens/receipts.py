"""*Účtenky*: the newest first, one in detail, a copy on paper, storno with a reason."""

from collections.abc import Sequence
from typing import Any, ClassVar

from kivy.properties import BooleanProperty, StringProperty

from appliance.domain.money import format_amount, format_czk
from appliance.domain.receipt import Receipt, ReceiptKind
from appliance.i18n import _
from appliance.service import fiscal, receipts
from appliance.ui.dialogs import Choice, ChoiceDialog, TextDialog
from appliance.ui.fiscal_box import FiscalBox
from appliance.ui.lists import Facts, PagedList, RowView
from appliance.ui.presenter.eet_sales import sale_view
from appliance.ui.presenter.reports import receipt_head, receipt_row, receipt_rows
from appliance.ui.presenter.status import StatusView
from appliance.ui.presenter.words import TITLES
from appliance.ui.screens.base import TillScreen
from appliance.ui.widgets import load_kv

__all__ = ["Facts", "FiscalBox", "PagedList", "ReceiptsScreen"]  # named in the .kv file

OWN_WORDS = ""


class ReceiptsScreen(TillScreen):
    """`refund_number` and `refund_paid`: the storno just issued here."""

    name: ClassVar[str] = "receipts"
    title = StringProperty("")
    search_words = StringProperty("")
    empty_words = StringProperty("")
    number = StringProperty("")
    about = StringProperty("")
    total_label = StringProperty("")
    total = StringProperty("")
    refund_label = StringProperty("")
    refund_number = StringProperty("")
    refund_paid = StringProperty("")
    reprint_caption = StringProperty("")
    refund_caption = StringProperty("")
    choose_words = StringProperty("")
    refund_reason = StringProperty("")
    refundable = BooleanProperty(False)
    busy = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title, self.search_words, self.empty_words = TITLES["receipts"](), _("Číslo účtenky"), _("Žádné účtenky.")
        self.reprint_caption, self.refund_caption = _("Vytisknout kopii"), _("Storno účtenky")
        self.choose_words, self.refund_label = _("Nejdřív vyberte účtenku."), _("Vystaveno storno")
        self.receipt: Receipt | None = None
        self.refunded: set[str] = set()

    def enter(self, **_given: Any) -> None:
        self.refund_number = ""
        self.ids.search.value = ""
        self._show(None)
        self.list_again()

    def list_again(self, *, keep_page: bool = False) -> None:
        self.ids.list.show(self._fetch, keep_page=keep_page)

    def _fetch(self, limit: int, offset: int) -> Sequence[RowView]:
        search = self.ids.search.value.strip()
        rows = receipts.recent(self.app.shop, limit=limit, offset=offset, search=search)
        self.refunded |= {row.doc_id for row in rows if row.refunded}
        views = [receipt_row(row) for row in rows]
        return [
            RowView(f"receipt:{v.doc_id}", v.number, f"{v.at} · {v.methods}", v.paid, v.state, v.tone) for v in views
        ]

    def choose(self, tag: str) -> None:
        self.refund_number = ""
        self._show(receipts.load(self.app.shop, tag.removeprefix("receipt:")))

    def _show(self, receipt: Receipt | None) -> None:
        self.receipt = receipt
        self.ids.list.chosen = f"receipt:{receipt.doc_id}" if receipt else ""
        self.total_label = _("Celkem") if receipt else ""
        if receipt is None:
            self.number, self.about, self.total = "", _("Vyberte účtenku ze seznamu."), ""
            self.refundable, self.refund_reason = False, self.choose_words
            self.ids.facts.show(())
            self._show_fiscal()
            return
        self.number, self.about = receipt_head(receipt)
        self.total = format_amount(receipt.paid)
        self.ids.facts.show(receipt_rows(receipt))
        self._show_fiscal()
        done = receipt.doc_id in self.refunded
        self.refundable = receipt.kind == ReceiptKind.SALE and not done
        self.refund_reason = _("Účtenka už je stornovaná.") if done else _("Storno účtenky už nejde stornovat.")

    def _show_fiscal(self) -> None:
        found = fiscal.reported_sale(self.app.shop, self.receipt.doc_id) if self.receipt is not None else None
        self.ids.fiscal.show(sale_view(found) if found else None)

    def state_changed(self, view: StatusView) -> None:
        """A code may have come for the receipt looked at."""
        del view
        self._show_fiscal()

    def retry(self) -> None:
        """A refused sale waits again, with the same data."""
        receipt = self.receipt
        if receipt is not None:
            words = _("Tržba {number} se odešle znovu.").format(number=receipt.number)
            self.app.write(
                lambda: fiscal.release(self.app.shop, receipt.doc_id), lambda _: self._retried(words), self._refused
            )

    def _retried(self, words: str) -> None:
        self.app.say(words, "good")
        self.app.refresh()
        self.list_again(keep_page=True)

    def reprint(self) -> None:
        receipt = self.receipt
        if receipt is not None:
            words = _("Kopie účtenky {number} se tiskne.").format(number=receipt.number)
            self.app.write(
                lambda: receipts.reprint(self.app.shop, receipt.doc_id), lambda _: self.app.say(words, "good")
            )

    def ask_refund(self) -> None:
        """Storno needs a reason: a ready one, or own words."""
        receipt = self.receipt
        if receipt is None:
            return
        ready = (_("Vrácené zboží"), _("Reklamace"), _("Chyba obsluhy"), _("Zákazník odstoupil"))
        choices = [Choice(reason, reason, tag=f"reason:{number}") for number, reason in enumerate(ready, 1)]
        choices.append(Choice(OWN_WORDS, _("Jiný důvod…"), tag="reason:own"))
        message = _("Účtenka {number}, {amount}. Vystaví se záporný doklad, peníze vraťte zákazníkovi.").format(
            number=receipt.number, amount=format_czk(receipt.paid)
        )

        def chosen(reason: str) -> None:
            if reason == OWN_WORDS:
                self.app.ask(TextDialog(app=self.app, title=_("Důvod storna"), done=self.refund))
            else:
                self.refund(reason)

        self.app.ask(
            ChoiceDialog(title=_("Storno účtenky"), message=message, choices=choices, done=chosen, wide=True, columns=2)
        )

    def refund(self, reason: str) -> None:
        receipt = self.receipt
        if receipt is None or self.busy:
            return
        self.busy = True
        self.app.write(
            lambda: receipts.refund(self.app.shop, receipt.doc_id, reason=reason),
            self._refunded,
            lambda error: self._refused(error, doing="refund"),
        )

    def _refunded(self, refund: Receipt) -> None:
        self.busy = False
        self.app.refresh()
        self.list_again()
        self._show(refund)
        self.refund_number, self.refund_paid = refund.number, format_czk(refund.paid)
        self.app.say(
            _("Storno je vystavené. Vraťte zákazníkovi {amount}.").format(amount=format_czk(-refund.paid)), "good"
        )

    def _refused(self, error: Exception, *, doing: str = "") -> None:
        self.busy = False
        self.app.say_error(error, doing=doing)

    def on_key(self, key: str) -> bool:
        if key in {"pageup", "pagedown"}:
            self.ids.list.turn(-1 if key == "pageup" else 1)
        elif key == "-" and self.refundable:
            self.ask_refund()
        elif key.isdigit() or key.startswith("text:"):
            self.app.keys.edit(self.ids.search, by_touch=False)
            self.app.keys.press(key if key.startswith("text:") else f"text:{key}")
        else:
            return False
        return True


load_kv(__file__)
