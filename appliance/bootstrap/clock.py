"""The one clock of the till's processes (sync.md §8): what the machine says, what was kept, and what counts."""

import contextlib
import ctypes
import fcntl
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.bootstrap.durable import write_public
from appliance.domain.clock import (
    NTP,
    BootClock,
    Machine,
    clock_at_boot,
    counted,
    is_verified,
    may_be_past,
    moment,
    parse_iso,
    true_source,
)
from appliance.domain.receipt import ClockState
from appliance.service.clock import Correction

BOOT_FILE = "clock-boot.json"  # the BootClock of this start, for all processes
SAVED_FILE = "clock-saved"  # the time the daemon kept last
LOCK_FILE = "clock.lock"
BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
RTC_FILE = Path("/sys/class/rtc/rtc0/since_epoch")
TIME_ERROR = 5  # linux/timex.h: the clock is not synchronised
TIMEX_BYTES = 512  # more than struct timex has
UP_MS_MAX = 100 * 366 * 86_400_000

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Kernel:
    """The machine this runs on. `look` reads its RTC too, which may take milliseconds."""

    boot: str

    @classmethod
    def of_this_machine(cls) -> "Kernel":
        return cls(BOOT_ID_FILE.read_text("ascii").strip())

    def __call__(self, *, rtc: bool) -> Machine:
        return Machine(
            boot=self.boot,
            up_ms=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
            wall=datetime.now(UTC),
            synchronised=_is_synchronised(),
            rtc=_rtc() if rtc else None,
        )


def _is_synchronised() -> bool:
    """adjtimex, read only."""
    buffer = ctypes.create_string_buffer(TIMEX_BYTES)  # zeroed: modes = 0 changes nothing
    return _libc.adjtimex(buffer) not in {-1, TIME_ERROR}


def _rtc() -> datetime | None:
    try:
        return datetime.fromtimestamp(int(RTC_FILE.read_text("ascii")), UTC)
    except (OSError, ValueError, OverflowError):
        return None


class SharedClock:
    """Time for one process; others with the same `folder` tell the same. Any thread may ask.

    `machine` is asked with `rtc=True` only where that matters. Selling is never refused: where nothing can be kept on
    disk, each process counts for itself.
    """

    def __init__(
        self,
        folder: Path,
        *,
        zone: ZoneInfo,
        machine: Callable[..., Machine],
        last_document: Callable[[], datetime | None],
    ) -> None:
        self._folder = folder
        self._zone = zone
        self._machine = machine
        self._last_document = last_document
        self._kept: BootClock | None = None
        self._read_as: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def now(self) -> datetime:
        machine = self._machine(rtc=False)
        return moment(self._of(machine), machine).astimezone(self._zone)

    def state(self) -> ClockState:
        machine = self._machine(rtc=False)
        return ClockState.VERIFIED if is_verified(self._of(machine), machine) else ClockState.UNVERIFIED

    def unconfirmed(self) -> bool:
        machine = self._machine(rtc=False)
        kept = self._of(machine)
        return not (kept.confirmed or is_verified(kept, machine))

    def confirm(self, at: datetime) -> None:
        """Nothing changes where true time is known. Raises OSError."""
        kept = self._of(self._machine(rtc=False))  # made before the lock is taken
        with self._changing() as machine:
            kept = self._read() or kept
            if not kept.true_source:
                self._write(replace(kept, at=at, up_ms=machine.up_ms, confirmed=True))

    def correction(self) -> Correction | None:
        machine = self._machine(rtc=True)
        kept = self._of(machine)
        source = true_source(machine)
        if kept.true_source or not source or (source != NTP and kept.confirmed):
            return None  # what a person said outweighs an RTC that was found late, not NTP
        zone = self._zone
        return Correction(counted(kept, machine).astimezone(zone), machine.wall.astimezone(zone), source)

    def settle(self, correction: Correction) -> None:
        kept = self._of(self._machine(rtc=False))
        with self._changing() as machine:
            kept = self._read() or kept
            self._write(replace(kept, at=correction.after, up_ms=machine.up_ms, true_source=correction.source))

    def save(self) -> None:
        write_public(self._folder / SAVED_FILE, self.now().isoformat().encode())

    # ---- what all processes share

    def _of(self, machine: Machine) -> BootClock:
        """What counts since this start; made by whoever asks first."""
        kept = self._read()
        if kept is not None and kept.boot == machine.boot:
            return kept
        with self._lock:
            own = self._kept
            if own is None or own.boot != machine.boot:
                own = self._kept = self._begun()
            return own

    def _begun(self) -> BootClock:
        try:
            with self._changing() as machine:
                kept = self._read()
                if kept is None or kept.boot != machine.boot:
                    kept = clock_at_boot(machine, saved=self._saved(), last_document=self._last_document())
                    self._write(kept)
                return kept
        except OSError:
            machine = self._machine(rtc=True)
            return clock_at_boot(machine, saved=self._saved(), last_document=self._last_document())

    @contextmanager
    def _changing(self) -> Iterator[Machine]:
        """One process at a time. Raises OSError."""
        with (self._folder / LOCK_FILE).open("ab") as lock:
            with contextlib.suppress(OSError):  # another user's, whose lock we may take all the same
                (self._folder / LOCK_FILE).chmod(0o660)
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._machine(rtc=True)

    def _read(self) -> BootClock | None:
        """None when there is none, or one nobody can read. A file is read again only when it is another one."""
        path = self._folder / BOOT_FILE
        try:
            found = path.stat()
            read_as = (found.st_ino, found.st_mtime_ns)
            if read_as != self._read_as or self._kept is None:
                self._kept = _boot_clock(path.read_text("utf-8"))
                self._read_as = read_as
            return self._kept
        except (OSError, ArithmeticError, ValueError, LookupError, TypeError, AssertionError):
            return None

    def _write(self, kept: BootClock) -> None:
        content = {
            "boot": kept.boot,
            "at": kept.at.isoformat(),
            "up_ms": kept.up_ms,
            "true_source": kept.true_source,
            "confirmed": kept.confirmed,
        }
        write_public(self._folder / BOOT_FILE, json.dumps(content).encode())

    def _saved(self) -> datetime | None:
        try:
            return parse_iso((self._folder / SAVED_FILE).read_text("ascii").strip())
        except (OSError, ValueError, AssertionError):
            return None


def _boot_clock(text: str) -> BootClock:
    """Raises ValueError, among others, for what no till has written: every sale asks what time it is."""
    found = json.loads(text)
    kept = BootClock(
        str(found["boot"]),
        parse_iso(found["at"]),
        int(found["up_ms"]),
        true_source=str(found["true_source"]),
        confirmed=bool(found["confirmed"]),
    )
    if not kept.true_source and not (may_be_past(kept.at) and 0 <= kept.up_ms <= UP_MS_MAX):
        raise ValueError("no time of a till")
    return kept
