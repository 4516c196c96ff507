"""One key is an answer, a scanned code is none."""

import pytest

from appliance.ui.lone_key import LoneKey


def judged(*keys: str) -> list[str]:
    said: list[str] = []
    lone = LoneKey(alone=said.append, scanned=lambda: said.append("scanned"))
    for key in keys:
        lone.press(key)
    lone.settle()
    assert not lone.waiting
    lone.settle()
    return said


@pytest.mark.parametrize(
    ("keys", "said"),
    [((), []), (("1",), ["1"]), (("1", "1"), ["scanned"]), ((*"8594001021234", "enter"), ["scanned"])],
)
def test_only_a_key_that_stayed_alone_is_an_answer(keys: tuple[str, ...], said: list[str]) -> None:
    assert judged(*keys) == said


def test_a_forgotten_key_answers_nothing() -> None:
    said: list[str] = []
    lone = LoneKey(alone=said.append, scanned=lambda: said.append("scanned"))
    lone.press("1")
    lone.forget()
    lone.settle()
    assert said == []
