"""Contrast after WCAG 2: text at least 4.5 : 1, large text and lines of meaning at least 3 : 1."""

import pytest

from appliance.ui.theme import THEMES, Colour, T, colour, use_theme

TEXT_PAIRS = [
    ("text", "ground"),
    ("text", "surface"),
    ("quiet", "ground"),
    ("quiet", "surface"),
    ("quiet", "key"),
    ("text", "key"),
    ("text", "selected"),
    ("quiet", "selected"),
    ("on_selected", "selected"),
    ("warning", "warning_ground"),
    ("danger", "danger_ground"),
    ("good", "good_ground"),
    ("danger", "surface"),
    ("on_pay", "pay"),
    ("on_accent", "accent"),
]
LARGE_PAIRS = [("disabled_text", "disabled"), ("accent", "ground"), ("good", "surface"), ("warning", "surface")]


def luminance(rgba: Colour) -> float:
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgba[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(theme: str, one: str, other: str) -> float:
    darker, lighter = sorted(luminance(colour(THEMES[theme][name])) for name in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read(theme: str, ink: str, ground: str) -> None:
    assert contrast(theme, ink, ground) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), LARGE_PAIRS)
def test_large_text_and_states_can_be_read(theme: str, ink: str, ground: str) -> None:
    assert contrast(theme, ink, ground) >= 3


@pytest.mark.parametrize(
    ("width", "height", "grid", "touch"), [(1280, 800, (5, 4), 56), (1024, 600, (4, 4), 56), (800, 480, (3, 3), 48)]
)
def test_every_size_has_its_grid_and_touch_targets(width: int, height: int, grid: tuple[int, int], touch: int) -> None:
    use_theme("light", width, height)
    assert (T.grid, T.touch) == (grid, touch)


def test_type_never_gets_too_small_to_read() -> None:
    use_theme("dark", 800, 480)
    assert T.tiny >= 12
    assert T.tiny < T.body < T.large < T.huge


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(KeyError):
        use_theme("pink", 800, 480)


def test_both_themes_have_the_same_tokens() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys()
