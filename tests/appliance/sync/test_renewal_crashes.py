"""The renewal, killed at every point and with every call lost: one new certificate, and the office has finished."""

import itertools
import random
from pathlib import Path

import pytest

from appliance.eet.renewal import CallFailed
from tests.appliance.sync.renewals import ALL_CALLS, LOST_REPLY, TIMEOUT, Killed, Papers, assert_renewed, make_till


def test_killed_at_any_point_it_ends_with_one_new_certificate_and_a_finished_request(
    tmp_path: Path, papers: Papers
) -> None:
    """One run for each point: around each call, each file and each commit."""
    for n in itertools.count():
        till = make_till(tmp_path / f"{n}", papers)
        points: list[str] = []

        def dies(point: str, points: list[str] = points, n: int = n) -> None:
            points.append(point)
            if len(points) == n + 1:
                raise Killed

        till.around = till.office.around = dies
        till.until("done")
        assert_renewed(till, papers)
        till.test_shop.store.close()
        if len(points) <= n:
            break
    assert {"before eet.pem", "after eet.pem", "before eet-next.pem", "after eet-next.pem"} < set(points)
    assert n == len(points) >= 28


@pytest.mark.parametrize("detail", ["the request is lost", LOST_REPLY])
@pytest.mark.parametrize("lost_in_a_row", [1, 2])
def test_whatever_call_is_lost_it_ends_with_one_new_certificate_and_a_finished_request(
    tmp_path: Path, papers: Papers, detail: str, lost_in_a_row: int
) -> None:
    for n in range(len(ALL_CALLS) + 1):
        till = make_till(tmp_path / f"{n}", papers)
        till.office.script += [None] * n + [CallFailed("timeout", detail)] * lost_in_a_row
        till.until("done")
        assert_renewed(till, papers)
        till.test_shop.store.close()


@pytest.mark.parametrize("seed", range(12))
def test_with_kills_and_losses_in_any_order_it_ends_with_one_new_certificate(
    tmp_path: Path, papers: Papers, seed: int
) -> None:
    dice = random.Random(seed)
    till = make_till(tmp_path, papers)
    budget = 40

    def dies(_: str) -> None:
        nonlocal budget
        budget -= 1
        if budget > 0 and dice.random() < 0.25:
            raise Killed

    till.around = till.office.around = dies
    odd = [TIMEOUT, CallFailed("server_error"), CallFailed("unreadable", LOST_REPLY), None, None]
    till.office.script += [dice.choice(odd) for _ in range(15)]
    till.until("done")
    assert_renewed(till, papers)
    till.test_shop.store.close()
