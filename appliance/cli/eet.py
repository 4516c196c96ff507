"""`pokladna eet`: reporting of sales. The certificate and the trust have commands of their own below it."""

import typer

from appliance.cli import certificate, trust

app = typer.Typer(no_args_is_help=True, help="Reporting of sales to EET.")
app.add_typer(certificate.app, name="certificate")
app.add_typer(trust.app, name="trust")
