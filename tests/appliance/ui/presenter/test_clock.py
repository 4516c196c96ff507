from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.ui.presenter.clock import NotAMoment, clock_notice, moment_of, moment_text, typed_text
from appliance.ui.presenter.words import error_sentence

PRAGUE = ZoneInfo("Europe/Prague")
AT = datetime(2027, 1, 4, 8, 30, tzinfo=PRAGUE)


def test_a_moment_is_asked_with_its_day_of_the_week() -> None:
    assert moment_text(AT) == "pondělí 4. 1. 2027, 08:30"
    assert clock_notice(AT).startswith("Je pondělí 4. 1. 2027, 08:30?")


@pytest.mark.parametrize(
    ("digits", "shown"),
    [
        ("", "__. __. ____  __:__"),
        ("0401", "04. 01. ____  __:__"),
        ("040120270830", "04. 01. 2027  08:30"),
        ("0401202708309", "04. 01. 2027  08:30"),
    ],
)
def test_a_typed_moment_takes_shape(digits: str, shown: str) -> None:
    assert typed_text(digits) == shown


def test_a_typed_moment_is_in_the_shop_s_time() -> None:
    assert moment_of("040120270830", PRAGUE) == AT


@pytest.mark.parametrize(
    "digits", ["", "0401", "320120270830", "300220270830", "040120272530", "04012027083", "1120270830"]
)
def test_what_is_no_moment_is_refused_in_words(digits: str) -> None:
    with pytest.raises(NotAMoment) as refused:
        moment_of(digits, PRAGUE)
    assert "den, měsíc" in error_sentence(refused.value)
