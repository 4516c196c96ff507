"""`pokladna journal`: does the chain hold."""

from typing import Annotated

import typer

from appliance.cli.context import EXIT_USAGE, fail, out, plain_errors, the_shop
from appliance.service.audit import verify_journal

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
    seq, _, digest = head.partition(":")
    if head and not (seq.isascii() and seq.isdigit() and digest):
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
