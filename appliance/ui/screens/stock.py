"""*Sklad*: how much there is, the lowest first, searched or scanned; from here goods are received, counted, moved,
written off."""

from collections.abc import Sequence
from typing import Any, ClassVar

from kivy.properties import BooleanProperty, StringProperty

from appliance.domain.stock import MoveKind
from appliance.i18n import _
from appliance.service import catalogue, settings, stock
from appliance.service.errors import NotFound, Refused
from appliance.ui.dialogs import Choice, ChoiceDialog
from appliance.ui.frame import FunctionKey
from appliance.ui.lists import PagedList, RowView
from appliance.ui.presenter.data import warehouse_name
from appliance.ui.presenter.stock import (
    DOCUMENTS,
    StockRow,
    begun_words,
    kind_name,
    list_row,
    other_begun_words,
    stock_error,
)
from appliance.ui.presenter.words import TITLES
from appliance.ui.screens.base import TillScreen
from appliance.ui.screens.stock_questions import begin
from appliance.ui.theme import T
from appliance.ui.widgets import TouchButton, load_kv

__all__ = ["PagedList", "StockScreen"]  # PagedList is named in the .kv file

DOCUMENT_KEYS = {1: DOCUMENTS[0], 2: DOCUMENTS[1], 3: DOCUMENTS[2], 5: DOCUMENTS[3]}  # F5 synchronises everywhere


class StockScreen(TillScreen):
    """`kept`: the till has a warehouse."""

    name: ClassVar[str] = "stock"
    title = StringProperty("")
    warehouse = StringProperty("")
    search_words = StringProperty("")
    empty_words = StringProperty("")
    kept = BooleanProperty(True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title, self.search_words = TITLES["stock"](), _("Hledat název, EAN nebo PLU")
        self.levels: Sequence[stock.ItemLevel] = ()
        self.buttons: dict[MoveKind, TouchButton] = {}
        for kind in DOCUMENTS:
            self.buttons[kind] = self._button(kind_name(kind), f"stock:{kind}", lambda kind=kind: self.begin(kind))
        self.choose_warehouse = self._button(_("Zvolit sklad"), "stock.warehouse", lambda: self.app.open("data"))
        self.choose_warehouse.kind = "primary"
        self._button(_("Zpět na prodej"), "stock.back", lambda: self.app.open("sale"))
        self.ids.actions.remove_widget(self.choose_warehouse)

    def _button(self, caption: str, tag: str, action: Any) -> TouchButton:
        button = TouchButton(caption=caption, tag=tag, font_size=T.body, size_hint_y=None, height=T.touch * 1.15)
        button.bind(on_tap=lambda *_: action(), on_refused=lambda button: self.app.say(button.reason))
        self.ids.actions.add_widget(button)
        return button

    def enter(self, **_given: Any) -> None:
        self.ids.search.value = ""
        self.read_again()

    def pricelist_changed(self) -> None:
        self.read_again(keep_page=True)

    def read_again(self, *, keep_page: bool = False) -> None:
        """Beside the screen: a price list may have ten thousand items."""
        shop = self.app.shop
        warehouse_id = settings.till_settings(shop).warehouse_id
        self.kept = bool(warehouse_id)
        self.warehouse = warehouse_name(warehouse_id, settings.warehouses(shop)) or _("žádný sklad")
        self._show_buttons()
        self.list_again(keep_page=keep_page)
        if self.kept:
            self.app.aside(lambda: stock.all_levels(shop), self._read, self._not_read)

    def _read(self, levels: Sequence[stock.ItemLevel]) -> None:
        self.levels = levels
        self.list_again(keep_page=True)

    def _not_read(self, error: Exception) -> None:
        if not isinstance(error, Refused):  # the warehouse was taken away meanwhile: nothing to show
            self.app.say_error(error)

    def _show_buttons(self) -> None:
        draft = self.app.screens["stock_doc"].begun
        for kind, button in self.buttons.items():
            mine = draft is not None and draft.kind is kind
            button.hint = begun_words(draft) if mine else ""
            button.active, button.enabled = mine, self.kept and (draft is None or mine)
            button.reason = other_begun_words(draft) if draft is not None else stock_error(_no_warehouse())
        if (self.choose_warehouse.parent is None) != self.kept:
            (self.ids.actions.remove_widget if self.kept else self.ids.actions.add_widget)(self.choose_warehouse)

    def list_again(self, *, keep_page: bool = False) -> None:
        searched = bool(self.ids.search.value.strip())
        if not self.kept:
            self.empty_words = _("Pokladna nemá sklad, prodané zboží se odnikud neodečítá.")
        else:
            self.empty_words = _("Nic takového v ceníku není.") if searched else _("U žádné položky se nevede zásoba.")
        self.ids.list.show(self._fetch, keep_page=keep_page)

    def _fetch(self, limit: int, offset: int) -> Sequence[RowView]:
        rows = self._rows(limit, offset) if self.kept else ()
        return [
            RowView(f"stock-item:{row.item_id}", row.title, row.detail, row.value, row.state, row.tone) for row in rows
        ]

    def _rows(self, limit: int, offset: int) -> Sequence[StockRow]:
        search, shop = self.ids.search.value.strip(), self.app.shop
        if not search:
            return [
                list_row(each.item_id, each.name, each.level, each.unit)
                for each in self.levels[offset : offset + limit]
            ]
        items = catalogue.search_items(shop, search, limit=limit, offset=offset)
        found = stock.levels(shop, [item.item_id for item in items])
        return [
            list_row(
                item.item_id, item.name, found[item.item_id], item.unit,
                detail="" if item.stocked else _("zásoba se nevede"),
            )
            for item in items
            if item.item_id in found
        ]  # fmt: skip

    # ---- documents

    def begin(self, kind: MoveKind, item_id: str = "") -> None:
        button = self.buttons[kind]
        if not button.enabled:
            self.app.say(button.reason)
            return
        begin(self.app, kind, item_id)

    def choose(self, item_id: str) -> None:
        """What to do with this item."""
        try:
            item = catalogue.load_item(self.app.shop, item_id)
        except NotFound as error:
            self.app.say_error(error)
            self.read_again()
            return
        choices = [Choice(kind, kind_name(kind), tag=f"do:{kind}") for kind in DOCUMENTS]
        self.app.ask(
            ChoiceDialog(title=item.name, choices=choices, columns=2, done=lambda kind: self.begin(kind, item_id))
        )

    def first(self) -> None:
        """Enter, also a scanner's, takes the only hit."""
        rows = self._rows(2, 0) if self.kept else ()
        if len(rows) == 1:
            self.choose(rows[0].item_id)

    # ---- keys

    def function_keys(self) -> Sequence[FunctionKey]:
        usual = list(self.app.usual_keys())
        for at, kind in DOCUMENT_KEYS.items():
            usual[at] = FunctionKey(kind_name(kind), lambda kind=kind: self.begin(kind))
        return usual

    def on_key(self, key: str) -> bool:
        if key in {"pageup", "pagedown"}:
            self.ids.list.turn(-1 if key == "pageup" else 1)
        elif key.isdigit() or key.startswith("text:"):
            self.app.keys.edit(self.ids.search, by_touch=False)
            self.app.keys.press(key if key.startswith("text:") else f"text:{key}")
        else:
            return False
        return True


def _no_warehouse() -> Refused:
    return Refused("stock_no_warehouse")


load_kv(__file__)
