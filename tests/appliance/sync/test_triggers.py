"""The table of sync.md §2: what is due, what a failure costs, when heads are compared."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.pricelist import ApplyWhen
from appliance.sync.triggers import (
    Action,
    DownloadState,
    PullAction,
    UploadState,
    after_failure,
    after_success,
    decide,
    decide_pull,
    hurried,
    next_compare,
)

NOW = 1000.0
QUIET = UploadState(unsent=0, unproven_shifts=0, failures=0, retry_at=0.0, compare_at=9000.0, report_at=1040.0)
CHANCE = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("changes", "action", "sleep_s"),
    [
        ({}, Action.NOTHING, 40.0),
        ({"compare_at": 1010.0}, Action.NOTHING, 10.0),
        ({"unsent": 1}, Action.UPLOAD, 0.0),
        ({"unproven_shifts": 1}, Action.PROVE, 0.0),
        ({"compare_at": NOW}, Action.COMPARE, 0.0),
        ({"report_at": NOW}, Action.REPORT, 0.0),
        # rows come first, then the proof of a closing, then the comparison, then the bare status
        ({"unsent": 1, "unproven_shifts": 1, "compare_at": 0.0, "report_at": 0.0}, Action.UPLOAD, 0.0),
        ({"unproven_shifts": 1, "compare_at": 0.0, "report_at": 0.0}, Action.PROVE, 0.0),
        ({"compare_at": 0.0, "report_at": 0.0}, Action.COMPARE, 0.0),
        # a failure holds everything back
        ({"unsent": 7, "retry_at": 1001.5}, Action.NOTHING, 1.5),
        ({"unsent": 7, "retry_at": NOW}, Action.UPLOAD, 0.0),
        # not paired, or not any more: nothing, for ever
        ({"stopped": True}, Action.NOTHING, float("inf")),
        ({"stopped": True, "unsent": 7, "unproven_shifts": 1, "compare_at": 0.0}, Action.NOTHING, float("inf")),
    ],
)
def test_the_one_thing_that_is_due(changes: dict[str, float], action: Action, sleep_s: float) -> None:
    assert decide(replace(QUIET, **changes), NOW) == (action, sleep_s)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("failures", "chance", "delay_s"),
    [
        (0, 0.5, 1.0),  # the first failure: up to 2 s, at least 1 s
        (1, 0.5, 2.0),
        (2, 0.5, 4.0),
        (5, 0.5, 32.0),
        (9, 0.5, 450.0),  # the ceiling of 15 min
        (40, 0.999999, 900.0),
        (4000, 0.0, 1.0),
    ],
)
def test_a_failure_backs_off_exponentially_with_full_jitter(failures: int, chance: float, delay_s: float) -> None:
    state = after_failure(replace(QUIET, failures=failures), NOW, retry_after_s=None, random=chance)
    assert state.failures == failures + 1
    assert state.retry_at - NOW == pytest.approx(delay_s, rel=0.001)


@given(failures=st.integers(0, 10_000), chance=CHANCE)
def test_a_delay_is_never_under_a_second_nor_over_fifteen_minutes(failures: int, chance: float) -> None:
    state = after_failure(replace(QUIET, failures=failures), NOW, retry_after_s=None, random=chance)
    assert 1.0 <= state.retry_at - NOW <= 900.0


@pytest.mark.parametrize(("asked_s", "delay_s"), [(300.0, 300.0), (0.0, 1.0), (None, 1.0)])
def test_the_servers_wish_to_wait_is_obeyed_when_it_is_longer(asked_s: float | None, delay_s: float) -> None:
    assert after_failure(QUIET, NOW, retry_after_s=asked_s, random=0.0).retry_at == NOW + delay_s


def test_a_success_forgets_all_failures() -> None:
    failed = after_failure(replace(QUIET, failures=8), NOW, retry_after_s=None, random=0.5)
    assert after_success(failed) == QUIET


def test_hurrying_ends_the_wait_but_remembers_the_failures() -> None:
    failed = after_failure(replace(QUIET, failures=8), NOW, retry_after_s=None, random=0.5)
    assert hurried(failed) == replace(QUIET, failures=9)


def test_hurrying_does_not_undo_a_revoked_pairing() -> None:
    assert decide(hurried(replace(QUIET, stopped=True, unsent=1)), NOW) == (Action.NOTHING, float("inf"))


@given(chance=CHANCE)
def test_heads_are_compared_six_to_twelve_hours_later(chance: float) -> None:
    assert 6 * 3600 <= next_compare(NOW, random=chance) - NOW <= 12 * 3600


EVER = float("inf")
STILL = DownloadState(
    sync_on=True,
    unshared=False,
    asked=False,
    wanted=False,
    scope_changed=False,
    apply_when=ApplyWhen.MANUAL,
    changes_waiting=3,
    cart_open=False,
    new_shift=True,
    levels_wait=False,
    stock_at=0.0,
    failures=0,
    retry_at=0.0,
    stopped=False,
)


@pytest.mark.parametrize(
    ("changes", "action", "sleep_s"),
    [
        # changes wait, a shift is new: nothing comes by itself unless the owner wants it
        ({}, PullAction.NOTHING, EVER),
        ({"apply_when": ApplyWhen.SHIFT_OPEN}, PullAction.PULL, 0.0),
        ({"apply_when": ApplyWhen.SHIFT_OPEN, "new_shift": False}, PullAction.NOTHING, EVER),
        ({"apply_when": ApplyWhen.AUTOMATIC}, PullAction.PULL, 0.0),
        ({"apply_when": ApplyWhen.AUTOMATIC, "changes_waiting": 0}, PullAction.NOTHING, EVER),
        ({"apply_when": ApplyWhen.AUTOMATIC, "cart_open": True}, PullAction.NOTHING, EVER),
        # a person asked, or a pull is under way: an open bill does not matter
        ({"asked": True, "cart_open": True}, PullAction.PULL, 0.0),
        ({"wanted": True, "cart_open": True}, PullAction.PULL, 0.0),
        # another scope begins anew before anything else is pulled
        ({"scope_changed": True, "asked": True}, PullAction.SNAPSHOT, 0.0),
        # levels come after the list, and not more often than allowed
        ({"levels_wait": True}, PullAction.STOCK, 0.0),
        ({"levels_wait": True, "asked": True}, PullAction.PULL, 0.0),
        ({"levels_wait": True, "stock_at": NOW + 20}, PullAction.NOTHING, 20.0),
        # a failure holds everything back that needs the server
        ({"asked": True, "scope_changed": True, "retry_at": NOW + 4}, PullAction.NOTHING, 4.0),
        ({"asked": True, "stopped": True}, PullAction.NOTHING, EVER),
        # what was edited while it was off is shared first, server or not
        ({"unshared": True, "asked": True, "stopped": True, "retry_at": NOW + 4}, PullAction.SHARE, 0.0),
        # off: nothing at all
        ({"sync_on": False, "asked": True, "wanted": True, "unshared": True}, PullAction.NOTHING, EVER),
    ],
)
def test_what_of_the_price_list_is_due(changes: dict[str, object], action: PullAction, sleep_s: float) -> None:
    assert decide_pull(replace(STILL, **changes), NOW) == (action, sleep_s)  # type: ignore[arg-type]
