"""The till's certificate and the anchors it believes: what the daemon and the technician's commands are made of."""

import os
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from appliance.bootstrap.durable import write_public, write_secret
from appliance.bootstrap.shop import SetupError
from appliance.config import Config
from appliance.domain.fiscal import Dialect
from appliance.dropbox import DropBox, DropSlot
from appliance.service.certificates import ImportResult, import_result
from appliance.service.key_files import ImportFailed, KeyFiles, find_key_files, read_key_file
from appliance.service.shop import Shop
from appliance.wake import Waker

if TYPE_CHECKING:
    from appliance.eet.certificate import Environment, Trust
    from appliance.eet.keyfolder import KeyFolder
    from appliance.eet.renewal import RenewalClient
    from appliance.eet.trustfolder import TrustFolder
    from appliance.sync.certificates import CertificateKeeper

TRUST_FOLDER = "trust"
ANSWER_WAIT_S = 15.0  # for the daemon's word on a key store
LOOK_S = 0.2


def key_folder(config: Config) -> "KeyFolder":
    from appliance.eet.keyfolder import KeyFolder

    return KeyFolder(config.paths.secret, write_secret=write_secret)


def certificate_keeper(config: Config, shop: Shop) -> "CertificateKeeper":
    """The daemon's worker for the certificate. Making it makes the import folder."""
    from appliance.sync.certificates import CertificateImport, CertificateKeeper
    from appliance.sync.renewal import Renewal

    keys = key_folder(config)
    renewal = Renewal(
        shop,
        keys,
        office=_RenewalOffices(config, shop).of,
        before=timedelta(days=config.eet.renew_before_days),
        random=SystemRandom().random,
    )
    return CertificateKeeper(CertificateImport(shop, keys), DropBox(config.paths.run), renewal)


class _RenewalOffices:
    """One connection to the API of each environment, made when it is needed."""

    def __init__(self, config: Config, shop: Shop) -> None:
        self._config = config
        self._now = shop.now
        self._clients: dict[Environment, RenewalClient] = {}

    def of(self, environment: "Environment") -> "RenewalClient":
        from appliance.eet.certificate import Environment
        from appliance.eet.renewal import RenewalClient

        if environment not in self._clients:
            eet = self._config.eet
            self._clients[environment] = RenewalClient(
                eet.renewal_url if environment is Environment.PRODUCTION else eet.renewal_playground_url,
                ca_file=eet.tls_ca_file,
                connect_timeout_s=eet.connect_timeout_s,
                read_timeout_s=eet.read_timeout_s,
                now=self._now,
            )
        return self._clients[environment]


def import_certificate(
    config: Config, shop: Shop, p12: bytes, password: str, *, waiting: Callable[[float], None]
) -> ImportResult:
    """Have a key store judged and kept: by the daemon if it runs, else here, where the daemon will find it.

    `waiting` is told how many seconds the daemon has been waited for. Raises SetupError, OSError.
    """
    if sync_is_running(config):
        return _by_the_daemon(config, shop, p12, password, waiting=waiting)
    secret = config.paths.secret
    if not _may_be_written(config):
        raise SetupError(
            f"the sync daemon does not run and {secret} cannot be written: start pokladna-sync, or run this as root"
        )
    from appliance.sync.certificates import CertificateImport

    return CertificateImport(shop, key_folder(config)).take_over(shop.new_id(), p12, password)


def _by_the_daemon(
    config: Config, shop: Shop, p12: bytes, password: str, *, waiting: Callable[[float], None]
) -> ImportResult:
    request_id = shop.new_id()
    try:
        DropSlot(config.paths.run).put(request_id, p12=p12, password=password)
    except FileNotFoundError as error:
        raise SetupError("the sync daemon has no import folder: restart pokladna-sync") from error
    shop.wake("sync")
    begun = time.monotonic()
    while (waited_s := time.monotonic() - begun) < ANSWER_WAIT_S:
        if result := import_result(shop, request_id):
            return result
        waiting(waited_s)
        time.sleep(LOOK_S)
    raise SetupError(
        f"the sync daemon has not answered in {ANSWER_WAIT_S:.0f} s: see pokladna eet certificate show, then try again"
    )


class CertificateDesk:
    """What the screen can do for the certificate: find its file on a stick and hand it to the daemon."""

    def __init__(self, run_dir: Path, folders: Sequence[Path], *, new_id: Callable[[], str]) -> None:
        self._run_dir = run_dir
        self._folders = tuple(folders)
        self._new_id = new_id

    def files(self) -> KeyFiles:
        return find_key_files(self._folders)

    def somebody_answers(self) -> bool:
        """Whether the daemon is there; True also when that is not ours to know."""
        try:
            return Waker(self._run_dir).is_heard("sync")
        except OSError:
            return True

    def hand_over(self, path: Path, password: str) -> str:
        """The id under which the daemon's word will come. Raises ImportFailed."""
        content = read_key_file(path)
        if not self.somebody_answers():
            raise ImportFailed("no_daemon")
        request_id = self._new_id()
        try:
            DropSlot(self._run_dir).put(request_id, p12=content, password=password)
        except OSError as error:
            raise ImportFailed("no_daemon") from error
        Waker(self._run_dir).wake("sync")
        return request_id


def _may_be_written(config: Config) -> bool:
    """The folder, or where it is not there yet, the one it is to be made in."""
    folder = config.paths.secret
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


def trust_folder(config: Config) -> "TrustFolder":
    from appliance.eet.trustfolder import TrustFolder

    return TrustFolder(config.paths.data / TRUST_FOLDER, write=write_public)


class AnswerTrust:
    """Whom to believe about answers, read again when a file of anchors changes."""

    def __init__(self, config: Config) -> None:
        from appliance.eet.certificate import SignerName
        from appliance.eet.trustfolder import AnchorFiles

        self._files = AnchorFiles(config.paths.data / TRUST_FOLDER, config.eet.answer_trust_files)
        self._signers = {
            Dialect.V4: SignerName(organisation=config.eet.answer_signer),
            Dialect.V3: SignerName(organisation=config.eet.v3.answer_signer),
        }

    def of(self, dialect: Dialect) -> "Trust":
        from appliance.eet.certificate import Trust

        return Trust(self._files.load(), self._signers[dialect])


def sync_is_running(config: Config) -> bool:
    return Waker(config.paths.run).is_heard("sync")


def wake_sync(config: Config) -> None:
    """Whatever has changed on disk, the daemon looks at it now."""
    Waker(config.paths.run).wake("sync")
