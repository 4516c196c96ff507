"""`pokladna eet status | queue | show | send-now | release | correct | test`: sales on their way to the tax office."""

import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from appliance.bootstrap import sync_is_running
from appliance.cli.context import EXIT_FAILED, err, fail, out, plain_errors, the_config, the_shop
from appliance.cli.eet_words import eet_lines, eet_todo
from appliance.domain.clock import age_text
from appliance.domain.fiscal import Mode
from appliance.service import fiscal, regime, sync
from appliance.service.errors import NotFound, Refused
from appliance.service.fiscal import ChannelTest, QueuedSale, SaleHistory, SentMessage
from appliance.service.shop import Shop
from appliance.service.status import till_status

AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]
DAEMON_WAIT_S = 10.0
STILL_S = 30.0  # somewhat longer than a connection and an answer may take by default
TEST_WAIT_S = 60.0
POLL_S = 0.2
NO_DAEMON = "the sync daemon does not answer: systemctl status pokladna-sync"

REFUSALS = {
    "not_parked": "only a parked sale can be released or corrected; the others are sent by themselves",
    "may_be_recorded": (
        "an attempt of this sale ended without an answer, so the tax office may have it as it is: release it instead"
    ),
    "nothing_to_correct": "eic, id_jednotky and id_pokl in the settings are the same as in the refused sale",
}


def status(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Regime, channel, what waits, the certificate. Exit code 1 when something needs a person."""
    shop = the_shop(context)
    with plain_errors():
        eet = till_status(shop).eet
        regimes = regime.regimes_by_date(shop)
    if as_json:
        told = {**dataclasses.asdict(eet), "regimes": [dataclasses.asdict(each) for each in regimes]}
        out.print_json(json.dumps(told, default=str))
    else:
        table = Table.grid(padding=(0, 2))
        for row in eet_lines(eet):
            table.add_row(*row)
        for each in regimes:
            table.add_row("regime", f"{each.dialect} {each.mode} from {each.valid_from.isoformat()}")
        out.print(table)
    if todo := eet_todo(eet):
        err.print(todo, style="bold red", markup=False)
        raise typer.Exit(EXIT_FAILED)


def queue(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Sales without a code: those refused (parked) first, the oldest first."""
    shop = the_shop(context)
    with plain_errors():
        waiting = fiscal.queue(shop)
    if as_json:
        out.print_json(json.dumps([dataclasses.asdict(sale) for sale in waiting], default=str))
        return
    if not waiting:
        out.print("nothing waits")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("number", "state", "CZK", "sold", "age", "tries"):
        table.add_column(name, no_wrap=True, justify="right" if name in {"CZK", "tries"} else "left")
    table.add_column("why", overflow="fold")
    for sale in waiting:
        table.add_row(*_cells(sale))
    out.print(table)


def show(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="ID", help="Receipt number or document id.")],
    *,
    answers: Annotated[
        Path | None, typer.Option(help="Write the kept answers into this folder, for pokladna eet verify.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """One sale: what is reported of it, its code, and every attempt with the server's trace id."""
    shop = the_shop(context)
    with plain_errors():
        try:
            found = fiscal.history(shop, which)
        except NotFound:
            fail(f"{which}: no such sale was to be reported")
        saved = _save_answers(found, answers) if answers else []
    if as_json:
        told = dataclasses.asdict(found)
        told["attempts"] = [_told_attempt(each) for each in found.attempts]
        out.print_json(json.dumps(told, default=str))
        return
    table = Table.grid(padding=(0, 2))
    for row in _sale_lines(found):
        table.add_row(*row)
    out.print(table)
    for each in found.attempts:
        words = (each.at, each.uuid, each.outcome or "no end known", each.reason, each.detail, each.trace_id)
        out.print(" ".join(word for word in words if word), markup=False)
    for path in saved:
        out.print(f"answer kept in {path}", markup=False)


def _sale_lines(found: SaleHistory) -> list[tuple[str, str]]:
    sale = found.sale
    lines = [
        ("receipt", sale.number),
        ("state", f"{sale.state} {sale.reason} {sale.detail}".rstrip()),
        ("reported to", f"{sale.dialect} {sale.mode}"),
        *((name, found.data[name]) for name in found.data),
        *((name, value) for name, value in (("code", found.code), ("BKP", found.bkp), ("PKP", found.pkp)) if value),
    ]
    return lines + [("warning", warning) for warning in found.warnings]


def _told_attempt(attempt: SentMessage) -> dict[str, object]:
    told = dataclasses.asdict(attempt)
    answer = told.pop("answer")
    return told | {"answer": (answer or b"").decode("utf-8", "replace")}


def _save_answers(found: SaleHistory, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    saved = [(folder / f"{each.uuid}.xml", each.answer) for each in found.attempts if each.answer]
    for path, answer in saved:
        path.write_bytes(answer)
    return [path for path, _ in saved]


def send_now(context: typer.Context) -> None:
    """Try everything that waits now, whatever the schedule says, and show how far it gets."""
    shop = the_shop(context)
    with plain_errors():
        run_id = sync.request_sync(shop)
        before = till_status(shop).eet
        with out.status(f"{before.waiting} waiting") as progress:
            for left in _until_still(shop, run_id, daemon_runs=lambda: sync_is_running(the_config(context))):
                progress.update(f"{before.waiting - left} of {before.waiting} tried")
        after = till_status(shop).eet
    refused = max(0, after.parked - before.parked)
    sent = max(0, before.waiting - after.waiting - refused)
    out.print(f"{sent} of {before.waiting} sent, {refused} refused, {after.waiting} waiting {after.fault}".rstrip())
    if refused or after.waiting:
        raise typer.Exit(EXIT_FAILED)


def _until_still(shop: Shop, run_id: str, *, daemon_runs: Callable[[], bool]) -> Iterator[int]:
    """How many wait, again and again, until none does or nothing has changed for longer than an answer may take.

    A run that nobody takes up may only mean that the upload hangs; EET does not wait for that.
    """
    left, changed_at = -1, time.monotonic()
    while left and time.monotonic() - changed_at < STILL_S:
        run = sync.sync_run(shop, run_id)
        if run is None or (run.waits_s > DAEMON_WAIT_S and not daemon_runs()):
            fail(NO_DAEMON)
        now = till_status(shop).eet.waiting
        if now != left:
            left, changed_at = now, time.monotonic()
        yield left
        time.sleep(POLL_S)


def release(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="ID", help="Receipt number or document id; 'all' for every one.")],
) -> None:
    """Send a refused (parked) sale again, with the same data."""
    shop = the_shop(context)
    with plain_errors():
        if which == "all":
            out.print(f"{fiscal.release_all(shop)} sales wait again")
            return
        try:
            out.print(f"{fiscal.release(shop, which)} waits again")
        except NotFound:
            fail(f"{which}: no such sale was to be reported")
        except Refused as error:
            fail(f"{which}: {REFUSALS[error.rule]}")


def correct(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="ID", help="Receipt number or document id.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Report a refused (parked) sale with the taxpayer, unit and till that are set now.

    Amount, time and receipt number stay as they were. Refused when the tax office may have the sale already.
    """
    shop = the_shop(context)
    with plain_errors():
        try:
            planned = fiscal.planned_correction(shop, which)
            for name, value in planned.after.items():
                if planned.before[name] != value:
                    out.print(f"{name}: {planned.before[name]} → {value}", markup=False)
            if not yes and not typer.confirm(f"Report {planned.number} so?"):
                fail("nothing was changed")
            fiscal.correct(shop, which)
        except NotFound:
            fail(f"{which}: no such sale was to be reported")
        except Refused as error:
            fail(f"{which}: {REFUSALS[error.rule]}")
    out.print(f"{planned.number} waits with the new data")


def try_out(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Try the channel with a made-up sale of one crown; the live server records nothing of it."""
    shop = the_shop(context)
    with plain_errors():
        test_id = fiscal.request_test(shop)
        with out.status("waiting for the sync daemon"):
            found = _test_result(shop, test_id)
    if found is None:
        fail(NO_DAEMON)
    if as_json:
        out.print_json(json.dumps(dataclasses.asdict(found)))
    else:
        out.print(_test_line(found), markup=False)
        for warning in found.warnings:
            out.print(f"warning {warning}", markup=False)
    if found.outcome != "passed":
        raise typer.Exit(EXIT_FAILED)


def _cells(sale: QueuedSale) -> tuple[str, ...]:
    where = "" if sale.mode is Mode.LIVE else f" {sale.mode}"
    why = f"{sale.reason} {sale.detail}".strip() + (" (correctable)" if sale.correctable else "")
    sold_at = sale.sold_at.strftime("%m-%d %H:%M")
    return (
        sale.number,
        sale.state + where,
        sale.amount,
        sold_at,
        age_text(sale.age_s),
        str(sale.attempts),
        why,
    )


def _test_result(shop: Shop, test_id: str) -> ChannelTest | None:
    ends_at = time.monotonic() + TEST_WAIT_S
    while time.monotonic() < ends_at:
        found = fiscal.channel_test(shop)
        if found is not None and found.test_id == test_id and found.outcome:
            return found
        time.sleep(POLL_S)
    return None


def _test_line(test: ChannelTest) -> str:
    if test.outcome == "off":
        return "no regime reports sales, now or later: there is nothing to test"
    where = f"{test.dialect} {test.mode}"
    if test.outcome == "passed":
        code = f", code {test.detail}" if test.detail else ", verification mode: nothing recorded"
        return f"passed: {where} answered in {test.took_ms} ms{code}"
    return f"failed: {where}: {test.outcome} {test.detail}".rstrip()
