"""A stock document being written: items scanned or searched, each with its quantity; saved as one.

Every change is kept, so that a draft is there again after a power cut or after selling meanwhile.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from kivy.properties import StringProperty

from appliance.domain.catalogue import Item
from appliance.domain.keys import Entry, backspace, type_char
from appliance.domain.money import Quantity
from appliance.domain.stock import MoveKind, StockDraft, StockInvalid, StockMoved, add_to_line, put_line
from appliance.i18n import _
from appliance.service import catalogue, settings, stock
from appliance.service.errors import NotFound
from appliance.ui.frame import FunctionKey
from appliance.ui.lists import PagedList, RowView
from appliance.ui.presenter.bill import entry_text
from appliance.ui.presenter.items import count_text
from appliance.ui.presenter.stock import draft_about, draft_row, empty_words, kind_name, saved_words, stock_error
from appliance.ui.screens.base import TillScreen
from appliance.ui.screens.line_questions import ask_which
from appliance.ui.screens.sale import HITS_MAX, EntryBar
from appliance.ui.screens.search import SearchDialog
from appliance.ui.screens.stock_questions import ask_note, ask_quantity, ask_to_discard
from appliance.ui.widgets import load_kv

__all__ = ["EntryBar", "PagedList", "StockDocScreen"]  # named in the .kv file


class StockDocScreen(TillScreen):
    """`draft` is the document; None when there is none."""

    name: ClassVar[str] = "stock_doc"
    title = StringProperty("")
    about = StringProperty("")
    count_words = StringProperty("")
    empty_words = StringProperty("")
    save_caption = StringProperty("")
    search_caption = StringProperty("")
    note_caption = StringProperty("")
    discard_caption = StringProperty("")
    back_caption = StringProperty("")
    empty_reason = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.save_caption, self.search_caption = _("Uložit doklad"), _("Hledat položku")
        self.discard_caption, self.back_caption = _("Zahodit"), _("Zpět na sklad")
        self.empty_reason = stock_error(StockInvalid("empty"))
        self.ids.entry.placeholder = _("Kód, EAN nebo množství ×")
        self.entry = Entry()
        self.saving = False
        self.draft = stock.kept_draft(self.app.shop)
        self.items: dict[str, Item] = {}

    @property
    def begun(self) -> StockDraft | None:
        """The document, if anything stands in it."""
        return self.draft if self.draft is not None and self.draft.lines else None

    def enter(self, *, draft: StockDraft, item_id: str = "", **_given: Any) -> None:
        self.draft, self.entry = draft, Entry()
        self.title, self.empty_words = kind_name(draft.kind), empty_words(draft.kind)
        self.note_caption = _("Důvod") if draft.kind is MoveKind.WRITE_OFF else _("Poznámka")
        self.refresh()
        if item_id:
            self.ask_quantity(item_id)

    def pricelist_changed(self) -> None:
        self.items = {}
        self.refresh(keep_page=True)

    def refresh(self, *, keep_page: bool = False) -> None:
        draft = self.draft
        if draft is None:
            return
        self.about = draft_about(draft, settings.warehouses(self.app.shop))
        self.count_words = count_text(len(draft.lines)) if draft.lines else ""
        self.ids.entry.typed = entry_text(self.entry)
        missing = [line.item_id for line in draft.lines if line.item_id not in self.items]
        if missing:
            self.items |= {item.item_id: item for item in catalogue.load_items(self.app.shop, missing)}
        self.ids.list.show(self._fetch, keep_page=keep_page)

    def _fetch(self, limit: int, offset: int) -> Sequence[RowView]:
        """The last one touched at the top."""
        assert self.draft is not None
        views = []
        for line in self.draft.lines[::-1][offset : offset + limit]:
            item = self.items.get(line.item_id)
            name, unit = (item.name, item.unit.value) if item is not None else (_("už není v ceníku"), "")
            row = draft_row(self.draft, line, name=name, unit=unit)
            views.append(
                RowView(f"draft:{row.item_id}", row.title, row.detail, row.value, row.state, row.tone)
            )  # fmt: skip
        return views

    # ---- writing it

    def change(self, draft: StockDraft) -> None:
        self.draft = draft
        self.app.write(lambda: stock.keep_draft(self.app.shop, draft), lambda _: None)
        self.refresh()

    def known(self, item_id: str) -> Quantity:
        return stock.level(self.app.shop, item_id) or Quantity(0)

    def add(self, item: Item) -> bool:
        """The typed quantity, or one more."""
        assert self.draft is not None
        quantity, self.entry = self.entry.quantity_or_one, Entry()
        try:
            self.change(add_to_line(self.draft, item.item_id, quantity, known=self.known(item.item_id)))
        except StockInvalid as error:
            self.refuse(stock_error(error))
            return False
        return True

    def add_code(self) -> None:
        code = self.entry.text
        hits = catalogue.find_by_code(self.app.shop, code)[:HITS_MAX]
        self.entry = Entry("", self.entry.quantity)
        taken = bool(hits)
        if not hits:
            self.entry = Entry()
            self.refuse(_("Kód {code} není v ceníku. Doklad se nezměnil.").format(code=code))
        elif len(hits) == 1:
            taken = self.add(hits[0])
        else:
            ask_which(self.app, code, hits, self.add)
        self.app.sounds.play("found" if taken else "not_found")

    def ask_quantity(self, item_id: str) -> None:
        """A line is chosen, or an item was found by name."""
        draft = self.draft
        assert draft is not None
        try:
            item = catalogue.load_item(self.app.shop, item_id)
        except NotFound as error:
            self.change(draft.without(item_id))  # its line could never be saved
            self.app.say_error(error)
            return

        def then(quantity: Quantity | None) -> None:
            if quantity is None:
                self.change(draft.without(item_id))
                return
            held = draft.line(item_id)
            known = held.known if held is not None else self.known(item_id)
            self.change(put_line(draft, item_id, quantity, known=known))

        ask_quantity(self.app, draft, item, known=self.known(item_id), then=then)

    def search(self, *, by_touch: bool, text: str = "") -> None:
        self.touched()
        self.app.ask(
            SearchDialog(
                app=self.app, chosen=lambda item: self.ask_quantity(item.item_id), text=text, by_touch=by_touch
            )
        )

    def note(self) -> None:
        if self.draft is not None:
            draft = self.draft
            ask_note(self.app, draft, lambda text: self.change(replace(draft, note=text)))

    def refuse(self, sentence: str) -> None:
        self.refresh()
        self.ids.entry.error = sentence

    def touched(self) -> None:
        self.ids.entry.error = ""

    # ---- ending it

    def save(self) -> None:
        draft = self.begun
        if draft is None:
            self.app.say(self.empty_reason)
        elif not self.entry.empty:
            words = _("Na řádku zůstalo {typed}. Enter ho vloží, Esc smaže, pak doklad uložte.")
            self.refuse(words.format(typed=entry_text(self.entry)))
        elif not self.saving:
            self.saving = True
            self.app.write(lambda: stock.save_document(self.app.shop, draft), self._saved, self._not_saved)

    def _saved(self, moved: StockMoved) -> None:
        assert self.draft is not None
        self.saving = False
        lines, self.draft = len(self.draft.lines), None
        self.app.say(saved_words(moved.kind, lines), "good")
        if self.app.screen is self:
            self.app.open("stock")

    def _not_saved(self, error: Exception) -> None:
        self.saving = False
        self.app.say(stock_error(error), "danger")

    def discard(self) -> None:
        def done() -> None:
            self.draft = None
            self.app.write(lambda: stock.drop_draft(self.app.shop), lambda _: None)
            self.app.open("stock")

        if self.begun is None:
            done()
        elif self.draft is not None and not self.saving:
            ask_to_discard(self.app, self.draft, done)

    # ---- keys

    def function_keys(self) -> Sequence[FunctionKey]:
        usual = list(self.app.usual_keys())
        usual[1] = FunctionKey(self.save_caption, self.save)
        usual[2] = FunctionKey(self.search_caption, lambda: self.search(by_touch=True))
        usual[3] = FunctionKey(self.note_caption, self.note)
        usual[5] = FunctionKey(self.discard_caption, self.discard)
        usual[6] = FunctionKey(self.back_caption, lambda: self.app.open("stock"))
        return usual

    def on_key(self, key: str) -> bool:
        if self.saving:
            return True
        self.touched()
        if key.isdigit() or key in {",", "*"}:
            self.entry = type_char(self.entry, key)
        elif key == "backspace":
            self.entry = backspace(self.entry)
        elif key == "esc" and not self.entry.empty:
            self.entry = Entry()
        elif not self._command(key):
            return False
        self.ids.entry.typed = entry_text(self.entry)
        return True

    def _command(self, key: str) -> bool:
        if key == "enter" and self.entry.text:
            self.add_code()
        elif key == "esc":
            self.app.open("stock")
        elif key in {"pageup", "pagedown"}:
            self.ids.list.turn(-1 if key == "pageup" else 1)
        elif key.startswith("text:") and key.removeprefix("text:").strip():
            self.search(by_touch=False, text=key.removeprefix("text:"))
        else:
            return False
        return True


load_kv(__file__)
