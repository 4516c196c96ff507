"""The till's database copied to other places: once a day, after each closing, or when a person asks."""

import os
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from appliance.domain.clock import iso
from appliance.service.errors import ServiceError
from appliance.service.shop import Shop
from appliance.store import backup, queues, sales
from appliance.store.backup import BackupFailed, BackupUnreadable

BACKUP_NOTE = "backup"  # {"at": of the last one, "shift": the last closing in it, "error": '' or why a folder has none}
NAME = re.compile(r"till-([0-9]{8}-[0-9]{6})\.db")
PART = ".part"
LEFT_BEHIND_S = 3600.0  # a draft that nobody has written to for so long was cut off
ROOM_LEFT_BYTES = 64 * 1024 * 1024  # what a copy must leave: the till sells on the same disk


@dataclass(frozen=True)
class BackupPlan:
    """`folders`: the first is made when it is missing; any other counts while it is there, like a stick. `kept`: how
    many stay in each."""

    folders: tuple[Path, ...]
    kept: int


@dataclass(frozen=True)
class BackupFile:
    path: Path
    made_at: str
    size_bytes: int


class NoBackup(ServiceError):
    """No folder took a copy; one sentence says why."""


def make_backup(shop: Shop, plan: BackupPlan) -> tuple[BackupFile, ...]:
    """A copy in every folder that is there, looked at and then named, so that a half one never is. Raises NoBackup
    when there is none at all."""
    now = shop.now()
    shift = sales.last_closed_shift(shop.tables)
    made: list[BackupFile] = []
    error = ""
    for n, folder in enumerate(plan.folders):
        if n and not folder.is_dir():
            continue
        try:
            made.append(_copy_into(shop, folder, now))
            _forget_old(folder, kept=plan.kept, now=now)
        except (OSError, BackupUnreadable, BackupFailed) as failure:
            error = error or f"{folder}: {failure}"
    if not made:
        raise NoBackup(error)
    with shop.mark() as tables:
        note = {"at": iso(now), "shift": shift.shift_id if shift else "", "error": error}
        queues.set_note(tables, BACKUP_NOTE, note, at=iso(now))
    return tuple(made)


def list_backups(folders: Sequence[Path]) -> tuple[BackupFile, ...]:
    """The newest first."""
    found = [_described(path) for folder in folders for path in _files(folder)]
    return tuple(sorted(found, key=lambda each: (each.made_at, str(each.path)), reverse=True))


def _copy_into(shop: Shop, folder: Path, now: datetime) -> BackupFile:
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    path = folder / f"till-{now:%Y%m%d-%H%M%S}.db"
    part = path.with_name(path.name + PART)
    _clear_away_drafts(folder)
    part.unlink(missing_ok=True)
    _check_room(shop.store.path, folder)
    try:
        backup.copy_database(shop.store.path, part)
        backup.look_at(part)
        _to_disk(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _to_disk(folder)
    return _described(path)


def _clear_away_drafts(folder: Path) -> None:
    """Those a power cut has left; one that is being written stays."""
    for draft in folder.glob(f"till-*.db{PART}*"):
        if abs(time.time() - draft.stat().st_mtime) > LEFT_BEHIND_S:
            draft.unlink(missing_ok=True)


def _check_room(database: Path, folder: Path) -> None:
    """Before anything is written: a copy that fills the disk would stop the sales. Raises BackupFailed."""
    free = shutil.disk_usage(folder).free
    missing = database.stat().st_size + ROOM_LEFT_BYTES - free
    if missing > 0:
        raise BackupFailed(f"the disk is too full for a copy, {-(-missing // 1_000_000)} MB more must be free")


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget_old(folder: Path, *, kept: int, now: datetime) -> None:
    """The oldest go, first of all those of a clock that was ahead: the one just made is the newest."""
    ahead = now.replace(tzinfo=None, microsecond=0)
    files = sorted(_files(folder), key=lambda path: ((_made_at(path) or ahead) <= ahead, path.name))
    for path in files[: -kept or None]:
        path.unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    """The oldest first."""
    return sorted(path for path in folder.glob("till-*.db") if _made_at(path)) if folder.is_dir() else []


def _described(path: Path) -> BackupFile:
    made = _made_at(path)
    assert made is not None
    return BackupFile(path, made.isoformat(" "), path.stat().st_size)


def _made_at(path: Path) -> datetime | None:
    """The till's own time in the name; None for a file that only looks like a backup."""
    match = NAME.fullmatch(path.name)
    try:
        return datetime.strptime(match.group(1), "%Y%m%d-%H%M%S") if match else None  # noqa: DTZ007 (of no zone)
    except ValueError:
        return None
