"""The till's processes: each `run_…` is one of them, from its start to its end.

A process imports its own heavy libraries inside its function: the screen starts without those of EET or the printer.
"""

import ctypes
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.bootstrap.backoffice import PairingDesk, downloader, pairing_keeper, takeover_worker, uploader
from appliance.bootstrap.backup import backup_plan
from appliance.bootstrap.certificates import CertificateDesk, certificate_keeper
from appliance.bootstrap.eet import answer_shelf, fiscal_sender, rehearsal, release_what_was_mended
from appliance.bootstrap.shop import SetupError, open_shop
from appliance.config import Config
from appliance.service.shop import Shop
from appliance.wake import AlreadyRunning, WakeListener

if TYPE_CHECKING:
    from drivers.profile import PrinterProfile

M_ARENA_MAX = -8  # of glibc's malloc.h
ARENAS = 2


def run_ui(config: Config) -> None:
    """The till's screen, until its window is closed."""
    from appliance.ui.app import UiOptions, run_ui

    if not _has_display():
        raise SetupError("there is no display: DISPLAY and WAYLAND_DISPLAY are not set, /dev/dri has no card")
    shop = open_shop(config)
    with closing(_listener(config, "ui")) as listener:
        shop.wake("sync", "print")  # a start is a check for unsent data (S6)
        options = UiOptions(
            width=config.ui.width,
            height=config.ui.height,
            fullscreen=config.ui.fullscreen,
            theme=config.ui.theme,
            inspect_socket=config.ui.inspect_socket,
            wake=listener,
            home=config.paths.run / "kivy",
            certificates=CertificateDesk(config.paths.run, config.ui.import_folders, new_id=shop.new_id),
            pairing=PairingDesk(shop),
        )
        run_ui(shop, options)


def run_print(config: Config) -> None:
    """The print process, until SIGTERM. Raises SetupError when no printer is set."""
    from appliance.printing.spooler import Spooler, SpoolerOptions
    from drivers.printer import NetworkPrinter

    if not config.printer.host:
        raise SetupError("no printer is set: printer.host is empty")
    shop = open_shop(config)
    printer = NetworkPrinter(
        config.printer.host,
        config.printer.port,
        _profile(config.printer.width_chars),
        stall_timeout_s=config.printer.stall_timeout_s,
    )
    options = SpoolerOptions(response_wait_s=config.eet.response_wait_s)
    with (
        closing(_listener(config, "print")) as listener,
        closing(printer),
        _until_terminated(shop, "print") as stopped,
    ):
        Spooler(shop, printer, listener, options, time.monotonic).run(stopped=stopped)


def _share_memory_between_threads() -> None:
    """glibc gives each thread an arena of its own, up to eight for each processor, and none gives anything back."""
    with suppress(OSError, AttributeError):  # another C library: it has no such habit
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def run_sync(config: Config) -> None:
    """The sync daemon, until SIGTERM."""
    _share_memory_between_threads()
    from appliance.sync.backup import BackupKeeper
    from appliance.sync.clock import ClockKeeper
    from appliance.sync.loop import SyncDaemon
    from appliance.sync.network import NetworkWatch

    for path in (config.eet.tls_ca_file, config.backoffice.ca_file, *config.eet.answer_trust_files):
        if path is not None and not path.is_file():
            raise SetupError(f"{path}: there is no such file of certificates")
    shop = open_shop(config)
    assert shop.till_clock
    clock = ClockKeeper(shop, shop.till_clock, monotonic=time.monotonic)
    with closing(_listener(config, "sync")) as listener, closing(NetworkWatch()) as network:
        release_what_was_mended(config, shop)
        uploading, downloading = uploader(config, shop), downloader(config, shop)
        daemon = SyncDaemon(
            shop,
            fiscal_sender(config, shop),
            uploading,
            downloading,
            waiter=listener,
            network=network,
            poll_s=config.backoffice.poll_s,
            more={
                "certificate": certificate_keeper(config, shop).step,
                "eet-test": rehearsal(config, shop).step,
                "eet-answers": answer_shelf(config, shop).step,
                "backup": BackupKeeper(shop, backup_plan(config)).step,
                "clock": clock.step,
                "pairing": pairing_keeper(config, shop, uploading, downloading).step,
                "takeover": takeover_worker(config, shop).step,
            },
        )
        with _until_terminated(shop, "sync") as stopped:
            daemon.run(stopped=stopped)
            clock.stop()


def run_backoffice(arguments: Sequence[str]) -> None:
    """The web Backoffice's own command line; ends with its exit code."""
    from backoffice.cli import main

    raise SystemExit(main(arguments))


def _profile(width_chars: int) -> "PrinterProfile":
    from drivers.profile import GENERIC_58_MM, GENERIC_80_MM, PrinterProfile

    if width_chars == GENERIC_58_MM.width_chars:
        return GENERIC_58_MM
    return PrinterProfile(width_chars=width_chars) if width_chars != GENERIC_80_MM.width_chars else GENERIC_80_MM


@contextmanager
def _until_terminated(shop: Shop, name: str) -> Iterator[Callable[[], bool]]:
    """SIGTERM and SIGINT end the loop at its next turn; the wake-up makes that turn come at once."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: object) -> None:
        stop.set()
        shop.wake(name)

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    logging.getLogger(__name__).info("%s ready", name)
    yield stop.is_set
    shop.store.close()


def _listener(config: Config, name: str) -> WakeListener:
    """The process's own ear, of which there is one: two tills on one screen would share a bill."""
    try:
        return WakeListener(config.paths.run, name)
    except AlreadyRunning as error:
        raise SetupError(f"pokladna {name} is running already") from error


def _has_display() -> bool:
    """SDL would otherwise draw for ever onto nothing, and look healthy."""
    named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))
    return named or any(Path("/dev/dri").glob("card*"))
