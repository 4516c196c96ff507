"""A person's key told from a scanner's: where one digit is an answer, a scanned code must not answer."""

from collections.abc import Callable

LONE_S = 0.12  # a scanner's keys follow each other faster, a person's do not


class LoneKey:
    """`alone(key)` is called for a key that stayed alone until `settle`, `scanned()` for several in one go.

    Whoever owns it calls `settle` once LONE_S have passed without another key.
    """

    def __init__(self, *, alone: Callable[[str], None], scanned: Callable[[], None]) -> None:
        self._alone, self._scanned = alone, scanned
        self._keys: list[str] = []

    @property
    def waiting(self) -> bool:
        return bool(self._keys)

    def press(self, key: str) -> None:
        self._keys = [*self._keys[:1], key]  # the first one, and whether it has company

    def forget(self) -> None:
        self._keys = []

    def settle(self) -> None:
        keys, self._keys = self._keys, []
        if len(keys) == 1:
            self._alone(keys[0])
        elif keys:
            self._scanned()
