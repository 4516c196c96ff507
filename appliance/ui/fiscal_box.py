"""What became of one sale at the tax office, as a box of lines: on the EET page and in a receipt's detail."""

from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from appliance.i18n import _
from appliance.ui.fitting import lines_of, size_that_fits
from appliance.ui.presenter.eet_sales import SaleView
from appliance.ui.theme import T
from appliance.ui.widgets import FitWords, load_kv

REASON_ROWS = 3
CODE_SIZE_MIN = 9


class FiscalBox(BoxLayout):
    """As tall as it needs to be, nothing at all without a view. `on_retry`: *Zkusit znovu* of a refused sale."""

    __events__ = ("on_retry",)
    view = ObjectProperty(None, allownone=True)
    state = StringProperty("")
    tone = StringProperty("quiet")
    parked = BooleanProperty(False)
    retry_caption = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.retry_caption = _("Zkusit znovu")
        self.bind(width=lambda *_: self.build())

    def on_retry(self) -> None:
        pass

    def show(self, view: SaleView | None) -> None:
        if view != self.view:
            self.view = view
            self.build()

    def build(self) -> None:
        view: SaleView | None = self.view
        self.state, self.tone = (view.state, view.tone) if view else ("", "quiet")
        self.parked = view is not None and view.parked
        lines = self.ids.lines
        lines.clear_widgets()
        if view is not None and self.width > 0:
            warnings = _("Finanční správa upozorňuje: {warnings}").format(warnings=view.warnings)
            for name, text, tone, size in (
                ("code", view.code, "text", T.tiny),
                ("bkp", view.bkp, "quiet", T.tiny),
                ("reason", view.reason, "text", T.small),
                ("advice", view.advice, "text", T.small),
                ("said", view.said, "quiet", T.tiny),
                ("warnings", warnings if view.warnings else "", "warning", T.tiny),
            ):
                if text:
                    lines.add_widget(self._line(f"fiscal.{name}", text, tone, size))

    def _line(self, tag: str, text: str, tone: str, size: float) -> FitWords:
        """A code stays on one line, in a smaller type if it must; anything else takes the lines it needs."""
        if tag in {"fiscal.code", "fiscal.bkp"}:
            size, rows = size_that_fits(text, self.width, size, smallest=CODE_SIZE_MIN), 1
        else:
            rows = lines_of(text, self.width, size, most=REASON_ROWS, bold=tag == "fiscal.advice")
        return FitWords(
            tag=tag, full=text, tone=tone, font_size=size, rows=rows, size_hint_y=None, height=rows * size * 1.3,
            bold=tag == "fiscal.advice",
        )  # fmt: skip


load_kv(__file__)
