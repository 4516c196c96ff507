"""The application: builds the frame, holds what all screens share, refreshes the state, hands writes to the worker."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.widget import Widget

from appliance.domain.cart import Cart
from appliance.i18n import _
from appliance.service import cash, checkout, print_queue, receipts, users
from appliance.service import status as statuses
from appliance.service.clock import clock_to_confirm
from appliance.service.shop import Shop
from appliance.ui.app import UiOptions
from appliance.ui.bill import Bill
from appliance.ui.clock_questions import ask_clock
from appliance.ui.dialogs import Choice, ChoiceDialog, Dialog
from appliance.ui.frame import Frame, FunctionKey, KeyRow, Notice, StatusBar
from appliance.ui.inspect import InspectServer, picture_of
from appliance.ui.keys import Keys
from appliance.ui.presenter.clock import clock_notice
from appliance.ui.presenter.reports import just_issued
from appliance.ui.presenter.status import StatusView, status_view
from appliance.ui.presenter.sync import sync_view
from appliance.ui.presenter.words import TITLES, error_sentence
from appliance.ui.screens.base import TillScreen
from appliance.ui.sounds import Sounds
from appliance.ui.syncing import Syncing
from appliance.ui.theme import T, use_theme
from appliance.ui.user_questions import ask_user
from appliance.ui.widgets import load_kv, register_fonts
from appliance.ui.worker import Worker

REFRESH_S = 1.0
MESSAGE_S = {"good": 4.0, "warning": 8.0, "danger": 8.0}


class TillApp(App):
    """`bill` is the open bill; `till_status` the last state read, `status` the same in words."""

    def __init__(self, shop: Shop, options: UiOptions) -> None:
        super().__init__()
        self.title = "Pokladna Pi"
        self.shop, self.options = users.shop_of_user(shop), options
        self.screens: dict[str, TillScreen] = {}
        self.screen: TillScreen | None = None
        self.dialogs: list[Dialog] = []
        self.till_status: statuses.TillStatus | None = None
        self.status: StatusView | None = None
        self.shift_open = False
        self.message: Notice | None = None
        self.cart_version = 0
        self.cart_was_lost = False
        self.clock_proposed: datetime | None = None
        self.nobody_at_work = False
        self.running = True
        self.inspect_server: InspectServer | None = None

    # ---- building

    def build(self) -> Widget:
        use_theme(self.options.theme, *self._size())
        register_fonts()
        from appliance.ui import widgets
        from appliance.ui.screens import all_screens

        load_kv(widgets.__file__)
        Window.clearcolor = T.ground
        self.worker = Worker(_on_the_kivy_thread, name="ui-writes")
        self.slow = Worker(_on_the_kivy_thread, name="ui-aside")
        self.cart_was_lost = checkout.set_aside_unreadable_cart(self.shop)
        self.bill = Bill(checkout.kept_cart(self.shop), keep=self._keep_cart, voided=self._void_line)
        self.sounds = Sounds(Path(os.environ["KIVY_HOME"]))
        self.frame = Frame()
        self.keys = Keys(self)
        self.syncing = Syncing(self)
        self.bar.shop = f"{self.shop.till_name} · {self.shop.seller.name}"
        self.screens = {screen.name: screen(app=self) for screen in all_screens()}
        return self.frame

    def _size(self) -> tuple[int, int]:
        """The display's own size when we fill it, else the window's as asked for."""
        if self.options.fullscreen:
            return int(Window.width), int(Window.height)
        return self.options.width, self.options.height

    def on_start(self) -> None:
        self.refresh()
        self.open("sale")
        self._tell_last_receipt()
        self.keys.bind(Window)
        Clock.schedule_interval(lambda _dt: self.refresh(), REFRESH_S)
        if self.options.wake is not None:
            Thread(target=self._listen, name="ui-wake", daemon=True).start()
        if self.options.inspect_socket is not None:
            self.inspect_server = InspectServer(self.options.inspect_socket, lambda: picture_of(self, Window))
            self.inspect_server.start()

    def _tell_last_receipt(self) -> None:
        """A till that went down between the payment and its picture says so: nobody should ring it up again."""
        last = receipts.recent(self.shop, limit=1)
        if not last or self.bill.cart.lines:
            return
        if (words := just_issued(last[0], self.shop.now())) is not None:
            self.say(words, "warning")

    def on_stop(self) -> None:
        self.running = False
        if self.inspect_server is not None:
            self.inspect_server.stop()
        self.worker.close()
        self.slow.close()

    def _listen(self) -> None:
        """Refresh as soon as another process has news; ends with the window."""
        wake = self.options.wake
        try:
            while wake is not None and self.running:
                if wake.wait(REFRESH_S):
                    Clock.schedule_once(lambda _dt: self.refresh(), 0)
        except BaseException as error:  # noqa: BLE001 -- carried over to the thread that dies of it
            if self.running:
                Clock.schedule_once(lambda _dt, error=error: _raise(error), 0)

    @property
    def bar(self) -> StatusBar:
        return self.frame.ids.bar

    @property
    def key_row(self) -> KeyRow:
        return self.frame.ids.key_row

    @property
    def layer(self) -> Widget:
        """What takes touches now: the dialog on top, else the whole frame."""
        return self.dialogs[-1] if self.dialogs else self.frame

    # ---- screens and dialogs

    def open(self, name: str, **given: Any) -> None:
        if self.screen is not None and not self.screen.may_leave():
            return
        self.keys.stop_editing()
        while self.dialogs:
            self.close_dialog(self.dialogs[-1])
        if self.screen is not None:
            self.screen.leave()
        self.keys.focus.set(None)
        if self.screen is not self.screens[name]:
            self.screen = self.screens[name]
            self.frame.ids.holder.clear_widgets()
            self.frame.ids.holder.add_widget(self.screen)
        self.screen.enter(**given)
        self.show_function_keys()
        self.show_banner()

    def back(self) -> None:
        if self.screen is not None and self.screen.name != "sale":
            self.open("sale")

    def ask(self, dialog: Dialog) -> None:
        self.keys.stop_editing()
        dialog.close = lambda: self.close_dialog(dialog)
        self.keys.focus.set(None)
        self.dialogs.append(dialog)
        self.frame.add_widget(dialog)

    def close_dialog(self, dialog: Dialog) -> None:
        if dialog in self.dialogs:
            self.keys.stop_editing()
            self.dialogs.remove(dialog)
            self.frame.remove_widget(dialog)
            self.keys.focus.set(None)

    def menu(self) -> None:
        names = ("sale", "till", "receipts", "pricelist", "sync", "status", "eet", "settings", "stock")
        choices = [
            Choice(
                name, TITLES[name](), tag=f"menu:{name}", active=self.screen is not None and self.screen.name == name
            )
            for name in names
        ]
        self.ask(ChoiceDialog(title=_("Nabídka"), choices=choices, done=self.open, columns=2))

    def show_function_keys(self) -> None:
        own = self.screen.function_keys() if self.screen is not None else None
        self.key_row.show(own if own is not None else self.usual_keys())

    def usual_keys(self) -> Sequence[FunctionKey]:
        return (
            FunctionKey(_("Prodej"), lambda: self.open("sale")),
            FunctionKey(_("Stav"), lambda: self.open("status")),
            FunctionKey(_("Účtenky"), lambda: self.open("receipts")),
            FunctionKey(_("Ceník"), lambda: self.open("pricelist")),
            FunctionKey(_("Synchronizace"), self.start_sync),
            FunctionKey(_("Pokladna"), lambda: self.open("till")),
            FunctionKey(_("Zásuvka"), self.open_drawer),
            FunctionKey(_("Nabídka"), self.menu),
        )

    # ---- paying

    def begin_payment(self) -> bool:
        """False while one is under way: nothing pays twice."""
        if self.keys.held is not None:
            return False
        self.keys.hold()
        self.cart_version += 1  # what was still to be kept of the cart is not needed any more
        return True

    def end_payment(self, *, paid: bool) -> None:
        """The result is back. What a scanner typed meanwhile belongs to the next bill."""
        if not paid:
            self._keep_cart(self.bill.cart)  # what the payment overtook is needed again
        self.keys.release(play=paid)

    # ---- writing

    def write(
        self, work: Callable[[], Any], then: Callable[[Any], None], failed: Callable[[Exception], None] | None = None
    ) -> None:
        self.worker.do(work, then, failed or self.say_error)

    def aside(
        self, work: Callable[[], Any], then: Callable[[Any], None], failed: Callable[[Exception], None] | None = None
    ) -> None:
        """What may take long and writes nothing, such as a look at a USB stick: no sale waits for it."""
        self.slow.do(work, then, failed or self.say_error)

    def _keep_cart(self, cart: Cart) -> None:
        """Only the newest cart is worth a write; what a later change or the payment overtook is skipped."""
        self.cart_version += 1
        version = self.cart_version

        def keep() -> None:
            if version == self.cart_version:
                checkout.keep_cart(self.shop, cart)

        self.write(keep, lambda _: None)

    def _void_line(self, cart: Cart, line_id: int) -> None:
        self.cart_version += 1

        def failed(error: Exception) -> None:
            """Without its row in the journal nothing is taken from a bill."""
            self.say_error(error)
            if self.keys.held is None:
                self.bill.put_back(cart, line_id)
                self.screens["sale"].refresh()

        self.write(lambda: checkout.void_line(self.shop, cart, line_id), lambda _: None, failed)

    def open_drawer(self) -> None:
        self.write(
            lambda: cash.open_drawer(self.shop, _("z pokladny")), lambda _: self.say(self.drawer_words(), "good")
        )

    @staticmethod
    def drawer_words() -> str:
        return _("Zásuvka se otevírá. Otevření je zapsané v deníku.")

    # ---- synchronisation

    def start_sync(self, *, show: bool = False) -> None:
        self.syncing.start()
        if show:
            self.open("sync")

    # ---- state

    def refresh(self) -> None:
        state = self.till_status = statuses.till_status(self.shop)
        self.shift_open = state.shift is not None
        self.clock_proposed = clock_to_confirm(self.shop)
        self.nobody_at_work = users.nobody_has_logged_in(self.shop)
        self.status = status_view(state, self.shop.user)
        self.syncing.state_changed(state)
        self.show_banner()
        if self.screen is not None:
            self.screen.state_changed(self.status)

    def show_banner(self) -> None:
        self.bar.banner(self._notice(), self.status)

    def _notice(self) -> Notice | None:
        """The most urgent sentence: what was just said, the question about paper, a running synchronisation."""
        if self.message is not None:
            return self.message
        if self.cart_was_lost:
            words = _(
                "Rozpracovaný účet z minula nejde přečíst, účet začíná prázdný. Jeho text je v záznamech pokladny."
            )
            return Notice(words, "danger", ((_("Rozumím"), self._forget_lost_cart),))
        if self.status is not None and self.status.asking:
            return Notice(
                _("Minulá účtenka se možná nevytiskla celá. Vytisknout znovu?"),
                "warning",
                (
                    (_("Vytisknout KOPII"), lambda: self._answer_print(again=True)),
                    (_("Ne"), lambda: self._answer_print(again=False)),
                ),
            )
        if self.syncing.run is not None and (self.screen is None or self.screen.name != "sync"):
            view = sync_view(self.syncing.run)
            return Notice(f"{view.title} · {view.detail}", "quiet", ((_("Zobrazit"), lambda: self.open("sync")),))
        if self.clock_proposed is not None:
            proposed = self.clock_proposed
            words = (_("Ověřit čas"), lambda: ask_clock(self, proposed))
            return Notice(clock_notice(proposed), "warning", (words,))
        alert = self.status.alert if self.status is not None else None
        if alert is not None and (self.screen is None or self.screen.name != "eet"):
            return Notice(alert.text, alert.tone, ((_("Zobrazit"), lambda: self.open("eet")),))
        if self.nobody_at_work:
            return Notice(_("Kdo u pokladny pracuje?"), "quiet", ((_("Zvolit"), lambda: ask_user(self)),))
        return None

    def _answer_print(self, *, again: bool) -> None:
        self.write(lambda: print_queue.answer(self.shop, print_again=again), lambda _: self.refresh())

    def say(self, text: str, tone: str = "warning") -> None:
        """One sentence in the banner for a few seconds."""
        self.message = Notice(text, tone)
        Clock.unschedule(self._forget_message)
        Clock.schedule_once(self._forget_message, MESSAGE_S[tone])
        self.show_banner()

    def say_error(self, error: Exception, *, doing: str = "") -> None:
        """`doing` as in presenter.words.error_sentence."""
        self.say(error_sentence(error, doing=doing), "danger")

    def _forget_lost_cart(self) -> None:
        self.cart_was_lost = False
        self.show_banner()

    def _forget_message(self, _dt: float) -> None:
        self.message = None
        self.show_banner()


def _on_the_kivy_thread(call: Callable[[], None]) -> None:
    Clock.schedule_once(lambda _dt: call(), 0)


def _raise(error: BaseException) -> None:
    raise error
