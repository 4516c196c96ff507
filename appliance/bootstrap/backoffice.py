"""Joining a Backoffice and talking to it."""

import json
import time
from importlib.metadata import version
from random import SystemRandom
from typing import TYPE_CHECKING

from appliance.bootstrap.durable import write_secret
from appliance.bootstrap.shop import SetupError, new_epoch, open_shop
from appliance.config import Config
from appliance.service.shop import Shop
from appliance.store import journal

if TYPE_CHECKING:
    from appliance.sync.link import BackofficeLink
    from appliance.sync.upload import Uploader

PAIRING_FILE = "backoffice.json"
PAIRING_CODE_CHARS = 8
PAIRING_NAME_CHARS_MAX = 60


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
    write_secret(config.paths.secret / PAIRING_FILE, content)
    return reply.account


def paired_link(config: Config) -> "BackofficeLink | None":
    from appliance.sync.link import BackofficeLink

    path = config.paths.secret / PAIRING_FILE
    if not config.backoffice.url or not path.exists():
        return None
    try:
        token = str(json.loads(path.read_text("utf-8"))["token"])
    except (ValueError, LookupError, TypeError) as error:
        raise SetupError(f"{path} is damaged: pair again with pokladna pair CODE") from error
    return BackofficeLink(config.backoffice.url, token=token, ca_file=config.backoffice.ca_file)
