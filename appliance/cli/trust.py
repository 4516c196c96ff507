"""`pokladna eet trust`: the authorities this till believes beyond those that came with it."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from appliance import bootstrap
from appliance.cli.context import EXIT_USAGE, fail, out, plain_errors, the_config
from appliance.eet.certificate import fingerprint
from appliance.eet.trustfolder import FILE_BYTES_MAX, Anchor, TrustKind, read_authorities

app = typer.Typer(no_args_is_help=True, help="Authorities the till believes.")

DIGITS_MIN = 8


@app.callback()
def trust() -> None:
    """Authorities the till believes."""


@app.command()
def add(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Certificates of authorities, PEM or DER.")],
    kind: Annotated[
        TrustKind, typer.Option("--for", help="What they vouch for: the tax office's answers, or tills' certificates.")
    ] = TrustKind.ANSWERS,
    typed: Annotated[
        list[str] | None,
        typer.Option(
            "--fingerprint", help="SHA-256 that you have compared, when nobody can be asked; may be repeated."
        ),
    ] = None,
) -> None:
    """Believe an authority: at once if the settings name its fingerprint, else after you have compared it.

    Of a file with several certificates all are added, or none.
    """
    config = the_config(context)
    compared = {_digits(each) for each in typed or ()}
    with plain_errors():
        with file.open("rb") as opened:
            found = read_authorities(opened.read(FILE_BYTES_MAX + 1))
        for certificate in found:
            anchor = Anchor(kind, certificate)
            pinned = anchor.fingerprint in config.eet.pinned_anchors
            out.print(_text(anchor, pinned=pinned, compared=anchor.fingerprint in compared))
            if not pinned and anchor.fingerprint not in compared:
                _compare(anchor, asked=bool(compared))
        folder = bootstrap.trust_folder(config)
        for certificate in found:
            out.print(f"added for {kind}: {folder.add(certificate, kind).subject}", markup=False)
        bootstrap.wake_sync(config)


def _compare(anchor: Anchor, *, asked: bool) -> None:
    """Ends the command unless a person has the same fingerprint from somewhere else."""
    if asked:
        fail("its fingerprint is another one than that given: nothing was added")
    if not sys.stdin.isatty():
        fail("this authority is not known: compare its SHA-256 and give it as --fingerprint", code=EXIT_USAGE)
    typed = _digits(typer.prompt("Type its SHA-256 as the authority publishes it", err=True))
    if typed != anchor.fingerprint:
        fail("the fingerprint is another one: nothing was added")


def _digits(text: str) -> str:
    return "".join(text.replace(":", "").split()).lower()


@app.command()
def show(
    context: typer.Context,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """The authorities that were added, and those the settings name as files."""
    config = the_config(context)
    with plain_errors():
        anchors = bootstrap.trust_folder(config).anchors()
    pinned = set(config.eet.pinned_anchors)
    if as_json:
        out.print_json(json.dumps([_facts(anchor, pinned=anchor.fingerprint in pinned) for anchor in anchors]))
        return
    for anchor in anchors:
        out.print(_text(anchor, pinned=anchor.fingerprint in pinned, compared=True))
    for path in config.eet.answer_trust_files:
        out.print(f"{path}  (answers, named in the settings)", markup=False)
    if not anchors and not config.eet.answer_trust_files:
        out.print("none: without an authority for answers no sale is ever confirmed")


@app.command()
def remove(
    context: typer.Context,
    digits: Annotated[str, typer.Argument(help="The fingerprint, or at least its first 8 digits.")],
) -> None:
    """Believe an authority no more."""
    config = the_config(context)
    wanted = _digits(digits)
    if len(wanted) < DIGITS_MIN:
        fail(f"give at least {DIGITS_MIN} digits of the fingerprint", code=EXIT_USAGE)
    with plain_errors():
        gone = bootstrap.trust_folder(config).remove(wanted)
        bootstrap.wake_sync(config)
    if not gone:
        fail(f"no added authority has a fingerprint that begins with {wanted}")
    for anchor in gone:
        out.print(f"removed from {anchor.kind}: {anchor.subject}", markup=False)


def _facts(anchor: Anchor, *, pinned: bool) -> dict[str, object]:
    certificate = anchor.certificate
    return {
        "kind": anchor.kind,
        "subject": anchor.subject,
        "issuer": anchor.issuer,
        "valid_from": certificate.not_valid_before_utc.isoformat(),
        "valid_to": certificate.not_valid_after_utc.isoformat(),
        "fingerprint": fingerprint(certificate),
        "pinned": pinned,
    }


def _text(anchor: Anchor, *, pinned: bool, compared: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    certificate = anchor.certificate
    why = "known to the settings" if pinned else "compared by a person" if compared else "not known yet"
    for name, value in (
        ("subject", anchor.subject),
        ("issuer", anchor.issuer),
        ("valid", f"{certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}"),
        ("SHA-256", anchor.fingerprint),
        ("believed for", f"{anchor.kind}, {why}"),
    ):
        table.add_row(name, value)
    return table
