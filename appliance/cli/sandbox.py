"""`pokladna eet sandbox`: a server to develop and train against."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from appliance.cli.context import fail, out, plain_errors
from appliance.eet.errors import EetError
from appliance.eet.sandbox import Sandbox, make_sandbox_material


def sandbox(
    directory: Annotated[Path, typer.Option("--dir", help="Where its CA and its ledger live.")],
    eic: Annotated[str, typer.Option(help="Also issue a till certificate for this taxpayer.")] = "",
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8444,
    ready_file: Annotated[Path | None, typer.Option(help="Written with the endpoint when it listens.")] = None,
    *,
    live: Annotated[bool, typer.Option(help="Answer like the live server, not like the playground.")] = False,
) -> None:
    """A strict EET server of our own, with its own CA. It never talks to the tax office."""

    def now() -> datetime:
        return datetime.now().astimezone()

    with plain_errors():
        if eic:
            make_sandbox_material(directory, eic=eic, host=host, at=now(), playground=not live)
        try:
            server = Sandbox(directory, host=host, port=port, clock=now, playground=not live)
        except (EetError, ValueError) as error:
            fail(str(error))
    out.print(f"EET sandbox ready on {server.endpoint}")
    if ready_file:
        ready_file.write_text(server.endpoint + "\n", "utf-8")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.stop()
