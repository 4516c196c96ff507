"""`pokladna eet`: the certificate."""

from pathlib import Path
from typing import Annotated

import typer

from appliance.bootstrap import import_certificate
from appliance.cli.context import fail, out, plain_errors, the_config

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
