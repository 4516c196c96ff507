"""EET in words: the lamp, the banner and the page. `eet` is service.status.EetState, read by attribute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appliance.domain.clock import age_text
from appliance.domain.delivery import Lateness
from appliance.domain.expiry import ExpiryLevel
from appliance.domain.fiscal import Dialect, Mode, Regime
from appliance.domain.money import NBSP
from appliance.i18n import _, plural
from appliance.ui.presenter.certificate import (
    ENDING,
    PRESSING,
    certificate_text,
    certificate_trouble,
    certificate_words,
    later_text,
    renewal_hope,
    renewal_text,
    renewal_trouble,
)
from appliance.ui.presenter.eet_reasons import fault_text, reason_sentence
from appliance.ui.presenter.lamp import GOOD, OFF, PATIENCE_S, WAITS, WRONG, Alert, Lamp
from appliance.ui.presenter.words import time_text

HOUR_S = 3600
FOR_A_PERSON = frozenset(
    {"channel:code_4", "channel:unknown_signer", "channel:test_answer", "channel:live_answer", "channel:tls"}
)
"""Faults that no waiting ends."""


def mode_text(mode: Mode) -> str:
    return {
        Mode.OFF: _("vypnuto"),
        Mode.VERIFICATION: _("ověřovací režim"),
        Mode.PLAYGROUND: _("zkušební prostředí"),
        Mode.LIVE: _("ostrý provoz"),
    }[mode]


def mode_mark(mode: Mode) -> str:
    """What stands on every screen while sales are not recorded for real, so that nobody sells so unawares."""
    return {Mode.PLAYGROUND: _("TEST"), Mode.VERIFICATION: _("OVĚŘOVACÍ REŽIM")}.get(mode, "")


# ---- the status bar and the banner


def eet_alert(eet: Any) -> Alert | None:
    """The most urgent thing a person has to know or do; None when there is nothing for a person."""
    if eet.lateness != Lateness.NONE:
        hours = eet.late_age_s // HOUR_S
        text = _("EET: tržba čeká {hours} h, zákon dovoluje 48 h.").format(hours=hours)
        return Alert(WAITS if eet.lateness == Lateness.LATE else WRONG, text)
    if eet.parked:
        return Alert(WRONG, f"{parked_text(eet.parked)} {_('Prodej běží dál, zavolejte technika.')}")
    if eet.mode == Mode.OFF and not eet.waiting:
        return None
    certificate = eet.certificate
    if _is_useless(eet):
        return Alert(WRONG, certificate_trouble(certificate) or reason_sentence("no_certificate"))
    if eet.fault in FOR_A_PERSON:
        return Alert(WRONG, _("EET: {sentence}").format(sentence=reason_sentence(_word(eet.fault))))
    stuck = certificate.level == ExpiryLevel.NOTICE and renewal_trouble(certificate.renewal)
    if stuck or certificate.level == ExpiryLevel.WARNING:
        return Alert(WAITS, certificate_trouble(certificate))
    return None


def eet_lamp(eet: Any) -> Lamp:
    """The words of the bar go by the same order as the banner."""
    mode = _("EET: {mode}.").format(mode=mode_text(eet.mode))
    trouble = certificate_words(eet.certificate)
    if eet.mode == Mode.OFF and not eet.waiting and not eet.parked:
        coming = _("Pro EET, které teprve začne: {trouble}").format(trouble=_trouble(eet))
        return Lamp(OFF, "", f"{mode} {coming}" if _trouble(eet) else mode)
    sentence = f"{mode} {queue_text(eet)}{_because(eet)}"
    if eet.lateness != Lateness.NONE and eet.waiting:
        return Lamp(WRONG, _waiting_words(eet, eet.late_age_s), sentence, str(eet.waiting))
    if eet.parked:
        return Lamp(WRONG, _("EET: {n} odmítnuto").format(n=eet.parked), sentence, str(eet.parked))
    if _is_useless(eet):
        words = trouble or fault_text("no_certificate")
        return Lamp(WRONG, _("EET: {fault}").format(fault=words), sentence, str(eet.waiting or ""))
    if eet.waiting and (eet.fault or eet.oldest_age_s >= PATIENCE_S):
        tone = WRONG if eet.fault else WAITS
        return Lamp(tone, _waiting_words(eet, eet.oldest_age_s), sentence, str(eet.waiting))
    if eet.fault:
        return Lamp(WRONG, _("EET: {fault}").format(fault=fault_text(eet.fault)), sentence)
    if trouble:
        return Lamp(WAITS, _("EET: {fault}").format(fault=trouble), sentence)
    return Lamp(GOOD, "", sentence)


def parked_text(n: int) -> str:
    forms = (_("EET: {n} tržba odmítnuta."), _("EET: {n} tržby odmítnuty."), _("EET: {n} tržeb odmítnuto."))
    return plural(n, *forms).format(n=n)


def _waiting_words(eet: Any, age_s: int) -> str:
    verb = plural(eet.waiting, _("čeká"), _("čekají"), _("čeká"))
    return _("EET: {n} {verb}, {age}").format(n=eet.waiting, verb=verb, age=age_text(age_s))


def _because(eet: Any) -> str:
    """What is wrong with a certificate of no use, else with the channel, else what will be wrong with it."""
    if eet.fault and not _is_useless(eet):
        return f" {reason_sentence(_word(eet.fault))}"
    return f" {_trouble(eet)}" if _trouble(eet) else ""


def _trouble(eet: Any) -> str:
    """Of the certificate, once the daemon has looked: before that nobody knows that there is none."""
    if eet.certificate.level == ExpiryLevel.NONE and not eet.certificate.problem and eet.fault != "no_certificate":
        return ""
    return certificate_trouble(eet.certificate) if eet.certificate.needed else ""


def _is_useless(eet: Any) -> bool:
    """There is no certificate, or none that can be used much longer."""
    certificate = eet.certificate
    return bool(eet.fault == "no_certificate" or certificate.problem or certificate.level in PRESSING)


def _word(fault: str) -> str:
    """The reason behind a fault of the channel."""
    return fault.removeprefix("channel:")


# ---- the page


@dataclass(frozen=True)
class Block:
    """One heading of the page and what there is to say under it."""

    name: str
    label: str
    text: str
    tone: str


def blocks(eet: Any, *, now: datetime, current: Regime | None, coming: Regime | None) -> tuple[Block, ...]:
    """The page from top to bottom; the server's warnings only when there are any."""
    certificate = eet.certificate
    found = [
        Block("regime", _("Režim"), regime_text(current, coming), OFF if eet.mode == Mode.OFF else GOOD),
        Block("channel", _("Spojení"), channel_text(eet, now), _channel_tone(eet)),
        Block("queue", _("Tržby"), queue_text(eet), _queue_tone(eet)),
        Block("certificate", _("Certifikát"), _whole_certificate(certificate), _certificate_tone(certificate)),
    ]
    if eet.warnings:
        found.append(Block("warnings", _("Finanční správa upozorňuje"), "; ".join(eet.warnings), WAITS))
    return tuple(found)


def regime_text(current: Regime | None, coming: Regime | None) -> str:
    """`ostrý provoz, EET 2.0, od 1. 1. 2027`, and what comes after it."""
    parts = [_regime(current) if current else _("EET je vypnuté")]
    if coming is not None:
        parts.append(_("potom {regime}").format(regime=_regime(coming)))
    return ", ".join(parts)


def _regime(regime: Regime) -> str:
    since = _("od {day}").format(day=moment_text(regime.valid_from))
    if regime.mode == Mode.OFF:
        return f"{mode_text(regime.mode)} {since}"
    return f"{mode_text(regime.mode)} ({dialect_text(regime.dialect)}) {since}"


def dialect_text(dialect: Dialect) -> str:
    return {Dialect.V3: "EET 1", Dialect.V4: "EET 2.0"}[dialect]


def moment_text(at: datetime) -> str:
    """A day, with its hour when it does not begin at midnight."""
    day = f"{at.day}. {at.month}. {at.year}"
    return day if time_text(at) == "00:00" else f"{day} {time_text(at)}"


def channel_text(eet: Any, now: datetime) -> str:
    if not eet.fault:
        return _("funguje")
    since = now - timedelta(seconds=eet.fault_age_s)
    when = time_text(since) if since.date() == now.date() else moment_text(since)
    lasting = _("Od {at} ({age}).").format(at=when, age=age_text(eet.fault_age_s).replace(" ", NBSP))
    return f"{reason_sentence(_word(eet.fault))} {lasting}"


def _channel_tone(eet: Any) -> str:
    if not eet.fault:
        return GOOD
    return WRONG if eet.fault in FOR_A_PERSON or eet.fault == "no_certificate" else WAITS


def queue_text(eet: Any) -> str:
    """What waits and for how long, what was refused, and how late it is."""
    parts = []
    if eet.waiting:
        age = age_text(eet.oldest_age_s)
        parts.append(_("Neodeslané tržby: {n}, nejstarší {age}. Odešlou se samy.").format(n=eet.waiting, age=age))
    if eet.parked:
        parts.append(_("Odmítnuté tržby: {n}. Prodej běží dál. Zavolejte technika.").format(n=eet.parked))
    if eet.lateness != Lateness.NONE:
        parts.append(_("Nejstarší čeká {hours} h, zákon dovoluje 48 h.").format(hours=eet.late_age_s // HOUR_S))
    if not parts:
        return "" if eet.mode == Mode.OFF else _("Vše je odeslané.")
    return " ".join(parts)


def _queue_tone(eet: Any) -> str:
    if eet.parked or eet.lateness in {Lateness.URGENT, Lateness.OVERDUE}:
        return WRONG
    return WAITS if eet.lateness == Lateness.LATE or eet.oldest_age_s >= PATIENCE_S else GOOD


def _whole_certificate(certificate: Any) -> str:
    """Its end is told once: a certificate about to end adds only what becomes of it."""
    trouble = certificate_trouble(certificate)
    if not certificate.valid_to:
        return trouble or certificate_text(certificate)
    if certificate.level in ENDING and not certificate.problem:
        trouble = renewal_hope(certificate.renewal)
    more = trouble or renewal_text(certificate.renewal)
    return ". ".join(filter(None, (certificate_text(certificate), more, later_text(certificate.warning))))


def _certificate_tone(certificate: Any) -> str:
    if not certificate.needed:
        return OFF
    if certificate.problem or certificate.level in PRESSING or certificate.level == ExpiryLevel.NONE:
        return WRONG
    return WAITS if certificate_trouble(certificate) or certificate.warning else GOOD
