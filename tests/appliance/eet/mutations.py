"""Hostile changes of signed answers, and the one thing that must hold after any of them.

Used by the tests for a few hundred examples and by the fuzz of `script/check` for as long as it is given.
"""

import base64
import re
from collections.abc import Mapping
from copy import deepcopy

from hypothesis import strategies as st
from lxml import etree

from appliance.domain.fiscal import Dialect
from appliance.eet.answer import Confirmed, read_answer
from appliance.eet.document import canonical, parse, text_of
from appliance.eet.message import DialectSpec
from appliance.eet.names import DS, EXC_C14N, SOAP, WSSE, WSU
from appliance.eet.signature import the_body
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4
from tests.appliance.eet.material import (
    AT,
    POK,
    POTVRZENI,
    POTVRZENI_V3,
    UUID,
    Office,
    message,
    message_v3,
    signed_answer,
    signed_answer_v3,
    unsigned_answer,
)

BKP = "03EC1D0E-6D9F77FB-1D798CCB-F4739666-A4069BC3"
FORGED = POK.replace("7b66f7d3", "11111111")
OTHER_UUID = "6ff1ad12-2c14-4c70-8b0c-2a1b1e2f7d11"
WARNING = '<e:Varovani kod_varov="6">id_jednotky</e:Varovani>'

_LIKELY = (
    b" |\n|\r\n|<!-- -->|<?x y?>|<![CDATA[a]]>|<![CDATA[|]]>|&#97;|&amp;|&x;|'|\"|<x/>|a|0|=|<|>|/|\x00|\xc3|"
    b'<!DOCTYPE a [<!ENTITY x "y">]>|xmlns="urn:x" |<e:Chyba kod="0">|</e:Potvrzeni>|Id="x" '
).split(b"|")
_WORDS = "Body Header Envelope Signature SignedInfo Reference Transform Id URI Algorithm PrefixList Potvrzeni Chyba"
_NAMES = _WORDS.split()
_NAMESPACES = ["", "relative", "urn:x", SOAP, DS, WSSE, WSU, EXC_C14N, V3.namespace, V4.namespace]
_VALUES = ["", "x", "#", f"id-{UUID}", f"#X509-{UUID}", EXC_C14N, "e soapenv #default", "č", FORGED, OTHER_UUID, "-1"]


def genuine_answers(office: Office) -> Mapping[Dialect, bytes]:
    """One confirmation of each interface for the same message."""
    return {
        Dialect.V3: signed_answer_v3(office.signer, POTVRZENI_V3 + WARNING, bkp=BKP),
        Dialect.V4: signed_answer(office.signer, POTVRZENI + WARNING),
    }


def donors(office: Office) -> list[bytes]:
    """Other documents to splice with: what an attacker could have collected."""
    return [
        signed_answer(office.signer, POTVRZENI.replace(POK, FORGED), uuid=OTHER_UUID),
        signed_answer_v3(office.signer, POTVRZENI_V3.replace(POK, FORGED), uuid=OTHER_UUID),
        signed_answer(office.till, POTVRZENI.replace(POK, FORGED)),
        unsigned_answer(POTVRZENI.replace(POK, FORGED)),
        unsigned_answer(POTVRZENI_V3.replace(POK, FORGED), dialect=V3),
        unsigned_answer('<e:Chyba kod="3">x</e:Chyba>'),
        message(office.till),
        message_v3(office.till),
    ]


@st.composite
def _edited(draw: st.DrawFn, raw: bytes) -> bytes:
    """Some bytes cut, some put in; the places are parts of the whole, so that examples shrink."""
    at = int(draw(st.floats(0, 1)) * len(raw))
    cut = draw(st.sampled_from([0, 1, 2, 5, 40, 800]))
    return raw[:at] + draw(st.sampled_from(_LIKELY) | st.binary(max_size=6)) + raw[at + cut :]


@st.composite
def _flipped(draw: st.DrawFn, raw: bytes) -> bytes:
    at = draw(st.integers(0, max(0, len(raw) - 1)))
    return raw[:at] + bytes(byte ^ (1 << draw(st.integers(0, 7))) for byte in raw[at : at + 1]) + raw[at + 1 :]


@st.composite
def _spliced(draw: st.DrawFn, raw: bytes, others: list[bytes]) -> bytes:
    """A piece between two tags of another document in the place of a piece of this one."""
    other = draw(st.sampled_from(others))
    return _before(draw, raw) + _piece(draw, other) + _after(draw, raw)


def _cuts(raw: bytes) -> list[int]:
    return [match.start() for match in re.finditer(b"<", raw)] or [0]


def _before(draw: st.DrawFn, raw: bytes) -> bytes:
    return raw[: draw(st.sampled_from(_cuts(raw)))]


def _after(draw: st.DrawFn, raw: bytes) -> bytes:
    return raw[draw(st.sampled_from(_cuts(raw))) :]


def _piece(draw: st.DrawFn, raw: bytes) -> bytes:
    start, end = sorted(draw(st.sampled_from(_cuts(raw))) for _ in range(2))
    return raw[start:end]


@st.composite
def _tree_changed(draw: st.DrawFn, raw: bytes) -> bytes:
    """One change of the document as a document: an element or attribute added, moved, doubled, removed or altered."""
    try:
        root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return raw
    nodes = list(root.iter(etree.Element))
    node, other = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
    namespace = draw(st.sampled_from(_NAMESPACES))
    name = f"{{{namespace}}}{draw(st.sampled_from(_NAMES))}"
    match draw(st.sampled_from(["add", "copy", "move", "remove", "rename", "attribute", "text", "value"])):
        case "add":
            node.insert(draw(st.integers(0, 3)), etree.Element(name))
        case "copy":
            node.insert(draw(st.integers(0, 3)), deepcopy(other))
        case "move" if node not in list(other.iter()) + list(other.iterancestors()):
            node.append(other)
        case "remove" if node is not root:
            node.getparent().remove(node)  # type: ignore[union-attr]  # only the root has none
        case "rename":
            node.tag = name
        case "attribute":
            node.set(name, draw(st.sampled_from(_VALUES)))
        case "text":
            node.text = draw(st.sampled_from(["", "AAAA", " ", "č"]))
        case _ if node.attrib:
            key = draw(st.sampled_from(sorted(map(str, node.attrib))))
            node.set(key, draw(st.sampled_from([*_VALUES, str(node.get(key)) + " "])))
    return etree.tostring(root)


@st.composite
def mutated(draw: st.DrawFn, genuine: bytes, others: list[bytes]) -> bytes:
    """The genuine answer after one to three hostile changes of any kind."""
    raw = genuine
    for _ in range(draw(st.integers(1, 3))):
        strategies = (_edited(raw), _flipped(raw), _spliced(raw, others), _tree_changed(raw), _tree_changed(raw))
        raw = draw(draw(st.sampled_from(strategies)))
    return raw


def check_still_true(raw: bytes, genuine: bytes, *, dialect: DialectSpec, office: Office) -> None:
    """Whatever the bytes: no exception, and a confirmation only of exactly what was signed, by that very signature."""
    answer = read_answer(raw, dialect=dialect, sent_uuid=UUID, sent_bkp=BKP, trust=office.trust, at=AT)
    if isinstance(answer, Confirmed):
        assert answer.code == POK
        assert _essence(raw) == _essence(genuine)


def _essence(raw: bytes) -> tuple[bytes, list[bytes]]:
    """What counts: the Body as it is signed, the value of the signature, the certificate. A header may hold more.

    Base64 is compared decoded: the last bits before its padding mean nothing.
    """
    root = parse(raw)
    found = [
        *root.iterfind(f".//{{{DS}}}Signature/{{{DS}}}SignatureValue"),
        *root.iterfind(f".//{{{WSSE}}}Security/{{{WSSE}}}BinarySecurityToken"),
    ]
    return canonical(the_body(root)), [base64.b64decode(text_of(each)) for each in found]
