"""The shape of what script/bench eet prints, not its numbers; the libraries it compares with are played by a fake."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.eet.errors import SignatureInvalid
from bench._eet_material import Material
from bench.eet import main, report

SIDES = ("v4", "raw_rsa2048", "zeep", "v3", "v3_repeat", "czech_eet", "verify")
TINY = ["--rounds", "2", "--messages", "4"]


def fake_peers(lie: str) -> Callable[[Material], list[str]]:
    program = str(Path(__file__).with_name("fake_peers.py"))

    def command(material: Material) -> list[str]:
        return [sys.executable, program, str(material.key_file), str(material.certificate_file), lie]

    return command


def test_stdout_holds_exactly_one_object_of_the_promised_shape(capfd: pytest.CaptureFixture[str]) -> None:
    allowed = os.sched_getaffinity(0)
    main([*TINY, "--json"], peers_command=fake_peers("none"), signer_bits=2048)
    printed = capfd.readouterr().out
    result = json.loads(printed)
    assert printed.count("\n") == 1
    assert result["bench"] == "eet"
    assert set(result["machine"]) == {"cpus", "machine", "python"}
    assert set(result["metrics"]) == {
        "v4_per_s",
        "raw_rsa2048_per_s",
        "ratio_to_limit",
        "zeep_per_s",
        "ratio_to_zeep",
        "v3_per_s",
        "czech_eet_per_s",
        "ratio_to_czech_eet",
        "verify_p50_ms",
    }
    assert all(isinstance(value, float) and value > 0 for value in result["metrics"].values())
    assert result["metrics"]["zeep_per_s"] == 1000
    assert set(result["extra"]["spread_per_s"]) == set(SIDES)
    assert os.sched_getaffinity(0) == allowed


def test_a_peer_whose_message_is_not_signed_as_it_stands_ends_the_comparison() -> None:
    with pytest.raises(SignatureInvalid):
        main(TINY, peers_command=fake_peers("altered"), signer_bits=2048)


def test_every_number_is_a_median_and_every_ratio_belongs_to_the_numbers_beside_it() -> None:
    rates = {
        "v4": [1000.0, 10.0, 1100.0],
        "raw_rsa2048": [1250.0, 1200.0, 9999.0],
        "zeep": [250.0, 250.0, 1.0],
        "v3": [600.0, 600.0, 600.0],
        "v3_repeat": [900.0, 900.0, 900.0],
        "czech_eet": [400.0, 300.0, 500.0],
        "verify": [1.0, 1.0, 1.0],
    }
    result = report(rates, [0.5, 30.0, 0.6], {"rounds": 3})
    assert result["metrics"] == {
        "v4_per_s": 1000.0,
        "raw_rsa2048_per_s": 1250.0,
        "ratio_to_limit": 0.8,
        "zeep_per_s": 250.0,
        "ratio_to_zeep": 4.0,
        "v3_per_s": 600.0,
        "czech_eet_per_s": 400.0,
        "ratio_to_czech_eet": 1.5,
        "verify_p50_ms": 0.6,
    }
    assert result["extra"] == {
        "v3_repeat_per_s": 900.0,
        "highest_possible_ratio_to_czech_eet": 1.56,
        "spread_per_s": {name: [min(values), max(values)] for name, values in rates.items()},
        "rounds": 3,
    }
