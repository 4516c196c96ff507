"""Which of many rectangles lies next in a direction."""

from collections.abc import Sequence

Rect = tuple[int, int, int, int]  # left, top, width, height; top grows downwards


def neighbour(rects: Sequence[Rect], at: int, direction: str) -> int | None:
    """The index of the nearest rectangle in that direction ("up", "down", "left", "right"), None if there is none.

    What overlaps in the other axis comes before what does not.
    """
    best: tuple[tuple[bool, int], int] | None = None
    for index, rect in enumerate(rects):
        if index == at:
            continue
        distance = _distance(rects[at], rect, direction)
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, index)
    return best[1] if best else None


def _distance(here: Rect, there: Rect, direction: str) -> tuple[bool, int] | None:
    """Whether it lies aside, and twice the way between the middles, weighted; None when it lies elsewhere."""
    ahead_x = 2 * there[0] + there[2] - 2 * here[0] - here[2]
    ahead_y = 2 * there[1] + there[3] - 2 * here[1] - here[3]
    forward = {"right": ahead_x, "left": -ahead_x, "down": ahead_y, "up": -ahead_y}[direction]
    across = direction in {"up", "down"}
    gap = _gap(here, there, axis=0 if across else 1)
    size = here[3] if across else here[2]
    if forward <= 0 or (gap > 0 and forward < size):
        return None
    sideways = abs(ahead_x if across else ahead_y)
    return gap > 0, forward + sideways // 4 + 6 * gap


def _gap(here: Rect, there: Rect, *, axis: int) -> int:
    """How far apart two rectangles are in one axis, 0 when they overlap there."""
    return max(0, there[axis] - here[axis] - here[axis + 2], here[axis] - there[axis] - there[axis + 2])
