"""The till's EET certificate as everybody may know it: notes the sync daemon writes, and what it is asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from appliance.domain.clock import iso, parse_iso
from appliance.domain.expiry import ExpiryLevel, days_left, expiry_level
from appliance.domain.fiscal import Regime, reporting_regimes
from appliance.service.shop import Shop
from appliance.store import queues
from appliance.store.tables import Tables

CERTIFICATE_NOTE = "certificate"  # the fields of CertificateState that do not depend on the time of looking
IMPORT_NOTE = "certificate_import"  # a list of ImportResult, the newest first
RENEWAL_NOTE = "certificate_renewal"  # RenewalState, and what the daemon needs to go on after a crash
RENEWAL_REQUEST_NOTE = "certificate_renewal_request"  # {"request_id": …}, written by whoever asks


@dataclass(frozen=True)
class RenewalState:
    """`phase`: idle, starting, requested, claimed, swapped, done, rejected.

    `fault` is why the last step failed ('' when it did not), `detail` the tax office's or the library's own words for
    it, `next_at` when the next step is due ('' for at once or never).
    """

    phase: str = "idle"
    fault: str = ""
    detail: str = ""
    next_at: str = ""
    request_id: str = ""  # of the last request of a person that was taken up


@dataclass(frozen=True)
class CertificateState:
    """`needed`: a regime in force or to come reports sales. `problem`: why the certificate cannot be used
    (unreadable, foreign_certificate, test_certificate, production_certificate), beside what `level` says; `warning`:
    the same word for a regime to come. `environment`: production, playground or unknown.
    """

    needed: bool = False
    level: ExpiryLevel = ExpiryLevel.NONE
    problem: str = ""
    warning: str = ""
    eic: str = ""
    environment: str = ""
    issuer: str = ""
    serial: str = ""
    fingerprint: str = ""
    valid_from: str = ""
    valid_to: str = ""
    days_left: int = 0
    renewal: RenewalState = RenewalState()


NO_CERTIFICATE = CertificateState()


@dataclass(frozen=True)
class ImportResult:
    """What became of a file put into the import folder. `word` is '' when it was taken over.

    `found` and `expected` are two taxpayers' numbers, or two environments; `moment` is when the certificate begins or
    ended. `warning` is a word, for a certificate that was taken over all the same.
    """

    request_id: str
    word: str = ""
    found: str = ""
    expected: str = ""
    moment: str = ""
    warning: str = ""
    eic: str = ""
    valid_to: str = ""


def certificate_state(shop: Shop) -> CertificateState:
    with shop.snapshot() as tables:
        return read_certificate_state(tables, regimes=shop.regimes, now=shop.now())


def read_certificate_state(tables: Tables, *, regimes: tuple[Regime, ...], now: datetime) -> CertificateState:
    facts: Mapping[str, Any] = queues.note(tables, CERTIFICATE_NOTE) or {}
    needed = bool(reporting_regimes(regimes, now))
    renewal = _renewal(queues.note(tables, RENEWAL_NOTE) or {})
    if not facts.get("valid_to"):
        return CertificateState(needed=needed, problem=facts.get("problem", ""), renewal=renewal)
    valid_from, valid_to = parse_iso(facts["valid_from"]), parse_iso(facts["valid_to"])
    return CertificateState(
        **{name: str(facts.get(name, "")) for name in FACTS},
        needed=needed,
        level=expiry_level(valid_from=valid_from, valid_to=valid_to, now=now),
        days_left=days_left(valid_to=valid_to, now=now),
        renewal=renewal,
    )


FACTS = (
    "problem", "warning", "eic", "environment", "issuer", "serial", "fingerprint", "valid_from", "valid_to",
)  # fmt: skip


def import_result(shop: Shop, request_id: str) -> ImportResult | None:
    """What became of that file; None while the daemon has not come to it."""
    for found in queues.note(shop.tables, IMPORT_NOTE) or []:
        if found.get("request_id") == request_id:
            return ImportResult(**found)
    return None


def request_renewal(shop: Shop) -> str:
    """Ask the daemon to renew the certificate now. Returns the request's id, which the renewal's state will bear."""
    request_id = shop.new_id()
    with shop.mark() as tables:
        queues.set_note(tables, RENEWAL_REQUEST_NOTE, {"request_id": request_id}, at=iso(shop.now()))
    shop.wake("sync")
    return request_id


def _renewal(note: Mapping[str, Any]) -> RenewalState:
    known = (field.name for field in fields(RenewalState))
    return RenewalState(**{name: str(note[name]) for name in known if name in note})
