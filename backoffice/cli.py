"""`python -m backoffice`: serve, and the few things an owner of the server does on its terminal."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from backoffice.accounts import AccountRefused, account_of_email, create_account, forget_setup_code
from backoffice.app import open_tables
from backoffice.pairing import make_code, shown_code
from backoffice.serve import serve
from backoffice.settings import BackofficeSettings
from backoffice.trust import prepare_next_key, stored_key_mark, use_next_key

EXIT_OK, EXIT_REFUSED, EXIT_USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0].startswith("--") and given[0] != "--help":
        given.insert(0, "serve")  # what the server is started for, most of all
    parsed = _parser().parse_args(given)
    try:
        settings = _settings(parsed)
    except ValidationError as error:
        for each in error.errors():
            sys.stderr.write(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}\n")
        return EXIT_USAGE
    if parsed.command == "owner":
        return _create_owner(settings, parsed.email, parsed.password_file)
    if parsed.command == "next-key":
        return _next_key(settings, use=parsed.use)
    if parsed.command == "pairing-code":
        return _print_code(settings, parsed.account)
    serve(settings, ready_file=parsed.ready_file)
    return EXIT_OK


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data-dir", type=Path, required=True, help="database, keys and certificates live here")
    common.add_argument("--database-url", default="", help="postgresql://… instead of SQLite in the data directory")
    common.add_argument("--host-name", default="", help="the machine's name instead of its own: <name>.local")
    common.add_argument("--public-name", default="", help="the name browsers use, when it is another one")
    common.add_argument("--no-tls", action="store_true", help="plain HTTP, only behind a proxy that brings HTTPS")
    common.add_argument("--host", default="0.0.0.0", help="address to listen on")  # noqa: S104
    common.add_argument("--port", type=int, default=8443, help="0 takes a free one")
    common.add_argument("--no-advertise", action="store_true", help="no mDNS announcement")
    common.add_argument("--ready-file", type=Path, help="gets one line, the address, once the server answers")
    parser = argparse.ArgumentParser(prog="backoffice", description="The web Backoffice of Pokladna Pi")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", parents=[common], help="run the server")
    owner = commands.add_parser("owner", help="accounts").add_subparsers(dest="action", required=True)
    create = owner.add_parser("create", parents=[common], help="create an owner account")
    create.add_argument("email")
    create.add_argument("--password-file", type=Path, required=True, help="its first line is the password")
    code = commands.add_parser("pairing-code", parents=[common], help="print a code that pairs one till")
    code.add_argument("--account", required=True, metavar="EMAIL")
    successor = commands.add_parser("next-key", parents=[common], help="prepare a new key; tills learn it beforehand")
    successor.add_argument("--use", action="store_true", help="put the prepared key into use at the next start")
    return parser


def _settings(parsed: argparse.Namespace) -> BackofficeSettings:
    return BackofficeSettings(
        data_dir=parsed.data_dir,
        database_url=parsed.database_url,
        host=parsed.host,
        port=parsed.port,
        host_name=parsed.host_name,
        public_name=parsed.public_name,
        tls=not parsed.no_tls,
        advertise=not parsed.no_advertise,
    )


def _create_owner(settings: BackofficeSettings, email: str, password_file: Path) -> int:
    try:
        password = password_file.read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"the password cannot be read: {error}\n")
        return EXIT_USAGE
    try:
        create_account(open_tables(settings), email=email, password=password, now=datetime.now(UTC))
    except AccountRefused as error:
        sys.stderr.write(f"refused: {error.rule}\n")
        return EXIT_REFUSED
    forget_setup_code(settings.data_dir)
    return EXIT_OK


def _next_key(settings: BackofficeSettings, *, use: bool) -> int:
    if use and not use_next_key(settings.data_dir):
        sys.stderr.write("no key is prepared: next-key without --use prepares one\n")
        return EXIT_REFUSED
    if use:
        sys.stdout.write("restart the server: it takes the new key then\n")
    else:
        mark = prepare_next_key(settings.data_dir)
        sys.stdout.write(f"{mark} is prepared; restart the server, and use it when every till has been online since\n")
    return EXIT_OK


def _print_code(settings: BackofficeSettings, email: str) -> int:
    tables = open_tables(settings)
    account_id = account_of_email(tables, email)
    if account_id is None:
        sys.stderr.write("no such account\n")
        return EXIT_REFUSED
    code = make_code(tables, account_id, now=datetime.now(UTC))
    mark = stored_key_mark(settings.data_dir) if settings.tls else ""
    sys.stdout.write(shown_code(code, mark) + "\n")
    return EXIT_OK
