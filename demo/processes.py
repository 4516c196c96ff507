"""Programs of the shop as child processes: started, waited for, killed, started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0


class DemoFailed(Exception):
    """The demo cannot go on; one sentence."""


class Process:
    """One program with its log file; `restart` starts it again after a kill."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        ready_file: Path | None = None,
    ) -> None:
        self.name = name
        self._command = list(command)
        self.log = log
        self._environment = {**os.environ, **(environment or {})}
        self._ready_file = ready_file
        self._child: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def replace_argument(self, option: str, value: str) -> None:
        """Another value of an option from the next start on."""
        self._command[self._command.index(option) + 1] = value

    def start(self) -> None:
        """Start and wait until it says it is ready, where it can say so."""
        self.starts += 1
        if self._ready_file:
            self._ready_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        if self._ready_file:
            self.wait_for(lambda: self._ready_file is not None and self._ready_file.exists(), "did not get ready")

    def wait_for(self, condition: Callable[[], bool], what: str, *, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until the condition holds. Raises DemoFailed when the process ends or the time is over."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if not self.running:
                raise DemoFailed(f"{self.name} ended by itself; see {self.log}")
            if time.monotonic() > deadline:
                raise DemoFailed(f"{self.name} {what} within {timeout_s:.0f} s; see {self.log}")
            time.sleep(0.02)

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def kill(self) -> None:
        """kill -9, as the hard way to die at any moment."""
        if self._child is not None and self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()

    def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            self._child.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()


def run(command: Sequence[str], log: Path) -> str:
    """Run a short command to its end; its standard output. Raises DemoFailed."""
    done = subprocess.run(list(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    with log.open("a") as file:
        file.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
    if done.returncode:
        raise DemoFailed(f"{' '.join(command[:4])} … failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


def pokladna(*arguments: str) -> list[str]:
    """The till's command, run by this very Python."""
    return [sys.executable, "-m", "appliance", *arguments]
