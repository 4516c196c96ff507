"""Stamps of the price list's fields: a hybrid logical clock `(wall_ms, counter, node)`.

A stamp travels as the text `wall_ms:counter:node`; node is the till_id, or "backoffice".
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, order=True)
class Stamp:
    wall_ms: int
    counter: int
    node: str

    def __str__(self) -> str:
        return f"{self.wall_ms}:{self.counter}:{self.node}"

    @classmethod
    def parse(cls, text: str) -> Self:
        wall_ms, counter, node = text.split(":", 2)
        return cls(int(wall_ms), int(counter), node)


def next_stamp(*, now_ms: int, node: str, overwritten: Stamp | None) -> Stamp:
    """A stamp for a write made now: always above the one it overwrites, even when the clock is behind."""
    if overwritten is None or overwritten.wall_ms < now_ms:
        return Stamp(now_ms, 0, node)
    return Stamp(overwritten.wall_ms, overwritten.counter + 1, node)
