"""*Nastavení*: the pages there are, each with what it is for."""

from typing import Any, ClassVar

from kivy.properties import StringProperty

from appliance.i18n import _
from appliance.ui.lists import ListRow, RowView
from appliance.ui.presenter.status import StatusView
from appliance.ui.presenter.words import TITLES
from appliance.ui.screens.base import TillScreen
from appliance.ui.theme import T
from appliance.ui.user_questions import ask_user
from appliance.ui.widgets import load_kv


class SettingsScreen(TillScreen):
    name: ClassVar[str] = "settings"
    title = StringProperty("")
    back_caption = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title, self.back_caption = TITLES["settings"](), _("Zpět na prodej")
        self.rows = {name: ListRow() for name in ("data", "users", "eet", "status")}
        for row in self.rows.values():
            row.height, row.large = T.touch * (1.2 if T.short else 1.4), not T.short
            row.bind(on_tap=lambda row: self.choose(row.tag.removeprefix("settings:")))
            self.ids.rows.add_widget(row)

    def enter(self, **_given: Any) -> None:
        for view in self._views():
            self.rows[view.tag.removeprefix("settings:")].show(view)

    def state_changed(self, view: StatusView) -> None:
        del view
        self.enter()

    def _views(self) -> tuple[RowView, ...]:
        words = {
            "data": (_("Spárování s Backoffice, ceník, štítek a sklad této pokladny."), ""),
            "users": (_("Kdo teď u pokladny pracuje."), self.app.shop.user),
            "eet": (_("Evidence tržeb, certifikát, zkouška spojení."), ""),
            "status": (_("Směna, tiskárna, EET, Backoffice a čas."), ""),
        }
        return tuple(
            RowView(f"settings:{name}", TITLES[name](), detail, value) for name, (detail, value) in words.items()
        )

    def choose(self, name: str) -> None:
        if name == "users":
            ask_user(self.app)
        else:
            self.app.open(name)

    def on_key(self, key: str) -> bool:
        """A digit chooses, as in a list of answers."""
        if key.isdigit() and 0 < int(key) <= len(self.rows):
            self.choose(list(self.rows)[int(key) - 1])
            return True
        return False


load_kv(__file__)
