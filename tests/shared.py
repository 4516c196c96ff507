"""Where the official material lies that may not be committed: `$POKLADNA_SHARED`, or `../shared` beside the project."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared(relative: str) -> Path:
    """The path of one shared file; skips the calling test with a reason when the material is not there."""
    base = Path(os.environ.get("POKLADNA_SHARED") or ROOT.parent / "shared")
    path = base / relative
    if not path.exists():
        pytest.skip(f"{relative} is not in {base} (set POKLADNA_SHARED)")
    return path
