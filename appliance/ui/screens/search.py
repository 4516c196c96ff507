"""Searching the price list by name or code while selling: results under the line, a tap or Enter sells."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.uix.gridlayout import GridLayout

from appliance.domain.catalogue import Item
from appliance.i18n import _
from appliance.service import catalogue
from appliance.ui.dialogs import Dialog
from appliance.ui.keyboard import keys_height
from appliance.ui.presenter.bill import code_text, price_text
from appliance.ui.theme import T
from appliance.ui.widgets import Field, TouchButton

COLUMNS = 3


class SearchDialog(Dialog):
    """Pages of hits; `chosen(item)` sells one and closes."""

    def __init__(self, *, app: Any, chosen: Callable[[Item], None], text: str, by_touch: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app, self.chosen = app, chosen
        self.items: tuple[Item, ...] = ()
        self.by_touch = by_touch
        self._place(by_touch=by_touch)
        self.field = Field(
            tag="search.field", kind="text", placeholder=_("Název, EAN nebo PLU"), value=text,
            size_hint_y=None, height=T.touch,
        )  # fmt: skip
        self.field.bind(
            value=lambda *_: self.find(),
            on_entered=lambda *_: self.first(),
            on_tap=lambda *_: self.app.keys.edit(self.field, by_touch=True),
        )
        self.grid = GridLayout(cols=COLUMNS, spacing=T.gap, row_default_height=self.row_height, row_force_default=True)
        self.ids.body.add_widget(self.field)
        self.ids.body.add_widget(self.grid)
        Clock.schedule_once(lambda _dt: self.begin(), 0)

    row_height = property(lambda _self: T.touch * 1.05)

    def _place(self, *, by_touch: bool) -> None:
        """Above the keyboard when there is one; without a title, the field says what this is."""
        card = self.ids.card
        keyboard = keys_height() if by_touch else 0
        self.card_width, self.card_height = T.width - 2 * T.gap, T.height - keyboard - 2 * T.gap
        card.pos_hint = {"center_x": 0.5, "top": 1 - T.gap / T.height}
        card.padding = T.pad
        body = self.ids.body.__self__  # ids hold proxies
        for child in list(card.children):
            if child is not body:
                card.remove_widget(child)
        body_room = self.card_height - 2 * T.pad - T.touch - T.gap
        self.per_page = COLUMNS * max(1, int((body_room + T.gap) // (self.row_height + T.gap)))

    def begin(self) -> None:
        if self.parent is not None:
            self.app.keys.edit(self.field, by_touch=self.by_touch)
            self.find()

    def on_key(self, key: str) -> bool:
        """A letter typed in the moment before the field takes keys belongs to the field too."""
        if key.startswith("text:") and self.app.keys.field is not self.field:
            self.begin()
            self.app.keys.press(key)
            return True
        return bool(super().on_key(key))

    def find(self) -> None:
        text = self.field.value.strip()
        shop = self.app.shop
        found = catalogue.search_items(shop, text, limit=self.per_page) if text else ()
        self.grid.clear_widgets()
        self.items = tuple(found)
        for item in self.items:
            hint = f"{price_text(item)}  {code_text(item)}"
            button = TouchButton(
                caption=item.name, hint=hint, tag=f"hit:{item.item_id}", kind="choice",
                font_size=T.small,
            )  # fmt: skip
            button.bind(on_tap=lambda _, item=item: self.choose(item))
            self.grid.add_widget(button)
        self.field.error = "" if self.items or not text else _("Nic takového v ceníku není.")

    def choose(self, item: Item) -> None:
        self.close()
        self.chosen(item)

    def first(self) -> None:
        """Enter sells the first hit; with none, typing goes on."""
        if self.items:
            self.choose(self.items[0])
        else:
            self.app.keys.edit(self.field, by_touch=self.by_touch)
