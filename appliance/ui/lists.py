"""Lists in pages instead of scrolling: rows of two lines of text, and pairs of label and value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from appliance.i18n import _
from appliance.ui.presenter.bill import page_text, pages_of
from appliance.ui.theme import T
from appliance.ui.widgets import FitWords, OwnWidthWords, Touch, Words, load_kv


@dataclass(frozen=True)
class RowView:
    """One row: bold title and quiet detail at the left, value and a state word at the right."""

    tag: str
    title: str
    detail: str
    value: str
    state: str = ""
    tone: str = "quiet"


class ListRow(Touch, BoxLayout):
    role = StringProperty("line")
    title = StringProperty("")
    detail = StringProperty("")
    value = StringProperty("")
    state = StringProperty("")
    tone = StringProperty("quiet")
    active = BooleanProperty(False)
    detail_rows = NumericProperty(1)
    large = BooleanProperty(False)

    def said(self) -> str:
        return f"{self.title} | {self.detail} | {self.value} | {self.state}"

    def show(self, view: RowView) -> None:
        self.tag, self.title, self.detail = view.tag, view.title, view.detail
        self.value, self.state, self.tone = view.value, view.state, view.tone


class PagedList(BoxLayout):
    """As many rows as fit; the next page is read when it is turned to. `fetch(limit, offset)` gives row views."""

    __events__ = ("on_choose",)
    page = NumericProperty(0)
    has_next = BooleanProperty(False)
    page_words = StringProperty("")
    empty_words = StringProperty("")
    prefix = StringProperty("list")
    chosen = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fetch: Callable[[int, int], Sequence[RowView]] | None = None
        self.pool: list[ListRow] = []

    def on_kv_post(self, _base: Any) -> None:
        self.ids.rows.bind(height=lambda *_: self.turn_to(0) if self.fetch else None)

    def on_choose(self, tag: str) -> None:
        pass

    @property
    def per_page(self) -> int:
        return max(1, int((self.ids.rows.height + T.gap) // (T.touch + T.gap)))

    def show(self, fetch: Callable[[int, int], Sequence[RowView]], *, keep_page: bool = False) -> None:
        self.fetch = fetch
        self.turn_to(int(self.page) if keep_page else 0)

    def turn(self, step: int) -> None:
        if step > 0 and not self.has_next:
            return
        self.turn_to(max(0, int(self.page) + step))

    def turn_to(self, page: int) -> None:
        assert self.fetch is not None
        limit = self.per_page
        views = list(self.fetch(limit + 1, page * limit))
        if not views and page:
            self.turn_to(page - 1)
            return
        self.page, self.has_next = page, len(views) > limit
        self.page_words = _("strana {n}").format(n=page + 1)
        self._fill(views[:limit])
        self.ids.empty.full = self.empty_words if not views else ""

    def _fill(self, views: Sequence[RowView]) -> None:
        rows = self.ids.rows
        while len(self.pool) < len(views):
            row = ListRow()
            row.bind(on_tap=lambda row: self.dispatch("on_choose", row.tag))
            self.pool.append(row)
        if len(rows.children) != len(views):
            rows.clear_widgets()
            for row in self.pool[: len(views)]:
                rows.add_widget(row)
        for row, view in zip(self.pool, views, strict=False):
            row.show(view)
        self.mark()

    def mark(self, *_: Any) -> None:
        for row in self.pool:
            row.active = bool(self.chosen) and row.tag == self.chosen

    on_chosen = mark


class Facts(BoxLayout):
    """Label and value under each other, in pages when they do not fit; a tap turns the page."""

    prefix = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(orientation="vertical", **kwargs)
        self.pairs: tuple[tuple[str, str], ...] = ()
        self.page = 0
        self.bind(height=lambda *_: self.build())

    def show(self, pairs: Sequence[tuple[str, str]]) -> None:
        if tuple(pairs) != self.pairs:
            self.pairs, self.page = tuple(pairs), 0
            self.build()

    @property
    def type_size(self) -> float:
        """Larger when everything fits so."""
        return T.body if len(self.pairs) * T.body * 1.75 <= self.height else T.small

    @property
    def row_height(self) -> float:
        return float(self.type_size * 1.75)

    def build(self) -> None:
        self.clear_widgets()
        if self.height < 2 * self.row_height:
            return
        fit = max(1, int(self.height // self.row_height))
        fit = fit if len(self.pairs) <= fit else fit - 1
        pages = pages_of(len(self.pairs), fit)
        self.page %= pages
        for number, (label, value) in list(enumerate(self.pairs))[self.page * fit :][:fit]:
            self.add_widget(self._row(number, label, value))
        if pages > 1:
            words = _("další řádky · {page}").format(page=page_text(self.page, pages))
            self.add_widget(
                Words(text=words, tone="accent", font_size=T.small, size_hint_y=None, height=self.row_height)
            )
        self.add_widget(BoxLayout())

    def _row(self, number: int, label: str, value: str) -> BoxLayout:
        row = BoxLayout(size_hint_y=None, height=self.row_height, spacing=T.gap)
        name = f"{self.prefix}.{number}" if self.prefix else ""
        size = self.type_size
        row.add_widget(FitWords(full=label, font_size=size, tone="quiet"))
        row.add_widget(OwnWidthWords(text=value, tag=name, font_size=size, bold=True))
        return row

    def on_touch_down(self, touch: Any) -> bool:
        if self.collide_point(*touch.pos) and self.pairs:
            self.page += 1
            self.build()
            return True
        return False


load_kv(__file__)
