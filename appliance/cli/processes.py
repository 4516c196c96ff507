"""The till's processes, each run by its own systemd unit."""

import typer

from appliance import bootstrap
from appliance.cli.context import plain_errors, the_config


def ui(context: typer.Context) -> None:
    """The till's screen."""
    config = the_config(context)
    with plain_errors(lasting=True):
        bootstrap.run_ui(config)


def print_(context: typer.Context) -> None:
    """The print process: receipt printer and drawer."""
    config = the_config(context)
    with plain_errors(lasting=True):
        bootstrap.run_print(config)


def sync(context: typer.Context) -> None:
    """The sync daemon: EET and Backoffice."""
    config = the_config(context)
    with plain_errors(lasting=True):
        bootstrap.run_sync(config)


def backoffice(context: typer.Context) -> None:
    """The web Backoffice; `pokladna backoffice --help` lists its own options."""
    bootstrap.run_backoffice(context.args)
