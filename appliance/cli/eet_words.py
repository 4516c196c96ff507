"""How EET is, in a technician's words: for `pokladna status` and `pokladna eet status`."""

from appliance.cli.certificate import certificate_todo
from appliance.domain.clock import age_text
from appliance.domain.delivery import Lateness
from appliance.domain.expiry import ExpiryLevel
from appliance.service.certificates import CertificateState
from appliance.service.status import EetState

PRESSING = {ExpiryLevel.EXPIRED, ExpiryLevel.NOT_YET_VALID, ExpiryLevel.URGENT}
FAULTS = {
    "channel:code_4": "the tax office refuses the signature: pokladna eet certificate show; is the clock right?",
    "channel:unknown_signer": "answers are signed by somebody unknown: pokladna eet trust show",
    "channel:test_answer": "the live address answers as a playground: see eet.live_url",
    "channel:live_answer": "the playground's address answers as the live server: see eet.playground_url",
}
"""Faults only a person can end; the others end by themselves."""


def eet_todo(eet: EetState) -> str:
    """The first thing a person should do about EET; '' when there is nothing."""
    certificate = eet.certificate
    if eet.parked:
        return f"{eet.parked} sales are refused by EET and wait for a person: pokladna eet queue"
    if eet.fault == "no_certificate" and certificate.needed:
        return "no EET certificate: pokladna eet certificate import FILE --password-file FILE"
    if certificate.level in PRESSING or certificate.problem:
        return certificate_todo(certificate)
    if eet.fault in FAULTS:
        return FAULTS[eet.fault]
    if eet.lateness != Lateness.NONE:
        hours = eet.late_age_s // 3600
        return f"a sale is unreported for {hours} h, the law allows 48: pokladna eet queue; pokladna eet test"
    return ""


def eet_lines(eet: EetState) -> list[tuple[str, str]]:
    """What there is to know, one thing a line."""
    since = f" for {age_text(eet.fault_age_s)}" if eet.fault else ""
    oldest = f", the oldest for {age_text(eet.oldest_age_s)}" if eet.waiting else ""
    return [
        ("mode", str(eet.mode)),
        ("channel", f"{eet.fault or 'works'}{since}"),
        ("waiting", f"{eet.waiting}{oldest}"),
        ("parked", str(eet.parked)),
        ("certificate", certificate_words(eet.certificate)),
        *(("warning", warning) for warning in eet.warnings),
    ]


def certificate_words(certificate: CertificateState) -> str:
    """Whose, for which environment, until when."""
    if not certificate.valid_to:
        return "none"
    ends = f"to {certificate.valid_to[:10]}, {certificate.days_left} days left"
    return f"{certificate.eic} {certificate.environment}, {ends}, renewal {certificate.renewal.phase}"
