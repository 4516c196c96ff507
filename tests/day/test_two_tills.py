"""S14, S15, S16, S17, S18, S19, S20 and S22 as one story through the real screens of two tills of one account."""

from pathlib import Path

import pytest

from demo.two_tills import TwoTills

pytestmark = [pytest.mark.day, pytest.mark.timeout(600)]


def test_two_tills_with_different_labels_show_what_they_should_and_nothing_else(tmp_path: Path) -> None:
    """Each step raises DemoFailed when something is not to be seen, or is seen where it must not be."""
    told: list[str] = []
    TwoTills(tmp_path / "out", told.append).play()

    assert [line.split()[0] for line in told] == ["S15", "S16", "S17", "S18", "S20", "S14", "S14"]
    assert len(list((tmp_path / "out" / "screens").glob("*.png"))) == 11
