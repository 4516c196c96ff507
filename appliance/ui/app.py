"""The till's screen: `run_ui` shows it and returns when the window is closed.

Kivy reads its environment when it is first imported, so everything that imports it is imported inside `run_ui`.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.service.key_files import KeyFiles
from appliance.service.pairing import Server
from appliance.service.shop import Shop


class Wake(Protocol):
    """Something that sleeps until there is work (appliance.wake.WakeListener)."""

    def wait(self, timeout_s: float) -> bool: ...


class Certificates(Protocol):
    """How a certificate gets from a stick to the daemon (appliance.bootstrap.certificates.CertificateDesk)."""

    def files(self) -> KeyFiles: ...
    def somebody_answers(self) -> bool: ...
    def hand_over(self, path: Path, password: str) -> str: ...


class Pairing(Protocol):
    """How this till joins a Backoffice (appliance.bootstrap.backoffice.PairingDesk)."""

    def search(self) -> Sequence[Server]: ...
    def pair(self, code: str, address: str = "") -> str: ...


@dataclass(frozen=True)
class UiOptions:
    """`inspect_socket`: where `inspect.py` serves what is visible; None for not at all. `home`: Kivy's own files."""

    certificates: Certificates
    pairing: Pairing
    width: int = 1280
    height: int = 800
    fullscreen: bool = False
    theme: str = "light"
    inspect_socket: Path | None = None
    wake: Wake | None = None
    home: Path | None = None


def run_ui(shop: Shop, options: UiOptions) -> None:
    """Show the till until its window is closed. An error in a background thread ends it by raising here."""
    prepare_kivy(options)
    from appliance.ui.till_app import TillApp

    TillApp(shop, options).run()


def prepare_kivy(options: UiOptions) -> None:
    """Kivy's environment and configuration: no files outside `home`, no arguments, no console, our window."""
    home = options.home or Path(tempfile.mkdtemp(prefix="pokladna-ui-"))
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        KIVY_HOME=str(home), KIVY_NO_ARGS="1", KIVY_NO_FILELOG="1", KIVY_NO_CONSOLELOG="1", KIVY_LOG_MODE="MIXED"
    )
    from kivy.config import Config

    Config.set("kivy", "log_level", "warning")
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "pause_on_minimize", "0")
    Config.set("graphics", "width", str(options.width))
    Config.set("graphics", "height", str(options.height))
    Config.set("graphics", "resizable", "0")
    Config.set("graphics", "fullscreen", "auto" if options.fullscreen else "0")
    Config.set("graphics", "show_cursor", "0" if options.fullscreen else "1")
    Config.set("graphics", "multisamples", "0")
    Config.set("graphics", "maxfps", "60")
    Config.set("input", "mouse", "mouse,disable_multitouch")
