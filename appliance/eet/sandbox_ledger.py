"""What the sandbox has accepted: one SQLite file, written before a code is given out, so a kill loses nothing."""

import json
import sqlite3
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.eet.message import Dialect, Header, sale_key

_SCHEMA = """
CREATE TABLE IF NOT EXISTS accepted (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    dialect TEXT NOT NULL,
    sale_key TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    uuid TEXT NOT NULL,
    first_send INTEGER NOT NULL,
    haler INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS accepted_sale_key ON accepted (dialect, sale_key);
"""


class Ledger:
    """Safe for several threads; the connection is closed by `close`."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # NORMAL outlives a killed process; only a power cut could take the last rows, and this is no tax office.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    def accept(self, data: Mapping[str, str], *, dialect: Dialect, header: Header, code: str, at: datetime) -> None:
        """Record one accepted message; every message gets its own row and code, also a repeat."""
        key = json.dumps(sale_key(data, dialect=dialect))
        row = (
            at.isoformat(),
            dialect.name,
            key,
            code,
            header.uuid_zpravy,
            int(header.prvni_zaslani),
            _haler(data["celk_trzba"]),
            json.dumps(dict(data)),
        )
        with self._lock:
            self._db.execute(
                "INSERT INTO accepted (at, dialect, sale_key, code, uuid, first_send, haler, data)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def report(self) -> dict[str, Any]:
        """Distinct sales with all their codes.

        `count` and `sum_haler` are over distinct sales, `accepted` counts messages; per sale `times`, `codes`, `uuids`,
        `first_sends` (messages that said prvni_zaslani), `accepted_at`, `celk_trzba` and the other key values.
        """
        with self._lock:
            rows = self._db.execute(
                "SELECT dialect, sale_key, code, uuid, first_send, haler, at, data FROM accepted ORDER BY id"
            ).fetchall()
        sales: dict[tuple[str, str], dict[str, Any]] = {}
        for dialect, key, code, uuid, first_send, haler, at, data in rows:
            sale = sales.setdefault(
                (dialect, key),
                {
                    "dialect": dialect,
                    **json.loads(data),
                    "haler": haler,
                    "times": 0,
                    "first_sends": 0,
                    "codes": [],
                    "uuids": [],
                    "accepted_at": [],
                },
            )
            sale["times"] += 1
            sale["first_sends"] += first_send
            sale["codes"].append(code)
            sale["uuids"].append(uuid)
            sale["accepted_at"].append(at)
        return {
            "count": len(sales),
            "sum_haler": sum(sale["haler"] for sale in sales.values()),
            "accepted": len(rows),
            "sales": list(sales.values()),
        }

    def close(self) -> None:
        """Give the file back."""
        with self._lock:
            self._db.close()


def _haler(amount: str) -> int:
    """Haléře of an amount the schema allows: exactly two decimals."""
    return int(amount.replace(".", ""))
