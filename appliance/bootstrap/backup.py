"""Backups of the till's database, and a till that goes on from one."""

import os
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from appliance.bootstrap.shop import DATABASE_FILE, SetupError, new_epoch, new_id
from appliance.config import Config
from appliance.domain.clock import iso
from appliance.service.backup import BackupPlan
from appliance.service.errors import Refused
from appliance.service.restore import go_on
from appliance.store import backup, journal
from appliance.store.backup import BackupContent, BackupFailed, BackupUnreadable
from appliance.store.db import Store, StoreError
from appliance.store.migrations import STEPS
from appliance.wake import Waker

PROCESSES = ("ui", "print", "sync")


def backup_plan(config: Config) -> BackupPlan:
    return BackupPlan(tuple(config.paths.data / folder for folder in config.backup.folders), config.backup.kept)


@dataclass(frozen=True)
class Restored:
    """`series`: of the receipts from now on. `aside`: where the replaced database is, None if there was none."""

    content: BackupContent
    series: str
    aside: Path | None


def restore_backup(config: Config, file: Path, *, letters: str, now: datetime) -> Restored:
    """The backup in the place of the till's database, which is kept beside it. Raises SetupError: all is as it was."""
    running = [name for name in PROCESSES if Waker(config.paths.run).is_heard(name)]
    if running:
        raise SetupError(f"the till is running: stop {' and '.join(f'pokladna-{name}' for name in running)} first")
    database = config.paths.data / DATABASE_FILE
    draft = database.with_name(f"{DATABASE_FILE}.new")
    _remove(draft)
    try:
        content = _readable(file)
        _refuse_other_tills(file, content, database)
        config.paths.data.mkdir(parents=True, exist_ok=True)
        backup.copy_database(file, draft)
        series = _gone_on(draft, database, content, letters=letters, at=iso(now))
        aside = _kept_aside(database, stamp=f"{now:%Y%m%d-%H%M%S}")
        draft.replace(database)
        _to_disk(config.paths.data)
    except (BackupUnreadable, BackupFailed) as error:
        raise SetupError(str(error)) from error
    except StoreError as error:
        raise SetupError(f"{file} cannot be used: {error}") from error
    finally:
        _remove(draft)
    return Restored(content, series, aside)


def _readable(file: Path) -> BackupContent:
    if not file.is_file():
        raise SetupError(f"{file}: there is no such file")
    content = backup.look_at(file)
    if content.schema > len(STEPS):
        raise SetupError(f"{file} was made by a newer program: upgrade this till first")
    return content


def _refuse_other_tills(file: Path, content: BackupContent, database: Path) -> None:
    """A stick may have been at several tills. A database that cannot be read, or that was only begun, is replaced."""
    try:
        here = backup.look_at(database)
    except BackupUnreadable:
        return
    if here.till_id != content.till_id and here.head_seq > 1:
        raise SetupError(
            f"{file} is the backup of another till ({content.prefix}, {content.till_id}), this one is {here.prefix}: "
            "to make this device that till, begin with pokladna factory-reset"
        )


def _gone_on(draft: Path, database: Path, content: BackupContent, *, letters: str, at: str) -> str:
    """The new epoch in the draft, which is one whole file afterwards."""
    store = Store(draft)
    with closing(store):
        known = backup.series_in(database, till_id=content.till_id) if database.exists() else ()
        with store.fact() as tables:
            for series in known:  # what was begun after the backup is not begun again
                journal.use_series(tables, series, "")
        try:
            series = go_on(store, new_id=new_id, epoch=new_epoch(), at=at, letters=letters.upper())
        except Refused as error:
            raise SetupError(f"the receipt series {letters} was used before, or is none: name another") from error
        store.checkpoint(truncate=True)
    descriptor = os.open(draft, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    return series


def _kept_aside(database: Path, *, stamp: str) -> Path | None:
    """The replaced database under another name; it also stays where it is until the new one takes its place."""
    if not database.exists():
        return None
    aside = database.with_name(f"{database.name}.replaced-{stamp}")
    for n in count(2):  # a technician in a hurry: none is written over
        if not aside.exists():
            break
        aside = database.with_name(f"{database.name}.replaced-{stamp}-{n}")
    try:
        with closing(Store(database)) as store:
            store.checkpoint(truncate=True)
    except StoreError:
        pass  # it may be damaged: that is why it is replaced
    for ending in ("-wal", "-shm"):
        log = database.with_name(database.name + ending)
        if log.exists():
            log.replace(aside.with_name(aside.name + ending))
    os.link(database, aside)
    return aside


def _remove(draft: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_found(database: Path) -> Store:
    """The database of another card, looked at as it is: no epoch is opened on it. Raises SetupError."""
    try:
        backup.look_at(database)
        return Store(database)
    except (BackupUnreadable, StoreError) as error:
        raise SetupError(f"{database} cannot be used: {error}") from error
