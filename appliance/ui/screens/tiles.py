"""The right side of the sale screen: category tabs, item tiles in pages, last-used items."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout

from appliance.domain.catalogue import Category, Item
from appliance.domain.money import Quantity
from appliance.i18n import _
from appliance.ui.fitting import text_width
from appliance.ui.presenter.bill import page_text, pages_of, price_text
from appliance.ui.presenter.stock import tile_sign
from appliance.ui.theme import T, colour
from appliance.ui.widgets import CLEAR, Tile, TouchButton

AskLevels = Callable[[Sequence[Item], Callable[[Mapping[str, Quantity]], None]], None]
ALL = ""
LAST = "last"


class TabBar(BoxLayout):
    """*Vše*, on low displays *Naposledy*, the categories; when they do not fit, the last tab turns to the next."""

    __events__ = ("on_choose",)
    chosen = StringProperty(ALL)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tabs: list[tuple[str, str, str]] = []
        self.first = 0
        self.bind(width=lambda *_: self.build(), chosen=lambda *_: self.mark())

    def on_choose(self, category_id: str) -> None:
        pass

    def show(self, categories: Sequence[Category]) -> None:
        last = [(LAST, _("Naposledy"), "")] if T.short else []
        tabs = [(ALL, _("Vše"), ""), *last] + [(c.category_id, c.name, c.colour) for c in categories]
        if tabs != self.tabs:
            self.tabs, self.first = tabs, 0
            self.build()

    def build(self) -> None:
        self.clear_widgets()
        shown = self._that_fit()
        for category_id, name, stripe in shown:
            tab = TouchButton(
                caption=name, tag=f"tab:{category_id or 'all'}", kind="tab", role="tab", font_size=T.small,
                stripe=colour(stripe) if stripe else CLEAR, size_hint_x=self._width(name),
            )  # fmt: skip
            tab.category_id = category_id
            tab.bind(on_tap=lambda _, chosen=category_id: self.choose(chosen))
            self.add_widget(tab)
        if len(shown) < len(self.tabs):
            more = TouchButton(caption="…", tag="tabs.next", kind="key", size_hint_x=None, width=T.touch)
            more.bind(on_tap=lambda *_: self.turn(len(shown)))
            self.add_widget(more)
        self.mark()

    def _width(self, name: str) -> float:
        return min(text_width(name, T.small), 12 * T.small) + 2.5 * T.pad

    def _that_fit(self) -> list[tuple[str, str, str]]:
        room, taken = self.width - T.touch - T.gap, 0.0
        shown = []
        for tab in self.tabs[self.first :]:
            taken += self._width(tab[1]) + T.gap
            if shown and taken > room:
                break
            shown.append(tab)
        return shown

    def turn(self, by: int) -> None:
        self.first = 0 if self.first + by >= len(self.tabs) else self.first + by
        self.build()

    def choose(self, category_id: str) -> None:
        self.chosen = category_id
        self.dispatch("on_choose", category_id)

    def mark(self) -> None:
        for tab in self.children:
            tab.active = getattr(tab, "category_id", None) == self.chosen


class ItemGrid(GridLayout):
    """A fixed number of tiles, filled page by page; the pages come from the database, never the whole list."""

    __events__ = ("on_item",)
    page = NumericProperty(0)
    pages = NumericProperty(1)
    page_words = StringProperty("1/1")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(cols=T.grid[0], spacing=T.gap, **kwargs)
        self.fetch: Callable[[int, int], Sequence[Item]] = lambda _limit, _offset: ()
        self.items: Sequence[Item] = ()
        self.colours: dict[str | None, Any] = {}
        self.ask_levels: AskLevels = lambda _items, _then: None
        for _n in range(self.per_page):
            tile = Tile(opacity=0, enabled=False)
            tile.bind(on_tap=self._tapped)
            self.add_widget(tile)

    @property
    def per_page(self) -> int:
        return T.grid[0] * T.grid[1]

    @property
    def tiles(self) -> list[Tile]:
        return list(reversed(self.children))

    def on_item(self, item: Item) -> None:
        pass

    def _tapped(self, tile: Tile) -> None:
        self.dispatch("on_item", self.items[self.tiles.index(tile)])

    def show(
        self, count: int, fetch: Callable[[int, int], Sequence[Item]], categories: Sequence[Category], *, page: int = 0
    ) -> None:
        """This page, or the first one when there are not that many. `fetch(limit, offset)` reads one."""
        self.fetch = fetch
        self.colours = {category.category_id: colour(category.colour) for category in categories}
        self.pages = pages_of(count, self.per_page)
        self.turn_to(page if page < self.pages else 0)

    def turn(self, step: int) -> None:
        self.turn_to((self.page + step) % self.pages)

    def turn_to(self, page: int) -> None:
        self.page = page
        self.page_words = page_text(page, int(self.pages))
        self.items = self.fetch(self.per_page, page * self.per_page)
        self._fill()
        self._ask_how_much()

    def _fill(self) -> None:
        for number, tile in enumerate(self.tiles):
            item = self.items[number] if number < len(self.items) else None
            tile.opacity, tile.enabled = (1, True) if item else (0, False)
            tag = f"tile:{item.item_id}" if item else ""
            if tile.tag != tag or item is None or not item.stocked:
                tile.tag, tile.stock = tag, ""
            if item:
                tile.name, tile.price = item.name, price_text(item)
                tile.colour = self.colours.get(item.category_id, CLEAR)

    def _ask_how_much(self) -> None:
        """How much there is of what is shown; it comes a little later, and not at all when the page was turned."""
        items = self.items

        def show(levels: Mapping[str, Quantity]) -> None:
            if items is self.items:
                for tile, item in zip(self.tiles, items, strict=False):
                    sign = tile_sign(levels.get(item.item_id))
                    tile.stock, tile.stock_tone = sign.words, sign.tone

        self.ask_levels(items, show)


class LastUsed(BoxLayout):
    """The items sold last, one tap away."""

    __events__ = ("on_item",)
    items: tuple[Item, ...] = ()

    def on_item(self, item: Item) -> None:
        pass

    def show(self, items: Sequence[Item]) -> None:
        if tuple(items) == self.items:
            return
        self.items = tuple(items)
        self.clear_widgets()
        for item in items:
            button = TouchButton(caption=item.name, tag=f"last:{item.item_id}", kind="plain", font_size=T.tiny, rows=2)
            button.bind(on_tap=lambda _, item=item: self.dispatch("on_item", item))
            self.add_widget(button)
