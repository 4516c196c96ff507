import pytest

from appliance.ui.geometry import Rect, neighbour

GRID: list[Rect] = [(x * 100, y * 50, 90, 40) for y in range(3) for x in range(3)]
WIDE: Rect = (0, 200, 290, 40)


@pytest.mark.parametrize(
    ("at", "direction", "expected"),
    [
        (4, "left", 3),
        (4, "right", 5),
        (4, "up", 1),
        (4, "down", 7),
        (0, "left", None),
        (0, "up", None),
        (8, "right", None),
        (8, "down", None),
        (2, "down", 5),
    ],
)
def test_an_arrow_goes_to_the_next_tile_in_its_direction(at: int, direction: str, expected: int | None) -> None:
    assert neighbour(GRID, at, direction) == expected


def test_a_wide_button_below_is_reached_from_every_column() -> None:
    rects = [*GRID, WIDE]
    assert [neighbour(rects, at, "down") for at in (6, 7, 8)] == [9, 9, 9]


def test_what_overlaps_is_nearer_than_what_lies_aside() -> None:
    here, aside, below = (0, 0, 50, 50), (60, 55, 50, 50), (0, 150, 50, 50)
    assert neighbour([here, aside, below], 0, "down") == 2


def test_alone_there_is_nowhere_to_go() -> None:
    assert neighbour([(0, 0, 10, 10)], 0, "down") is None
