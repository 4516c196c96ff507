"""What the witnesses say, read from outside: the till's database file, the seller's book, the sandbox's ledger."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from appliance.eet.sandbox import read_ledger
from script.lib.faults.seller import Sold, read_lines, sold_in


@dataclass(frozen=True)
class Record:
    """One sale as the till has it. `issued` is the Data its receipt was issued with, by the journal."""

    doc_id: str
    number: str
    haler: int
    dialect: str
    data: Mapping[str, str]
    issued: Mapping[str, str]
    state: str
    code: str
    reason: str


@dataclass(frozen=True)
class Code:
    """A `receipt_fiscalised` row of the journal."""

    doc_id: str
    code: str
    uuid: str
    first: bool


@dataclass(frozen=True)
class Answer:
    """What came back for one message, as it was kept."""

    doc_id: str
    at: str
    raw: bytes | None


@dataclass(frozen=True)
class Witnesses:
    """`receipts` counts all of the till, `answers` is by the message's uuid, `ledger` is the sandbox's report."""

    sold: list[Sold]
    receipts: int
    records: list[Record]
    codes: list[Code]
    answers: Mapping[str, Answer]
    ledger: Mapping[str, Any]


def hear(*, till: Path, sold: Path, eet: Path) -> Witnesses:
    """All of them, when nobody writes any more. `till` is the database file, `eet` the sandbox's folder."""
    with closing(_open(till)) as db:
        records = [_record(*row) for row in db.execute(_RECORDS)]
        codes = [
            Code(body["receipt_doc_id"], body["code"], body["uuid"], body["first"])
            for (text,) in db.execute("SELECT body FROM journal WHERE kind = 'receipt_fiscalised' ORDER BY row")
            for body in [json.loads(text)]
        ]
        attempts = db.execute("SELECT uuid, doc_id, at, answer FROM fiscal_attempt")
        answers = {uuid: Answer(doc_id, at, raw) for uuid, doc_id, at, raw in attempts}
        ((receipts,),) = db.execute("SELECT count(*) FROM receipt")
    return Witnesses(sold_in(read_lines(sold)), receipts, records, codes, answers, read_ledger(eet))


def states(till: Path) -> dict[str, int]:
    """How many records there are of each state."""
    with closing(_open(till)) as db:
        return dict(db.execute("SELECT state, count(*) FROM fiscal_record GROUP BY state"))


_RECORDS = """
    SELECT f.doc_id, f.number, r.paid, f.dialect, f.data, j.body, f.state, f.code, f.reason
    FROM fiscal_record f JOIN receipt r USING (doc_id) JOIN journal j ON j.row = r.row
    ORDER BY f.number
"""


def _record(*row: str) -> Record:
    doc_id, number, haler, dialect, data, issued, state, code, reason = row
    frozen = json.loads(issued)["fiscal"] or {"data": {}}
    return Record(doc_id, number, int(haler), dialect, json.loads(data), frozen["data"], state, code, reason)


def _open(till: Path) -> apsw.Connection:
    """The pinned SQLite, as a reader only: the till's processes are at work on the same file."""
    db = apsw.Connection(str(till), flags=apsw.SQLITE_OPEN_READONLY)
    db.set_busy_timeout(5000)
    return db
