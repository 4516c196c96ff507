"""What every process needs: the till's store, its identity, where time and ids come from."""

import secrets
import time
import uuid
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.bootstrap.clock import Kernel, SharedClock
from appliance.config import Config
from appliance.domain.clock import iso, parse_iso
from appliance.domain.fiscal import Regime, Taxpayer
from appliance.domain.receipt import Seller
from appliance.i18n import UnknownLanguage, use_language
from appliance.service.identity import ensure_identity
from appliance.service.shop import Shop
from appliance.store import journal
from appliance.store.db import Store, StoreError
from appliance.store.identity import id_pokl_of
from appliance.store.tables import Tables
from appliance.wake import Waker

ZONE = ZoneInfo("Europe/Prague")
DATABASE_FILE = "till.db"
BOARD_SERIAL_FILE = Path("/sys/firmware/devicetree/base/serial-number")


class SetupError(Exception):
    """Something a person has to put right before this can run; one sentence."""


def open_shop(config: Config) -> Shop:
    """The till's store and everything a use case is given. Raises SetupError."""
    try:
        use_language(config.ui.language)
        store = Store(config.paths.data / DATABASE_FILE)
        kernel = Kernel.of_this_machine()
        clock = SharedClock(
            config.paths.data, zone=ZONE, machine=kernel, last_document=lambda: _last_document(store.tables)
        )
        ensure_identity(
            store,
            new_id=new_id,
            new_epoch=new_epoch,
            prefix=config.till.prefix,
            board_serial=_board_serial(),
            at=iso(clock.now()),
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
            id_pokl=id_pokl_of(store.tables, eet.id_pokl),
            dic_popl=eet.v3.dic_popl,
            id_provoz=eet.v3.id_provoz,
            for_several=eet.povereni_vice_popl,
        ),
        regimes=tuple(Regime(regime.valid_from, regime.mode, regime.dialect) for regime in eet.regimes),
        boot=kernel.boot,
        now=clock.now,
        new_id=new_id,
        new_message_id=new_message_id,
        wake=Waker(config.paths.run).wake,
        clock=clock.state,
        till_clock=clock,
    )


def _last_document(tables: Tables) -> datetime | None:
    at = journal.last_at(tables)
    return parse_iso(at) if at else None


def _board_serial() -> str:
    try:
        return BOARD_SERIAL_FILE.read_text("ascii").strip("\x00\n ")
    except OSError:
        return ""


def new_id() -> str:
    """A UUIDv7: ids that grow with time stand side by side in every index, here and in the Backoffice (decision 0017).
    Whatever the clock says, they are unique by their 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000 % 2**48
    random = secrets.randbits(74)
    return str(uuid.UUID(int=milliseconds << 80 | 7 << 76 | random >> 62 << 64 | 2 << 62 | random % 2**62))


def new_message_id() -> str:
    return str(uuid.uuid4())


def new_epoch() -> str:
    return secrets.token_hex(8)
