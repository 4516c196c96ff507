"""The EET half of the daemon, and the certificate it signs with."""

import logging
import time
from random import SystemRandom
from typing import TYPE_CHECKING

from appliance.bootstrap.secrets import write_secret
from appliance.bootstrap.shop import local_now
from appliance.config import Config
from appliance.domain.delivery import MS_PER_S
from appliance.domain.fiscal import Mode
from appliance.service.shop import Shop
from appliance.wake import Waker

if TYPE_CHECKING:
    from appliance.eet.certificate import Identity
    from appliance.eet.client import EetClient
    from appliance.sync.fiscal import FiscalSender

CERTIFICATE_FILE = "eet.pem"
FRESH_READ_TIMEOUT_EXTRA_S = 3  # a sale just made waits this much longer than its paper, then joins the backlog


def fiscal_sender(config: Config, shop: Shop) -> "FiscalSender":
    from appliance.eet.certificate import SignerName, Trust, load_anchors
    from appliance.sync.fiscal import FiscalOptions, FiscalSender

    return FiscalSender(
        shop,
        FiscalOptions(schedule_ms=tuple(round(wait_s * MS_PER_S) for wait_s in config.eet.retry_schedule_s)),
        identity=CertificateFile(config).load,
        trust=Trust(
            anchors=load_anchors(path.read_bytes() for path in config.eet.answer_trust_files),
            signer=SignerName(organisation=config.eet.answer_signer),
        ),
        make_client=lambda mode, fresh: _eet_client(config, mode, fresh=fresh),
        monotonic=time.monotonic,
        random=SystemRandom().random,
    )


def import_certificate(config: Config, p12: bytes, password: str) -> "Identity":
    """Open a key store, judge it, and keep key and certificate where only the sync daemon reads them.

    Raises the eet room's CertificateProblem with a sentence.
    """
    from appliance.eet.certificate import check_usable, load_p12

    now = local_now()
    identity = load_p12(p12, password, at=now)
    live = any(regime.mode == Mode.LIVE for regime in config.eet.regimes)
    check_usable(identity, eic=config.eet.eic, live=live, at=now)
    write_secret(config.paths.secret / CERTIFICATE_FILE, identity.to_pem())
    Waker(config.paths.run).wake("sync")
    return identity


class CertificateFile:
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
