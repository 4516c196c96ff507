"""States of EET as the presenter sees them: by attribute, without a till."""

from dataclasses import dataclass

from appliance.domain.delivery import Lateness
from appliance.domain.expiry import ExpiryLevel
from appliance.domain.fiscal import Mode


@dataclass(frozen=True)
class Renewal:
    phase: str = "idle"
    fault: str = ""
    detail: str = ""
    next_at: str = ""


@dataclass(frozen=True)
class Certificate:
    needed: bool = True
    level: ExpiryLevel = ExpiryLevel.OK
    problem: str = ""
    warning: str = ""
    eic: str = "CZ00000019"
    environment: str = "production"
    valid_from: str = "2026-12-01T00:00:00+00:00"
    valid_to: str = "2027-12-02T00:00:00+00:00"
    days_left: int = 300
    renewal: Renewal = Renewal()


NO_CERTIFICATE = Certificate(level=ExpiryLevel.NONE, valid_to="", valid_from="", eic="", environment="", days_left=0)


@dataclass(frozen=True)
class Eet:
    mode: Mode = Mode.LIVE
    waiting: int = 0
    parked: int = 0
    oldest_age_s: int = 0
    fault: str = ""
    fault_age_s: int = 0
    lateness: Lateness = Lateness.NONE
    late_age_s: int = 0
    warnings: tuple[str, ...] = ()
    certificate: Certificate = Certificate()
