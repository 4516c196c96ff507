"""Joining a Backoffice and talking to it: what the daemon, the screen and the technician's command are made of."""

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from appliance.bootstrap.certificates import sync_is_running
from appliance.bootstrap.durable import write_secret
from appliance.bootstrap.shop import SetupError, new_epoch
from appliance.config import Config
from appliance.service.pairing import PairingResult, Server, pairing_result, read_code, request_pairing
from appliance.service.shop import Shop

if TYPE_CHECKING:
    from appliance.sync.download import Downloader
    from appliance.sync.link import BackofficeLink
    from appliance.sync.pairing import Joined, Pairing, PairingKeeper
    from appliance.sync.takeover import TakeoverWorker
    from appliance.sync.upload import Uploader

log = logging.getLogger(__name__)

PAIRING_FILE = "backoffice.json"
ANSWER_WAIT_S = 45.0  # for the daemon's word on a pairing, which may have to search the network
SEARCH_S = 4.0
LOOK_S = 0.2
_writing = threading.Lock()


def uploader(config: Config, shop: Shop) -> "Uploader":
    from appliance.sync.upload import Uploader, UploadOptions

    return Uploader(
        shop,
        UploadOptions(
            config.backoffice.poll_s,
            config.backoffice.status_s,
            version("pokladna-pi"),
            compare_s=(config.backoffice.compare_h[0] * 3600, config.backoffice.compare_h[1] * 3600),
        ),
        link=paired_link(config),
        new_epoch=new_epoch,
        monotonic=time.monotonic,
        random=SystemRandom().random,
    )


def downloader(config: Config, shop: Shop) -> "Downloader":
    from appliance.sync.download import Downloader

    return Downloader(
        shop,
        poll_s=config.backoffice.poll_s,
        link=paired_link(config),
        monotonic=time.monotonic,
        random=SystemRandom().random,
    )


def takeover_worker(config: Config, shop: Shop) -> "TakeoverWorker":
    """What brings the rest of a till's journal to the device that goes on with it."""
    from appliance.sync.takeover import TakeoverWorker

    return TakeoverWorker(shop, link=lambda: paired_link(config))


def pairing_keeper(config: Config, shop: Shop, uploading: "Uploader", downloading: "Downloader") -> "PairingKeeper":
    """The daemon's worker for pairing; it gives the two others their links without a restart."""
    from appliance.sync.pairing import PairingKeeper

    def use(joined: "Joined") -> None:
        uploading.use_link(link_of(config, joined))
        downloading.use_link(link_of(config, joined))

    return PairingKeeper(
        shop,
        pairing(config, shop),
        use=use,
        load=lambda: load_joined(config),
        follows=not config.backoffice.url,
        find=_Search(),
        keep=_keeping(config),
    )


def pairing(config: Config, shop: Shop) -> "Pairing":
    from appliance.sync.pairing import Pairing

    backoffice = config.backoffice
    return Pairing(
        shop,
        address=backoffice.url,
        ca_file=backoffice.ca_file,
        find=_Search(),
        keep=_keeping(config),
        new_epoch=new_epoch,
    )


def pair(
    config: Config, shop: Shop, code: str, address: str = "", *, waiting: Callable[[float], None]
) -> PairingResult:
    """Pair as a technician does: through the daemon if it runs, else here, where the daemon will find it.

    `waiting` is told how many seconds the daemon has been waited for. Raises SetupError, CodeUnreadable.
    """
    read_code(code)
    if not sync_is_running(config):
        result, _ = pairing(config, shop).pair(shop.new_id(), code, address)
        return result
    request_id = request_pairing(shop, code, address)
    begun = time.monotonic()
    while (waited_s := time.monotonic() - begun) < ANSWER_WAIT_S:
        if result_now := pairing_result(shop, request_id):
            return result_now
        waiting(waited_s)
        time.sleep(LOOK_S)
    raise SetupError(f"the sync daemon has not answered in {ANSWER_WAIT_S:.0f} s: see its log, then try again")


class PairingDesk:
    """What the screen can do for pairing: see which servers answer, and ask the daemon to pair. Never the token."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._search = _Search()

    def search(self) -> Sequence[Server]:
        """Takes up to SEARCH_S seconds: not on the screen's own thread."""
        return self._search(within_s=SEARCH_S, key_mark="")

    def pair(self, code: str, address: str = "") -> str:
        """The id under which `service.pairing.pairing_result` will have the daemon's word. Raises CodeUnreadable."""
        return request_pairing(self._shop, code, address)


class _Search:
    def __call__(self, *, within_s: float, key_mark: str) -> Sequence[Server]:
        from drivers.discovery import MdnsFinder

        return [
            Server(
                each.name,
                f"[{each.host}]:{each.port}" if ":" in each.host else f"{each.host}:{each.port}",
                each.key_mark,
            )
            for each in MdnsFinder().find(within_s=within_s, key_mark=key_mark)
        ]


# ---- what is kept


def _file(config: Config) -> Path:
    return config.paths.secret / PAIRING_FILE


def _keeping(config: Config) -> "Callable[[Joined], None]":
    def keep(joined: "Joined") -> None:
        content = {"url": joined.url, "token": joined.token, "account": joined.account, "pins": list(joined.pins)}
        with _writing:  # both directions may hear of the next key at one moment
            write_secret(_file(config), json.dumps(content).encode())

    return keep


def load_joined(config: Config) -> "Joined | None":
    """What was kept at pairing; None for a till that is not paired, or whose file is damaged: its sales are reported to
    the tax office all the same."""
    from appliance.sync.pairing import Joined
    from appliance.sync.pinning import is_key_hash

    path = _file(config)
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
        pins = tuple(str(pin) for pin in found.get("pins", ()))
        joined = Joined(
            config.backoffice.url or str(found.get("url", "")), str(found["token"]), str(found["account"]), pins
        )
        whole = all(map(is_key_hash, pins))
    except OSError as error:
        log.error("the pairing cannot be read: %s", error)
        return None
    except (ValueError, LookupError, TypeError, AttributeError):
        whole = False
    if not whole:
        log.error("%s is damaged: pair again with pokladna pair CODE", path)
        return None
    return joined if joined.url else None


def paired_link(config: Config) -> "BackofficeLink | None":
    joined = load_joined(config)
    return link_of(config, joined) if joined else None


def link_of(config: Config, joined: "Joined") -> "BackofficeLink":
    """The connection of a paired till; a successor of the server's key that it hears of is kept."""
    from dataclasses import replace

    from appliance.sync.link import BackofficeLink
    from appliance.sync.pinning import PinnedKeys

    keep = _keeping(config)
    keys = PinnedKeys(joined.pins, keep=lambda pins: keep(replace(joined, pins=pins))) if joined.pins else None
    return BackofficeLink(joined.url, token=joined.token, ca_file=config.backoffice.ca_file, keys=keys)
