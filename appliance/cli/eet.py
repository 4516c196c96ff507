"""`pokladna eet`: the certificate, and a sandbox server to develop and train against."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from appliance.bootstrap import import_certificate
from appliance.cli.context import fail, out, plain_errors, the_config
from appliance.eet.errors import EetError
from appliance.eet.sandbox import Sandbox
from appliance.eet.sandbox_ca import make_sandbox_material

app = typer.Typer(no_args_is_help=True, help="Reporting of sales to EET.")
certificate_app = typer.Typer(no_args_is_help=True, help="The till's certificate.")
app.add_typer(certificate_app, name="certificate")


@certificate_app.callback()
def certificate() -> None:
    """The till's certificate."""


@certificate_app.command("import")
def import_(
    context: typer.Context,
    p12: Annotated[Path, typer.Argument(help="The .p12 file from the tax office.")],
    password_file: Annotated[Path, typer.Option(help="File with its password.")],
) -> None:
    """Take over the certificate the tax office issued for this till."""
    config = the_config(context)
    with plain_errors():
        try:
            password = password_file.read_text("utf-8").strip()
        except UnicodeDecodeError:
            fail(f"{password_file}: this is not a text file")
        identity = import_certificate(config, p12.read_bytes(), password)
    until = identity.certificate.not_valid_after_utc
    out.print(f"certificate of {identity.eic} imported, valid until {until:%Y-%m-%d}")


@app.command()
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
