"""The status bar and the status page in words: quiet when all is well, words when something is wrong or waits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from appliance.domain.clock import age_text
from appliance.i18n import _, plural
from appliance.ui.presenter.eet import eet_alert, eet_lamp, mode_mark
from appliance.ui.presenter.lamp import GOOD, OFF, PATIENCE_S, WAITS, WRONG, Alert, Lamp
from appliance.ui.presenter.sync import changes_lamp
from appliance.ui.presenter.words import day_and_time, time_text


class ShiftLike(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def opened_at(self) -> str: ...
    @property
    def user(self) -> str: ...


class PrinterLike(Protocol):
    @property
    def word(self) -> str: ...
    @property
    def waiting(self) -> int: ...
    @property
    def asking(self) -> int: ...


class BackofficeLike(Protocol):
    @property
    def paired(self) -> bool: ...
    @property
    def unsent(self) -> int: ...
    @property
    def oldest_age_s(self) -> int: ...
    @property
    def fault(self) -> str: ...
    @property
    def changes_waiting(self) -> int: ...


def clock_text(now: datetime) -> str:
    return time_text(now)


def shift_text(shift: ShiftLike | None, user: str) -> str:
    return (
        _("Směna {number} · {user}").format(number=shift.number, user=user)
        if shift
        else _("Zavřeno · {user}").format(user=user)
    )


def shift_sentence(shift: ShiftLike | None) -> str:
    if shift is None:
        return _("Pokladna je zavřená. Prodávat lze po otevření.")
    return _("Směna {number} je otevřená od {at}, obsluha {user}.").format(
        number=shift.number, at=day_and_time(shift.opened_at), user=shift.user
    )


def printer_lamp(printer: PrinterLike) -> Lamp:
    waiting = _(", čekají {n}").format(n=printer.waiting) if printer.waiting else ""
    name, advice = _printer_words().get(printer.word, (_("porucha"), _("Zavolejte technika.")))
    if printer.word in {"ok", "unknown", "none"}:
        if printer.asking:
            return Lamp(WAITS, _("Tiskárna: dotaz"), _("Minulý tisk se možná nedokončil, odpovězte na dotaz nahoře."))
        if printer.word != "ok" and printer.waiting:
            words = _("Tiskárna: čeká {n}").format(n=printer.waiting)
            return Lamp(
                WAITS, words, f"{name} " + _("Čeká tisků: {n}.").format(n=printer.waiting), str(printer.waiting)
            )
        return Lamp(GOOD if printer.word == "ok" else OFF, "", name)
    sentence = _("{what} Prodej běží dál, účtenky čekají ({n}). {advice}").format(
        what=_("Tiskárna: {word}.").format(word=name), n=printer.waiting, advice=advice
    )
    return Lamp(WRONG, _("Tiskárna: {word}").format(word=name) + waiting, sentence, str(printer.waiting or ""))


def _printer_words() -> dict[str, tuple[str, str]]:
    return {
        "ok": (_("Tiskárna je připravená."), ""),
        "unknown": (_("Stav tiskárny zatím není znám."), ""),
        "none": (_("Tiskárna není nastavená."), ""),
        "offline": (_("neodpovídá"), _("Zkontrolujte napájení a kabel.")),
        "paper_out": (_("není papír"), _("Vložte nový kotouč.")),
        "cover_open": (_("otevřený kryt"), _("Zavřete kryt.")),
        "stalled": (_("zasekla se"), _("Vypněte ji a zapněte.")),
        "broken": (_("porucha"), _("Zavolejte technika.")),
    }


def backoffice_fault_text(fault: str) -> str:
    known = {
        "unreachable": _("nedostupná"),
        "refused": _("odmítá data"),
        "pairing_revoked": _("párování zrušeno"),
    }
    return known.get(fault, _("porucha {fault}").format(fault=fault)) if fault else ""


def backoffice_lamp(backoffice: BackofficeLike) -> Lamp:
    if not backoffice.paired:
        return Lamp(OFF, "", _("Backoffice není spárovaný. Data zůstávají v pokladně."))
    fault = backoffice_fault_text(backoffice.fault)
    if backoffice.unsent and (fault or backoffice.oldest_age_s >= PATIENCE_S):
        n, age = backoffice.unsent, age_text(backoffice.oldest_age_s)
        verb = plural(n, _("čeká"), _("čekají"), _("čeká"))
        sentence = _("Backoffice: neodeslané záznamy {n}, nejstarší {age}. Odešlou se samy.").format(n=n, age=age)
        if fault:
            sentence += " " + _("Příčina: {fault}.").format(fault=fault)
        return Lamp(
            WRONG if fault else WAITS,
            _("Backoffice: {n} {verb}, {age}").format(n=n, verb=verb, age=age),
            sentence,
            str(n),
        )
    if fault:
        return Lamp(
            WRONG,
            _("Backoffice: {fault}").format(fault=fault),
            _("Backoffice: {fault}. Prodej běží dál, data čekají v pokladně.").format(fault=fault),
        )
    return Lamp(GOOD, "", _("Backoffice: odesílá se.") if backoffice.unsent else _("Backoffice: vše je odeslané."))


@dataclass(frozen=True)
class StatusView:
    clock: str
    date: str
    shift: str
    shift_open: bool
    shift_sentence: str
    printer: Lamp
    eet: Lamp
    backoffice: Lamp
    changes: Lamp
    asking: int
    mark: str = ""
    alert: Alert | None = None


def status_view(status: Any, user: str) -> StatusView:
    """The whole state (service.status.TillStatus) in words; `status` is read by attribute only."""
    return StatusView(
        clock=clock_text(status.now),
        date=f"{status.now.day}. {status.now.month}. {status.now.year}",
        shift=shift_text(status.shift, user),
        shift_open=status.shift is not None,
        shift_sentence=shift_sentence(status.shift),
        printer=printer_lamp(status.printer),
        eet=eet_lamp(status.eet),
        backoffice=backoffice_lamp(status.backoffice),
        changes=changes_lamp(status.backoffice.changes_waiting),
        asking=status.printer.asking,
        mark=mode_mark(status.eet.mode),
        alert=eet_alert(status.eet),
    )
