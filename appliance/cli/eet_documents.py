"""`pokladna eet verify` and `build`: one message or answer in a file, judged or made without a server."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer

from appliance import bootstrap
from appliance.cli.context import EXIT_FAILED, EXIT_USAGE, err, fail, plain_errors, the_config
from appliance.domain.fiscal import Dialect
from appliance.eet.certificate import SignerName, check_validity, load_anchors, open_p12
from appliance.eet.codes import control_codes
from appliance.eet.dialects import DIALECTS
from appliance.eet.document import ANSWER_BYTES_MAX
from appliance.eet.errors import CertificateProblem, EetError
from appliance.eet.examine import examine
from appliance.eet.message import HEADER_RULES, DialectSpec, Header, moment
from appliance.eet.report import GOOD_VERDICTS, Anchors, Report
from appliance.eet.request import build_request
from appliance.eet.trustfolder import TrustKind

FILE_BYTES_MAX = ANSWER_BYTES_MAX
"""Nothing these commands read is larger: answers, messages, certificates, key stores."""

LOCAL_ZONE = ZoneInfo("Europe/Prague")
TEXT_CHARS_MAX = 400
_WORDS = {True: "yes", False: "no", None: "-"}


def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A message to the tax office or an answer of it, interface v3 or v4.")],
    at: Annotated[
        str | None,
        typer.Option("--at", help="Judge certificates at this ISO time, Czech without a zone; now."),
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option(help="Trust these certificates (PEM or DER, an issuing CA is enough) and no others. Repeatable."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Judge one message or answer: schema, signature, who signed it, control codes.

    Without --trust the till's own anchors count: trust/tills in its data folder for messages, trust/answers and
    eet.answer_trust_files for answers; then the signer of an answer must also bear the configured name.

    With --trust only chain and key usage are judged, not the name.

    Exit 0: valid, confirmed, verified-only; 1: any other verdict; 2: wrong use.
    """
    instant = datetime.now(UTC) if at is None else _instant(at)
    raw = _read_start(file)
    anchors = _named_anchors(trust) if trust else _configured_anchors(context)
    report = examine(raw, at=instant, anchors=anchors)
    with plain_errors():
        if as_json:
            typer.echo(json.dumps(report.as_json()))
        else:
            encoding = sys.stdout.encoding or "utf-8"
            for line in _lines(report):
                typer.echo(line.encode(encoding, "backslashreplace").decode(encoding))
    raise typer.Exit(0 if report.verdict in GOOD_VERDICTS else EXIT_FAILED)


def build(
    file: Annotated[Path, typer.Argument(help='JSON: {"dialect": "v4" or "v3", "Data": {official attribute names}}.')],
    p12: Annotated[Path, typer.Option(help="Key store to sign with.")],
    password_file: Annotated[Path, typer.Option(help="File with its password.")],
    uuid: Annotated[str | None, typer.Option(help="uuid_zpravy; a new one unless told.")] = None,
    sent_at: Annotated[str | None, typer.Option(help="dat_odesl, YYYY-MM-DDThh:mm:ss with a zone; now.")] = None,
    *,
    repeat: Annotated[bool, typer.Option("--repeat", help="Not the first sending: prvni_zaslani=false.")] = False,
    verification: Annotated[bool, typer.Option("--verification", help="Verification mode: overeni=true.")] = False,
) -> None:
    """Make one signed message and write it to the standard output; the same input makes the same bytes.

    The control codes of v3 are computed. A certificate that is not valid at the time of sending is told and used.
    """
    head = Header(
        uuid_zpravy=_option(str(uuid4()) if uuid is None else uuid, "uuid_zpravy", name="--uuid"),
        dat_odesl=_option(_now_in_prague() if sent_at is None else sent_at, "dat_odesl", name="--sent-at"),
        prvni_zaslani=not repeat,
        overeni=verification,
    )
    store, password = _read(p12), _read_password(password_file)
    dialect, data = _sale(file)
    try:
        signer = open_p12(store, password)
        codes = control_codes(data, dialect=dialect, key=signer.key) if dialect.control_codes else None
        envelope = build_request(data, head, dialect=dialect, signer=signer, codes=codes)
    except EetError as error:
        fail(_short(str(error)))
    try:
        check_validity(signer.certificate, at=moment(head.dat_odesl))
    except CertificateProblem as problem:
        err.print(f"warning: {problem}; the message is made all the same", markup=False)
    with plain_errors():
        sys.stdout.buffer.write(envelope)
        sys.stdout.buffer.flush()


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=LOCAL_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError):
        fail(f"--at {_short(text)}: not an ISO time like 2027-01-01T12:00:00+01:00", code=EXIT_USAGE)


def _option(value: str, attribute: str, *, name: str) -> str:
    rule = HEADER_RULES[attribute]
    if not rule.accepts(value):
        fail(f"{name} {_short(value)}: {attribute} is {rule.allowed}", code=EXIT_USAGE)
    return value


def _now_in_prague() -> str:
    return datetime.now(LOCAL_ZONE).replace(microsecond=0).isoformat()


def _named_anchors(files: Iterable[Path]) -> Anchors:
    found = tuple(certificate for path in files for certificate in _certificates(path))
    return Anchors(tills=found, answers=found, signers={})


def _certificates(path: Path) -> tuple[Any, ...]:
    try:
        return load_anchors([_read(path)])
    except EetError as error:
        fail(f"{_name(path)}: {_short(str(error))}", code=EXIT_USAGE)


def _configured_anchors(context: typer.Context) -> Anchors:
    """What `pokladna eet trust` has added, and the files of the settings."""
    config = the_config(context)
    added = bootstrap.trust_folder(config).anchors()
    tills, answers = (
        [each.certificate for each in added if each.kind is kind] for kind in (TrustKind.TILLS, TrustKind.ANSWERS)
    )
    files = [each for path in config.eet.answer_trust_files for each in _certificates(path)]
    return Anchors(
        tills=tuple(tills),
        answers=(*answers, *files),
        signers={
            Dialect.V4: SignerName(organisation=config.eet.answer_signer),
            Dialect.V3: SignerName(organisation=config.eet.v3.answer_signer),
        },
    )


def _sale(file: Path) -> tuple[DialectSpec, dict[str, str]]:
    """The dialect and Data of a JSON file; anything else in it ends the command."""
    try:
        tree = json.loads(_read(file).decode("utf-8-sig"), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        fail(f"{_name(file)}: not a JSON file: {_short(str(error))}")
    if not isinstance(tree, dict) or set(tree) != {"dialect", "Data"}:
        fail(f'{_name(file)}: expected an object with "dialect" and "Data" and nothing else')
    if tree["dialect"] not in list(DIALECTS):
        fail(f'{_name(file)}: dialect = {_short(repr(tree["dialect"]))}: allowed is "v3" or "v4"')
    data = tree["Data"]
    if not isinstance(data, dict):
        fail(f"{_name(file)}: Data must be an object of attributes")
    for name, value in data.items():
        if not isinstance(value, str):
            fail(f"{_name(file)}: {_short(name)} = {_short(repr(value))}: every value must be a text in quotes")
    return DIALECTS[Dialect(tree["dialect"])], data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _read_password(file: Path) -> str:
    try:
        return _read(file).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        fail(f"{_name(file)}: this is not a text file", code=EXIT_USAGE)


def _read(file: Path) -> bytes:
    raw = _read_start(file)
    if len(raw) > FILE_BYTES_MAX:
        fail(f"{_name(file)}: larger than {FILE_BYTES_MAX} bytes", code=EXIT_USAGE)
    return raw


def _read_start(file: Path) -> bytes:
    """As much as anything here may have, and one byte more when there is more: enough to refuse it."""
    try:
        with file.open("rb") as stream:
            return stream.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        fail(f"{_name(file)}: {getattr(error, 'strerror', None) or error}", code=EXIT_USAGE)


def _name(file: Path) -> str:
    return _short(str(file))


def _short(text: str) -> str:
    """A stranger's text for a terminal: one line, nothing that moves the cursor."""
    shown = text[:TEXT_CHARS_MAX] + ("…" if len(text) > TEXT_CHARS_MAX else "")
    return "".join(char if char.isprintable() else "?" for char in shown)


def _lines(report: Report) -> Iterator[str]:
    """The report for a person: what is there, then why."""
    for name, value in report.as_json().items():
        if name in {"errors", "warnings"}:
            for each in value:
                yield f"{name.removesuffix('s'):<32}{each['code']}: {_short(each['text'])}"
        elif name != "reasons":
            yield f"{name.replace('_', ' '):<32}{_WORDS.get(value, value)}"
    for reason in report.reasons:
        yield f"  {_short(reason)}"
