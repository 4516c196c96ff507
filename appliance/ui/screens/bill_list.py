"""The bill on the sale screen: as many lines as fit, the selected one tall with its actions."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from appliance.i18n import _
from appliance.ui.presenter.bill import BillView, LineView
from appliance.ui.theme import T
from appliance.ui.widgets import Touch, TouchButton


def line_actions() -> tuple[tuple[str, str], ...]:
    return (("less", "−"), ("more", "+"), ("price", _("cena")), ("discount", _("sleva")), ("void", _("storno")))


class BillRow(Touch, BoxLayout):
    """One line: quantity × price under the name, the total at the right."""

    role = StringProperty("line")
    line_id = NumericProperty(0)
    name = StringProperty("")
    detail = StringProperty("")
    total = StringProperty("")
    selected = BooleanProperty(False)

    def said(self) -> str:
        return f"{self.name} | {self.detail} | {self.total}"

    def show(self, line: LineView, *, selected: bool) -> None:
        self.line_id, self.tag = line.line_id, f"line:{line.line_id}"
        self.name, self.detail, self.total, self.selected = line.name, line.detail, line.total, selected


class LineActions(BoxLayout):
    """−, +, cena, sleva, storno of the selected line."""

    __events__ = ("on_action",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, caption in line_actions():
            button = TouchButton(
                caption=caption, tag=f"line.{name}", kind="danger" if name == "void" else "plain",
                font_size=T.large if len(caption) == 1 else T.small,
            )  # fmt: skip
            button.bind(on_tap=lambda _, action=name: self.dispatch("on_action", action))
            self.add_widget(button)

    def on_action(self, action: str) -> None:
        pass


class BillList(FloatLayout):
    """Lays out what is visible; a pool of rows is reused, nothing is built while selling."""

    __events__ = ("on_select", "on_action", "on_step")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.view: BillView | None = None
        self.selected: int | None = None
        self.first = 0
        self.pool: list[BillRow] = []
        self.actions = LineActions(size_hint=(None, None))
        self.actions.bind(on_action=lambda _, action: self.dispatch("on_action", action))
        looks = {"kind": "ghost", "font_size": T.small, "font_name": "Symbols", "size_hint": (None, None)}
        self.up = TouchButton(tag="bill.up", **looks)
        self.down = TouchButton(tag="bill.down", **looks)
        self.up.bind(on_tap=lambda *_: self.dispatch("on_step", -1))
        self.down.bind(on_tap=lambda *_: self.dispatch("on_step", 1))
        self.bind(size=lambda *_: self.place(), pos=lambda *_: self.place())

    def on_select(self, line_id: int) -> None:
        pass

    def on_action(self, action: str) -> None:
        pass

    def on_step(self, direction: int) -> None:
        pass

    def show(self, view: BillView, selected: int | None) -> None:
        if (view, selected) != (self.view, self.selected):
            self.view, self.selected = view, selected
            self.place()

    @property
    def slots(self) -> int:
        """How many lines are visible at once, beside the actions and, when there are more, the two arrows."""
        lines = len(self.view.lines) if self.view else 0
        room = self.height - self.actions_height
        slots = int(room // self.row_height)
        return max(1, slots if lines <= slots else int((room - T.touch) // self.row_height))

    @property
    def row_height(self) -> float:
        return float(T.touch)

    @property
    def actions_height(self) -> float:
        return float(T.touch + T.gap) if self.selected is not None else 0.0

    def place(self) -> None:
        if self.view is None or self.height < 2 * T.touch:
            return
        lines = self.view.lines
        at = next((i for i, line in enumerate(lines) if line.line_id == self.selected), len(lines) - 1)
        slots = self.slots
        self.first = min(max(self.first, at - slots + 1, 0), max(0, at), max(0, len(lines) - slots))
        shown = lines[self.first : self.first + slots]
        top = self.top
        for number, line in enumerate(shown):
            row = self._row(number)
            row.size = (self.width, self.row_height)
            row.pos = (self.x, top - row.height)
            row.show(line, selected=line.line_id == self.selected)
            top -= row.height
            if row.selected:
                top = self._place_actions(top)
        for row in self.pool[len(shown) :]:
            if row.parent is not None:
                self.remove_widget(row)
        if not any(line.line_id == self.selected for line in shown) and self.actions.parent is not None:
            self.remove_widget(self.actions)
        self._place_arrows(before=self.first, after=len(lines) - self.first - len(shown))

    def _row(self, number: int) -> BillRow:
        while len(self.pool) <= number:
            row = BillRow(size_hint=(None, None))
            row.bind(on_tap=lambda row: self.dispatch("on_select", int(row.line_id)))
            self.pool.append(row)
        if self.pool[number].parent is None:
            self.add_widget(self.pool[number])
        return self.pool[number]

    def _place_actions(self, top: float) -> float:
        if self.actions.parent is None:
            self.add_widget(self.actions)
        self.actions.size = (self.width, self.actions_height)
        self.actions.pos = (self.x, top - self.actions_height)
        return top - self.actions_height

    def _place_arrows(self, *, before: int, after: int) -> None:
        for arrow in (self.up, self.down):
            if (before or after) and arrow.parent is None:
                self.add_widget(arrow)
            elif not (before or after) and arrow.parent is not None:
                self.remove_widget(arrow)
            arrow.size = (self.width / 2, T.touch)
        self.up.pos, self.down.pos = (self.x, self.y), (self.center_x, self.y)
        self.up.caption, self.up.enabled = f"▲ {before}", before > 0
        self.down.caption, self.down.enabled = f"▼ {after}", after > 0
