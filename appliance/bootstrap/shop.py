"""What every process needs: the till's store, its identity, where time and ids come from."""

import ctypes
import secrets
import uuid
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.config import Config
from appliance.domain.clock import iso
from appliance.domain.fiscal import Regime, Taxpayer
from appliance.domain.receipt import ClockState, Seller
from appliance.i18n import UnknownLanguage, use_language
from appliance.service.identity import ensure_identity
from appliance.service.shop import Shop
from appliance.store.db import Store, StoreError
from appliance.wake import Waker

ZONE = ZoneInfo("Europe/Prague")
DATABASE_FILE = "till.db"
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
            new_id=new_id,
            new_epoch=new_epoch,
            prefix=config.till.prefix,
            board_serial=_board_serial(),
            at=iso(local_now()),
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
        taxpayer=Taxpayer(
            eic=eet.eic,
            id_jednotky=eet.id_jednotky,
            id_pokl=eet.id_pokl,
            dic_popl=eet.v3.dic_popl,
            id_provoz=eet.v3.id_provoz,
            for_several=eet.povereni_vice_popl,
        ),
        regimes=tuple(Regime(regime.valid_from, regime.mode, regime.dialect) for regime in eet.regimes),
        boot=BOOT_ID_FILE.read_text().strip(),
        now=local_now,
        new_id=new_id,
        wake=Waker(config.paths.run).wake,
        clock=clock_state,
    )


def clock_state() -> ClockState:
    """Whether the kernel's clock is synchronised (adjtimex, read only)."""
    buffer = ctypes.create_string_buffer(512)  # struct timex, zeroed: modes = 0 changes nothing
    state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    return ClockState.UNVERIFIED if state in {-1, _TIME_ERROR} else ClockState.VERIFIED


_TIME_ERROR = 5  # linux/timex.h: clock not synchronised


def _board_serial() -> str:
    try:
        return BOARD_SERIAL_FILE.read_text("ascii").strip("\x00\n ")
    except OSError:
        return ""


def local_now() -> datetime:
    return datetime.now(ZONE)


def new_id() -> str:
    return str(uuid.uuid4())


def new_epoch() -> str:
    return secrets.token_hex(8)
