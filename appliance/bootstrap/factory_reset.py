"""A till becomes another one: its database is put aside, its pairing forgotten. Refused while anything is only here."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from appliance.bootstrap.backoffice import PAIRING_FILE
from appliance.bootstrap.shop import DATABASE_FILE, SetupError
from appliance.config import Config
from appliance.service.pairing import PAIRED_NOTE
from appliance.service.shift import current_shift
from appliance.service.shop import Shop
from appliance.service.status import till_status
from appliance.store import queues
from appliance.wake import Waker

KEPT_FOLDER = "kept"


def factory_reset(config: Config, shop: Shop, *, exported: bool, confirmed: Callable[[], bool]) -> Path | None:
    """Returns where the old database lies now, None when it was not confirmed. Raises SetupError with the reason.

    `exported`: somebody says that the journal of a never paired till is on a USB stick.
    """
    _refuse_while_running(config)
    _refuse_while_needed(shop, exported=exported)
    if not confirmed():
        return None
    now = shop.now()
    shop.store.checkpoint(truncate=True)
    shop.store.close()
    (config.paths.secret / PAIRING_FILE).unlink(missing_ok=True)
    return _put_aside(config.paths.data, now)


def _refuse_while_running(config: Config) -> None:
    running = [name for name in ("ui", "print", "sync") if Waker(config.paths.run).is_heard(name)]
    if running:
        raise SetupError(f"the till is running: stop {', '.join(f'pokladna-{name}' for name in running)} first")


def _refuse_while_needed(shop: Shop, *, exported: bool) -> None:
    status = till_status(shop)
    if current_shift(shop) is not None:
        raise SetupError("a shift is open: close it first")
    if status.eet.waiting or status.eet.parked:
        number = status.eet.waiting + status.eet.parked
        raise SetupError(f"{number} sales are not reported to EET yet: see pokladna eet queue")
    if status.backoffice.unsent and queues.note(shop.tables, PAIRED_NOTE) is None:
        if exported:
            return
        raise SetupError(
            f"{status.backoffice.unsent} rows of the journal are only here, and no Backoffice has ever been paired: "
            "take them to a USB stick with pokladna journal export, then repeat this with --exported"
        )
    if status.backoffice.unsent:
        raise SetupError(f"{status.backoffice.unsent} rows of the journal are not sent to the Backoffice yet")


def _put_aside(data: Path, now: datetime) -> Path:
    """The database and what belongs to it, in a folder of its own."""
    folder = data / KEPT_FOLDER / now.strftime("%Y%m%d-%H%M%S")
    folder.mkdir(parents=True)
    for path in sorted(data.glob(f"{DATABASE_FILE}*")):
        path.rename(folder / path.name)
    return folder
