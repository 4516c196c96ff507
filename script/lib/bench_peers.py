"""The environment of the libraries that benchmarks compare with: .venv-bench, away from the till and its tests."""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "bench.txt"
HOME = ROOT / ".venv-bench"


def peers_python() -> Path:
    """Python of that environment, which is made when it is missing or its lock has changed."""
    python, stamp = HOME / "bin" / "python", HOME / "stamp"
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode() + str(ROOT).encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    print("bench: making .venv-bench with the libraries to compare with", file=sys.stderr)
    _run(sys.executable, "-m", "venv", "--clear", str(HOME))
    _run(str(python), "-m", "pip", "install", "-qq", "--no-input", "--require-hashes", "-r", str(LOCK))
    stamp.write_text(wanted)
    return python


def _run(*command: str) -> None:
    """A step whose own messages go to stderr: stdout belongs to the benchmark's report."""
    subprocess.run(command, stdout=sys.stderr, check=True)
