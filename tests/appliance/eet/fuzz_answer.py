"""Fuzzes the reader of answers for a number of seconds: `python -m tests.appliance.eet.fuzz_answer --seconds 12`.

Each round has a seed; the one that fails is printed with what Hypothesis found, and `--seed N` runs that round alone
again. The keys are kept in `build/fuzz`, so that on the same machine a seed means the same bytes.
"""

import argparse
import secrets
import sys
import time
import warnings

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from appliance.domain.fiscal import Dialect
from appliance.eet.dialects import DIALECTS
from tests.appliance.eet.material import Office, make_office
from tests.appliance.eet.mutations import check_still_true, donors, genuine_answers, mutated
from tests.shared import ROOT

ROUND_EXAMPLES = 250


def fuzz_round(office: Office, *, seed_number: int) -> None:
    """One round of examples that depends on nothing but the seed and the keys."""
    answers, others = genuine_answers(office), donors(office)

    @seed(seed_number)
    @settings(max_examples=ROUND_EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(name=st.sampled_from(list(answers)), draw=st.data())
    def examples(name: Dialect, draw: st.DataObject) -> None:
        raw = draw.draw(mutated(answers[name], others))
        check_still_true(raw, answers[name], dialect=DIALECTS[name], office=office)

    examples()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--seed", type=int)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")  # the library warns of odd certificates before it refuses them
    office = make_office(ROOT / "build" / "fuzz")
    ends_at, rounds = time.monotonic() + chosen.seconds, 0
    while rounds == 0 or (chosen.seed is None and time.monotonic() < ends_at):
        number = secrets.randbits(32) if chosen.seed is None else chosen.seed
        try:
            fuzz_round(office, seed_number=number)
        except BaseException:
            print(f"answer parser fuzz: seed {number} fails; again with --seed {number}", file=sys.stderr)
            raise
        rounds += 1
    print(f"answer parser fuzz: {rounds * ROUND_EXAMPLES} answers, none confirmed wrongly, no exception")
    return 0


if __name__ == "__main__":
    sys.exit(main())
