"""What the sandbox has accepted: JSON lines, each on disk before its code is given out, so a kill loses nothing."""

import json
import os
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.eet.codes import ControlCodes
from appliance.eet.message import DialectSpec, Header, sale_key

LEDGER_FILE = "ledger.jsonl"


class Ledger:
    """Safe for several threads; the file is closed by `close`."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        content = path.read_bytes()
        # A line torn by a kill never had its code given out.
        os.truncate(self._file, content.rfind(b"\n") + 1)
        self._book = _Book(content)

    def accept(
        self,
        data: Mapping[str, str],
        *,
        dialect: DialectSpec,
        header: Header,
        code: str,
        at: datetime,
        codes: ControlCodes | None = None,
    ) -> None:
        """Record one accepted message; every message gets its own line and code, also a repeat."""
        entry = {
            "at": at.isoformat(),
            "dialect": dialect.name.value,
            "sale_key": sale_key(data, dialect=dialect),
            "code": code,
            "uuid": header.uuid_zpravy,
            "first_send": header.prvni_zaslani,
            "data": {**data, **({"bkp": codes.bkp} if codes else {})},
        }
        with self._lock:
            self._write(entry)
            os.fdatasync(self._file)
            self._book.accept(entry)

    def count_verified(self) -> None:
        """One message in verification mode was found right."""
        self._count("verified", "")

    def count_refused(self, code: str) -> None:
        """One message was answered with this error code, or with a `fault` of SOAP."""
        self._count("refused", code)

    def count_fault(self, label: str) -> None:
        """One entry of the fault script was applied."""
        self._count("faults", label)

    def report(self) -> dict[str, Any]:
        """Everything, as a snapshot.

        Over messages: `accepted`, `verified`, `refused` by code, `faults` by their name in the script.
        Over distinct sales: `count` and `sum_haler`; `repeats` is what was accepted beyond the first message of each,
        `unmarked_repeats` those of them that claimed prvni_zaslani, `differing_repeats` those with another Data.
        `collisions`: what must be unique without the amount, and the amounts that came with it.
        `sales`: each with its Data (and `bkp`), `haler`, `times`, `first_sends` (messages that said prvni_zaslani), and
        per message `codes`, `uuids`, `accepted_at`.
        """
        with self._lock:
            return {**self._book.summary(), "sales": self._book.sales()}

    def summary(self) -> dict[str, Any]:
        """The report without its sales."""
        with self._lock:
            return self._book.summary()

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            os.close(self._file)

    def _count(self, what: str, name: str) -> None:
        """Survives a kill, but not a power cut: nothing was promised to anybody."""
        with self._lock:
            self._write({"count": what, "name": name})
            self._book.count(what, name)

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry).encode("ascii") + b"\n"
        written = os.write(self._file, line)
        assert written == len(line), "the disk of the sandbox is full"


def read_ledger(directory: Path) -> dict[str, Any]:
    """The report on a sandbox's directory, which another process may be writing. Raises OSError."""
    book = _Book((directory / LEDGER_FILE).read_bytes())
    return {**book.summary(), "sales": book.sales()}


class _Book:
    """The lines of a ledger, counted."""

    def __init__(self, content: bytes) -> None:
        self._sales: dict[tuple[str, ...], dict[str, Any]] = {}
        self._amounts: dict[tuple[str, ...], list[str]] = {}
        self._accepted = self._unmarked = self._differing = self._sum_haler = 0
        self._counts = {"verified": Counter[str](), "refused": Counter[str](), "faults": Counter[str]()}
        for line in content[: content.rfind(b"\n") + 1].splitlines():
            entry = json.loads(line)
            if "count" in entry:
                self.count(entry["count"], entry["name"])
            else:
                self.accept(entry)

    def count(self, what: str, name: str) -> None:
        self._counts[what][name] += 1

    def accept(self, entry: Mapping[str, Any]) -> None:
        key = (entry["dialect"], *entry["sale_key"])
        sale = self._sales.get(key)
        if sale is None:
            sale = self._sales[key] = _new_sale(entry)
            self._sum_haler += sale["haler"]
            # The amount is the last value of the sale key in both dialects; the five before it must be unique.
            self._amounts.setdefault(key[:-1], []).append(key[-1])
        else:
            self._unmarked += entry["first_send"]
            self._differing += any(sale.get(name) != value for name, value in entry["data"].items())
        sale["times"] += 1
        sale["first_sends"] += int(entry["first_send"])
        sale["codes"].append(entry["code"])
        sale["uuids"].append(entry["uuid"])
        sale["accepted_at"].append(entry["at"])
        self._accepted += 1

    def summary(self) -> dict[str, Any]:
        return {
            "count": len(self._sales),
            "sum_haler": self._sum_haler,
            "accepted": self._accepted,
            "repeats": self._accepted - len(self._sales),
            "unmarked_repeats": self._unmarked,
            "differing_repeats": self._differing,
            "collisions": [
                {"dialect": key[0], "key": list(key[1:]), "celk_trzba": list(amounts)}
                for key, amounts in self._amounts.items()
                if len(amounts) > 1
            ],
            "verified": self._counts["verified"].total(),
            "refused": dict(self._counts["refused"]),
            "faults": dict(self._counts["faults"]),
        }

    def sales(self) -> list[dict[str, Any]]:
        return [
            {name: list(value) if isinstance(value, list) else value for name, value in sale.items()}
            for sale in self._sales.values()
        ]


def _new_sale(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dialect": entry["dialect"],
        **entry["data"],
        "haler": _haler(entry["data"]["celk_trzba"]),
        "times": 0,
        "first_sends": 0,
        "codes": [],
        "uuids": [],
        "accepted_at": [],
    }


def _haler(amount: str) -> int:
    """Haléře of an amount the schema allows: exactly two decimals."""
    return int(amount.replace(".", ""))
