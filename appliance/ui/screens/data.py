"""*Data a synchronizace*: pairing, item sync on or off, the till's label, when changes apply, its warehouse; and what
came of the last synchronisation and what waits, with the reason (S14, S17, B8)."""

from typing import Any, ClassVar

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from appliance.i18n import _
from appliance.service import settings, sync
from appliance.service.pairing import paired_with
from appliance.service.unsent import UnsentKind, unsent_by_kind
from appliance.ui import data_questions
from appliance.ui.lists import ListRow, RowView
from appliance.ui.presenter.data import DataRow, data_rows, waiting_reason, waiting_words
from appliance.ui.presenter.status import StatusView
from appliance.ui.presenter.sync import sync_view, when_text
from appliance.ui.presenter.words import TITLES
from appliance.ui.screens.base import TillScreen
from appliance.ui.theme import T
from appliance.ui.widgets import load_kv

ROW_TOUCHES_MAX = 1.7
COUNT_EVERY_S = 5.0
ROWS = ("pairing", "sync", "scope", "apply", "warehouse")


class DataScreen(TillScreen):
    """The left half is what can be set, the right one what the last synchronisation did and what waits."""

    name: ClassVar[str] = "data"
    title = StringProperty("")
    back_caption = StringProperty("")
    start_caption = StringProperty("")
    running_words = StringProperty("")
    last_label = StringProperty("")
    last_title = StringProperty("")
    last_detail = StringProperty("")
    tone = StringProperty("quiet")
    fraction = NumericProperty(0)
    finished = BooleanProperty(True)
    waiting_label = StringProperty("")
    waiting = StringProperty("")
    reason = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title, self.back_caption = TITLES["data"](), _("Zpět")
        self.start_caption, self.running_words = _("Synchronizovat teď"), _("Synchronizace už běží.")
        self.last_label, self.waiting_label = _("Poslední synchronizace"), _("Čeká na odeslání")
        self.rows = {name: ListRow() for name in ROWS}
        self.kinds: tuple[UnsentKind, ...] = ()
        self.counted = 0.0
        for row in self.rows.values():
            row.detail_rows, row.size_hint_y, row.large = 2, 1, not T.short
            row.size_hint_max_y = T.touch * ROW_TOUCHES_MAX
            row.bind(on_tap=lambda row: self.choose(row.tag.removeprefix("data:")))
            self.ids.rows.add_widget(row)
        self.ids.rows.add_widget(BoxLayout(size_hint_y=0.01))

    def enter(self, **_given: Any) -> None:
        self.kinds, self.counted = (), 0.0
        self._show()
        self._count()

    def state_changed(self, view: StatusView) -> None:
        del view
        self._show()
        if Clock.get_time() - self.counted > COUNT_EVERY_S:
            self._count()

    def _count(self) -> None:
        """Beside the screen: months without a network are many rows."""
        self.counted = Clock.get_time()
        shop = self.app.shop
        self.app.aside(lambda: unsent_by_kind(shop), self._counted)

    def _counted(self, kinds: tuple[UnsentKind, ...]) -> None:
        self.kinds = kinds
        self._show_waiting()

    def _show_waiting(self) -> None:
        backoffice = self.app.till_status.backoffice
        self.waiting = waiting_words(self.kinds, unsent=backoffice.unsent, oldest_age_s=backoffice.oldest_age_s)
        self.reason = waiting_reason(unsent=backoffice.unsent, paired=backoffice.paired, fault=backoffice.fault)

    def _show(self) -> None:
        for row in self._rows():
            self.rows[row.name].show(RowView(f"data:{row.name}", row.title, row.detail, row.value, "", row.tone))
        run = self.app.syncing.run or sync.last_sync_run(self.app.shop)
        view = sync_view(run)
        self.last_title, self.last_detail, self.tone = view.title, view.detail, view.tone
        self.fraction, self.finished = view.fraction, view.finished
        if run is not None and run.finished:
            self.last_title += f" · {when_text(run.finished_at, self.app.till_status.now)}"
        self._show_waiting()

    def _rows(self) -> tuple[DataRow, ...]:
        shop, status = self.app.shop, self.app.till_status
        return data_rows(
            settings.till_settings(shop),
            item_sync=settings.item_sync_is_on(shop),
            warehouses=settings.warehouses(shop),
            paired=paired_with(shop),
            fault=status.backoffice.fault,
        )

    def choose(self, name: str) -> None:
        data_questions.ask(self.app, name, self._show)

    def on_key(self, key: str) -> bool:
        if key.isdigit() and 0 < int(key) <= len(ROWS):
            self.choose(ROWS[int(key) - 1])
        elif key == "esc":
            self.app.open("settings")
        else:
            return False
        return True


load_kv(__file__)
