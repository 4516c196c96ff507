"""A manual synchronisation in words: its phase, n/m and result; and how many changes of the price list wait."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.domain.clock import parse_iso
from appliance.i18n import _, plural
from appliance.ui.presenter.lamp import GOOD, OFF, PATIENCE_S, WAITS, WRONG, Lamp
from appliance.ui.presenter.words import day_and_time, time_text


@dataclass(frozen=True)
class SyncView:
    title: str
    detail: str
    fraction: float  # 0 to 1
    finished: bool
    tone: str


def sync_view(run: Any | None) -> SyncView:
    """`run` is a service.sync.SyncRun, read by attribute only; None when there was none yet."""
    if run is None:
        return SyncView(_("Zatím žádná synchronizace"), _("Spusťte ji tlačítkem."), 0.0, True, OFF)
    if run.finished and run.error:
        return SyncView(_("Synchronizace se nepodařila"), sync_error(run.error), 0.0, True, WRONG)
    if run.finished:
        return SyncView(_("Synchronizace je hotová"), result_text(run.result), 1.0, True, GOOD)
    if run.phase == "waiting" and run.waits_s >= PATIENCE_S:
        return SyncView(
            _("Synchronizace neodpovídá"),
            _("Služba pokladna-sync neběží. Data zůstala v pokladně, prodávat lze dál. Zavolejte technika."),
            0.0,
            False,
            WRONG,
        )
    phases: dict[str, Callable[[], str]] = {
        "waiting": lambda: _("Čeká na spuštění"),
        "upload": lambda: _("Odesílám do Backoffice"),
        "download": lambda: _("Stahuji ceník"),
        "done": lambda: _("Dokončuji"),
    }
    title = phases.get(run.phase, phases["waiting"])()
    detail = f"{run.done}/{run.total}" if run.total else _("Prodávat lze dál.")
    return SyncView(title, detail, min(1.0, run.done / run.total) if run.total else 0.0, False, "accent")


def sync_error(word: str) -> str:
    """What a machine word of a failed synchronisation means, and what to do."""
    known = {
        "unreachable": _("Backoffice je nedostupný. Data zůstala v pokladně a odešlou se samy."),
        "refused": _("Backoffice data odmítl. Zavolejte technika."),
        "pairing_revoked": _("Párování pokladny bylo zrušeno. Spárujte ji znovu."),
        "not_paired": _("Pokladna není spárovaná. Spárujte ji v Nastavení › Data a synchronizace."),
    }
    return known.get(word) or _("Data zůstala v pokladně a odešlou se samy. Technikovi řekněte: {word}").format(
        word=word
    )


def result_text(result: str) -> str:
    """`12 položek změněno, 3 nové, 1 odebrána; odesláno 48 dokladů` of the JSON in sync_run.result."""
    try:
        counts = json.loads(result or "{}")
    except ValueError:
        counts = {}
    changed, new, removed, sent = (_count(counts, name) for name in ("changed", "new", "removed", "sent"))
    parts = []
    if changed:
        parts.append(_count_words(changed, _("položka změněna"), _("položky změněny"), _("položek změněno")))
    if new:
        parts.append(_count_words(new, _("nová"), _("nové"), _("nových")))
    if removed:
        parts.append(_count_words(removed, _("odebrána"), _("odebrány"), _("odebráno")))
    if not parts and not sent:
        return _("Vše je odeslané i stažené.")
    pulled = ", ".join(parts) or _("v ceníku nic nového")
    return pulled + "; " + sent_words(sent)


def _count(counts: Any, name: str) -> int:
    value = counts.get(name, 0) if isinstance(counts, dict) else 0
    return value if isinstance(value, int) else 0


def _count_words(n: int, one: str, few: str, many: str) -> str:
    return f"{n} {plural(n, one, few, many)}"


def sent_words(n: int) -> str:
    return plural(n, _("odeslán {n} doklad"), _("odeslány {n} doklady"), _("odesláno {n} dokladů")).format(n=n)


def when_text(finished_at: str, now: datetime) -> str:
    """`dnes v 14:05` or `3. 1. 2027 14:05`."""
    if not finished_at:
        return ""
    if parse_iso(finished_at).date() == now.date():
        return _("dnes v {time}").format(time=time_text(parse_iso(finished_at)))
    return day_and_time(finished_at)


def changes_lamp(waiting: int) -> Lamp:
    """The number of changes that wait for the next synchronisation; a lamp without words when there are none."""
    if not waiting:
        return Lamp(OFF, "", "")
    verb = plural(waiting, _("změna ceníku čeká"), _("změny ceníku čekají"), _("změn ceníku čeká"))
    return Lamp(WAITS, f"{waiting} {verb}", _("Stáhnou se při synchronizaci."), str(waiting))


def key_hint(run: Any | None, waiting: int) -> str:
    """What stands beside F5: how far a running synchronisation is, else how many changes wait."""
    if run is not None and not run.finished:
        return f"{run.done}/{run.total}" if run.total else "…"
    return str(waiting) if waiting else ""
