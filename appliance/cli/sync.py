"""`pokladna sync`: the daemon; `sync now` asks it to synchronise and shows how far it is; `sync status`."""

import dataclasses
import json
import time
from collections.abc import Callable
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from appliance.cli.context import EXIT_FAILED, err, fail, out, plain_errors, the_shop
from appliance.cli.processes import sync as run_daemon
from appliance.domain.clock import age_text
from appliance.service.shop import Shop
from appliance.service.status import till_status
from appliance.service.sync import SyncRun, last_sync_run, request_sync, sync_run
from appliance.service.unsent import unsent_by_kind

TAKE_UP_S = 20.0
"""How long the daemon may take to begin: it looks every 15 s even when a wake-up is lost."""
STALL_S = 120.0
"""How long nothing may move: longer than one exchange with the server takes."""
LOOK_S = 0.1
ERRORS = {
    "unreachable": "the Backoffice cannot be reached; what waits stays here and is sent when it can be",
    "tls": "the Backoffice's certificate is not accepted; what waits stays here",
    "wrong_key": "another server answers in the Backoffice's place; nothing was sent",
    "not_paired": "this till is not paired: pokladna pair CODE",
    "pairing_revoked": "the pairing was revoked: pokladna pair CODE",
}

app = typer.Typer(invoke_without_command=True, help=__doc__)


@app.callback()
def daemon(context: typer.Context) -> None:
    """Without a command: the sync daemon, EET and Backoffice."""
    if context.invoked_subcommand is None:
        run_daemon(context)


@app.command("now")
def now(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Send what waits and pull the price list; selling goes on meanwhile. Exit code 1 when it did not succeed."""
    shop = the_shop(context)
    with plain_errors():
        run_id = request_sync(shop)
        run = _followed(shop, run_id) if as_json else _with_a_bar(shop, run_id)
    if as_json:
        out.print_json(json.dumps({**dataclasses.asdict(run), "result": json.loads(run.result or "{}")}))
    if not run.finished:
        fail(f"the sync daemon does not go on ({run.phase} {run.done}/{run.total}): is pokladna-sync running?")
    if run.error:
        fail(error_words(run.error))
    if not as_json:
        out.print(result_words(run.result))


@app.command("status")
def status(context: typer.Context) -> None:
    """What waits for the Backoffice and for how long, what waits there, and the last synchronisation."""
    shop = the_shop(context)
    with plain_errors():
        backoffice, last, kinds = till_status(shop).backoffice, last_sync_run(shop), unsent_by_kind(shop)
    table = Table.grid(padding=(0, 2))
    table.add_row("Backoffice", backoffice.fault or ("reachable" if backoffice.paired else "not paired"))
    table.add_row("unsent", str(backoffice.unsent))
    for kind in kinds:
        table.add_row("", f"{kind.count} {kind.kind} (oldest {age_text(kind.oldest_age_s)})")
    table.add_row("changes waiting", str(backoffice.changes_waiting))
    table.add_row("last sync", _last_words(last))
    out.print(table)
    if backoffice.fault:
        err.print(error_words(backoffice.fault), style="bold red", markup=False)
        raise typer.Exit(EXIT_FAILED)


def result_words(result: str) -> str:
    """One sentence of the counts in `sync_run.result`."""
    counts = json.loads(result or "{}")
    words = "{changed} items changed, {new} new, {removed} removed; {sent} documents sent".format(
        **{name: counts.get(name, 0) for name in ("changed", "new", "removed", "sent")}
    )
    if counts.get("item_sync_off"):
        words += " (item sync is off: nothing was pulled)"
    if skipped := counts.get("skipped", 0):
        words += f" ({skipped} rows need a newer version of this program)"
    return words


def error_words(word: str) -> str:
    return ERRORS.get(word, f"the Backoffice could not be synchronised with: {word}; what waits stays here")


def _last_words(run: SyncRun | None) -> str:
    if run is None:
        return "none yet"
    if not run.finished:
        return f"{run.phase} {run.done}/{run.total}"
    return f"{run.finished_at} {error_words(run.error) if run.error else result_words(run.result)}"


def _with_a_bar(shop: Shop, run_id: str) -> SyncRun:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        bar = progress.add_task("waiting", total=None)

        def show(run: SyncRun) -> None:
            progress.update(bar, description=run.phase, completed=run.done, total=run.total or None)

        return _followed(shop, run_id, show)


def _followed(shop: Shop, run_id: str, show: Callable[[SyncRun], None] = lambda _: None) -> SyncRun:
    """The run when it has ended, or as it is when nobody goes on with it."""
    moved, before = time.monotonic(), ("", 0, 0)
    while True:
        run = sync_run(shop, run_id)
        assert run is not None
        show(run)
        if (run.phase, run.done, run.total) != before:
            moved, before = time.monotonic(), (run.phase, run.done, run.total)
        patience_s = TAKE_UP_S if run.phase == "waiting" else STALL_S
        if run.finished or time.monotonic() - moved > patience_s:
            return run
        time.sleep(LOOK_S)
