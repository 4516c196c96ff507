import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from tests.shared import ROOT


def test_it_says_when_it_is_ready_serves_both_ports_and_ends_on_sigterm(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "drivers.virtual", "--dir", str(tmp_path / "printer"), "--port", "0"]
    command += ["--page-port", "0", "--width-chars", "32", "--ready-file", str(ready)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 60)[0], "it never became ready"
        line = process.stdout.readline()
        host, port, page_port = _wait_for(ready).split()
        assert line.startswith(f"virtual printer ready on {host}:{port}, ")
        with socket.create_connection((host, int(port)), timeout=20) as wire:
            wire.sendall(b"x" * 33 + b"\n\x1dV\x00\x1dr\x01")
            assert wire.recv(1) == b"\x00"
        with urlopen(f"http://{host}:{page_port}/", timeout=20) as answer:
            assert answer.status == 200
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(30) == 0
    assert (tmp_path / "printer/paper/0001.txt").read_text() == "x" * 32 + "\nx\n"
    assert (tmp_path / "printer/paper/0001.png").exists()


def test_a_taken_port_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "drivers.virtual", "--dir", str(tmp_path), "--port", port, "--page-port", "0"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1


def _wait_for(ready: Path) -> str:
    """The ready line is printed just before the file is there."""
    for _ in range(1000):
        if ready.exists():
            break
        select.select([], [], [], 0.02)
    return ready.read_text()
