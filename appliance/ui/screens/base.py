"""What every screen is: entered, left, given keys, told the state once a second."""

from collections.abc import Sequence
from typing import Any, ClassVar

from kivy.properties import ObjectProperty
from kivy.uix.boxlayout import BoxLayout

from appliance.ui.frame import FunctionKey
from appliance.ui.presenter.status import StatusView


class TillScreen(BoxLayout):
    """`app` is the TillApp. Reads happen here, writes through `app.write`."""

    name: ClassVar[str] = ""
    app = ObjectProperty(None)

    def enter(self, **given: Any) -> None:
        """The screen is shown; what it shows is read now."""

    def may_leave(self) -> bool:
        """Whether another screen may be shown instead; says why not."""
        return True

    def leave(self) -> None:
        """Another screen is shown instead."""

    def on_key(self, key: str) -> bool:
        """A key nobody above wanted; True when used."""
        del key
        return False

    def function_keys(self) -> Sequence[FunctionKey] | None:
        """F1–F8 on this screen; None for the usual ones."""
        return None

    def pricelist_changed(self) -> None:
        """The price list is another than what is shown of it."""

    def state_changed(self, view: StatusView) -> None:
        """Called after each refresh of the state."""
