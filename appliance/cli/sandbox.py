"""`pokladna eet sandbox` and `ledger`: a server to develop and train against, and what it has accepted."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from appliance.cli.context import EXIT_USAGE, fail, out, plain_errors
from appliance.domain.fiscal import Dialect
from appliance.eet.dialects import DIALECTS
from appliance.eet.errors import EetError
from appliance.eet.sandbox import Faults, Sandbox, make_sandbox_material, parse_script, read_ledger
from appliance.eet.sandbox.faults import FaultKind, FaultScriptInvalid

_FAULT_HELP = (
    "What shall go wrong, separated by commas: NAME=PROBABILITY, or NAME=VALUE[:PROBABILITY] for delay and slow "
    f"(seconds), error (EET code), status, late-status and renewal-error (HTTP). The names: {', '.join(FaultKind)}."
)


def sandbox(
    directory: Annotated[Path, typer.Option("--dir", help="Where its CA, its ledger and its renewals live.")],
    eic: Annotated[str, typer.Option(help="Also issue a till certificate for this taxpayer.")] = "",
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8444,
    *,
    ready_file: Annotated[Path | None, typer.Option(help="Written with the endpoint (v4) when it listens.")] = None,
    fault: Annotated[str, typer.Option(help=_FAULT_HELP)] = "",
    fault_seed: Annotated[int, typer.Option(help="The same number gives the same faults again.")] = 0,
    renewal_polls: Annotated[int, typer.Option(min=0, help="INPROCESS answers before a new certificate.")] = 1,
    renewal_reject: Annotated[bool, typer.Option(help="Reject every renewal.")] = False,
    live: Annotated[bool, typer.Option(help="Answer like the live server, not like the playground.")] = False,
) -> None:
    """A strict EET server of our own (v3, v4, renewal of certificates), with its own CA.

    It never talks to the tax office.
    """
    try:
        faults = Faults(parse_script(fault), seed=fault_seed)
    except FaultScriptInvalid as error:
        fail(str(error), code=EXIT_USAGE)

    def now() -> datetime:
        return datetime.now().astimezone()

    with plain_errors():
        if eic:
            make_sandbox_material(directory, eic=eic, host=host, at=now(), playground=not live)
        try:
            server = Sandbox(
                directory,
                host=host,
                port=port,
                clock=now,
                playground=not live,
                faults=faults,
                renewal_polls=renewal_polls,
                renewal_rejects=renewal_reject,
            )
        except (EetError, ValueError) as error:
            fail(str(error))
    out.print(f"EET sandbox ready on {server.endpoint}")
    out.print(f"v3 on {server.v3_endpoint}, renewal on {server.renewal_url}")
    if ready_file:
        ready_file.write_text(server.endpoint + "\n", "utf-8")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.stop()


def ledger(
    directory: Annotated[Path, typer.Option("--dir", help="The sandbox's directory; it may be running.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """What a sandbox has accepted: which sales, how often, with which codes."""
    with plain_errors():
        found = read_ledger(directory)
    if as_json:
        typer.echo(json.dumps(found))
        return
    for sale in found.pop("sales"):
        typer.echo(_sale_line(sale))
    for name, value in found.items():
        typer.echo(f"{name}: {json.dumps(value)}")


def _sale_line(sale: Mapping[str, Any]) -> str:
    dialect = DIALECTS[Dialect(sale["dialect"])]
    key = "|".join(sale[name] for name in dialect.sale_key)
    return f"{dialect.name} {key} times={sale['times']} first_sends={sale['first_sends']} {' '.join(sale['codes'])}"
