"""The fault script: what shall go wrong with how many messages. A seed gives the same faults in the same order again.

A script is a comma-separated list of `NAME=PROBABILITY` and, for faults that need a number, `NAME=VALUE[:PROBABILITY]`
(without a probability: always). Each message draws for every entry. Of those that hit, the first in the script happens;
`delay` and `slow` come on top of it.
"""

import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class FaultScriptInvalid(ValueError):
    """The script cannot be read; the message is one line."""


class FaultKind(StrEnum):
    """The names in a script."""

    # on top of any other
    DELAY = "delay"
    SLOW = "slow"
    # before the message is judged: nothing is recorded
    DROP_REQUEST = "drop-request"
    RESET = "reset"
    STATUS = "status"
    FAULT = "fault"  # of the server: temporary
    CLIENT_FAULT = "client-fault"  # of the message: for good
    ERROR = "error"
    # after it was judged: it may be recorded
    DROP_REPLY = "drop-reply"
    LATE_STATUS = "late-status"
    TRUNCATE = "truncate"
    GARBAGE = "garbage"
    UNSIGNED = "unsigned"
    ALTERED = "altered"
    WRONG_UUID = "wrong-uuid"
    FOREIGN_SIGNER = "foreign-signer"
    # of the renewal of certificates
    RENEWAL_DROP_REQUEST = "renewal-drop-request"
    RENEWAL_ERROR = "renewal-error"
    RENEWAL_DROP_REPLY = "renewal-drop-reply"


BEFORE_JUDGING = frozenset(
    {
        FaultKind.DROP_REQUEST,
        FaultKind.RESET,
        FaultKind.STATUS,
        FaultKind.FAULT,
        FaultKind.CLIENT_FAULT,
        FaultKind.ERROR,
    }
)
_ON_TOP = frozenset({FaultKind.DELAY, FaultKind.SLOW})
_RENEWAL = frozenset({FaultKind.RENEWAL_DROP_REQUEST, FaultKind.RENEWAL_ERROR, FaultKind.RENEWAL_DROP_REPLY})


@dataclass(frozen=True, slots=True)
class _Value:
    """What stands before the colon: its reader, its bounds and how they are said."""

    read: Callable[[str], float]
    lowest: float
    highest: float
    said: str


_SECONDS = _Value(float, 0, 3600, "seconds from 0 to 3600")
_HTTP_STATUS = _Value(int, 400, 599, "an HTTP status from 400 to 599")
_VALUES: Mapping[FaultKind, _Value] = {
    FaultKind.DELAY: _SECONDS,
    FaultKind.SLOW: _SECONDS,
    FaultKind.STATUS: _HTTP_STATUS,
    FaultKind.LATE_STATUS: _HTTP_STATUS,
    FaultKind.ERROR: _Value(int, -999, 999, "an EET code from -999 to 999"),
    FaultKind.RENEWAL_ERROR: _HTTP_STATUS,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of a script. `value` is 0 for the kinds that need none; `label` is what it is counted under."""

    kind: FaultKind
    value: float
    probability: float

    @property
    def label(self) -> str:
        return f"{self.kind}={self.value:g}" if self.kind in _VALUES else str(self.kind)


@dataclass(frozen=True, slots=True)
class Draw:
    """What happens to one message. `salt` is for whatever the fault needs chance for."""

    on_top: tuple[Fault, ...]
    fault: Fault | None
    salt: int


def parse_script(text: str) -> tuple[Fault, ...]:
    """Read a script; an empty one has no faults. Raises FaultScriptInvalid."""
    return tuple(_parse_entry(entry.strip()) for entry in text.split(",")) if text.strip() else ()


class Faults:
    """A script being played, one draw for each message. Safe for several threads."""

    def __init__(self, script: Iterable[Fault] = (), *, seed: int = 0) -> None:
        self.script = tuple(script)
        self._messages = _Dice([fault for fault in self.script if fault.kind not in _RENEWAL], f"messages {seed}")
        self._renewals = _Dice([fault for fault in self.script if fault.kind in _RENEWAL], f"renewals {seed}")

    def next_message(self) -> Draw:
        """For one message to the service."""
        return self._messages.draw()

    def next_renewal(self) -> Draw:
        """For one request to the renewal API; its draws do not disturb those of the messages."""
        return self._renewals.draw()


class _Dice:
    def __init__(self, entries: list[Fault], seed: str) -> None:
        self._entries = entries
        self._random = random.Random(seed)  # noqa: S311
        self._lock = threading.Lock()

    def draw(self) -> Draw:
        with self._lock:
            # Every entry costs one number whatever the others did, so that message n always sees the same numbers.
            hit = [fault for fault in self._entries if self._random.random() < fault.probability]
            salt = self._random.getrandbits(32)
        return Draw(
            on_top=tuple(fault for fault in hit if fault.kind in _ON_TOP),
            fault=next((fault for fault in hit if fault.kind not in _ON_TOP), None),
            salt=salt,
        )


def _parse_entry(entry: str) -> Fault:
    name, _, rest = entry.partition("=")
    try:
        kind = FaultKind(name.strip())
    except ValueError:
        raise FaultScriptInvalid(f"fault {entry!r}: the names are {', '.join(FaultKind)}") from None
    wanted = _VALUES.get(kind)
    if wanted is None:
        return Fault(kind, value=0, probability=_number(entry, rest, _PROBABILITY))
    value, colon, probability = rest.partition(":")
    return Fault(
        kind,
        value=_number(entry, value, wanted),
        probability=_number(entry, probability, _PROBABILITY) if colon else 1.0,
    )


_PROBABILITY = _Value(float, 0, 1, "a probability from 0 to 1")


def _number(entry: str, text: str, wanted: _Value) -> float:
    try:
        number = wanted.read(text)
    except ValueError:
        number = float("nan")
    if not wanted.lowest <= number <= wanted.highest:
        raise FaultScriptInvalid(f"fault {entry!r}: {text!r} is not {wanted.said}")
    return number
