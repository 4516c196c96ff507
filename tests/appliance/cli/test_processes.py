"""The till's processes as systemd runs them: ready, and gone at SIGTERM; or one line that says why not."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.wake import WakeListener
from tests.appliance.cli.conftest import Terminal


@pytest.mark.parametrize("name", ["sync", "print"])
def test_a_process_gets_ready_and_ends_at_sigterm(terminal: Terminal, name: str) -> None:
    terminal.write_settings('[printer]\nhost = "127.0.0.1"\nport = 9\n')
    command = [sys.executable, "-m", "appliance", "--config", str(terminal.settings), name]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        seen = []
        for line in process.stderr:
            seen.append(line)
            if f"{name} ready" in line:
                process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, seen
    assert "Traceback" not in "".join(seen)
    assert any(f"{name} ready" in line for line in seen)


def test_printing_without_a_printer_says_which_setting_is_missing(terminal: Terminal) -> None:
    ended = terminal.run("print")
    assert (ended.code, "printer.host" in ended.error_line) == (1, True)


@pytest.mark.parametrize("setting", ["[eet]\ntls_ca_file", "[backoffice]\nca_file", "[eet]\nanswer_trust_files"])
def test_a_missing_file_of_certificates_is_named(terminal: Terminal, setting: str) -> None:
    missing = terminal.folder / "no-ca.pem"
    value = f'["{missing}"]' if setting.endswith("files") else f'"{missing}"'
    terminal.write_settings(f"{setting} = {value}\n")
    ended = terminal.run("sync")
    assert (ended.code, str(missing) in ended.err.splitlines()[-1]) == (1, True)


def test_a_second_process_of_the_same_name_is_refused_in_one_line(terminal: Terminal) -> None:
    first = WakeListener(terminal.folder / "run", "sync")
    ended = terminal.run("sync")
    first.close()
    assert (ended.code, "running already" in ended.error_line) == (1, True)


def test_a_screen_without_a_display_is_refused_in_one_line(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    if any(Path("/dev/dri").glob("card*")):
        pytest.skip("this machine has a display of its own")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    ended = terminal.run("ui")
    assert (ended.code, "no display" in ended.error_line) == (1, True)
