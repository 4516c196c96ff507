"""`pokladna`: one command that runs the till's processes, and tells and mends everything."""

import io
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from appliance.cli import (
    backup,
    eet,
    eet_documents,
    eet_queue,
    items,
    journal,
    pair,
    processes,
    sandbox,
    status,
    stock,
    sync,
)
from appliance.cli.context import set_config_file

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command("ui")(processes.ui)
app.command("print")(processes.print_)
app.add_typer(sync.app, name="sync")
app.command(
    "backoffice", context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)(processes.backoffice)
app.command("config")(status.config)
app.command("status")(status.status)
app.command("pair")(pair.pair)
app.command("factory-reset")(pair.factory_reset)
app.add_typer(items.app, name="items")
app.command("stock")(stock.stock)
eet.app.command("status")(eet_queue.status)
eet.app.command("queue")(eet_queue.queue)
eet.app.command("show")(eet_queue.show)
eet.app.command("send-now")(eet_queue.send_now)
eet.app.command("release")(eet_queue.release)
eet.app.command("correct")(eet_queue.correct)
eet.app.command("test")(eet_queue.try_out)
eet.app.command("sandbox")(sandbox.sandbox)
eet.app.command("ledger")(sandbox.ledger)
eet.app.command("verify")(eet_documents.verify)
eet.app.command("build")(eet_documents.build)
app.add_typer(eet.app, name="eet")
app.add_typer(journal.app, name="journal")
app.add_typer(backup.app, name="backup")
app.command("restore")(backup.restore)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings file instead of /etc/pokladna/pokladna.toml.")
    ] = None,
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, format="%(levelname)s %(name)s: %(message)s", force=True
    )
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter the terminal does not know must not end a command
    for chatty in ("urllib3", "schedule", "asyncio", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    set_config_file(context, config)
