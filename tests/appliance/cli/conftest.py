"""The commands as a technician runs them: a settings file, a data folder, exit code and both outputs."""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from appliance.cli.app import app
from appliance.i18n import SOURCE_LANGUAGE, use_language


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def error_line(self) -> str:
        """What went wrong, which must be one line."""
        (line,) = self.err.strip().splitlines()
        return line


@dataclass
class Terminal:
    folder: Path

    @property
    def settings(self) -> Path:
        return self.folder / "pokladna.toml"

    def write_settings(self, more: str = "") -> None:
        paths = "\n".join(f"{name} = {json.dumps(str(self.folder / name))}" for name in ("data", "secret", "run"))
        self.settings.write_text(f"[paths]\n{paths}\n{more}", "utf-8")

    def run(self, *arguments: object) -> Ended:
        """Whatever happens, a command ends by itself: any exception but its exit fails the test."""
        command = ["--config", str(self.settings), *(str(each) for each in arguments)]
        result = CliRunner().invoke(app, command, catch_exceptions=False)
        assert "Traceback" not in result.output + result.stderr
        return Ended(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The commands set the process's umask, language and log; they are given back."""
    umask = os.umask(0o022)
    handlers, level = logging.root.handlers[:], logging.root.level
    made = Terminal(tmp_path)
    made.write_settings()
    yield made
    os.umask(umask)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    use_language(SOURCE_LANGUAGE)
