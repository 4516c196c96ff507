"""The visible focus: which control the arrows, Tab and Enter mean. Finding the neighbour is pure arithmetic."""

from collections.abc import Iterator, Sequence
from typing import Any

from kivy.uix.widget import Widget

from appliance.ui.geometry import Rect, neighbour
from appliance.ui.widgets import Seen, Touch

ARROWS = ("up", "down", "left", "right")
MOVES = (*ARROWS, "tab", "backtab")


def visible(widget: Widget) -> Iterator[Widget]:
    """A widget and everything inside it that can be seen, in drawing order (Kivy keeps children reversed)."""
    if widget.opacity == 0 or widget.width <= 0 or widget.height <= 0:
        return
    yield widget
    for child in reversed(widget.children):
        yield from visible(child)


def window_rect(widget: Widget, window_height: float) -> Rect:
    """Where a widget is in the window, in pixels from the top left."""
    left, low = widget.to_window(widget.x, widget.y)
    return (round(left), round(window_height - low - widget.height), round(widget.width), round(widget.height))


class Focus:
    """At most one control has the focus. None means the screen itself (its entry line) takes the keys."""

    def __init__(self) -> None:
        self.current: Touch | None = None

    def set(self, control: Touch | None) -> None:
        if self.current is not None:
            self.current.focused = False
        self.current = control
        if control is not None:
            control.focused = True

    def alive(self, layer: Widget) -> bool:
        """Whether the focused control is still there; otherwise the focus is dropped."""
        if self.current is not None and self.current not in self.controls(layer):
            self.set(None)
        return self.current is not None

    @staticmethod
    def controls(layer: Widget) -> list[Any]:
        return [w for w in visible(layer) if isinstance(w, Touch) and w.focusable and w.tag]

    def move(self, layer: Widget, key: str, *, start: Touch | None = None) -> Touch | None:
        """The control the focus moves to; None when there is nothing in that direction."""
        controls = self.controls(layer)
        if not controls:
            return None
        if self.current not in controls:
            return start if start in controls else controls[0 if key != "backtab" else -1]
        at = controls.index(self.current)
        if key in {"tab", "backtab"}:
            return controls[(at + (1 if key == "tab" else -1)) % len(controls)]
        rects = [window_rect(control, 0) for control in controls]
        found = neighbour(rects, at, key)
        return controls[found] if found is not None else None


def seen(layer: Widget) -> Sequence[Any]:
    """Every named thing that can be seen."""
    return [w for w in visible(layer) if isinstance(w, Seen) and w.tag]
