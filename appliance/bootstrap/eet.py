"""The EET half of the daemon: what its sender is made of."""

import logging
import time
from datetime import timedelta
from importlib.metadata import version
from random import SystemRandom
from typing import TYPE_CHECKING

from appliance.bootstrap.certificates import AnswerTrust, key_folder
from appliance.config import Config
from appliance.domain.delivery import MS_PER_S
from appliance.domain.fiscal import Dialect, Mode
from appliance.service.fiscal import release_after_change
from appliance.service.shop import Shop

if TYPE_CHECKING:
    from appliance.eet.client import EetClient
    from appliance.sync.exchange import MakeClient
    from appliance.sync.fiscal import FiscalSender
    from appliance.sync.housekeeping import AnswerShelf
    from appliance.sync.rehearsal import Rehearsal

FRESH_READ_TIMEOUT_EXTRA_S = 3  # a sale just made waits this much longer than its paper, then joins the backlog


def fiscal_sender(config: Config, shop: Shop) -> "FiscalSender":
    from appliance.sync.fiscal import FiscalOptions, FiscalSender

    return FiscalSender(
        shop,
        FiscalOptions(schedule_ms=tuple(round(wait_s * MS_PER_S) for wait_s in config.eet.retry_schedule_s)),
        identity=key_folder(config).current,
        trust=AnswerTrust(config).of,
        make_client=_clients(config),
        monotonic=time.monotonic,
        random=SystemRandom().random,
    )


def rehearsal(config: Config, shop: Shop) -> "Rehearsal":
    from appliance.sync.rehearsal import Rehearsal

    return Rehearsal(
        shop, identity=key_folder(config).current, trust=AnswerTrust(config).of, make_client=_clients(config)
    )


def answer_shelf(config: Config, shop: Shop) -> "AnswerShelf":
    from appliance.sync.housekeeping import AnswerShelf

    return AnswerShelf(shop, kept=timedelta(days=config.eet.answers_kept_days))


def release_what_was_mended(config: Config, shop: Shop) -> None:
    """Sales parked for a reason that names a setting wait again when it has changed since the last start."""
    eet = config.eet
    settings = {
        "endpoint": "|".join((eet.live_url, eet.playground_url, eet.v3.live_url, eet.v3.playground_url)),
        "version": version("pokladna-pi"),
    }
    if released := release_after_change(shop, settings):
        logging.getLogger(__name__).info("EET: settings changed, %d parked sales are tried again", released)


def _clients(config: Config) -> "MakeClient":
    return lambda dialect, mode, fresh: _eet_client(config, dialect, mode, fresh=fresh)


def _eet_client(config: Config, dialect: Dialect, mode: Mode, *, fresh: bool) -> "EetClient":
    from appliance.eet.client import EetClient
    from appliance.eet.dialects import DIALECTS

    eet = config.eet
    urls = eet.v3 if dialect is Dialect.V3 else eet
    fresh_s = float(eet.response_wait_s + FRESH_READ_TIMEOUT_EXTRA_S)
    return EetClient(
        urls.playground_url if mode is Mode.PLAYGROUND else urls.live_url,
        dialect=DIALECTS[dialect],
        ca_file=eet.tls_ca_file,
        connect_timeout_s=min(eet.connect_timeout_s, fresh_s) if fresh else eet.connect_timeout_s,
        read_timeout_s=min(eet.read_timeout_s, fresh_s) if fresh else eet.read_timeout_s,
    )
