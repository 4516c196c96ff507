"""`eet verify` and `eet build`: what they print, how they end, and that no file whatever makes a traceback."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from appliance.eet.document import parse
from appliance.eet.request import read_trzba
from appliance.eet.signature import the_body
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4
from tests.appliance.cli.conftest import Ended, Terminal
from tests.appliance.eet.material import (
    DATA,
    DATA_V3,
    POK,
    UUID,
    Office,
    make_office,
    message,
    message_v3,
    signed_answer,
    unsigned_answer,
)
from tests.shared import ROOT

AT = "2026-11-24T13:00:00+01:00"
SENT = ("--uuid", UUID, "--sent-at", "2026-11-24T13:00:01+01:00")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return make_office(tmp_path_factory.mktemp("office"))


def _till_ca(office: Office) -> Path:
    return office.files.till_p12.parent / "till-ca.pem"


def _verify(terminal: Terminal, raw: bytes, *more: object) -> Ended:
    file = terminal.folder / "file.xml"
    file.write_bytes(raw)
    return terminal.run("eet", "verify", file, "--at", AT, *more)


def _found(ended: Ended) -> dict[str, Any]:
    assert ended.err == ""
    found = json.loads(ended.out)
    assert isinstance(found, dict)
    return found


def test_a_good_message_ends_with_0_and_one_json_object(terminal: Terminal, office: Office) -> None:
    ended = _verify(terminal, message(office.till), "--trust", _till_ca(office), "--json")

    assert ended.code == 0
    assert _found(ended) == {
        "dialect": "v4",
        "kind": "request",
        "well_formed": True,
        "schema": True,
        "signature": True,
        "signed_element_is_read_element": True,
        "chain": True,
        "codes": None,
        "code": None,
        "test": None,
        "errors": [],
        "warnings": [],
        "verdict": "valid",
        "reasons": [],
    }


def test_a_person_gets_the_same_in_words(terminal: Terminal, office: Office) -> None:
    ended = _verify(terminal, signed_answer(office.signer), "--trust", office.files.answer_ca)

    assert (ended.code, ended.err) == (0, "")
    lines = [line.split(maxsplit=1) for line in ended.out.splitlines()]
    assert ["verdict", "confirmed"] in lines
    assert ["code", POK] in lines
    assert ["schema", "yes"] in lines
    assert "name was not compared" in ended.out


@pytest.mark.parametrize(
    ("code", "verdict", "exit_code"),
    [(0, "verified-only", 0), (-1, "retry", 1), (4, "retry", 1), (8, "retry", 1), (3, "parked", 1)],
)
def test_an_error_needs_no_anchor(terminal: Terminal, code: int, verdict: str, exit_code: int) -> None:
    raw = unsigned_answer(f'<e:Chyba kod="{code}">duvod – pokus</e:Chyba>')

    ended = _verify(terminal, raw, "--json")

    assert (ended.code, _found(ended)["verdict"]) == (exit_code, verdict)
    assert _found(ended)["errors"] == [{"code": code, "text": "duvod – pokus"}]
    assert f"error                           {code}: duvod – pokus" in _verify(terminal, raw).out


def test_without_an_anchor_a_good_message_is_invalid(terminal: Terminal, office: Office) -> None:
    ended = _verify(terminal, message(office.till), "--json")

    assert (ended.code, _found(ended)["chain"], _found(ended)["verdict"]) == (1, None, "invalid")


def test_the_anchors_of_the_till_count_when_none_is_named(terminal: Terminal, office: Office) -> None:
    settings = f"[eet]\nanswer_trust_files = [{json.dumps(str(office.files.answer_ca))}]\n"
    terminal.write_settings(settings + 'answer_signer = "Pokladna Pi"\n')
    for kind, path in (("tills", _till_ca(office)), ("answers", office.files.answer_ca)):
        folder = terminal.folder / "data" / "trust" / kind
        folder.mkdir(parents=True)
        (folder / "ca.pem").write_bytes(path.read_bytes())

    assert _verify(terminal, message_v3(office.till)).code == 0
    assert _verify(terminal, signed_answer(office.signer)).code == 0
    assert _verify(terminal, signed_answer(office.till)).code == 1
    terminal.write_settings(settings)  # another organisation must have signed
    ended = _verify(terminal, signed_answer(office.signer), "--json")
    assert (ended.code, _found(ended)["chain"]) == (1, False)
    assert "Generální finanční ředitelství" in " ".join(_found(ended)["reasons"])


@pytest.mark.parametrize("broken", ["[till\n", '[eet]\nanswer_trust_files = ["/nothing/here.pem"]\n'])
def test_broken_settings_matter_only_when_no_anchor_is_named(terminal: Terminal, office: Office, broken: str) -> None:
    terminal.write_settings(broken)

    assert _verify(terminal, message(office.till), "--trust", _till_ca(office)).code == 0
    ended = _verify(terminal, message(office.till))
    assert (ended.code, ended.out) == (2, "")
    assert ended.error_line


def test_several_anchors_may_be_named_in_either_form(terminal: Terminal, office: Office) -> None:
    der = terminal.folder / "till.der"
    der.write_bytes(office.till.chain[0].public_bytes(Encoding.DER))

    ended = _verify(terminal, message(office.till), "--trust", office.files.answer_ca, "--trust", der)

    assert ended.code == 0


def test_a_time_with_any_zone_is_taken(terminal: Terminal, office: Office) -> None:
    file = terminal.folder / "file.xml"
    file.write_bytes(message(office.till))
    for at, code in (
        ("2026-11-24T12:00:00Z", 0),
        ("2026-11-24T12:00:00+00:00", 0),
        ("2026-11-24T10:59:59Z", 1),  # a second before the certificate begins
        ("2026-11-24T11:59:59+01:00", 1),
        ("2026-11-24T11:00:00.5Z", 0),
        ("2026-11-24T12:00:01", 0),  # without a zone it is Czech time
        ("2026-11-24T11:59:59", 1),
        ("2026-11-25", 0),
        ("0001-01-02T00:00:00Z", 1),
        ("9999-12-30T00:00:00Z", 1),
    ):
        ended = terminal.run("eet", "verify", file, "--at", at, "--trust", _till_ca(office))
        assert (ended.code, ended.err) == (code, ""), at


@pytest.mark.parametrize(
    "at", ["yesterday", "", "2026-11-24T12:00:00+25:00", "0001-01-01T00:00:00+14:00", "2026-11-24T12:00:00Z\x1b[2J"]
)
def test_a_time_that_is_no_instant_is_wrong_use(terminal: Terminal, at: str) -> None:
    file = terminal.folder / "file.xml"
    file.write_bytes(b"<a/>")

    ended = terminal.run("eet", "verify", file, "--at", at)

    assert (ended.code, ended.out) == (2, "")
    assert "ISO" in ended.error_line
    assert "\x1b" not in ended.error_line


def test_files_that_are_not_there_are_wrong_use(terminal: Terminal, office: Office) -> None:
    good, junk = terminal.folder / "good.xml", terminal.folder / "junk.pem"
    good.write_bytes(message(office.till))
    junk.write_bytes(b"junk")
    for arguments in (
        [terminal.folder / "nothing.xml"],
        [terminal.folder],
        ["x" * 5000],
        [good, "--trust", terminal.folder / "nothing.pem"],
        [good, "--trust", terminal.folder],
        [good, "--trust", junk],
        [good, "--trust", good],
        [good, "--trust", office.files.till_p12],
    ):
        ended = terminal.run("eet", "verify", *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert ended.error_line


def test_wrong_options_are_wrong_use(terminal: Terminal) -> None:
    assert terminal.run("eet", "verify").code == 2
    assert terminal.run("eet", "verify", "a", "--colour").code == 2
    assert terminal.run("eet", "build").code == 2


def _program(*arguments: object, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "appliance", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, env=env)


def test_no_file_whatever_makes_a_traceback(terminal: Terminal, office: Office) -> None:
    huge = terminal.folder / "huge.xml"
    with huge.open("wb") as stream:
        stream.write(message(office.till))
        stream.truncate(100_000_000)
    dash = terminal.folder / "dash.xml"
    dash.write_bytes(unsigned_answer('<e:Chyba kod="-1">chyba – č\x9b31m</e:Chyba>'))
    odd = terminal.folder / "č\udcff\x1b[31m.xml"
    odd.write_bytes(signed_answer(office.signer))
    for path, code in (
        (huge, 1),
        (odd, 0),
        (dash, 1),
        (Path("/dev/zero"), 1),
        (Path("/dev/null"), 1),
        (Path(sys.executable), 1),
        (terminal.folder / "none\udcff\x1b[31m.xml", 2),
    ):
        for more in ((), ("--json",)):
            ended = _program(
                *("eet", "verify", path, "--trust", office.files.answer_ca, "--at", AT, *more),
                env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
            )
            assert (ended.returncode, b"Traceback" in ended.stderr) == (code, False), (path, ended.stderr)
            assert b"\x1b" not in ended.stderr + ended.stdout
            if more and code != 2:
                assert json.loads(ended.stdout)["verdict"] in {"invalid", "confirmed", "retry"}


# build


def _sale(terminal: Terminal, tree: object) -> Path:
    file = terminal.folder / "sale.json"
    file.write_text(tree if isinstance(tree, str) else json.dumps(tree), "utf-8")
    return file


def _build(terminal: Terminal, office: Office, tree: object, *more: object) -> Ended:
    store = ("--p12", office.files.till_p12, "--password-file", office.files.till_password)
    return terminal.run("eet", "build", _sale(terminal, tree), *store, *more)


V4_SALE = {"dialect": "v4", "Data": dict(DATA)}
V3_SALE = {"dialect": "v3", "Data": dict(DATA_V3)}


def test_a_message_is_built_to_the_byte_from_uuid_and_time(terminal: Terminal, office: Office) -> None:
    v4, v3 = _build(terminal, office, V4_SALE, *SENT), _build(terminal, office, V3_SALE, *SENT)

    assert (v4.code, v4.out.encode()) == (0, message(office.till))
    assert (v3.code, v3.out.encode()) == (0, message_v3(office.till))
    assert _build(terminal, office, V4_SALE, *SENT).out == v4.out


def test_what_was_built_is_valid_in_every_variant(terminal: Terminal, office: Office) -> None:
    for sale, dialect in ((V4_SALE, V4), (V3_SALE, V3)):
        for repeat in ((), ("--repeat",)):
            for verification in ((), ("--verification",)):
                built = _build(terminal, office, sale, *SENT, *repeat, *verification)
                head = read_trzba(the_body(parse(built.out.encode())), dialect=dialect).header
                assert (head.prvni_zaslani, head.overeni) == (not repeat, bool(verification))
                assert _verify(terminal, built.out.encode(), "--trust", _till_ca(office)).code == 0


def test_the_simplified_regime_can_be_built(terminal: Terminal, office: Office) -> None:
    built = _build(terminal, office, {"dialect": "v3", "Data": {**DATA_V3, "rezim": "1"}}, *SENT)

    found = _found(_verify(terminal, built.out.encode(), "--trust", _till_ca(office), "--json"))
    assert (found["codes"], found["verdict"]) == (True, "valid")


def test_without_a_uuid_and_a_time_they_are_new(terminal: Terminal, office: Office) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    heads = [
        read_trzba(the_body(parse(_build(terminal, office, V4_SALE).out.encode())), dialect=V4).header for _ in range(2)
    ]
    after = datetime.now(UTC)

    assert heads[0].uuid_zpravy != heads[1].uuid_zpravy
    assert all(head.uuid_zpravy[14] == "4" for head in heads)
    sent = [datetime.fromisoformat(head.dat_odesl) for head in heads]
    assert all(before <= each <= after for each in sent)
    assert {head.dat_odesl[-6:] for head in heads} <= {"+01:00", "+02:00"}


@pytest.mark.parametrize("sent_at", ["2020-01-01T00:00:00Z", "2035-01-01T00:00:00+01:00", "0001-01-01T00:00:00+14:00"])
def test_a_certificate_that_is_not_valid_then_is_told_and_used(
    terminal: Terminal, office: Office, sent_at: str
) -> None:
    built = _build(terminal, office, V4_SALE, "--uuid", UUID, "--sent-at", sent_at)

    assert (built.code, built.error_line.startswith("warning: the certificate")) == (0, True)
    assert f'dat_odesl="{sent_at}"' in built.out


@pytest.mark.parametrize(
    ("tree", "word"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[" * 100_000, "JSON"),
        ("[]", "Data"),
        ({"Data": dict(DATA)}, "dialect"),
        ({"dialect": "v4"}, "Data"),
        ({"dialect": "v4", "Data": dict(DATA), "Hlavicka": {}}, "nothing else"),
        ({"dialect": "v5", "Data": dict(DATA)}, "v5"),
        ({"dialect": 4, "Data": dict(DATA)}, "4"),
        ({"dialect": ["v4"], "Data": dict(DATA)}, "v4"),
        ({"dialect": "v4", "Data": []}, "object"),
        ({"dialect": "v4", "Data": {**DATA, "celk_trzba": 188.5}}, "celk_trzba"),
        ({"dialect": "v4", "Data": {**DATA, "celk_trzba": "188,50"}}, "celk_trzba"),
        ({"dialect": "v4", "Data": {**DATA, "rezim": "0"}}, "rezim"),
        ({"dialect": "v4", "Data": {**DATA, "id_pokl": "č\n\x1b"}}, "id_pokl"),
        ({"dialect": "v4", "Data": {**DATA, "cerp_zuct": ""}}, "cerp_zuct"),
        ({"dialect": "v4", "Data": {}}, "required"),
        ({"dialect": "v3", "Data": dict(DATA)}, "eic_popl"),
        ({"dialect": "v3", "Data": {**DATA_V3, "id_pokl": "\ud800"}}, "id_pokl"),
        ({"dialect": "v3", "Data": {**DATA_V3, "x" * 9000: "1"}}, "xxx"),
        ('{"dialect": "v4", "Data": {"celk_trzba": "1.00", "celk_trzba": "2.00"}}', "twice"),
    ],
)
def test_a_sale_that_is_wrong_is_one_line(terminal: Terminal, office: Office, tree: object, word: str) -> None:
    ended = _build(terminal, office, tree, *SENT)

    assert (ended.code, ended.out) == (1, "")
    assert word in ended.error_line
    assert len(ended.error_line) < 2000
    assert "\x1b" not in ended.error_line


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--uuid", "1"), "--uuid"),
        (("--uuid", ""), "--uuid"),
        (("--sent-at", ""), "--sent-at"),
        (("--uuid", UUID.replace("-4", "-7")), "--uuid"),
        (("--sent-at", "2026-11-24"), "--sent-at"),
        (("--sent-at", "2026-11-24T13:00:00"), "zone"),
        (("--sent-at", "2026-11-24T13:00:00.5Z"), "--sent-at"),
    ],
)
def test_wrong_options_of_build_are_wrong_use(
    terminal: Terminal, office: Office, options: tuple[str, str], word: str
) -> None:
    ended = _build(terminal, office, V4_SALE, *options)

    assert (ended.code, ended.out) == (2, "")
    assert word in ended.error_line


def test_an_output_that_takes_nothing_is_one_line(terminal: Terminal, office: Office) -> None:
    answer = terminal.folder / "answer.xml"
    answer.write_bytes(signed_answer(office.signer))
    command = [sys.executable, "-m", "appliance", "eet", "verify", str(answer), "--json"]
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*command, "--trust", str(office.files.answer_ca)],
            cwd=ROOT,
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
        )

    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr


def test_a_key_store_that_does_not_open_is_one_line(terminal: Terminal, office: Office) -> None:
    sale, wrong = _sale(terminal, V4_SALE), terminal.folder / "wrong"
    wrong.write_text("wrong")
    for store, password, code, word in (
        (office.files.till_p12, wrong, 1, "password"),
        (office.files.till_password, office.files.till_password, 1, ""),
        (terminal.folder / "none.p12", wrong, 2, "none.p12"),
        (office.files.till_p12, terminal.folder / "none", 2, "none"),
        (office.files.till_p12, Path(sys.executable), 2, "larger"),
        (office.files.till_p12, office.files.till_p12, 2, "text"),
    ):
        ended = terminal.run("eet", "build", sale, "--p12", store, "--password-file", password, *SENT)
        assert (ended.code, ended.out) == (code, "")
        assert word in ended.error_line
