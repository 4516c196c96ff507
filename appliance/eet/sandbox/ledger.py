"""What the sandbox has accepted: JSON lines, each on disk before its code is given out, so a kill loses nothing."""

import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.eet.message import DialectSpec, Header, sale_key


class Ledger:
    """Safe for several threads; the file is closed by `close`."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._sales: dict[tuple[str, ...], dict[str, Any]] = {}
        self._accepted = 0
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        lines, ends_at = _whole_lines(path.read_bytes())
        # A line torn by a kill never had its code given out.
        os.truncate(self._file, ends_at)
        for line in lines:
            self._count(json.loads(line))

    def accept(self, data: Mapping[str, str], *, dialect: DialectSpec, header: Header, code: str, at: datetime) -> None:
        """Record one accepted message; every message gets its own line and code, also a repeat."""
        entry = {
            "at": at.isoformat(),
            "dialect": dialect.name.value,
            "sale_key": sale_key(data, dialect=dialect),
            "code": code,
            "uuid": header.uuid_zpravy,
            "first_send": header.prvni_zaslani,
            "data": dict(data),
        }
        line = json.dumps(entry).encode("ascii") + b"\n"
        with self._lock:
            written = os.write(self._file, line)
            assert written == len(line), "the disk of the sandbox is full"
            os.fdatasync(self._file)
            self._count(entry)

    def report(self) -> dict[str, Any]:
        """Distinct sales with all their codes.

        `count` and `sum_haler` are over distinct sales, `accepted` counts messages. Each sale has its Data, `haler`,
        `times`, `first_sends` (messages that said prvni_zaslani), and per message `codes`, `uuids`, `accepted_at`.
        """
        with self._lock:
            sales = [
                {name: list(value) if isinstance(value, list) else value for name, value in sale.items()}
                for sale in self._sales.values()
            ]
            return {
                "count": len(sales),
                "sum_haler": sum(sale["haler"] for sale in sales),
                "accepted": self._accepted,
                "sales": sales,
            }

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            os.close(self._file)

    def _count(self, entry: Mapping[str, Any]) -> None:
        key = (entry["dialect"], *entry["sale_key"])
        start = {
            "dialect": entry["dialect"],
            **entry["data"],
            "haler": _haler(entry["data"]["celk_trzba"]),
            "times": 0,
            "first_sends": 0,
            "codes": [],
            "uuids": [],
            "accepted_at": [],
        }
        sale = self._sales.setdefault(key, start)
        sale["times"] += 1
        sale["first_sends"] += int(entry["first_send"])
        sale["codes"].append(entry["code"])
        sale["uuids"].append(entry["uuid"])
        sale["accepted_at"].append(entry["at"])
        self._accepted += 1


def _whole_lines(content: bytes) -> tuple[list[bytes], int]:
    """The lines that were written to their end, and where the last of them ends."""
    ends_at = content.rfind(b"\n") + 1
    return content[:ends_at].splitlines(), ends_at


def _haler(amount: str) -> int:
    """Haléře of an amount the schema allows: exactly two decimals."""
    return int(amount.replace(".", ""))
