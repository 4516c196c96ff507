"""`pokladna eet certificate`: import it, look at it, renew it."""

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from appliance import bootstrap
from appliance.cli.context import EXIT_FAILED, EXIT_USAGE, err, fail, out, plain_errors, the_config, the_shop
from appliance.domain.clock import parse_iso
from appliance.domain.expiry import ExpiryLevel
from appliance.service.certificates import CertificateState, ImportResult, RenewalState, certificate_state
from appliance.service.certificates import request_renewal as ask_for_renewal
from appliance.service.shop import Shop

app = typer.Typer(no_args_is_help=True, help="The till's certificate.")

RENEWAL_WAIT_S = 60.0
TAKEN_UP_WAIT_S = 20.0
LOOK_S = 0.5
KEY_STORE_BYTES_MAX = 64 * 1024

IMPORT_PROBLEMS = {
    "not_a_key_store": "the file is no key store (.p12), or it is damaged",
    "wrong_password": "the password does not open the key store",
    "no_rsa_key": "the key store holds no RSA key with its certificate",
    "expired": "the certificate expired on {moment}: get a new one from the tax office",
    "not_yet_valid": "the certificate is valid only from {moment}: is the till's clock right?",
    "foreign_certificate": "the certificate was issued for {found}, but this till reports for {expected}",
    "test_certificate": "a {found} certificate cannot report live sales: the live server needs a production one",
    "production_certificate": "a production certificate cannot report to the playground, which answers with error 4",
    "not_kept": "the key could not be written: {found}",
}
IN_USE_PROBLEMS = {**IMPORT_PROBLEMS, "unreadable": "the key in use cannot be read: import the certificate again"}
WARNINGS = {
    "foreign_certificate": "for another regime in the settings this certificate belongs to another taxpayer",
    "test_certificate": "for a live regime in the settings another certificate is needed",
    "production_certificate": "for a playground regime in the settings another certificate is needed",
}
RENEWAL_FAULTS = {
    "no_certificate": "there is no certificate to renew: import one",
    "expired": "an expired certificate cannot renew itself: get a new one from the tax office and import it",
    "no_service": "the authority that issued this certificate has no renewal service",
    "rejected": "the tax office refuses",
    "unauthorized": "the tax office does not accept this certificate",
    "fetched_elsewhere": "the new certificate was fetched by somebody else",
}


@app.callback()
def certificate() -> None:
    """The till's certificate."""


@app.command("import")
def import_(
    context: typer.Context,
    p12: Annotated[Path, typer.Argument(help="The .p12 file from the tax office.")],
    password_file: Annotated[Path | None, typer.Option(help="File with its password; asked for without it.")] = None,
) -> None:
    """Take over the certificate the tax office issued for this till."""
    config = the_config(context)
    with plain_errors():
        with p12.open("rb") as file:
            content = file.read(KEY_STORE_BYTES_MAX + 1)
        password = _password(password_file)
        shop = the_shop(context)
        with err.status("judging the key store") as waiting:
            result = bootstrap.import_certificate(
                config, shop, content, password, waiting=lambda s: waiting.update(f"waiting for the daemon {s:.0f} s")
            )
    if result.word:
        fail(_problem(result))
    out.print(f"certificate of {result.eic} imported, valid until {result.valid_to[:10]}")
    if result.warning:
        err.print(WARNINGS.get(result.warning, result.warning), style="yellow", markup=False)


def _password(file: Path | None) -> str:
    if file is None:
        if not sys.stdin.isatty():
            fail("--password-file is needed where nobody can be asked", code=EXIT_USAGE)
        return str(typer.prompt("Password of the key store", hide_input=True, err=True))
    try:
        return file.read_text("utf-8-sig").strip()
    except UnicodeDecodeError:
        fail(f"{file}: this is not a text file")


def _problem(result: ImportResult) -> str:
    sentence = IMPORT_PROBLEMS.get(result.word, result.word)
    return sentence.format(found=result.found, expected=result.expected, moment=result.moment[:10])


@app.command()
def show(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """The certificate in use, as far as it is public. Exit code 1 when it needs a person."""
    shop = the_shop(context)
    with plain_errors():
        state = certificate_state(shop)
    if as_json:
        out.print_json(json.dumps(dataclasses.asdict(state)))
    else:
        table = Table.grid(padding=(0, 2))
        for row in _lines(state):
            table.add_row(*row)
        out.print(table)
    if todo := certificate_todo(state):
        err.print(todo, style="bold red", markup=False)
        raise typer.Exit(EXIT_FAILED)


def _lines(state: CertificateState) -> list[tuple[str, str]]:
    if not state.valid_to:
        return [("certificate", "none")]
    return [
        ("taxpayer", state.eic),
        ("environment", state.environment),
        ("valid", f"{state.valid_from[:10]} to {state.valid_to[:10]}, {state.days_left} days left"),
        ("issuer", state.issuer),
        ("serial number", state.serial),
        ("SHA-256", state.fingerprint),
        ("renewal", renewal_text(state.renewal)),
    ]


def renewal_text(renewal: RenewalState) -> str:
    """The state's words, why it waits and until when."""
    parts = [renewal.phase]
    if renewal.fault:
        parts.append(f"{RENEWAL_FAULTS.get(renewal.fault, renewal.fault)} {renewal.detail}".strip())
    if renewal.next_at:
        parts.append(f"next step at {parse_iso(renewal.next_at):%Y-%m-%d %H:%M:%S}")
    return ", ".join(parts)


def certificate_todo(state: CertificateState) -> str:
    """What a person should do about the certificate; '' when there is nothing, or nothing is reported."""
    if not state.needed:
        return ""
    how = "import a new one: pokladna eet certificate import FILE"
    if state.problem:
        found = IN_USE_PROBLEMS.get(state.problem, state.problem)
        return f"EET certificate: {found.format(found=state.eic, expected='another', moment='')}"
    ends = f"the EET certificate ends on {state.valid_to[:10]} ({state.days_left} days)"
    match state.level:
        case ExpiryLevel.EXPIRED:
            return f"the EET certificate expired on {state.valid_to[:10]}: {how}"
        case ExpiryLevel.NOT_YET_VALID:
            return f"the EET certificate is valid only from {state.valid_from[:10]}: is the till's clock right?"
        case ExpiryLevel.NOTICE | ExpiryLevel.WARNING | ExpiryLevel.URGENT:
            if state.renewal.fault:
                return f"{ends} and its renewal fails ({renewal_text(state.renewal)}): {how}"
            return f"{ends}; it renews itself, or now: pokladna eet certificate renew"
    if state.renewal.phase == "rejected":
        return f"EET certificate, renewal: {renewal_text(state.renewal)}"
    return ""


@app.command()
def renew(context: typer.Context) -> None:
    """Ask the tax office for the next certificate now; the till does so by itself in time."""
    shop = the_shop(context)
    with plain_errors():
        if not bootstrap.sync_is_running(the_config(context)):
            fail("the sync daemon does not run, and only it has the key: start pokladna-sync")
        before = certificate_state(shop)
        request_id = ask_for_renewal(shop)
        with err.status("asking the sync daemon") as progress:
            after = _followed(
                shop, request_id, replaced=before.fingerprint, tell=lambda words: progress.update(Text(words))
            )
    if after.fingerprint != before.fingerprint:
        out.print(f"certificate renewed, valid until {after.valid_to[:10]}")
    elif after.renewal.fault:
        fail(f"not renewed: {renewal_text(after.renewal)}")
    else:
        out.print(f"under way: {renewal_text(after.renewal)}; pokladna eet certificate show tells how it goes on")


def _followed(shop: Shop, request_id: str, *, replaced: str, tell: Callable[[str], None]) -> CertificateState:
    """Until the new one is in use, something fails, or it has taken long enough to be looked at later."""
    begun = time.monotonic()
    while True:
        state = certificate_state(shop)
        waited_s = time.monotonic() - begun
        taken_up = state.renewal.request_id == request_id
        if not taken_up and waited_s > TAKEN_UP_WAIT_S:
            fail("the sync daemon has not taken it up")
        over = state.fingerprint != replaced or bool(state.renewal.fault)
        if (taken_up and over) or waited_s > RENEWAL_WAIT_S:
            return state
        tell(renewal_text(state.renewal))
        time.sleep(LOOK_S)
