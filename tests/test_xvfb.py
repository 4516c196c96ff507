import os
import subprocess

import pytest

from tests.xvfb import xvfb

pytestmark = pytest.mark.screen


def size_seen_by_a_client(environment: dict[str, str]) -> str:
    return subprocess.run(
        ["xdotool", "getdisplaygeometry"], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_display_has_the_size_that_was_asked_for() -> None:
    with xvfb(width=800, height=480) as display:
        assert size_seen_by_a_client(display.environment()) == "800 480"


def test_two_displays_live_side_by_side() -> None:
    with xvfb(width=800, height=480) as small, xvfb(width=1024, height=600) as large:
        assert small.name != large.name
        assert size_seen_by_a_client(small.environment()) == "800 480"
        assert size_seen_by_a_client(large.environment()) == "1024 600"


def test_a_display_admits_nobody_without_its_cookie() -> None:
    with xvfb() as display:
        stranger = dict(os.environ, DISPLAY=display.name, XAUTHORITY=os.devnull)
        with pytest.raises(subprocess.CalledProcessError):
            size_seen_by_a_client(stranger)


def test_a_display_is_gone_after_its_block() -> None:
    with xvfb() as display:
        environment = display.environment()
        size_seen_by_a_client(environment)
    with pytest.raises(subprocess.CalledProcessError):
        size_seen_by_a_client(environment)


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="add screen"), xvfb(width=70_000, height=70_000):
        pass
