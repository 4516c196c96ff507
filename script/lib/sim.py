"""script/sim: many histories from their seeds, on several processors; a failure is shown with how to find it again."""

import argparse
import gc
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.sim.history import Outcome, play
from tests.sim.scenario import SCENARIOS, scenario_of

MEMORY_FOLDER = Path("/dev/shm")  # a history writes a lot that nobody keeps # noqa: S108
GARBAGE_EVERY = 20
TOLD_EVERY_S = 10.0

_played = count(1)


def outcome_of(seed: int, scenario_name: str) -> Outcome:
    """One history in a folder of its own."""
    gc.disable()  # a history makes little garbage that counting does not find, and looking for it takes a third longer
    scenario = next((each for each in SCENARIOS if each.name == scenario_name), scenario_of(seed))
    memory = MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None
    with TemporaryDirectory(prefix="pokladna-sim-", dir=memory) as folder:
        outcome = play(seed, scenario, Path(folder) / "history")
    if next(_played) % GARBAGE_EVERY == 0:
        gc.collect()
    return outcome


def seeds_of(text: str) -> range:
    first, _, last = text.partition("..")
    return range(int(first), int(last or first) + 1)


def main(arguments: Sequence[str]) -> int:
    """How many histories ended badly, at most 1."""
    parser = argparse.ArgumentParser(prog="script/sim", description=__doc__)
    parser.add_argument("--seeds", type=seeds_of, required=True, metavar="A..B")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--scenario", default="", choices=sorted({"", *(each.name for each in SCENARIOS)}))
    asked = parser.parse_args(arguments)
    begun = told = time.monotonic()
    bad: list[int | str] = []
    hours, events = 0.0, 0
    with ProcessPoolExecutor(max_workers=asked.jobs) as pool:
        outcomes = pool.map(outcome_of, asked.seeds, [asked.scenario] * len(asked.seeds), chunksize=4)
        for n, outcome in enumerate(outcomes, start=1):
            hours, events = hours + outcome.hours, events + outcome.events
            if outcome.findings:
                bad.append(outcome.seed)
                print(outcome.report(), flush=True)
            if time.monotonic() - told > TOLD_EVERY_S:
                told = time.monotonic()
                print(f"{n} of {len(asked.seeds)} histories, {len(bad)} bad, {told - begun:.0f} s", flush=True)
    took_s = time.monotonic() - begun
    total = len(asked.seeds)
    print(f"{total} histories, {events} events, {hours:.0f} h of shops, {took_s:.0f} s: {len(bad)} bad {bad or ''}")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
