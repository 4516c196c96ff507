"""Documents and connections made to exhaust or to mislead whoever reads them: bombs, includes, floods, drips."""

import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from ssl import SSLSocket

import pytest

from appliance.domain.fiscal import Dialect
from appliance.eet.answer import BadlySigned, Unreadable, read_answer
from appliance.eet.client import EetClient
from appliance.eet.dialects import DIALECTS
from appliance.eet.document import ANSWER_BYTES_MAX
from appliance.eet.examine import examine
from appliance.eet.report import Anchors, Verdict
from appliance.eet.transport import FailureKind, HttpReply, TransportFailure
from appliance.eet.v4 import V4
from tests.appliance.eet.material import AT, POK, UUID, Office, signed_answer
from tests.appliance.eet.mutations import genuine_answers
from tests.appliance.eet.scripted import ScriptedServer, read_request, server_tls
from tests.shared import ROOT

MEGABYTE = 1024 * 1024

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
_DOCTYPES = {
    "billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]>',
    "quadratic blow-up": f'<!DOCTYPE x [<!ENTITY l11 "{"a" * 60_000}">]>',
    "a file of ours": '<!DOCTYPE x [<!ENTITY l11 SYSTEM "file:///etc/hostname">]>',
    "a file of the network": '<!DOCTYPE x [<!ENTITY l11 SYSTEM "http://127.0.0.1:9/x">]>',
    "a parameter entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
    "an external document type": '<!DOCTYPE x SYSTEM "file:///etc/hostname">',
    "an attribute that is an id by declaration": "<!DOCTYPE x [<!ATTLIST e:Odpoved x ID #IMPLIED>]>",
    "a default attribute": f'<!DOCTYPE x [<!ATTLIST e:Potvrzeni pok CDATA "{POK}">]>',
}


def _with_doctype(genuine: bytes, doctype: str) -> bytes:
    head, _, rest = genuine.partition(b"?>")
    return head + b"?>" + doctype.encode() + rest.replace(b'test="true"', b'test="true" x="&l11;"')


def _with_prefixes(genuine: bytes, prefixes: bytes) -> bytes:
    """Each of them is looked up at each element of SignedInfo."""
    method = b'<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">'
    named = b'<e:InclusiveNamespaces xmlns:e="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="' + prefixes + b'"/>'
    return genuine.replace(method, method + named)


_FLOODS: dict[str, Callable[[bytes], bytes]] = {
    **{
        name: lambda genuine, doctype=doctype: _with_doctype(genuine, doctype)  # type: ignore[misc]
        for name, doctype in _DOCTYPES.items()
    },
    "an entity nobody declared": lambda genuine: genuine.replace(b'test="true"', b'test="&l11;"'),
    "XInclude": lambda genuine: genuine.replace(
        b"</soapenv:Header>",
        b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/hostname" parse="text"/></soapenv:Header>'
        + b"<x/>",
    ),
    "a style sheet": lambda genuine: genuine.replace(
        b"?>", b'?><?xml-stylesheet href="file:///etc/hostname" type="text/xsl"?><x>', 1
    ),
    "deep nesting": lambda genuine: genuine.replace(
        b"</soapenv:Header>", b"<a>" * 20_000 + b"</a>" * 20_000 + b"</soapenv:Header>"
    ),
    "a flood of attributes": lambda genuine: genuine.replace(
        b'test="true"', b'test="true" ' + b" ".join(b'a%d=""' % n for n in range(20_000))
    ),
    "a flood of namespaces": lambda genuine: genuine.replace(
        b'test="true"', b'test="true" ' + b" ".join(b'xmlns:n%d="urn:%d" n%d:a=""' % (n, n, n) for n in range(6_000))
    ),
    "a flood of elements": lambda genuine: genuine.replace(b"</e:Odpoved>", b"<x/>" * 50_000 + b"</e:Odpoved>"),
    "a flood of identifiers": lambda genuine: genuine.replace(
        b"</e:Odpoved>", b'<x Id="a"/>' * 20_000 + b"</e:Odpoved>"
    ),
    "a flood of signatures": lambda genuine: genuine.replace(
        b"</wsse:Security>",
        b"<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>" * 3_000 + b"</wsse:Security>",
    ),
    "a flood of prefixes": lambda genuine: _with_prefixes(genuine, b" ".join(b"p%d" % n for n in range(17))),
    "a number without an end": lambda genuine: genuine.replace(b'test="true"', b'test="' + b"1" * 200_000 + b'"'),
    "another encoding": lambda genuine: genuine.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-7": lambda genuine: genuine.replace(b"UTF-8", b"UTF-7"),
    "zeros behind it": lambda genuine: genuine + b"\0" * 1000,
    "something behind it": lambda genuine: genuine + b"<x/>",
    "a second document behind it": lambda genuine: genuine + genuine,
}


@pytest.mark.parametrize("name", list(Dialect))
@pytest.mark.parametrize("flood", _FLOODS)
def test_a_document_made_to_exhaust_or_mislead_the_reader_confirms_nothing(
    office: Office, name: Dialect, flood: str
) -> None:
    genuine = genuine_answers(office)[name]
    raw = _FLOODS[flood](genuine)
    assert raw != genuine

    answer = read_answer(raw, dialect=DIALECTS[name], sent_uuid=UUID, trust=office.trust, at=AT)
    report = examine(raw, at=AT, anchors=Anchors(office.trust.anchors, office.trust.anchors, {}))

    assert isinstance(answer, (Unreadable, BadlySigned))
    assert report.verdict is Verdict.INVALID
    assert report.reasons


_CHILD = """
import resource, sys
from pathlib import Path
from datetime import UTC, datetime
from appliance.eet.examine import examine
from appliance.eet.report import Anchors
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[1:]:
    examine(Path(path).read_bytes(), at=datetime(2026, 11, 24, tzinfo=UTC), anchors=Anchors((), (), {}))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_list_of_prefixes_is_refused_before_anything_is_looked_up(office: Office) -> None:
    genuine = signed_answer(office.signer)
    for count, reason in ((16, "signature_value"), (17, "algorithm")):
        raw = _with_prefixes(genuine, b" ".join(b"p%d" % n for n in range(count)))
        answer = read_answer(raw, dialect=V4, sent_uuid=UUID, trust=office.trust, at=AT)
        assert isinstance(answer, BadlySigned)
        assert answer.reason == reason


@pytest.mark.parametrize(("what", "most"), [(b"<x/>", 2000), (b'<x xmlns:a="urn:a"/>', 200)])
def test_a_crowd_of_elements_or_namespaces_is_refused_before_it_is_made_canonical(
    office: Office, what: bytes, most: int
) -> None:
    genuine = signed_answer(office.signer)
    for count, reason in ((most // 2, "signature_value"), (most + 1, "crowded")):
        raw = genuine.replace(b"<ds:Transforms>", b"<ds:Transforms>" + what * count)
        answer = read_answer(raw, dialect=V4, sent_uuid=UUID, trust=office.trust, at=AT)
        assert isinstance(answer, (BadlySigned, Unreadable))
        assert answer.reason == reason


def test_reading_bombs_takes_little_memory(office: Office, tmp_path: Path) -> None:
    files = []
    for index, flood in enumerate(_FLOODS.values()):
        files.append(tmp_path / f"{index}.xml")
        files[-1].write_bytes(flood(signed_answer(office.signer)))

    child = subprocess.run(
        [sys.executable, "-c", _CHILD, *map(str, files)], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert int(child.stdout) < 100 * 1024  # kilobytes; the laughs alone would be gigabytes


# Over the real client

HUNDRED_MEGABYTES = 100 * MEGABYTE
Script = Callable[[SSLSocket], None]


def _post(script: Script, office: Office, material_dir: Path, *, limit_s: float) -> HttpReply | TransportFailure:
    with (
        ScriptedServer(script, tls=server_tls(material_dir)) as server,  # type: ignore[arg-type]
        EetClient(
            server.url, dialect=V4, ca_file=office.files.tls_ca, connect_timeout_s=10, read_timeout_s=limit_s
        ) as client,
    ):
        return client.post(b"<x/>")


def _flood(head: bytes, chunk: bytes) -> Script:
    def script(connection: SSLSocket) -> None:
        read_request(connection)
        connection.sendall(head)
        for _ in range(HUNDRED_MEGABYTES // len(chunk)):
            connection.sendall(chunk)

    return script


@pytest.mark.parametrize(
    ("head", "chunk"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % HUNDRED_MEGABYTES, b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: %d\r\n\r\n" % HUNDRED_MEGABYTES, b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    ],
)
def test_a_body_of_a_hundred_megabytes_is_refused_and_takes_little_memory(
    office: Office, material_dir: Path, head: bytes, chunk: bytes
) -> None:
    script = _flood(head, chunk)
    tracemalloc.start()
    try:
        outcome = _post(script, office, material_dir, limit_s=60)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert outcome == TransportFailure(FailureKind.TOO_LARGE, request_was_sent=True, detail=outcome.detail)  # type: ignore[union-attr]
    assert peak < 8 * MEGABYTE


def _drip_a_good_answer(answer: bytes) -> Script:
    def script(connection: SSLSocket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer))
        for at in range(len(answer)):
            connection.sendall(answer[at : at + 1])
            time.sleep(0.05)

    return script


def test_a_good_answer_that_comes_byte_by_byte_does_not_hold_the_till(office: Office, material_dir: Path) -> None:
    outcome = _post(_drip_a_good_answer(signed_answer(office.signer)), office, material_dir, limit_s=0.5)

    assert isinstance(outcome, TransportFailure)
    assert (outcome.kind, outcome.request_was_sent) == (FailureKind.TIMEOUT, True)


def test_an_answer_that_ends_too_early_is_no_reply(office: Office, material_dir: Path) -> None:
    answer = signed_answer(office.signer)

    def script(connection: SSLSocket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer[:-1])

    outcome = _post(script, office, material_dir, limit_s=10)

    assert isinstance(outcome, TransportFailure)
    assert outcome.request_was_sent
    assert len(answer) < ANSWER_BYTES_MAX
