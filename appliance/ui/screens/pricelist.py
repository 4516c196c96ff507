"""*Ceník*: the items in pages, searched by name or code; ⋮ at the top right synchronises with the Backoffice."""

from collections.abc import Sequence
from typing import Any, ClassVar

from kivy.properties import StringProperty

from appliance.domain.catalogue import Category
from appliance.i18n import _
from appliance.service import catalogue
from appliance.service.errors import NotFound
from appliance.ui.dialogs import Choice, ChoiceDialog
from appliance.ui.lists import PagedList, RowView
from appliance.ui.presenter.items import count_text, item_row
from appliance.ui.presenter.words import TITLES
from appliance.ui.screens.base import TillScreen
from appliance.ui.widgets import load_kv

__all__ = ["PagedList", "PricelistScreen"]  # PagedList is named in the .kv file


class PricelistScreen(TillScreen):
    name: ClassVar[str] = "pricelist"
    title = StringProperty("")
    count_words = StringProperty("")
    search_words = StringProperty("")
    new_caption = StringProperty("")
    empty_words = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title, self.search_words = TITLES["pricelist"](), _("Hledat název, EAN nebo PLU")
        self.new_caption, self.empty_words = _("Nová položka"), _("Nic takového v ceníku není.")
        self.categories: Sequence[Category] = ()

    def enter(self, *, keep: bool = False, **_given: Any) -> None:
        """`keep`: back from editing, on the page and with the search as before."""
        self.categories = catalogue.categories(self.app.shop)
        if not keep:
            self.ids.search.value = ""
        self.list_again(keep_page=keep)

    def pricelist_changed(self) -> None:
        self.categories = catalogue.categories(self.app.shop)
        self.list_again(keep_page=True)

    def list_again(self, *, keep_page: bool = False) -> None:
        search = self.ids.search.value.strip()
        self.count_words = count_text(catalogue.count_items(self.app.shop, None, search=search))
        self.ids.list.show(self._fetch, keep_page=keep_page)

    def _fetch(self, limit: int, offset: int) -> Sequence[RowView]:
        search, shop = self.ids.search.value.strip(), self.app.shop
        items = (
            catalogue.search_items(shop, search, limit=limit, offset=offset)
            if search
            else catalogue.items_in(shop, None, limit=limit, offset=offset)
        )
        rows = [item_row(item, self.categories) for item in items]
        return [RowView(f"item:{row.item_id}", row.name, row.detail, row.price, row.vat) for row in rows]

    def edit(self, item_id: str) -> None:
        """A synchronisation may have taken the item away meanwhile."""
        try:
            item = catalogue.load_item(self.app.shop, item_id)
        except NotFound as error:
            self.app.say_error(error)
            self.list_again(keep_page=True)
        else:
            self.app.open("item_edit", item=item)

    def more(self) -> None:
        choices = (Choice("sync", _("Synchronizace s BackOffice"), tag="menu:sync"),)
        self.app.ask(ChoiceDialog(title=self.title, choices=choices, done=lambda _: self.app.start_sync(show=True)))

    def on_key(self, key: str) -> bool:
        if key in {"pageup", "pagedown"}:
            self.ids.list.turn(-1 if key == "pageup" else 1)
        elif key.isdigit() or key.startswith("text:"):
            self.app.keys.edit(self.ids.search, by_touch=False)
            self.app.keys.press(key if key.startswith("text:") else f"text:{key}")
        else:
            return False
        return True


load_kv(__file__)
