"""The manual synchronisation: phase, n/m and result. Selling goes on meanwhile."""

from typing import Any, ClassVar

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from appliance.i18n import _
from appliance.service import sync
from appliance.ui.presenter.status import StatusView
from appliance.ui.presenter.sync import sync_view
from appliance.ui.presenter.words import TITLES
from appliance.ui.screens.base import TillScreen
from appliance.ui.widgets import load_kv


class SyncScreen(TillScreen):
    name: ClassVar[str] = "sync"
    heading = StringProperty("")
    title = StringProperty("")
    detail = StringProperty("")
    tone = StringProperty("quiet")
    fraction = NumericProperty(0)
    finished = BooleanProperty(True)
    back_caption = StringProperty("")
    start_caption = StringProperty("")
    running_words = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heading, self.back_caption = TITLES["sync"](), _("Zpět na prodej")
        self.start_caption, self.running_words = _("Synchronizovat teď"), _("Synchronizace už běží.")

    def enter(self, **_given: Any) -> None:
        self._show()

    def state_changed(self, view: StatusView) -> None:
        del view
        self._show()

    def _show(self) -> None:
        run = self.app.syncing.run or sync.last_sync_run(self.app.shop)
        view = sync_view(run)
        self.title, self.detail, self.tone = view.title, view.detail, view.tone
        self.fraction, self.finished = view.fraction, view.finished

    def on_key(self, key: str) -> bool:
        if key == "enter" and self.finished:
            self.app.start_sync()
            return True
        return False


load_kv(__file__)
