"""What differs from one receipt printer to the next."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PrinterProfile:
    """One model of printer; the defaults are a generic 80 mm one.

    `code_page_number` is the n of ESC t under which the printer keeps `encoding` (a Python codec). `drawer_pin` is
    the pin of the drawer's connector that gets the pulse; the two times are of ESC p. `drawer_open_signal` tells what
    the connector's pin 3 reads while the drawer is open; None when the drawer has no such contact.
    """

    width_chars: int = 48
    code_page_number: int = 18
    encoding: str = "cp852"
    cutter: Literal["partial", "full", "none"] = "partial"
    tear_off_lines: int = 6
    drawer_pin: Literal[2, 5] = 2
    drawer_on_ms: int = 100
    drawer_off_ms: int = 500
    drawer_open_signal: Literal["high", "low"] | None = None
    # Printers made for China start in a double-byte mode that would eat Czech letters in pairs; FS . ends it.
    kanji_off: bool = True

    def __post_init__(self) -> None:
        for name in ("drawer_on_ms", "drawer_off_ms"):
            if not 2 <= getattr(self, name) <= 510:
                raise ValueError(f"{name} is {getattr(self, name)}, allowed are 2 to 510")


GENERIC_80_MM = PrinterProfile()
GENERIC_58_MM = PrinterProfile(width_chars=32, cutter="none")
