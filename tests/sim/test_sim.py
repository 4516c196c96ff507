"""Fixed seeds end well, a seed is the same history each time, and three planted mistakes are found (sync.md §10)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sim import bugs
from tests.sim.history import Outcome, play
from tests.sim.scenario import CALM, CRASHES, DEATHS, EDITS, FORKS, ROUGH, Scenario, scenario_of

SEEDS = range(28)
SEEDS_TO_FIND_A_BUG = range(1000, 1080)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


def in_memory(folder: Path, seed: int, scenario: Scenario) -> Outcome:
    return play(seed, scenario, folder / str(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_after_quiet_everything_is_where_it_belongs(folder: Path, seed: int) -> None:
    outcome = in_memory(folder, seed, scenario_of(seed))
    assert not outcome.findings, outcome.report()
    assert outcome.events > 50


def test_every_scenario_is_among_the_fixed_seeds() -> None:
    assert {scenario_of(seed) for seed in SEEDS} == {ROUGH, CRASHES, FORKS, CALM, DEATHS, EDITS}


def test_a_seed_is_the_same_history_each_time(folder: Path) -> None:
    first, again = (in_memory(folder / name, 2, CRASHES) for name in ("first", "again"))
    other = in_memory(folder / "other", 3, CRASHES)
    assert (first.digest, first.events) == (again.digest, again.events)
    assert other.digest != first.digest


@pytest.mark.parametrize(
    ("planted", "scenario", "said"),
    [
        pytest.param(
            bugs.acked_before_commit,
            replace(CRASHES, server_crash=0.2),
            "not in the Backoffice",
            id="ack before commit",
        ),
        pytest.param(bugs.as_of_ignored, replace(EDITS, mean_action_s=10.0), " is {'name': ", id="as_of ignored"),
        pytest.param(
            bugs.version_before_lock, replace(CALM, office_edit=4.0), "item-", id="a version taken before the lock"
        ),
    ],
)
def test_a_planted_mistake_is_found(
    folder: Path, planted: Callable[[], AbstractContextManager[None]], scenario: Scenario, said: str
) -> None:
    found = ""
    with planted():
        for seed in SEEDS_TO_FIND_A_BUG:
            outcome = in_memory(folder, seed, scenario)
            if outcome.findings:
                found = outcome.report()
                break
    assert said in found, f"not found in {len(SEEDS_TO_FIND_A_BUG)} histories, or something else was: {found}"
    assert f"script/sim --seeds {outcome.seed}..{outcome.seed}" in found
