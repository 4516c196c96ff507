"""Builds everything; the only file that knows all the others. Each `run_…` is one process of the till.

A process imports its own heavy libraries inside its function: the screen starts without those of EET or the printer.
"""

import ctypes
import json
import logging
import os
import secrets
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from appliance.config import Config
from appliance.domain.clock import iso
from appliance.domain.fiscal import Mode, Regime, Taxpayer
from appliance.domain.receipt import ClockState, Seller
from appliance.i18n import UnknownLanguage, use_language
from appliance.service.identity import ensure_identity
from appliance.service.shop import Shop
from appliance.store import journal
from appliance.store.db import Store, StoreError
from appliance.wake import AlreadyRunning, WakeListener, Waker

if TYPE_CHECKING:
    from appliance.eet.certificate import Identity
    from appliance.eet.client import EetClient
    from appliance.sync.fiscal import FiscalSender
    from appliance.sync.link import BackofficeLink
    from appliance.sync.upload import Uploader
    from drivers.profile import PrinterProfile

ZONE = ZoneInfo("Europe/Prague")
DATABASE_FILE = "till.db"
CERTIFICATE_FILE = "eet.pem"
PAIRING_FILE = "backoffice.json"
PAIRING_CODE_CHARS = 8
PAIRING_NAME_CHARS_MAX = 60
FRESH_READ_TIMEOUT_EXTRA_S = 3  # a sale just made waits this much longer than its paper, then joins the backlog
BOARD_SERIAL_FILE = Path("/sys/firmware/devicetree/base/serial-number")
BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


class SetupError(Exception):
    """Something a person has to put right before this can run; one sentence."""


def open_shop(config: Config) -> Shop:
    """The till's store and everything a use case is given. Raises SetupError."""
    try:
        use_language(config.ui.language)
        store = Store(config.paths.data / DATABASE_FILE)
        ensure_identity(
            store,
            new_id=_new_id,
            new_epoch=_new_epoch,
            prefix=config.till.prefix,
            board_serial=_board_serial(),
            at=iso(_now()),
        )
    except UnknownLanguage as error:
        raise SetupError(f"there are no texts in the language {error}") from error
    except StoreError as error:
        raise SetupError(f"the till's database cannot be used: {error}") from error
    shop, eet = config.shop, config.eet
    return Shop(
        store=store,
        seller=Seller(shop.name, shop.address, shop.ico, shop.dic, shop.vat_status, shop.footer),
        till_name=config.till.name,
        user=config.till.user,
        taxpayer=Taxpayer(eet.eic, eet.id_jednotky, eet.id_pokl),
        regimes=tuple(Regime(regime.valid_from, regime.mode, regime.dialect) for regime in eet.regimes),
        boot=BOOT_ID_FILE.read_text().strip(),
        now=_now,
        new_id=_new_id,
        wake=Waker(config.paths.run).wake,
        clock=clock_state,
    )


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


def run_sync(config: Config) -> None:
    """The sync daemon, until SIGTERM."""
    from appliance.sync.loop import SyncDaemon
    from appliance.sync.network import NetworkWatch

    for path in (config.eet.tls_ca_file, config.backoffice.ca_file, *config.eet.answer_trust_files):
        if path is not None and not path.is_file():
            raise SetupError(f"{path}: there is no such file of certificates")
    shop = open_shop(config)
    with closing(_listener(config, "sync")) as listener, closing(NetworkWatch()) as network:
        fiscal, uploader = _fiscal_sender(config, shop), _uploader(config, shop)
        daemon = SyncDaemon(shop, fiscal, uploader, listener, network, poll_s=config.backoffice.poll_s)
        with _until_terminated(shop, "sync") as stopped:
            daemon.run(stopped=stopped)


def _fiscal_sender(config: Config, shop: Shop) -> "FiscalSender":
    from appliance.eet.certificate import SignerName, Trust, load_anchors
    from appliance.sync.fiscal import FiscalOptions, FiscalSender

    return FiscalSender(
        shop,
        FiscalOptions(schedule_s=config.eet.retry_schedule_s),
        identity=_Certificate(config).load,
        trust=Trust(
            anchors=load_anchors(path.read_bytes() for path in config.eet.answer_trust_files),
            signer=SignerName(organisation=config.eet.answer_signer),
        ),
        make_client=lambda mode, fresh: _eet_client(config, mode, fresh=fresh),
        monotonic=time.monotonic,
        random=SystemRandom().random,
    )


def _uploader(config: Config, shop: Shop) -> "Uploader":
    from appliance.sync.upload import Uploader, UploadOptions

    return Uploader(
        shop,
        UploadOptions(config.backoffice.poll_s, config.backoffice.status_s, version("pokladna-pi")),
        link=_paired_link(config),
        new_epoch=_new_epoch,
        monotonic=time.monotonic,
        random=SystemRandom().random,
    )


def run_backoffice(arguments: Sequence[str]) -> None:
    """The web Backoffice's own command line; ends with its exit code."""
    from backoffice.cli import main

    raise SystemExit(main(arguments))


def import_certificate(config: Config, p12: bytes, password: str) -> "Identity":
    """Open a key store, judge it, and keep key and certificate where only the sync daemon reads them.

    Raises the eet room's CertificateProblem with a sentence.
    """
    from appliance.eet.certificate import check_usable, load_p12

    now = _now()
    identity = load_p12(p12, password, at=now)
    live = any(regime.mode == Mode.LIVE for regime in config.eet.regimes)
    check_usable(identity, eic=config.eet.eic, live=live, at=now)
    _write_secret(config.paths.secret / CERTIFICATE_FILE, identity.to_pem())
    Waker(config.paths.run).wake("sync")
    return identity


def pair(config: Config, code: str) -> str:
    """Join the Backoffice's account with a pairing code; the token is kept for the sync daemon. Returns the account.

    Of the code the first characters are the secret; the rest names the server's key, which TLS vouches for here.
    Raises SetupError.
    """
    from appliance.sync.link import BackofficeLink, Failed, Refusal
    from appliance.wire import PairRequest

    if not config.backoffice.url:
        raise SetupError("no Backoffice is set: backoffice.url is empty")
    secret = code.replace("-", "").replace(" ", "").upper()[:PAIRING_CODE_CHARS]
    if len(secret) < PAIRING_CODE_CHARS:
        raise SetupError(f"a pairing code has at least {PAIRING_CODE_CHARS} characters")
    till = journal.the_till(open_shop(config).tables)
    request = PairRequest(
        code=secret,
        till_id=till.till_id,
        prefix=till.prefix,
        id_pokl=config.eet.id_pokl,
        name=config.till.name[:PAIRING_NAME_CHARS_MAX],
    )
    link = BackofficeLink(config.backoffice.url, token="", ca_file=config.backoffice.ca_file)
    reply = link.pair(request)
    link.close()
    if isinstance(reply, Refusal):
        raise SetupError(f"the Backoffice refused: {reply.problem.code} {reply.problem.detail}".strip())
    if isinstance(reply, Failed):
        raise SetupError(f"the Backoffice did not answer: {reply.word} ({reply.detail})")
    content = json.dumps({"token": reply.token, "account": reply.account}).encode()
    _write_secret(config.paths.secret / PAIRING_FILE, content)
    return reply.account


def clock_state() -> ClockState:
    """Whether the kernel's clock is synchronised (adjtimex, read only)."""
    buffer = ctypes.create_string_buffer(512)  # struct timex, zeroed: modes = 0 changes nothing
    state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    return ClockState.UNVERIFIED if state in {-1, _TIME_ERROR} else ClockState.VERIFIED


_TIME_ERROR = 5  # linux/timex.h: clock not synchronised


class _Certificate:
    """The till's key, read again when the file changes. One that cannot be read is none: uploads must go on."""

    def __init__(self, config: Config) -> None:
        self._path = config.paths.secret / CERTIFICATE_FILE
        self._known: tuple[int, Identity | None] | None = None

    def load(self) -> "Identity | None":
        from appliance.eet.certificate import load_pem
        from appliance.eet.errors import EetError

        try:
            changed = self._path.stat().st_mtime_ns
        except OSError:
            return None
        known = self._known
        if known is None or known[0] != changed:
            identity = None
            try:
                identity = load_pem(self._path.read_bytes())
            except (EetError, OSError) as error:
                logging.getLogger(__name__).error("%s cannot be used: %s", self._path, error)
            known = self._known = (changed, identity)
        return known[1]


def _eet_client(config: Config, mode: str, *, fresh: bool) -> "EetClient":
    from appliance.eet.client import EetClient
    from appliance.eet.v4 import V4

    eet = config.eet
    fresh_s = float(eet.response_wait_s + FRESH_READ_TIMEOUT_EXTRA_S)
    return EetClient(
        eet.playground_url if mode == Mode.PLAYGROUND else eet.live_url,
        dialect=V4,
        ca_file=eet.tls_ca_file,
        connect_timeout_s=min(eet.connect_timeout_s, fresh_s) if fresh else eet.connect_timeout_s,
        read_timeout_s=min(eet.read_timeout_s, fresh_s) if fresh else eet.read_timeout_s,
    )


def _paired_link(config: Config) -> "BackofficeLink | None":
    from appliance.sync.link import BackofficeLink

    path = config.paths.secret / PAIRING_FILE
    if not config.backoffice.url or not path.exists():
        return None
    try:
        token = str(json.loads(path.read_text("utf-8"))["token"])
    except (ValueError, LookupError, TypeError) as error:
        raise SetupError(f"{path} is damaged: pair again with pokladna pair CODE") from error
    return BackofficeLink(config.backoffice.url, token=token, ca_file=config.backoffice.ca_file)


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


def _write_secret(path: Path, content: bytes) -> None:
    """All or nothing, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "wb") as file:
        if os.geteuid() == 0:  # a technician at work: the file belongs to the daemon, as its folder does
            folder = path.parent.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _board_serial() -> str:
    try:
        return BOARD_SERIAL_FILE.read_text("ascii").strip("\x00\n ")
    except OSError:
        return ""


def _now() -> datetime:
    return datetime.now(ZONE)


def _new_id() -> str:
    return str(uuid.uuid4())


def _new_epoch() -> str:
    return secrets.token_hex(8)
