"""`pokladna status | config`: how the till is and how it is set."""

import dataclasses
import json
from typing import Annotated

import typer
from rich.table import Table

from appliance.cli.certificate import certificate_todo
from appliance.cli.context import EXIT_FAILED, err, out, plain_errors, the_config, the_shop
from appliance.cli.eet_words import certificate_words, eet_todo
from appliance.domain.clock import age_text
from appliance.service.status import TillStatus, till_status


def status(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """What waits, for how long and why. Exit code 1 when something needs a person."""
    shop = the_shop(context)
    with plain_errors():
        now = till_status(shop)
    if as_json:
        out.print_json(json.dumps(dataclasses.asdict(now), default=str))
    else:
        table = Table.grid(padding=(0, 2))
        for row in _lines(now):
            table.add_row(*row)
        out.print(table)
    if _todo(now):
        err.print(_todo(now), style="bold red", markup=False)
        raise typer.Exit(EXIT_FAILED)


def _lines(now: TillStatus) -> list[tuple[str, str]]:
    shift = now.shift
    eet, backoffice = now.eet, now.backoffice
    return [
        ("time", now.now.strftime("%Y-%m-%d %H:%M:%S %z")),
        ("shift", f"no. {shift.number}, open since {shift.opened_at}, {shift.user}" if shift else "closed"),
        ("printer", f"{now.printer.word}, {now.printer.waiting} waiting, {now.printer.asking} to decide"),
        ("EET", f"{eet.mode}, {eet.waiting} waiting{_age(eet.oldest_age_s)}, {eet.parked} parked {eet.fault}".strip()),
        ("certificate", certificate_words(eet.certificate)),
        (
            "Backoffice",
            f"{'paired' if backoffice.paired else 'not paired'}, {backoffice.unsent} unsent"
            f"{_age(backoffice.oldest_age_s)} {backoffice.fault}".strip(),
        ),
    ]


def _age(seconds: int) -> str:
    return f" (oldest {age_text(seconds)})" if seconds else ""


def _todo(now: TillStatus) -> str:
    """The first thing a person should do; '' when there is nothing."""
    if todo := eet_todo(now.eet):
        return todo
    if now.backoffice.fault == "pairing_revoked":
        return "the pairing was revoked: pokladna pair CODE"
    if now.printer.word not in {"ok", "unknown"}:
        return f"the printer is not ready: {now.printer.word}"
    if now.printer.asking:
        return f"{now.printer.asking} papers may be incomplete: answer on the till's screen"
    return certificate_todo(now.eet.certificate)


def config(context: typer.Context) -> None:
    """The settings in force, vendor's and operator's together."""
    out.print_json(the_config(context).model_dump_json())
