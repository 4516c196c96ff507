"""`pokladna pair` and `pokladna factory-reset`: joining a Backoffice, and beginning as another till."""

from typing import Annotated

import typer

from appliance import bootstrap
from appliance.cli.context import err, fail, out, plain_errors, the_config, the_shop
from appliance.service.pairing import PairingResult

SENTENCES = {
    "no_server": "no Backoffice with this code answers on this network: type its address with --address",
    "address": "this is no address of a Backoffice: {detail} (it is host, host:port or https://host:port)",
    "unreachable": "the Backoffice did not answer: {detail}",
    "server_error": "the Backoffice did not answer: {detail}",
    "unreadable": "what answers there is no Backoffice: {detail}",
    "tls": "no safe connection could be made: {detail}",
    "wrong_key": (
        "the server {detail} has another key than the code says. It is another Backoffice, or somebody stands between. "
        "Nothing was sent. Compare the code; if it is right, do not pair on this network"
    ),
    "key_needed": (
        "nobody vouches for the server {detail}, so the whole code of 16 characters is needed: its second half tells "
        "the till that server's key. Nothing was sent"
    ),
    "code_invalid": "the code is wrong, used already, or older than ten minutes: make a new one in the Backoffice",
    "prefix_taken": "another till of this account has the prefix of this one: set till.prefix to another",
    "id_pokl_taken": "another till of this account has the EET number of this one: set eet.id_pokl to another",
    "till_of_other_account": (
        "the journal of this till belongs to another account, {detail}. Pair with that one, or begin as a new till "
        "with pokladna factory-reset"
    ),
    "not_fresh": "this code gives a new device another till's place, and this till has a journal of its own",
    "till_unknown": "the till whose place this one should take is no longer there: make a new code in the Backoffice",
    "rate_limited": "too many wrong codes: wait a quarter of an hour",
    "refused": "the Backoffice refused: {detail}",
    "not_kept": "the pairing could not be kept: {detail}",
}


def pair(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="The code the Backoffice shows.")],
    address: Annotated[
        str, typer.Option(help="Where the Backoffice is, instead of searching: host, host:port or https://…")
    ] = "",
) -> None:
    """Join the Backoffice's account."""
    config = the_config(context)
    with plain_errors():
        shop = bootstrap.open_shop(config)
        result = bootstrap.pair(config, shop, code, address, waiting=lambda _: None)
    if result.word:
        fail(sentence(result))
    out.print(f"paired with the account {result.account} at {result.address}")


def sentence(result: PairingResult) -> str:
    return SENTENCES.get(result.word, "{detail}").format(detail=result.detail)


def factory_reset(
    context: typer.Context,
    *,
    exported: Annotated[
        bool, typer.Option("--exported", help="The journal of this never paired till was taken to a USB stick.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget everything and begin as a new till. Refused while anything is only on this one; nothing is deleted."""
    config = the_config(context)
    shop = the_shop(context)
    with plain_errors():
        kept = bootstrap.factory_reset(config, shop, exported=exported, confirmed=lambda: yes or _asked())
    if kept is None:
        fail("nothing was changed")
    out.print(f"the old database lies in {kept}; the EET certificate stays")


def _asked() -> bool:
    err.print("This till forgets its price list, receipts and pairing, and begins as a new one.")
    return bool(typer.prompt("Write RESET to go on", default="", show_default=False, err=True) == "RESET")
