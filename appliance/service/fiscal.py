"""What a person can do about sales that wait for EET: look, release, correct, and try the channel out."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from appliance.domain.clock import iso, parse_iso
from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Dialect, FrozenSale, Mode
from appliance.domain.journal import FiscalCorrected, Kind
from appliance.domain.reported import corrected_data
from appliance.service.errors import NotFound, Refused
from appliance.service.shop import Shop
from appliance.store import fiscal, journal, queues, sales
from appliance.store.fiscal import FiscalRecord
from appliance.store.tables import Tables

SETTINGS_NOTE = "eet_settings"  # the settings below as they were at the daemon's last start
TEST_NOTE = "eet_test"  # the fields of ChannelTest
RELEASED_AT_ONCE = 200  # more would hold the write lock for longer than a sale should wait
REST_S = 0.05  # SQLite's waiting is not fair: a sale gets its turn between two steps

# Which settings, once changed, may make the server take the same data it has refused for this reason. The taxpayer is
# not among them: the data stay as they are frozen, and `correct` puts others in their place (decisions/0011).
SETTINGS_OF_REASON: Mapping[str, frozenset[str]] = {
    "code_2": frozenset({"version"}),
    "code_3": frozenset({"version"}),
    "code_7": frozenset({"version"}),
    "code_8_too_long": frozenset({"endpoint", "version"}),
    "code_other": frozenset({"version"}),
    "message_invalid": frozenset({"version"}),
    "not_recorded": frozenset({"endpoint"}),
    "soap_fault": frozenset({"endpoint", "version"}),
}


@dataclass(frozen=True)
class QueuedSale:
    """A sale on its way to the tax office. `reason` is a machine word, `detail` what the server or the line said.

    `correctable`: the server has surely not recorded it, so other data may take its place.
    """

    doc_id: str
    number: str
    state: FiscalState
    dialect: Dialect
    mode: Mode
    amount: str
    sold_at: datetime
    age_s: int
    attempts: int
    reason: str
    detail: str
    correctable: bool


@dataclass(frozen=True)
class ReportedSale:
    """A sale in whatever state: `code` is its POK or FIK, `bkp` the security code of EET 1, `warnings` the server's."""

    sale: QueuedSale
    code: str
    bkp: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class SentMessage:
    """One message about a sale. `outcome` is empty when the process died before there was one."""

    uuid: str
    at: str
    outcome: str
    reason: str
    detail: str
    trace_id: str
    answer: bytes | None


@dataclass(frozen=True)
class SaleHistory:
    """One sale that is or was to be reported, and every message about it that may have left the till."""

    sale: QueuedSale
    code: str
    pkp: str
    bkp: str
    warnings: tuple[str, ...]
    data: dict[str, str]
    attempts: tuple[SentMessage, ...]


@dataclass(frozen=True)
class Correction:
    """The frozen data before and after."""

    number: str
    before: dict[str, str]
    after: dict[str, str]


@dataclass(frozen=True)
class ChannelTest:
    """What became of a made-up sale. `outcome` is '' until there is one.

    `outcome`: passed, off (no regime reports), or a machine word of what went wrong. `detail` is the playground's code,
    or what the server or the line said.
    """

    test_id: str
    outcome: str = ""
    detail: str = ""
    warnings: tuple[str, ...] = ()
    dialect: str = ""
    mode: str = ""
    took_ms: int = 0


def queue(shop: Shop, *, limit: int | None = None, offset: int = 0) -> tuple[QueuedSale, ...]:
    """Parked sales first, then those that wait; the oldest first; all of them, unless a limit is given."""
    now = shop.now()
    with shop.snapshot() as tables:
        return tuple(_queued(tables, record, now) for record in fiscal.open_page(tables, limit=limit, offset=offset))


def reported_sale(shop: Shop, doc_id: str) -> ReportedSale | None:
    """What became of one sale; None when nothing of it is reported."""
    now = shop.now()
    with shop.snapshot() as tables:
        record = fiscal.load_record(tables, doc_id)
        if record is None:
            return None
        warnings = tuple(record.warnings.splitlines())
        return ReportedSale(_queued(tables, record, now), code=record.code, bkp=record.bkp, warnings=warnings)


def history(shop: Shop, which: str) -> SaleHistory:
    """`which` is a receipt's number or doc_id. Raises NotFound."""
    with shop.snapshot() as tables:
        record = _the_record(tables, which)
        return SaleHistory(
            sale=_queued(tables, record, shop.now()),
            code=record.code,
            pkp=record.pkp,
            bkp=record.bkp,
            warnings=tuple(record.warnings.splitlines()),
            data=record.data,
            attempts=tuple(
                SentMessage(each.uuid, each.at, each.outcome, each.reason, each.detail, each.trace_id, each.answer)
                for each in fiscal.attempts_of(tables, record.doc_id)
            ),
        )


def release(shop: Shop, which: str) -> str:
    """A parked sale waits again, with the same data. `which` is its number or doc_id; returns the number.

    Raises NotFound, Refused("not_parked").
    """
    with shop.fact() as tables:
        record = _the_record(tables, which)
        if record.state != FiscalState.PARKED:
            raise Refused("not_parked")
        fiscal.release(tables, [record.doc_id], at=iso(shop.now()))
    shop.wake("sync", "ui")
    return record.number


def release_all(shop: Shop) -> int:
    """Every parked sale waits again. Returns how many there were."""
    released = _release_each(shop, fiscal.open_records(shop.tables, FiscalState.PARKED))
    if released:
        shop.wake("sync", "ui")
    return released


def release_after_change(shop: Shop, settings: Mapping[str, str]) -> int:
    """At a start: what was parked for a reason that names a setting waits again when that setting has changed."""
    before = queues.note(shop.tables, SETTINGS_NOTE)
    if before == dict(settings):
        return 0
    changed = {name for name, value in settings.items() if before is not None and before.get(name) != value}
    parked = [
        record
        for record in fiscal.open_records(shop.tables, FiscalState.PARKED)
        if SETTINGS_OF_REASON.get(_word(record), frozenset()) & changed
    ]
    released = _release_each(shop, parked)
    with shop.fact() as tables:  # last: what a crash leaves parked is released at the next start
        queues.set_note(tables, SETTINGS_NOTE, dict(settings), at=iso(shop.now()))
    return released


def planned_correction(shop: Shop, which: str) -> Correction:
    """What `correct` would do; raises what it raises."""
    with shop.snapshot() as tables:
        record, after = _corrected(shop, tables, which)
        return Correction(record.number, record.data, after)


def correct(shop: Shop, which: str) -> None:
    """The taxpayer and place of a refused sale as they are set now; what was sold, when and for how much stays.

    Raises NotFound, Refused: not_parked, may_be_recorded (an attempt had an unknown end, so the server may hold the
    sale as it was), nothing_to_correct.
    """
    at = iso(shop.now())
    with shop.fact() as tables:
        record, after = _corrected(shop, tables, which)
        receipt = sales.load_receipt(tables, record.doc_id)
        assert receipt is not None
        body = FiscalCorrected(
            receipt_doc_id=record.doc_id,
            number=record.number,
            user=shop.user,
            reason=record.reason,
            before=FrozenSale(record.dialect, record.mode, record.data),
            after=FrozenSale(record.dialect, record.mode, after),
        )
        journal.append(tables, Kind.FISCAL_CORRECTED, body, doc_id=shop.new_id(), at=at, shift_id=receipt.shift_id)
        fiscal.replace_data(tables, record, after, at=at, boot=shop.boot)
    shop.wake("sync", "ui")


def request_test(shop: Shop) -> str:
    """Ask the daemon to try the channel out. Returns the id of the test."""
    test_id = shop.new_id()
    with shop.mark() as tables:
        queues.set_note(tables, TEST_NOTE, {"test_id": test_id}, at=iso(shop.now()))
    shop.wake("sync")
    return test_id


def channel_test(shop: Shop) -> ChannelTest | None:
    """The last test that was asked for."""
    found = queues.note(shop.tables, TEST_NOTE)
    return ChannelTest(**{**found, "warnings": tuple(found.get("warnings", ()))}) if found else None


def finish_test(shop: Shop, test: ChannelTest) -> None:
    """The daemon's answer. A test asked for meanwhile is not answered by this one."""
    with shop.mark() as tables:
        asked = queues.note(tables, TEST_NOTE) or {}
        if asked.get("test_id") == test.test_id:
            queues.set_note(tables, TEST_NOTE, asdict(test), at=iso(shop.now()))
    shop.wake("ui")


def _queued(tables: Tables, record: FiscalRecord, now: datetime) -> QueuedSale:
    sold_at = parse_iso(record.created_at)
    word, _, detail = record.reason.partition(" ")
    return QueuedSale(
        doc_id=record.doc_id,
        number=record.number,
        state=record.state,
        dialect=record.dialect,
        mode=record.mode,
        amount=record.data["celk_trzba"],
        sold_at=sold_at,
        age_s=max(0, round((now - sold_at).total_seconds())),
        attempts=record.attempts,
        reason=word,
        detail=detail,
        correctable=record.state == FiscalState.PARKED and not fiscal.may_be_recorded(tables, record),
    )


def _the_record(tables: Tables, which: str) -> FiscalRecord:
    record = fiscal.find_record(tables, which)
    if record is None:
        raise NotFound(which)
    return record


def _corrected(shop: Shop, tables: Tables, which: str) -> tuple[FiscalRecord, dict[str, str]]:
    record = _the_record(tables, which)
    if record.state != FiscalState.PARKED:
        raise Refused("not_parked")
    if fiscal.may_be_recorded(tables, record):
        raise Refused("may_be_recorded")
    after = corrected_data(record.data, dialect=record.dialect, taxpayer=shop.taxpayer)
    if after == record.data:
        raise Refused("nothing_to_correct")
    return record, after


def _release_each(shop: Shop, parked: Sequence[FiscalRecord]) -> int:
    """Those of them that are still parked wait again. Returns how many."""
    released = 0
    for n in range(0, len(parked), RELEASED_AT_ONCE):
        if n:
            time.sleep(REST_S)
        with shop.fact() as tables:
            doc_ids = [record.doc_id for record in parked[n : n + RELEASED_AT_ONCE]]
            released += fiscal.release(tables, doc_ids, at=iso(shop.now()))
    return released


def _word(record: FiscalRecord) -> str:
    return record.reason.partition(" ")[0]
