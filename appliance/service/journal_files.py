"""The whole journal as one file, out and in: for an archive, and for what stands on a card that was found."""

import errno
import gzip
import hashlib
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from appliance.domain.journal import Row
from appliance.service import incoming
from appliance.service.errors import Refused
from appliance.service.incoming import FROM_CARD, Source, TakenIn
from appliance.service.shop import Shop
from appliance.store import journal
from appliance.store.tables import Tables

FORMAT = "pokladna-journal"
VERSION = 1
BATCH_ROWS = 500
LINE_BYTES_MAX = 4 * 1024 * 1024  # a row of the largest body, with every character escaped


class JournalFileRefused(Exception):
    """One sentence for the technician."""


@dataclass(frozen=True)
class JournalFile:
    till_id: str
    prefix: str
    rows: int


def export_journal(tables: Tables, path: Path, *, at: str) -> JournalFile:
    """Every row of every epoch, gzipped JSON lines between a header and a last line with count and SHA-256. The file
    appears when it is whole and on disk; when that fails nothing is left of it. Raises OSError."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "this is a folder: name a file in it", str(path))
    till = journal.the_till(tables)
    part = path.with_name(path.name + ".part")
    try:
        count = _write_whole(tables, part, till, at=at)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return JournalFile(till.till_id, till.prefix, count)


def _write_whole(tables: Tables, path: Path, till: journal.Till, *, at: str) -> int:
    digest, count = hashlib.sha256(), 0
    with path.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
            header = {"format": FORMAT, "v": VERSION, "till_id": till.till_id, "prefix": till.prefix, "made_at": at}
            file.write(_line(header))
            for row in _every_row(tables):
                line = _line(_columns(row))
                digest.update(line)
                file.write(line)
                count += 1
            file.write(_line({"rows": count, "sha256": digest.hexdigest()}))
        raw.flush()
        os.fsync(raw.fileno())
    return count


def check_file(path: Path, till: journal.Till) -> bool:
    """Read it all without keeping anything. Returns whether it goes on where the till's own epoch ends. Raises
    JournalFileRefused, OSError."""
    digest, beyond, till_id = hashlib.sha256(), False, till.till_id
    lines = _lines(path)
    header = _parsed(next(lines, b""), path)
    if header.get("format") != FORMAT:
        raise JournalFileRefused(f"{path} is no exported journal")
    if header.get("v") != VERSION:
        raise JournalFileRefused(f"{path} was made by a newer program: upgrade this till first")
    if header.get("till_id") != till_id:
        raise JournalFileRefused(
            f"{path} is the journal of another till ({header.get('prefix')}, {header.get('till_id')}), not of this one"
        )
    for count, line in enumerate(lines):
        parsed = _parsed(line, path)
        if "sha256" in parsed:
            if (parsed.get("rows"), parsed["sha256"]) != (count, digest.hexdigest()) or next(lines, b""):
                break
            return beyond
        beyond |= incoming.is_beyond(till, _checked_row(parsed, path, till_id=till_id))
        digest.update(line)
    raise JournalFileRefused(f"{path} is not whole: copy it again")


def import_journal(shop: Shop, path: Path, *, new_epoch: Callable[[], str]) -> Iterator[TakenIn]:
    """Its rows under their old epochs, in short steps; after each, what came of all so far. What is here already is
    passed over, so an interrupted import is simply begun again. Raises JournalFileRefused, OSError.

    Where this database is an older copy of the card's, the till first goes on in a new epoch, as after a restore.
    """
    till = journal.the_till(shop.tables)
    till_id = till.till_id
    if check_file(path, till):
        incoming.go_on_elsewhere(shop, new_epoch=new_epoch)
    rows = _rows_in(path, till_id=till_id)
    done = TakenIn()
    while batch := list(islice(rows, BATCH_ROWS)):
        begun = time.monotonic()
        for step in incoming.take_in(shop, batch, Source(FROM_CARD, whole=True)):
            done += step
            yield done
            if step.new or step.again:
                incoming.rest(begun)
            begun = time.monotonic()
    shop.wake("sync", "ui")


def _every_row(tables: Tables) -> Iterator[Row]:
    for epoch in journal.epochs(tables):
        seq = 0
        while batch := journal.rows_of_epoch(tables, epoch, after_seq=seq, limit=BATCH_ROWS):
            yield from (stored.row for stored in batch)
            seq = batch[-1].row.seq


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _columns(row: Row) -> dict[str, Any]:
    return {
        "epoch": row.epoch,
        "seq": row.seq,
        "doc_id": row.doc_id,
        "kind": row.kind,
        "v": row.v,
        "at": row.at,
        "body": row.body,
        "prev_hash": row.prev_hash.hex(),
        "hash": row.hash.hex(),
    }


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            while line := file.readline(LINE_BYTES_MAX + 1):
                yield line
    except (gzip.BadGzipFile, zlib.error, EOFError, ValueError) as error:
        raise JournalFileRefused(f"{path} is not whole or no exported journal: {error}") from error


def _parsed(line: bytes, path: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise JournalFileRefused(f"{path} is no exported journal") from error
    if not isinstance(parsed, dict):
        raise JournalFileRefused(f"{path} is no exported journal")
    return parsed


def _checked_row(parsed: dict[str, Any], path: Path, *, till_id: str) -> Row:
    try:
        row = _row(parsed, till_id=till_id)
        incoming.check_row(row, till_id=till_id)
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, AssertionError, Refused) as error:
        where = f"{parsed.get('epoch')}/{parsed.get('seq')}"
        raise JournalFileRefused(f"{path}: row {where} was changed or damaged; nothing is taken from it") from error
    return row


def _row(parsed: dict[str, Any], *, till_id: str) -> Row:
    texts = {name: str(parsed[name]) for name in ("epoch", "doc_id", "kind", "at", "body")}
    return Row(
        till_id=till_id,
        seq=int(parsed["seq"]),
        v=int(parsed["v"]),
        prev_hash=bytes.fromhex(parsed["prev_hash"]),
        hash=bytes.fromhex(parsed["hash"]),
        **texts,
    )


def _rows_in(path: Path, *, till_id: str) -> Iterator[Row]:
    lines = _lines(path)
    next(lines)
    for line in lines:
        parsed = _parsed(line, path)
        if "sha256" in parsed:
            return
        yield _checked_row(parsed, path, till_id=till_id)
