"""What the commands share: the settings, the shop, and how an error a person can mend is shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import typer
from rich.console import Console

from appliance.bootstrap import SetupError, open_shop
from appliance.config import Config, ConfigError, load_config
from appliance.eet.errors import EetError
from appliance.service.errors import ServiceError
from appliance.service.shop import Shop

EXIT_FAILED = 1
EXIT_USAGE = 2
CONFIG_KEY = "config_file"

# Without markup: names in certificates and a server's words are shown as they are, whatever brackets they have.
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


def set_config_file(context: typer.Context, path: Path | None) -> None:
    context.ensure_object(dict)[CONFIG_KEY] = path


def the_config(context: typer.Context) -> Config:
    """The effective settings; a bad value ends the command with its line."""
    try:
        return load_config(context.find_root().ensure_object(dict).get(CONFIG_KEY))
    except ConfigError as error:
        fail(str(error), code=EXIT_USAGE)


def the_shop(context: typer.Context) -> Shop:
    config = the_config(context)
    with plain_errors():
        return open_shop(config)


def fail(message: str, *, code: int = EXIT_FAILED) -> NoReturn:
    err.print(message, style="bold red", markup=False)
    raise typer.Exit(code)


@contextmanager
def plain_errors(*, lasting: bool = False) -> Iterator[None]:
    """What a person can put right is one red line, not a traceback.

    A `lasting` process shows an OSError whole: in the middle of a day its place in the code is what helps.
    """
    try:
        yield
    except (SetupError, ConfigError, ServiceError, EetError) as error:
        fail(str(error) or type(error).__name__)
    except OSError as error:
        if lasting:
            raise
        fail(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
