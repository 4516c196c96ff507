"""How the till is: what waits, for how long, and why (B8)."""

from dataclasses import dataclass
from datetime import datetime

from appliance.domain.clock import parse_iso
from appliance.domain.delivery import FiscalState, Lateness, PrintState, lateness
from appliance.domain.fiscal import Dialect, Mode
from appliance.service.certificates import NO_CERTIFICATE, CertificateState, read_certificate_state
from appliance.service.regime import regime_in_force
from appliance.service.shift import OpenShift, current_shift
from appliance.service.shop import Shop
from appliance.store import fiscal, journal, queues
from appliance.store.pull import load_pull

PRINTER_NOTE = "printer"  # {"word": …}, written by the print process
EET_NOTE = "eet"  # {"fault": …, "since": …, "channels": {channel_name: fault}}, written by the sync daemon
EET_WARNING_NOTE = "eet_warning"  # {"number": …, "warnings": […]}, written by the sync daemon
CERTIFICATE_MISSING = "no_certificate"  # the fault of all channels at once
BACKOFFICE_NOTE = "backoffice"  # {"paired": …, "fault": …}, written by the sync daemon


def channel_name(dialect: Dialect, mode: Mode) -> str:
    """Under which name the sync daemon notes the fault of one of the tax office's servers."""
    return f"{dialect} {mode}"


@dataclass(frozen=True)
class PrinterState:
    """`word`: ok, unknown, none, offline, paper_out, cover_open, stalled, broken."""

    word: str
    waiting: int
    asking: int


@dataclass(frozen=True)
class EetState:
    """`fault` is '' or a machine word, `fault_age_s` how long it lasts; ages in seconds.

    `lateness` and `late_age_s` are of the oldest live sale that waits or is parked. `warnings` are the server's to the
    last sale it took.
    """

    mode: Mode
    waiting: int
    parked: int
    oldest_age_s: int
    fault: str
    fault_age_s: int = 0
    lateness: Lateness = Lateness.NONE
    late_age_s: int = 0
    warnings: tuple[str, ...] = ()
    certificate: CertificateState = NO_CERTIFICATE


@dataclass(frozen=True)
class BackofficeState:
    """`changes_waiting`: of the price list, for the next synchronisation."""

    paired: bool
    unsent: int
    oldest_age_s: int
    fault: str
    changes_waiting: int = 0


@dataclass(frozen=True)
class TillStatus:
    """`pulled` is another with each page of the price list or of levels that was taken over: what is shown of them is
    then old."""

    now: datetime
    shift: OpenShift | None
    printer: PrinterState
    eet: EetState
    backoffice: BackofficeState
    pulled: tuple[int, str, int, str, int] = (0, "", 0, "", 0)


def till_status(shop: Shop) -> TillStatus:
    now = shop.now()
    with shop.snapshot() as tables:
        printer = queues.note(tables, PRINTER_NOTE) or {}
        eet = queues.note(tables, EET_NOTE) or {}
        backoffice = queues.note(tables, BACKOFFICE_NOTE) or {}
        waiting, oldest_record = fiscal.count_records(tables, FiscalState.WAITING)
        parked, _ = fiscal.count_records(tables, FiscalState.PARKED)
        unsent, oldest_row = journal.unsent(tables)
        regime = regime_in_force(shop, tables, now)
        pull = load_pull(tables)
        late_age_s = _age_s(now, fiscal.oldest_unreported(tables, Mode.LIVE))
        return TillStatus(
            now=now,
            shift=current_shift(shop),
            printer=PrinterState(
                word=printer.get("word", "unknown"),
                waiting=queues.count_jobs(tables, PrintState.WAITING, PrintState.STARTED),
                asking=queues.count_jobs(tables, PrintState.ASK),
            ),
            eet=EetState(
                mode=regime.mode if regime else Mode.OFF,
                waiting=waiting,
                parked=parked,
                oldest_age_s=_age_s(now, oldest_record),
                fault=eet.get("fault", ""),
                fault_age_s=_age_s(now, eet.get("since", "")),
                lateness=lateness(late_age_s),
                late_age_s=late_age_s,
                warnings=tuple((queues.note(tables, EET_WARNING_NOTE) or {}).get("warnings", ())),
                certificate=read_certificate_state(tables, regimes=shop.regimes, now=now),
            ),
            backoffice=BackofficeState(
                paired=bool(backoffice.get("paired", False)),
                unsent=unsent,
                oldest_age_s=_age_s(now, oldest_row),
                fault=backoffice.get("fault", ""),
                changes_waiting=pull.changes_waiting,
            ),
            pulled=(*pull.asked, pull.warehouse_id, pull.stock_since),
        )


def _age_s(now: datetime, at: str) -> int:
    return max(0, round((now - parse_iso(at)).total_seconds())) if at else 0
