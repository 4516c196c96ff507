"""The entry point: `pokladna`, or `python -m appliance`."""

import os
import sys

GROUP_UMASK = 0o007  # the till's processes share their files through one group, nobody else reads them


def main() -> None:
    os.umask(GROUP_UMASK)
    if "backoffice" not in sys.argv:
        _leave_out_postgres()
    from appliance.cli.app import app

    try:
        app()
    finally:
        _let_go_of_output()


def _leave_out_postgres() -> None:
    """peewee loads the client of PostgreSQL where it is installed, 17 MB in each process; the till has SQLite only."""
    for name in ("psycopg", "psycopg2"):
        sys.modules[name] = None  # type: ignore[assignment]  # as the import system says: not to be found


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
