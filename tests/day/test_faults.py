"""The fault proof in a bounded form: real processes, every fault of the sandbox at 20 %, the daemon killed five times.

`script/faults` is the whole of it, 2,000 sales and 50 kills.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT

pytestmark = [pytest.mark.day, pytest.mark.timeout(300)]


def test_whatever_fails_and_whoever_is_killed_every_sale_is_confirmed_once_or_parked_with_a_reason(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "script.lib.faults", "--json", "--out", str(tmp_path / "out")]
    command += ["--sales", "120", "--kills", "5", "--seed", "3", "--minutes-max", "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert report["wrong"] == []
    assert (report["sales"], report["killed"]["sync"]) == (120, 5)
    assert set(report["states"]) <= {"confirmed", "parked"}
    assert report["attempts"] > report["sales"], "nothing ever failed"
    assert report["after_release"]["states"] == {"confirmed": 120}
    assert report["after_release"]["in_ledger"] == 120
