"""*EET*: how reporting stands, and the sales that have no code yet; a touched one says why and can be tried again."""

from collections.abc import Sequence
from typing import Any, ClassVar

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from appliance.i18n import _
from appliance.service import fiscal, regime
from appliance.service.status import TillStatus
from appliance.ui.errands import import_certificate, try_the_channel
from appliance.ui.fiscal_box import FiscalBox
from appliance.ui.fitting import lines_of
from appliance.ui.lists import PagedList, RowView
from appliance.ui.presenter.eet import Block, blocks
from appliance.ui.presenter.eet_sales import sale_row, sale_view, sold_text
from appliance.ui.presenter.status import StatusView
from appliance.ui.presenter.words import TITLES
from appliance.ui.screens.base import TillScreen
from appliance.ui.theme import T
from appliance.ui.widgets import Seen, load_kv

__all__ = ["EetScreen", "FiscalBox", "PagedList"]  # two of them are named in the .kv file

LINE = 1.28  # of the type size


class BlockView(Seen, BoxLayout):
    """A heading and what there is to say under it."""

    label = StringProperty("")
    text = StringProperty("")
    tone = StringProperty("text")
    rows = NumericProperty(1)
    type_size = NumericProperty(16)


class EetScreen(TillScreen):
    """`number` and `sold` are those of the sale looked at; empty while the whole is shown."""

    name: ClassVar[str] = "eet"
    title = StringProperty("")
    empty_words = StringProperty("")
    send_caption = StringProperty("")
    retry_all_caption = StringProperty("")
    retry_all_reason = StringProperty("")
    test_caption = StringProperty("")
    import_caption = StringProperty("")
    overview_caption = StringProperty("")
    number = StringProperty("")
    sold = StringProperty("")
    any_parked = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title, self.empty_words = TITLES["eet"](), _("Žádná tržba nečeká.")
        self.send_caption, self.retry_all_caption = _("Odeslat nyní"), _("Zkusit vše znovu")
        self.retry_all_reason = _("Žádná tržba není odmítnutá.")
        self.test_caption, self.import_caption = _("Zkouška spojení"), _("Nahrát certifikát")
        self.overview_caption = _("Zpět na přehled")
        self.doc_id = ""
        self.shown: tuple[Block, ...] = ()
        self.ids.story.bind(size=lambda *_: self._lay_out())

    def enter(self, **_given: Any) -> None:
        self.overview()
        self.ids.list.show(self._fetch)

    def state_changed(self, view: StatusView) -> None:
        del view
        self._show()
        self.ids.list.show(self._fetch, keep_page=True)

    def _fetch(self, limit: int, offset: int) -> Sequence[RowView]:
        rows = [sale_row(sale) for sale in fiscal.queue(self.app.shop, limit=limit, offset=offset)]
        return [RowView(f"eet:{row.doc_id}", row.number, row.detail, row.amount, row.state, row.tone) for row in rows]

    # ---- the right half

    def overview(self) -> None:
        self.doc_id, self.number, self.sold = "", "", ""
        self.ids.list.chosen = ""
        self._show()

    def choose(self, tag: str) -> None:
        self.doc_id = tag.removeprefix("eet:")
        self.ids.list.chosen = tag
        self._show()

    def _show(self) -> None:
        status: TillStatus = self.app.till_status
        self.any_parked = status.eet.parked > 0
        current, coming = regime.regime_now_and_next(self.app.shop)
        found = blocks(status.eet, now=status.now, current=current, coming=coming)
        if found != self.shown:
            self.shown = found
            self._lay_out()
        sale = fiscal.reported_sale(self.app.shop, self.doc_id) if self.doc_id else None
        self.ids.box.show(sale_view(sale) if sale else None)
        self.number, self.sold = (sale.sale.number, sold_text(sale.sale)) if sale else ("", "")

    def _lay_out(self) -> None:
        """Every block as many lines as it needs; when they are too many, the type is smaller and the longest gives."""
        story = self.ids.story
        story.clear_widgets()
        if story.height <= 0 or story.width <= 0:
            return
        for size in (T.small, T.tiny):
            rows = [lines_of(b.text, story.width, size, most=8, bold=b.tone == "danger") for b in self.shown]
            room = int((story.height - len(rows) * (T.tiny * 1.5 + T.gap)) // (size * LINE))
            if sum(rows) <= room:
                break
        while sum(rows) > max(room, len(rows)):
            rows[rows.index(max(rows))] -= 1
        for block, lines in zip(self.shown, rows, strict=True):
            story.add_widget(
                BlockView(
                    tag=f"eet.{block.name}", label=block.label, text=block.text, tone=block.tone, rows=lines,
                    type_size=size, size_hint_y=None, height=T.tiny * 1.5 + lines * size * LINE,
                )
            )  # fmt: skip
        story.add_widget(BoxLayout())

    # ---- what can be done

    def retry(self) -> None:
        doc_id = self.doc_id
        words = _("Tržba {number} se odešle znovu.").format(number=self.number)
        self.app.write(lambda: fiscal.release(self.app.shop, doc_id), lambda _: self._done(words), self._failed)

    def retry_all(self) -> None:
        def done(count: int) -> None:
            self.app.start_sync()
            self._done(_("Znovu se odešlou odmítnuté tržby: {n}.").format(n=count))

        self.app.write(lambda: fiscal.release_all(self.app.shop), done, self._failed)

    def _done(self, words: str) -> None:
        self.app.say(words, "good")
        self.app.refresh()

    def _failed(self, error: Exception) -> None:
        self.app.say_error(error)
        self.app.refresh()

    def send_now(self) -> None:
        self.app.start_sync()

    def test(self) -> None:
        try_the_channel(self.app)

    def import_certificate(self) -> None:
        import_certificate(self.app)

    def on_key(self, key: str) -> bool:
        if key in {"pageup", "pagedown"}:
            self.ids.list.turn(-1 if key == "pageup" else 1)
        elif key == "esc" and self.doc_id:
            self.overview()
        else:
            return False
        return True


load_kv(__file__)
