"""The entry point: `pokladna`, or `python -m appliance`."""

import os
import sys

from appliance.cli.app import app

GROUP_UMASK = 0o007  # the till's processes share their files through one group, nobody else reads them


def main() -> None:
    os.umask(GROUP_UMASK)
    try:
        app()
    finally:
        _let_go_of_output()


def _let_go_of_output() -> None:
    """Drop what a full disk or a closed pipe does not take: Python would change the exit code over it at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


if __name__ == "__main__":
    main()
