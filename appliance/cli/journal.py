"""`pokladna journal`: does the chain hold; out into a file, and in from a card that was found."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from appliance.bootstrap import new_epoch, open_found
from appliance.cli.context import EXIT_USAGE, err, fail, out, plain_errors, the_shop
from appliance.domain.clock import iso
from appliance.service.audit import verify_journal
from appliance.service.incoming import TakenIn
from appliance.service.journal_files import JournalFileRefused, export_journal, import_journal

SEQ_DIGITS_MAX = 16

app = typer.Typer(no_args_is_help=True, help="The tamper-evident journal.")


@app.callback()
def journal() -> None:
    """The tamper-evident journal."""


@app.command()
def verify(
    context: typer.Context,
    head: Annotated[str, typer.Option(help="A head from a printed closing, SEQ:HASH.")] = "",
) -> None:
    """Read the whole journal and check its chain; with --head also against a printed closing."""
    seq, _, digest = head.strip().lower().partition(":")
    if head and not (seq.isascii() and seq.isdigit() and len(seq) <= SEQ_DIGITS_MAX and digest):
        fail("--head is SEQ:HASH as printed on a closing", code=EXIT_USAGE)
    shop = the_shop(context)
    with plain_errors():
        verdict = verify_journal(shop, head_seq=int(seq) if head else 0, head=digest)
    out.print(f"{verdict.rows} rows, head {verdict.head_seq}:{verdict.head}")
    if verdict.database != "ok":
        fail(f"the database is damaged: {verdict.database}")
    if verdict.broken_at:
        fail(f"the chain is broken at row {verdict.broken_at}")
    if verdict.anchored is False:
        fail(f"the printed head {head} is not in this journal")
    for row in verdict.lost:
        out.print(f"rows from {row} on lost a fork; their documents stand again in a later epoch")
    for epoch in verdict.partial:
        out.print(f"of epoch {epoch} only some rows are here: it was written by a device this one has replaced")
    out.print("the chain holds" if head else "the chain holds; not anchored to a printed closing")


@app.command()
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Written when it is whole.")],
    database: Annotated[
        Path | None, typer.Option(help="Another card's till.db instead of this till's own database.")
    ] = None,
) -> None:
    """Write every row of every epoch into one file."""
    with plain_errors():
        store = open_found(database) if database else the_shop(context).store
        try:
            written = export_journal(store.tables, file, at=iso(datetime.now().astimezone()))
        finally:
            store.close()
    out.print(f"{written.rows} rows of the till {written.prefix} ({written.till_id}) written to {file}")


@app.command("import")
def import_(
    context: typer.Context, file: Annotated[Path, typer.Argument(help="What `journal export` has written.")]
) -> None:
    """Bring in rows of this till from a card that was found; what is here already is passed over."""
    shop = the_shop(context)
    done = TakenIn()
    with plain_errors():
        try:
            for done in import_journal(shop, file, new_epoch=new_epoch):
                if err.is_terminal:
                    err.print(f"{done.new + done.held + done.again} rows", end="\r")
        except JournalFileRefused as error:
            fail(str(error))
    out.print(f"{done.new} rows brought in, {done.held} were here already")
    if done.again:
        out.print(
            f"{done.again} documents stand in the present epoch: the card had gone its own way after a row that is held"
        )
    out.print("they are sent to the Backoffice and, where a code is missing, to the tax office")
