"""When the journal goes to the Backoffice (sync.md §2, S3–S9) and when the price list comes down (§5): pure functions
of state, time and chance."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from appliance.domain.delivery import MS_PER_S, RANDOM_LIMIT, upload_delay_ms
from appliance.domain.pricelist import ApplyWhen

COMPARE_S = (6 * 3600.0, 12 * 3600.0)
"""Within which time from now on heads are compared (S8)."""


class Action(StrEnum):
    UPLOAD = "upload"  # everything unsent
    PROVE = "prove"  # a closed shift once more, and what the server holds of it
    COMPARE = "compare"  # the 6–12 h comparison of heads
    REPORT = "report"  # an empty upload that carries only the status
    NOTHING = "nothing"


@dataclass(frozen=True)
class UploadState:
    """Times are monotonic seconds. `failures` counts failed tries in a row; `retry_at` is when the next is allowed."""

    unsent: int
    unproven_shifts: int
    failures: int
    retry_at: float
    compare_at: float
    report_at: float
    stopped: bool = False  # pairing revoked, or never paired


def decide(state: UploadState, now: float) -> tuple[Action, float]:
    """What to do now, and how long to sleep when that is nothing."""
    if state.stopped:
        return Action.NOTHING, float("inf")
    if now < state.retry_at:
        return Action.NOTHING, state.retry_at - now
    if state.unsent:
        return Action.UPLOAD, 0.0
    if state.unproven_shifts:
        return Action.PROVE, 0.0
    if now >= state.compare_at:
        return Action.COMPARE, 0.0
    if now >= state.report_at:
        return Action.REPORT, 0.0
    return Action.NOTHING, min(state.compare_at, state.report_at) - now


State = TypeVar("State", "UploadState", "DownloadState")


def after_failure(state: State, now: float, *, retry_after_s: float | None, random: float) -> State:
    """Exponential backoff with full jitter; the server's Retry-After is obeyed when it asks for more."""
    failures = state.failures + 1
    backoff_s = upload_delay_ms(failures, random=int(random * RANDOM_LIMIT)) / MS_PER_S
    delay_s = max(backoff_s, retry_after_s or 0.0)
    return replace(state, failures=failures, retry_at=now + delay_s)


def after_success(state: State) -> State:
    return replace(state, failures=0, retry_at=0.0)


def next_compare(now: float, *, random: float, within_s: tuple[float, float] = COMPARE_S) -> float:
    """A random point 6 to 12 hours from now (S8)."""
    earliest_s, latest_s = within_s
    return now + earliest_s + (latest_s - earliest_s) * random


def hurried(state: State) -> State:
    """A start, a person, or the network coming back: no waiting."""
    return replace(state, retry_at=0.0)


# ---- the way down


class PullAction(StrEnum):
    SHARE = "share"  # journal what was edited while item sync was off
    SNAPSHOT = "snapshot"  # begin anew under another scope
    PULL = "pull"  # the next page, or what follows the last one
    STOCK = "stock"  # the next page of levels
    NOTHING = "nothing"


@dataclass(frozen=True)
class DownloadState:
    """Times are monotonic seconds; `failures` and `retry_at` as in UploadState.

    `asked`: a person did. `wanted`: a pull is under way, or follows switching on. `new_shift`: one is open at whose
    opening nothing was pulled. `levels_wait`: of the till's warehouse; they are pulled from `stock_at` on.
    """

    sync_on: bool
    unshared: bool
    asked: bool
    wanted: bool
    scope_changed: bool
    apply_when: ApplyWhen
    changes_waiting: int
    cart_open: bool
    new_shift: bool
    levels_wait: bool
    stock_at: float
    failures: int
    retry_at: float
    stopped: bool


def decide_pull(state: DownloadState, now: float) -> tuple[PullAction, float]:
    """What to do now, and how long to sleep when that is nothing."""
    if not state.sync_on:
        return PullAction.NOTHING, float("inf")
    if state.unshared:
        return PullAction.SHARE, 0.0
    if state.stopped:
        return PullAction.NOTHING, float("inf")
    if now < state.retry_at:
        return PullAction.NOTHING, state.retry_at - now
    if state.scope_changed:
        return PullAction.SNAPSHOT, 0.0
    if state.asked or state.wanted or _applies_by_itself(state):
        return PullAction.PULL, 0.0
    if state.levels_wait:
        return (PullAction.STOCK, 0.0) if now >= state.stock_at else (PullAction.NOTHING, state.stock_at - now)
    return PullAction.NOTHING, float("inf")


def _applies_by_itself(state: DownloadState) -> bool:
    match state.apply_when:
        case ApplyWhen.MANUAL:
            return False
        case ApplyWhen.SHIFT_OPEN:
            return state.new_shift
        case ApplyWhen.AUTOMATIC:
            return state.changes_waiting > 0 and not state.cart_open
