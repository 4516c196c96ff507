"""`pokladna backup` and `pokladna restore`: copies of the till's database, and going on from one."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from appliance.bootstrap import backup_plan, restore_backup
from appliance.cli.context import fail, out, plain_errors, the_config, the_shop
from appliance.service.backup import NoBackup, list_backups, make_backup

app = typer.Typer(no_args_is_help=True, help="Copies of the till's database.")
BYTES_PER_KB = 1000


@app.callback()
def backup() -> None:
    """Copies of the till's database."""


@app.command()
def now(context: typer.Context) -> None:
    """Make a copy in every folder that is there; the till may go on selling."""
    config, shop = the_config(context), the_shop(context)
    with plain_errors():
        try:
            for made in make_backup(shop, backup_plan(config)):
                out.print(f"{made.path}  {-(-made.size_bytes // BYTES_PER_KB)} kB")
        except NoBackup as error:
            fail(f"no backup could be made: {error}")


@app.command("list")
def list_(context: typer.Context) -> None:
    """What copies there are, the newest first."""
    for each in list_backups(backup_plan(the_config(context)).folders):
        out.print(f"{each.made_at}  {-(-each.size_bytes // BYTES_PER_KB):>8} kB  {each.path}")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="One of `pokladna backup list`.")],
    series_letter: Annotated[
        str, typer.Option(help="Mark of the receipt series from now on; the next free one unless told.")
    ] = "",
) -> None:
    """Put a backup in the place of the till's database. Receipts get a series of their own; nothing is deleted."""
    config = the_config(context)
    with plain_errors():
        restored = restore_backup(config, file, letters=series_letter, now=datetime.now().astimezone())
    out.print(f"restored as of {restored.content.last_at}; receipts from now on: {restored.series}-000001 …")
    if restored.aside:
        out.print(f"the replaced database is kept as {restored.aside}")
    out.print("start the till; what the Backoffice holds beyond the backup comes by itself once it answers")
