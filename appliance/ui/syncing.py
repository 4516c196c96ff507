"""Synchronising as the screen sees it: asked for and watched to its end; what a pull has changed is shown at once."""

from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window

from appliance.service import sync
from appliance.service.status import TillStatus
from appliance.service.sync import SyncRun
from appliance.ui.presenter.sync import key_hint, sync_view

POLL_S = 0.3
SYNC_KEY = 5
AFTER_TOUCH_S = 0.3


class Syncing:
    """`run` is the synchronisation under way, whoever asked for it; None when there is none."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.run: SyncRun | None = None
        self.fingers: set[int] = set()
        self.pulled: object = None
        self.stale = False  # what is shown of the price list is older than the price list
        Window.bind(on_touch_down=self._down, on_touch_up=self._up)

    def start(self) -> None:
        self.app.write(lambda: sync.request_sync(self.app.shop), self._started)

    def _started(self, run_id: str) -> None:
        self._watch(sync.sync_run(self.app.shop, run_id))

    def _watch(self, run: SyncRun | None) -> None:
        self.run = run
        Clock.unschedule(self._look)
        Clock.schedule_interval(self._look, POLL_S)
        self._look(0)

    def _look(self, _dt: float) -> None:
        """Show the progress until the run ends; selling goes on meanwhile."""
        run = sync.sync_run(self.app.shop, self.run.run_id) if self.run is not None else None
        self.run = run if run is not None and not run.finished else None
        if self.run is None:
            Clock.unschedule(self._look)
            if run is not None:
                view = sync_view(run)
                self.app.say(f"{view.title}. {view.detail}", view.tone)
        self.app.refresh()

    def state_changed(self, status: TillStatus) -> None:
        """After each refresh of the state."""
        if self.run is None:
            last = sync.last_sync_run(self.app.shop)
            if last is not None and not last.finished:
                self._watch(last)
                return
        self.app.key_row.tell(SYNC_KEY, key_hint(self.run, status.backoffice.changes_waiting))
        self.stale = self.stale or (self.pulled is not None and status.pulled != self.pulled)
        self.pulled = status.pulled
        self.show_news()

    # ---- the price list

    def show_news(self) -> None:
        """Prices and items as they are now; nothing moves under a finger that is down."""
        if self.stale and not self.fingers and self.app.screen is not None:
            self.stale = False
            self.app.screen.pricelist_changed()

    def _down(self, _window: Any, touch: Any) -> bool:
        self.fingers.add(touch.uid)
        return False

    def _up(self, _window: Any, touch: Any) -> bool:
        self.fingers.discard(touch.uid)
        if self.stale:
            Clock.schedule_once(lambda _dt: self.show_news(), AFTER_TOUCH_S)
        return False
