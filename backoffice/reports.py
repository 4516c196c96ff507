"""What the pages count: a day, its hours and payments, tills and what is wrong with them."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn
from pydantic import ValidationError

from appliance.domain.clock import parse_iso
from appliance.domain.delivery import Lateness
from appliance.domain.expiry import ExpiryLevel
from appliance.domain.journal import Kind
from appliance.domain.money import Money, divide_half_away
from appliance.domain.receipt import ClockState
from appliance.wire import TillStatus
from backoffice.pricelist.listing import till_settings
from backoffice.projected import DEFERRED, FAILED, FORKED, PROJECTED
from backoffice.tables import Tables

SILENT_AFTER = timedelta(minutes=3)  # a till reports every minute
UNSENT_AGE_S_WARN = 120
EET_AGE_S_DANGER = 24 * 3600
GOOD_STATES = frozenset({"", "ok", "unknown", "none", ClockState.VERIFIED.value})


@dataclass(frozen=True)
class Turnover:
    """Documents including refunds, and what was really paid."""

    count: int
    paid: Money

    @property
    def average(self) -> Money:
        return Money(divide_half_away(self.paid.haler, self.count)) if self.count else Money(0)


@dataclass(frozen=True)
class MethodShare:
    method: str
    amount: Money


@dataclass(frozen=True)
class Day:
    """One day of one account. `same_time_last_week` ends at the same time of day; hours are the shop's own, 0–23."""

    day: date
    today: Turnover
    same_time_last_week: Turnover
    last_week: Turnover
    by_hour: dict[int, Money]
    by_hour_last_week: dict[int, Money]
    by_method: tuple[MethodShare, ...]

    @property
    def change_percent(self) -> int | None:
        """Against the same time last week; None when there is nothing to compare with."""
        before = self.same_time_last_week.paid.haler
        return divide_half_away((self.today.paid.haler - before) * 100, before) if before > 0 else None


@dataclass(frozen=True)
class TillView:
    """A till as the owner sees it. `problems` are (level, machine word, number) with level warning or danger."""

    till_id: str
    name: str
    prefix: str
    id_pokl: str
    revoked: bool
    seen_age_s: int | None
    status: TillStatus | None
    flagged: int
    problems: tuple[tuple[str, str, str], ...]

    @property
    def level(self) -> str:
        levels = {level for level, _, _ in self.problems}
        return "danger" if "danger" in levels else "warning" if levels else "good"

    @property
    def may_hold_more(self) -> bool:
        """Whether it may have sold what has not come here: it says so itself, or it has not been heard."""
        if self.status is None or self.status.unsent:
            return True
        return self.seen_age_s is None or self.seen_age_s > SILENT_AFTER.total_seconds()


def day_report(tables: Tables, account_id: int, *, now: datetime) -> Day:
    """`now` in the shop's zone."""
    today = now.date()
    week_ago = today - timedelta(days=7)
    with tables.reading():
        return Day(
            day=today,
            today=_turnover(tables, account_id, today),
            same_time_last_week=_turnover(tables, account_id, week_ago, until=now.strftime("%H:%M:%S")),
            last_week=_turnover(tables, account_id, week_ago),
            by_hour=_by_hour(tables, account_id, today),
            by_hour_last_week=_by_hour(tables, account_id, week_ago),
            by_method=_by_method(tables, account_id, today),
        )


def _turnover(tables: Tables, account_id: int, day: date, *, until: str = "") -> Turnover:
    receipt = tables.receipt
    where = (receipt.c.account_id == account_id) & (receipt.c.day == day.isoformat())
    if until:
        where &= fn.SUBSTR(receipt.c.issued_at, 12, 8) <= until
    row = tables.first(
        receipt.select(fn.COUNT(receipt.c.paid_haler).alias("n"), fn.SUM(receipt.c.paid_haler).alias("haler")).where(
            where
        )
    )
    assert row is not None
    return Turnover(int(row["n"]), Money(int(row["haler"] or 0)))


def _by_hour(tables: Tables, account_id: int, day: date) -> dict[int, Money]:
    receipt = tables.receipt
    rows = tables.rows(
        receipt.select(receipt.c.hour, fn.SUM(receipt.c.paid_haler).alias("haler"))
        .where((receipt.c.account_id == account_id) & (receipt.c.day == day.isoformat()))
        .group_by(receipt.c.hour)
    )
    return {int(row["hour"]): Money(int(row["haler"])) for row in rows}


def _by_method(tables: Tables, account_id: int, day: date) -> tuple[MethodShare, ...]:
    """From the day's receipts to their payments: as a join, SQLite would begin with all payments there are."""
    receipt, payment = tables.receipt, tables.payment
    of_day = receipt.select(receipt.c.doc_id).where(
        (receipt.c.account_id == account_id) & (receipt.c.day == day.isoformat())
    )
    rows = tables.rows(
        payment.select(payment.c.method, fn.SUM(payment.c.amount_haler).alias("haler"))
        .where((payment.c.account_id == account_id) & payment.c.doc_id.in_(of_day))
        .group_by(payment.c.method)
    )
    shares = [MethodShare(row["method"], Money(int(row["haler"]))) for row in rows]
    return tuple(sorted(shares, key=lambda share: (-share.amount.haler, share.method)))


def tills_of(tables: Tables, account_id: int, *, now: datetime) -> list[TillView]:
    """All tills of the account, paired ones first."""
    till, held = tables.till, tables.journal_row
    with tables.reading():
        rows = tables.rows(
            till.select().where(till.c.account_id == account_id).order_by(till.c.revoked, till.c.name, till.c.till_id)
        )
        flagged: Counter[str] = Counter()
        for state in (FAILED, FORKED):  # one at a time: so the index of states serves, and no row is touched
            counted = held.select(held.c.till_id, fn.COUNT(held.c.till_id).alias("n")).where(
                (held.c.account_id == account_id) & missing(tables, state)
            )
            flagged.update({row["till_id"]: int(row["n"]) for row in tables.rows(counted.group_by(held.c.till_id))})
    return [_till_view(row, flagged=flagged[row["till_id"]], now=now) for row in rows]


def tills_by_warehouse(tables: Tables, account_id: int, *, now: datetime) -> dict[str, list[TillView]]:
    """Which tills, of those that are paired, sell from which warehouse."""
    tills: dict[str, list[TillView]] = {}
    for warehouse, till in _tills_and_warehouses(tables, account_id, now=now):
        if warehouse and not till.revoked:
            tills.setdefault(warehouse, []).append(till)
    return tills


def tills_behind(tables: Tables, account_id: int, warehouse_id: str, *, now: datetime) -> list[TillView]:
    """Tills of a warehouse whose sales may not all have come yet; of the revoked ones, those that said so last: what is
    found on their card comes in from a file."""
    return [
        till
        for warehouse, till in _tills_and_warehouses(tables, account_id, now=now)
        if warehouse
        and warehouse == warehouse_id
        and (bool(till.status and till.status.unsent) if till.revoked else till.may_hold_more)
    ]


def _tills_and_warehouses(tables: Tables, account_id: int, *, now: datetime) -> list[tuple[str, TillView]]:
    settings = till_settings(tables, account_id)
    tills = tills_of(tables, account_id, now=now)
    return [(str(settings.get(till.till_id, {}).get("warehouse_id") or ""), till) for till in tills]


def missing(tables: Tables, state: str) -> Any:
    """Rows of this state that something is missing for. Of those that lost a fork these are the ones whose document has
    not come by another row yet."""
    held = tables.journal_row
    if state != FORKED:
        return held.c.state == state
    again = held.alias("again")
    came_in = fn.EXISTS(
        again.select(again.c.seq).where(
            (again.c.account_id == held.c.account_id)
            & (again.c.doc_id == held.c.doc_id)
            & again.c.state.in_((PROJECTED, DEFERRED))
        )
    )
    return (held.c.state == state) & (held.c.kind != Kind.EPOCH_OPENED.value) & ~came_in


def _till_view(row: dict[str, Any], *, flagged: int, now: datetime) -> TillView:
    status = _status(row["status"])
    age = int((now - parse_iso(row["last_seen"])).total_seconds()) if row["last_seen"] else None
    problems = () if row["revoked"] else tuple(_problems(status, age_s=age, flagged=flagged))
    return TillView(
        till_id=row["till_id"],
        name=row["name"],
        prefix=row["prefix"],
        id_pokl=row["id_pokl"],
        revoked=bool(row["revoked"]),
        seen_age_s=age,
        status=status,
        flagged=flagged,
        problems=problems,
    )


def _status(text: str) -> TillStatus | None:
    """None also for one of an earlier version, which a till that is revoked or silent will never send anew."""
    try:
        return TillStatus.model_validate_json(text) if text else None
    except ValidationError:
        return None


def _problems(status: TillStatus | None, *, age_s: int | None, flagged: int) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    if flagged:
        found.append(("danger", "flagged", str(flagged)))
    if age_s is None or status is None:
        found.append(("warning", "never_seen", ""))
        return found
    if age_s > SILENT_AFTER.total_seconds():
        found.append(("warning", "silent", str(age_s)))
    if status.eet_parked:
        found.append(("danger", "eet_parked", str(status.eet_parked)))
    if status.eet_waiting and status.eet_oldest_age_s >= UNSENT_AGE_S_WARN:
        level = "danger" if status.eet_oldest_age_s >= EET_AGE_S_DANGER else "warning"
        found.append((level, "eet_waiting", str(status.eet_waiting)))
    if status.eet_lateness:
        found.append(("warning" if status.eet_lateness == Lateness.LATE else "danger", "eet_late", status.eet_lateness))
    found += _certificate_problems(status)
    if status.printer not in GOOD_STATES:
        found.append(("warning", "printer", status.printer))
    if status.clock not in GOOD_STATES:
        found.append(("warning", "clock", status.clock))
    return found


def _certificate_problems(status: TillStatus) -> list[tuple[str, str, str]]:
    """One that is missing, of no use or at its end; '' and ok are none."""
    word, days = status.eet_certificate, status.eet_certificate_days
    if word in {"", ExpiryLevel.OK}:
        return []
    if word in {ExpiryLevel.NOTICE, ExpiryLevel.WARNING, ExpiryLevel.URGENT} and days is not None:
        return [("danger" if word == ExpiryLevel.URGENT else "warning", "eet_certificate_ends", str(days))]
    return [("danger", "eet_certificate", word)]
