"""`pokladna items`: the price list from a file."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from appliance.cli.context import err, fail, out, plain_errors, the_shop
from appliance.service import item_import
from appliance.service.item_file import FileUnreadable, read_item_file

app = typer.Typer(no_args_is_help=True, help="The price list.")
BAD_ROWS_SHOWN = 50
REST_S = 0.05  # after each batch, so that a sale waiting for the write lock gets it (sync.md §9)


@app.callback()
def items() -> None:
    """The price list."""


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="CSV with ean,name[,price,vat,category,labels,plu,unit,evidence,za_poplatnika].")
    ],
) -> None:
    """Put a CSV file into the price list; bad rows are told with their line numbers. No price = asked at the sale."""
    shop = the_shop(context)
    with plain_errors():
        try:
            read = read_item_file(file.read_bytes(), new_id=shop.new_id)
        except FileUnreadable as error:
            fail(f"{file}: {error}")
        with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
            task = progress.add_task("items", total=len(read.items))
            for done in item_import.import_items(shop, read.items, read.categories, silent_on=read.silent_on):
                progress.update(task, completed=done)
                time.sleep(REST_S)
    for bad in read.bad[:BAD_ROWS_SHOWN]:
        err.print(f"{file}:{bad.line}: {bad.rule}: {bad.value!r}", markup=False)
    if len(read.bad) > BAD_ROWS_SHOWN:
        err.print(f"… and {len(read.bad) - BAD_ROWS_SHOWN} more")
    out.print(f"{len(read.items)} items imported, {len(read.bad)} rows refused")
    if read.bad:
        raise typer.Exit(1)
