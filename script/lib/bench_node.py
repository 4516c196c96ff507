"""The node packages that benchmarks compare with, installed from their lock when they are missing or it has changed."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAMP = ".stamp"


def node_folder(name: str) -> Path:
    """bench/NAME with its node_modules. Ends with a sentence when node or npm is missing."""
    folder = ROOT / "bench" / name
    if not (shutil.which("node") and shutil.which("npm")):
        sys.exit("bench: node and npm are needed for the peer; on Debian: apt-get install nodejs npm")
    modules, wanted = folder / "node_modules", hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if not (modules / STAMP).exists() or (modules / STAMP).read_text() != wanted:
        print(f"bench: installing the packages of bench/{name}", file=sys.stderr)
        command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=folder, stdout=sys.stderr, check=True)
        (modules / STAMP).write_text(wanted)
    return folder
