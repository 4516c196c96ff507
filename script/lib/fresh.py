"""Proves the commands of README.md in roots of Debian 12 and 13 that hold git, python3 and ca-certificates, no more.

Each case is a suite and a kind of user: root; a user with passwordless sudo; a user without. The last one must be told
what is missing, and the very command printed is then run as root. The project comes in as a git clone of HEAD.
Roots, processes and mounts are gone afterwards; base tarballs stay in build/fresh, logs in build/fresh/log.
"""

import argparse
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from script.lib import machine

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build" / "fresh"
SUITES = ["bookworm", "trixie"]
USERS = ["root", "sudo", "none"]
PACKAGES = ["git", "python3", "ca-certificates"]
SETUP_AGAIN_S_MAX = 10
QUICK = {"setup": "script/setup", "help": ".venv/bin/pokladna --help"}
FULL = {"demo": "script/demo --headless --receipts 5 --seed 1 --out /tmp/demo-out", "test": "script/test"}

# Runs as the first process of its own mount and pid namespace: when it ends, its mounts and processes are gone.
ENTER = """
set -e
root=$1; shift
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
hostname fresh
status=0
chroot "$@" || status=$?
exit $status
"""


class Failed(Exception):
    """A step did not do what the README promises."""


@dataclass(frozen=True)
class Step:
    suite: str
    user: str
    name: str
    seconds: float
    good: bool


def base_tarball(suite: str) -> Path:
    """Made once per suite, package list and machine's sources."""
    sources = machine.apt_sources(suite)
    key = hashlib.sha256(" ".join([sources, *PACKAGES]).encode()).hexdigest()[:12]
    tarball = BUILD / f"{suite}-{key}.tar"
    if not tarball.exists():
        print(f"fresh: making the base of {suite}", flush=True)
        BUILD.mkdir(parents=True, exist_ok=True)
        options = BUILD / "apt.conf"
        options.write_text(machine.apt_options())
        unfinished = tarball.with_suffix(".partial")
        command = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=tar"]
        command += [f"--include={','.join(PACKAGES)}", f"--aptopt={options}", suite, str(unfinished), "-"]
        subprocess.run(command, input=sources, text=True, check=True)
        unfinished.rename(tarball)
    return tarball


class Root:
    """An unpacked system, and the way to run something in it."""

    def __init__(self, path: Path, log: IO[str]) -> None:
        self.path = path
        self.log = log

    def run(self, command: str, *, user: str, folder: str = "/") -> tuple[int, str]:
        """Exit code and output of a shell command as `user`, with a clean environment and no stdin."""
        home = f"/home/{user}" if user != "root" else "/" + user
        variables = {"HOME": home, "USER": user, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        variables |= machine.environment(self.path)
        enter = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--propagation=private"]
        enter += ["bash", "-c", ENTER, "enter", str(self.path), f"--userspec={user}:{user}", str(self.path)]
        shell = f"cd {folder} && {command}"
        self.log.write(f"\n$ {user}: {shell}\n")
        self.log.flush()
        done = subprocess.run(
            [*enter, "/bin/bash", "-c", shell],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        self.log.write(done.stdout)
        self.log.write(f"\n$ exit {done.returncode}\n")
        self.log.flush()
        return done.returncode, done.stdout

    def must(self, command: str, *, user: str, folder: str = "/") -> str:
        code, text = self.run(command, user=user, folder=folder)
        if code != 0:
            tail = "\n".join(text.splitlines()[-30:])
            raise Failed(f"{user}: {command}: exit {code}\n{tail}")
        return text


class Case:
    """One kind of user on one suite, from the clone to the last command."""

    def __init__(self, suite: str, kind: str, root: Root) -> None:
        self.suite = suite
        self.kind = kind
        self.root = root
        self.user = "root" if kind == "root" else "shop"
        self.folder = ("/" + self.user if self.user == "root" else f"/home/{self.user}") + "/pokladna"
        self.steps: list[Step] = []

    def play(self, commands: dict[str, str]) -> None:
        self.prepare()
        if self.kind == "none":
            self.time("told what is missing", self.setup_names_what_is_missing)
        for number, (name, command) in enumerate(commands.items()):
            self.time(name, partial(self.root.must, command, user=self.user, folder=self.folder))
            if number == 0:
                self.set_up_again()

    def set_up_again(self) -> None:
        self.time("setup again", partial(self.root.must, "script/setup", user=self.user, folder=self.folder))
        if self.steps[-1].seconds > SETUP_AGAIN_S_MAX:
            raise Failed(f"the second script/setup took more than {SETUP_AGAIN_S_MAX} s")

    def prepare(self) -> None:
        machine.lend_files(self.root.path)
        bundle = self.root.path / "tmp" / "pokladna.bundle"
        subprocess.run(["git", "-C", PROJECT, "bundle", "create", "--quiet", bundle, "HEAD"], check=True)
        if self.user != "root":
            self.root.must(f"useradd --create-home --shell /bin/bash {self.user}", user="root")
        if self.kind == "sudo":
            self.root.must("apt-get update -q && apt-get install -qy --no-install-recommends sudo", user="root")
            rule = f"{self.user} ALL=(ALL) NOPASSWD: ALL"
            self.root.must(f"echo '{rule}' >/etc/sudoers.d/shop && chmod 440 /etc/sudoers.d/shop", user="root")
        self.root.must(f"git clone -q /tmp/pokladna.bundle {self.folder}", user=self.user)

    def setup_names_what_is_missing(self) -> None:
        code, text = self.root.run("script/setup", user=self.user, folder=self.folder)
        advice = re.search(r"^\s*(apt-get update && apt-get install .*)$", text, re.M)
        if code != 1 or advice is None:
            raise Failed(f"script/setup without sudo: exit {code}, and no apt-get command in\n{text}")
        self.root.must(f"DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND; {advice[1]}", user="root")

    def time(self, name: str, action: Callable[[], object]) -> None:
        started = time.monotonic()
        good = False
        try:
            action()
            good = True
        finally:
            step = Step(self.suite, self.kind, name, time.monotonic() - started, good)
            self.steps.append(step)
            print(
                f"fresh: {self.suite:<9} {self.kind:<5} {name:<22} {step.seconds:6.1f} s  {'ok' if good else 'FAILED'}",
                flush=True,
            )


def play_case(suite: str, kind: str, commands: dict[str, str]) -> bool:
    """True if everything went as promised; the root is removed either way."""
    tarball = base_tarball(suite)
    log_path = BUILD / "log" / f"{suite}-{kind}.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix=f"{suite}-{kind}-", dir=BUILD))
    try:
        path.chmod(0o755)
        subprocess.run(["tar", "-xpf", tarball, "-C", path, "--numeric-owner", "--exclude=./dev/*"], check=True)
        with log_path.open("w") as log:
            Case(suite, kind, Root(path, log)).play(commands)
    except Failed as failed:
        print(f"fresh: {failed}\nfresh: all of it is in {log_path.relative_to(PROJECT)}", file=sys.stderr)
        return False
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", path], check=True)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="script/fresh", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--suite", nargs="+", choices=SUITES, default=SUITES)
    parser.add_argument("--user", nargs="+", choices=USERS, default=USERS)
    parser.add_argument("--quick", action="store_true", help="only script/setup and pokladna --help")
    parser.add_argument("--command", help="run script/setup and this, instead of the README's commands")
    arguments = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        sys.exit("script/fresh makes Debian roots: it needs root and the Debian package mmdebstrap")
    head = subprocess.run(
        ["git", "-C", PROJECT, "log", "-1", "--format=%h %s"], capture_output=True, text=True, check=True
    )
    print(f"fresh: HEAD is {head.stdout.strip()}; what is not committed is not tried", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the root in use is removed
    commands = QUICK if arguments.quick else FULL
    if arguments.command:
        commands = {"setup": "script/setup", "command": arguments.command}
    results = [play_case(suite, user, commands) for suite in arguments.suite for user in arguments.user]
    print(f"fresh: {sum(results)} of {len(results)} cases good")
    sys.exit(0 if all(results) else 1)


main()
